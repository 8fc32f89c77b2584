"""A power cut in the middle of a run, and another unit in the slot when the power is back."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.control import commands
from station.control.connect import connect
from station.domain.outcome import Outcome, RunState
from station.hardware.simulation import witness
from station.hardware.simulation.control import BenchControl
from station.storage.audit import Audit, AuditFilter
from station.storage.database import Database
from station.storage.runs import Runs
from tests.faults.rig import Rig, bench_slot, choose_ports, make_rig
from tests.faults.shift import ended, start, until_step
from tests.support import cli

pytestmark = [pytest.mark.station, pytest.mark.faults]

SWAPPED, KEPT = "slot_1", "slot_2"
LONG_ENOUGH = {"soak_hours": 0.0015, "sample_seconds": 0.2, "temperature": 27.0}
"""Five seconds under load, in a chamber that is warm enough as it is."""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    ports = choose_ports()
    rig = make_rig(tmp_path, [bench_slot(number, ports, "aging_test") for number in (1, 2)], ports)
    try:
        rig.start_bench(slots=2)
        rig.start_station()
        yield rig
    finally:
        rig.close()


async def test_a_run_asks_before_it_touches_another_unit_and_goes_on_by_itself_with_its_own(rig: Rig) -> None:
    bench = BenchControl(rig.ports["control"])
    swapped, kept = await asyncio.gather(start(rig, SWAPPED, LONG_ENOUGH), start(rig, KEPT, LONG_ENOUGH))
    await asyncio.gather(until_step(rig, swapped, "soak"), until_step(rig, kept, "soak"))

    rig.kill_everything()
    await bench.set_unit(SWAPPED, "good", serial="SN-OTHER")
    before = len(rig.bench_events())
    rig.start_station()
    await until_it_asks(rig, swapped)
    shown = await asyncio.to_thread(cli, "status", "--config", str(rig.config_file), folder=rig.folder)
    meanwhile = rig.bench_events()[before:]
    await commands.recover_run(
        await connect(rig.config, identity="test"),
        rig.config,
        SWAPPED,
        choice="resume",
        by="kim",
        reason="I swapped it",
    )
    (run, steps), (undisturbed, _) = await ended(rig, swapped), await ended(rig, kept)

    question = (
        "Burn-in cannot go on: the unit in the slot is SN-OTHER; the run began with SIM-0001; "
        "somebody must choose how to go on"
    )
    assert (undisturbed.outcome, undisturbed.recoveries) == (Outcome.PASSED, 1)
    assert f"slot_1: waits: {question} (station recover slot_1 resume|full_restart|abort)\n" in shown.stdout
    assert (
        "slot_1: finished: heat_up PASSED, load_on PASSED; interrupted: soak; to come: load_off, heater_off\n"
        in shown.stdout
    )
    told = {event.text for event in witness.commands(meanwhile, SWAPPED)}
    assert told <= {"LoadOn=False", "HeaterOn=False"}
    assert (run.outcome, run.recoveries) == (Outcome.PASSED, 1), run.reason
    assert steps["soak"].key.attempt == 2
    async with Database(rig.config.database_url(rig.layout.base)) as database:
        (chosen,) = await Audit(database).list(AuditFilter(action="recover"))
    deed = chosen.deed
    assert (deed.actor, deed.reason, deed.data["choice"], deed.data["asked"]) == (
        "kim", "I swapped it", "resume", question,
    )  # fmt: skip


async def until_it_asks(rig: Rig, run_id: str) -> None:
    """Wait until the run asks."""
    async with Database(rig.config.database_url(rig.layout.base)) as database, asyncio.timeout(40):
        while True:
            run = await Runs(database).get(run_id)
            if run is not None and run.state is RunState.INTERRUPTED:
                return
            await asyncio.sleep(0.05)
