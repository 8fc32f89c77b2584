"""A whole station that keeps its results on PostgreSQL, whose server dies in the middle of runs."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.domain.outcome import Outcome
from station.hardware.simulation.witness import is_energised_at
from tests.faults.rig import Rig, bench_slot, choose_ports, make_rig
from tests.faults.shift import ended, start, until_step
from tests.postgres import Server, server

pytestmark = [pytest.mark.station, pytest.mark.faults, pytest.mark.timeout(300)]
AWAY = 4.0
"""Seconds without a server."""


@pytest.fixture
def postgres() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.fixture
def rig(tmp_path: Path, postgres: Server) -> Iterator[Rig]:
    ports = choose_ports()
    slots = [bench_slot(1, ports), bench_slot(2, ports)]
    rig = make_rig(tmp_path, slots, ports, {"database": {"url": postgres.create("station")}})
    try:
        rig.start_bench(slots=2)
        rig.start_station()
        yield rig
    finally:
        rig.close()


async def test_a_server_that_dies_and_comes_back_loses_nothing(rig: Rig, postgres: Server) -> None:
    runs = [await start(rig, slot) for slot in ("slot_1", "slot_2")]
    await until_step(rig, runs[0], "rails")

    postgres.kill()
    await asyncio.sleep(AWAY)
    postgres.start()
    results = [await ended(rig, run, within=120) for run in runs]

    for run, steps in results:
        assert run.outcome is Outcome.PASSED, run.reason
        assert {step.result.report.outcome for step in steps.values() if step.result} == {Outcome.PASSED}
        assert {step.key.attempt for step in steps.values()} == {1}
    assert not [slot for slot in ("slot_1", "slot_2") if is_energised_at(rig.bench_events(), slot, time.time())]


async def test_a_power_cut_of_station_and_server_loses_nothing(rig: Rig, postgres: Server) -> None:
    run_id = await start(rig, "slot_1")
    await until_step(rig, run_id, "rails")

    rig.kill_everything()
    postgres.kill()
    postgres.start()
    rig.start_station()
    run, steps = await ended(rig, run_id, within=120)

    assert run.outcome is Outcome.PASSED, run.reason
    assert {step.result.report.outcome for step in steps.values() if step.result} == {Outcome.PASSED}
