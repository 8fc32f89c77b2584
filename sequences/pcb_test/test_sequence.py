"""The package on a real bench: serial multimeter, network supply, a good unit and a bad one."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from station.testing.bench import Bench, running_bench
from station.testing.run_sequence import run_sequence

PACKAGE = Path(__file__).parent


def hardware(bench: Bench) -> Mapping[str, Mapping[str, str | int]]:
    return {
        "dmm": {"port": bench.ports.dmm["slot_1"], "baudrate": 115200},
        "power": {"ip": "127.0.0.1", "port": bench.ports.psu["slot_1"]},
    }


async def test_a_good_unit_passes_and_the_output_is_off_afterwards(tmp_path: Path) -> None:
    async with running_bench(tmp_path) as bench:
        outcome = await run_sequence(PACKAGE, hardware(bench), {"settle_time": 0.01})

        assert outcome.fault is None
        assert {name: step.outcome.value for name, step in outcome.steps.items()} == {
            "power_up": "PASSED",
            "input_voltage": "PASSED",
            "rails": "PASSED",
            "supply_current": "PASSED",
            "ripple": "PASSED",
            "functional_check": "PASSED",
            "power_down": "PASSED",
        }
        assert outcome.outcome.value == "PASSED"
        assert outcome.hardware_safe
        assert outcome.steps["functional_check"].values["serial"] == "SIM-0001"
        assert (await bench.control.snapshot())["slot_1"]["output"] is False


async def test_a_bad_unit_fails_with_its_defect_code_after_all_rails_were_measured(tmp_path: Path) -> None:
    async with running_bench(tmp_path, unit="bad") as bench:
        outcome = await run_sequence(PACKAGE, hardware(bench), {"settle_time": 0.01})

        assert outcome.outcome.value == "FAILED"
        assert outcome.defects == ("DEF101",)
        assert list(outcome.steps) == ["power_up", "input_voltage", "rails", "power_down"]
        assert list(outcome.steps["rails"].measurements) == ["rail_5v0", "rail_3v3", "rail_1v8"]
        assert outcome.steps["rails"].failures == ("rail_3v3",)
        assert outcome.steps["power_down"].outcome.value == "PASSED"


async def test_a_supply_that_does_not_answer_is_an_error_and_never_a_failed_unit(tmp_path: Path) -> None:
    async with running_bench(tmp_path) as bench:
        settings = hardware(bench)
        await bench.control.unplug("psu", "slot_1")

        outcome = await run_sequence(PACKAGE, settings)

    assert outcome.outcome.value == "ERROR"
    assert outcome.fault is not None
    assert outcome.fault.code == "HARDWARE_NOT_CONNECTED"


async def test_the_ripple_step_is_left_out_where_the_parameter_says_so(tmp_path: Path) -> None:
    async with running_bench(tmp_path) as bench:
        outcome = await run_sequence(PACKAGE, hardware(bench), {"check_ripple": False, "settle_time": 0.01})

    assert outcome.steps["ripple"].outcome.value == "SKIPPED"
    assert outcome.outcome.value == "PASSED"


@pytest.mark.parametrize("voltage", [9.0, 16.0])
async def test_the_input_limit_follows_the_supply_voltage(tmp_path: Path, voltage: float) -> None:
    async with running_bench(tmp_path) as bench:
        outcome = await run_sequence(PACKAGE, hardware(bench), {"supply_voltage": voltage, "settle_time": 0.01})

    assert outcome.steps["input_voltage"].outcome.value == "PASSED"
