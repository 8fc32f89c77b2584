"""A run is stopped, a step left out, a step done again, on a bench that writes down what is on."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from station.control import commands
from station.control.connect import connect
from station.domain.outcome import Outcome
from station.hardware.simulation.witness import energised
from station.storage.audit import Audit
from station.storage.database import Database
from station.storage.runs import Runs
from station.storage.steps import StepRecord
from tests.faults.rig import Rig, bench_slot, choose_ports, make_rig
from tests.faults.shift import ended, start, until_step

pytestmark = [pytest.mark.station, pytest.mark.faults]

HOSTILE = Path(__file__).parent / "packages" / "hostile"
SAFE_WITHIN = 2.0
"""Seconds from the wish to stop to no energy on the unit, for a step that yields."""
GRACE = 0.5
RESTART = 8.0
"""Seconds for the process of an unwilling step to be noticed, replaced and to make safe, on a busy machine."""
LONG = {"settle_time": 5}
"""Every step waits so long that it is surely under way."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    ports = choose_ports()
    hostile = bench_slot(2, ports) | {"sequence_package": str(HOSTILE)}
    hostile["hardware"].pop("dmm")
    hostile["hardware"]["power"] = {"host": "127.0.0.1", "port": hostile["hardware"]["power"]["port"]}
    rig = make_rig(
        tmp_path_factory.mktemp("steering"), [bench_slot(1, ports), hostile], ports,
        {"execution": {"grace_period": GRACE}},
    )  # fmt: skip
    try:
        rig.start_bench(slots=2)
        rig.start_station()
        yield rig
    finally:
        rig.close()


async def client(rig: Rig) -> Client:
    return await connect(rig.config, identity="test")


async def attempts(rig: Rig, run_id: str) -> dict[tuple[str, int], StepRecord]:
    async with Database(rig.config.database_url(rig.layout.base)) as database:
        return {(row.key.step, row.key.attempt): row for row in await Runs(database).steps(run_id)}


async def deeds(rig: Rig, run_id: str) -> list[tuple[str, str, str]]:
    async with Database(rig.config.database_url(rig.layout.base)) as database:
        entries = [entry.deed for entry in await Audit(database).list()]
    return [(deed.actor, deed.action, deed.reason) for deed in entries if deed.data.get("run") == run_id]


def outcomes(rows: dict[tuple[str, int], StepRecord]) -> dict[tuple[str, int], Outcome]:
    return {key: row.result.report.outcome for key, row in rows.items() if row.result}


async def test_a_step_that_yields_is_safe_within_two_seconds_of_the_stop(rig: Rig) -> None:
    run_id = await start(rig, "slot_1", LONG)
    await until_step(rig, run_id, "power_up")
    while not energised(rig.bench_events(), "slot_1"):
        time.sleep(0.01)

    stopped_at = time.time()
    await commands.stop_run(await client(rig), rig.config, "slot_1", by="kim", reason="smoke")
    run, steps = await ended(rig, run_id)

    power = energised(rig.bench_events(), "slot_1")[-1]
    assert power.end is not None
    assert power.end - stopped_at <= SAFE_WITHIN
    assert run.outcome is Outcome.ABORTED
    assert run.reason is not None
    assert (run.reason.code, run.reason.message) == ("STOPPED", "Stopped by kim: smoke")
    assert steps["power_down"].result is not None
    assert run.hardware_safe
    assert await deeds(rig, run_id) == [("kim", "stop", "smoke"), ("test", "start_run", "")]


async def test_a_step_that_does_not_yield_costs_its_process_and_the_bench_is_safe(rig: Rig) -> None:
    run_id = await start(rig, "slot_2", {"mode": "ignore_cancel"})
    await until_step(rig, run_id, "misbehave")

    stopped_at = time.time()
    await commands.stop_run(await client(rig), rig.config, "slot_2", by="kim")
    run, steps = await ended(rig, run_id)

    power = energised(rig.bench_events(), "slot_2")[-1]
    assert power.end is not None
    assert power.end - stopped_at <= GRACE + RESTART
    assert run.outcome is Outcome.ERROR
    assert run.reason is not None
    assert run.reason.code == "STEP_UNRESPONSIVE"
    assert steps["power_down"].result is not None
    assert steps["power_down"].result.report.outcome is Outcome.PASSED
    assert run.hardware_safe


async def test_a_step_under_way_is_left_out_and_the_run_ends_with_nobody_knowing(rig: Rig) -> None:
    run_id = await start(rig, "slot_1", {"settle_time": 3, "check_ripple": False})
    await until_step(rig, run_id, "rails")

    await commands.skip_step(await client(rig), rig.config, "slot_1", step="rails", by="kim", reason="slow")
    run, _ = await ended(rig, run_id)

    rows = await attempts(rig, run_id)
    found = outcomes(rows)
    assert run.outcome is Outcome.ABORTED
    assert run.reason is not None
    assert (run.reason.code, run.reason.step) == ("STEP_SKIPPED", "rails")
    assert (found["rails", 1], found["rails", 2]) == (Outcome.ABORTED, Outcome.SKIPPED)
    assert found["functional_check", 1] is Outcome.PASSED
    assert await deeds(rig, run_id) == [("kim", "skip", "slow"), ("test", "start_run", "")]


async def test_a_run_that_goes_back_is_made_safe_armed_again_and_judged_by_what_counts(rig: Rig) -> None:
    before = len(energised(rig.bench_events(), "slot_1"))
    run_id = await start(rig, "slot_1", {"settle_time": 0.6})
    await until_step(rig, run_id, "supply_current")

    await commands.go_back(await client(rig), rig.config, "slot_1", step="rails", by="kim", reason="had slipped")
    run, steps = await ended(rig, run_id)

    rows = await attempts(rig, run_id)
    assert run.outcome is Outcome.PASSED
    assert run.recoveries == 0
    assert {key for key, row in rows.items() if row.given_up} == {("rails", 1), ("supply_current", 1)}
    assert {name: row.key.attempt for name, row in steps.items()} == {
        "power_up": 2, "input_voltage": 1, "rails": 2, "supply_current": 2, "ripple": 1, "functional_check": 1,
        "power_down": 1,
    }  # fmt: skip
    assert len(energised(rig.bench_events(), "slot_1")) - before == 2
