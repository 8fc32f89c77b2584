"""The package on a real OPC UA server: a soak in segments, good and bad units, and the chamber off at the end."""

from collections.abc import Mapping
from pathlib import Path

from station.testing.bench import Bench, running_bench
from station.testing.clock import FastClock
from station.testing.run_sequence import run_sequence

PACKAGE = Path(__file__).parent
QUICK = {"soak_hours": 0.5, "sample_seconds": 30.0, "temperature": 40.0}
SPEED = 900
"""Half an hour passes in two seconds, for the steps and for the chamber."""


def hardware(bench: Bench) -> Mapping[str, Mapping[str, str | int]]:
    return {"plc": {"endpoint": bench.ports.endpoint, "slot": "slot_1"}}


async def test_a_good_unit_ages_in_segments_and_passes(tmp_path: Path) -> None:
    async with running_bench(tmp_path, time_scale=SPEED) as bench:
        outcome = await run_sequence(PACKAGE, hardware(bench), QUICK, clock=FastClock(SPEED))

        assert outcome.fault is None
        assert {name: step.outcome.value for name, step in outcome.steps.items()} == {
            "heat_up": "PASSED",
            "load_on": "PASSED",
            "soak": "PASSED",
            "load_off": "PASSED",
            "heater_off": "PASSED",
        }
        soak = outcome.steps["soak"]
        assert soak.segments >= 2
        assert soak.elapsed.total_seconds() == 1800
        assert list(soak.measurements) == [
            "temperature_min",
            "temperature_max",
            "temperature_mean",
            "current_min",
            "current_max",
            "current_mean",
            "samples",
            "lost_samples",
        ]
        slot = (await bench.control.snapshot())["slot_1"]
        assert (slot["heater"], slot["load"]) == (False, False)


async def test_a_unit_that_draws_too_much_fails_with_its_defect_code(tmp_path: Path) -> None:
    async with running_bench(tmp_path, unit="bad", time_scale=SPEED) as bench:
        outcome = await run_sequence(PACKAGE, hardware(bench), QUICK, clock=FastClock(SPEED))

    assert outcome.outcome.value == "FAILED"
    assert outcome.defects == ("DEF202",)
    assert outcome.steps["soak"].failures == ("current_max", "current_mean")


async def test_sensors_of_bad_quality_are_an_error_and_never_a_verdict(tmp_path: Path) -> None:
    async with running_bench(tmp_path, time_scale=SPEED) as bench:
        await bench.control.bad_quality("slot_1")

        outcome = await run_sequence(PACKAGE, hardware(bench), QUICK, clock=FastClock(SPEED))

    assert outcome.outcome.value == "ERROR"
    assert outcome.steps["heat_up"].fault is not None
    assert outcome.steps["heat_up"].fault.code == "HARDWARE_COMMUNICATION"
    assert outcome.steps["heater_off"].outcome.value == "PASSED"
