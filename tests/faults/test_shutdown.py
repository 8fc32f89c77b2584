"""The station is taken down in the middle of a run: it resumes at the next start, or is stopped with its cleanup."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from station.contracts.messages import StopRequest
from station.contracts.names import run_workflow_id
from station.contracts.run import RunContract
from station.control.connect import connect
from station.control.quarantine import clear_quarantine
from station.domain.errors import SlotQuarantinedError
from station.domain.outcome import Outcome
from station.hardware.simulation.witness import energised
from station.storage.database import Database
from tests.faults.rig import Rig, bench_slot, choose_ports, make_rig
from tests.faults.shift import ended, start, until_step

pytestmark = [pytest.mark.station, pytest.mark.faults]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Any]:
    rigs: list[Rig] = []

    def build(**settings: Any) -> Rig:
        ports = choose_ports()
        rig = make_rig(tmp_path, [bench_slot(1, ports)], ports, settings)
        rigs.append(rig)
        rig.start_bench(slots=1)
        rig.start_station()
        return rig

    yield build
    for rig in rigs:
        rig.close()


async def test_a_run_goes_on_after_the_station_was_taken_down_and_up_again(make: Any) -> None:
    rig = make()
    run_id = await start(rig, "slot_1")
    await until_step(rig, run_id, "supply_current")

    code = await asyncio.to_thread(rig.stop_station)
    safe_while_down = energised(rig.bench_events(), "slot_1")[-1].end is not None
    await asyncio.to_thread(rig.start_station)
    run, steps = await ended(rig, run_id)

    assert code == 0
    assert safe_while_down
    assert run.outcome is Outcome.PASSED
    assert run.recoveries == 1
    assert steps["rails"].key.attempt == 1


async def test_runs_are_stopped_with_their_cleanup_where_that_is_configured(make: Any) -> None:
    rig = make(shutdown="stop_runs")
    run_id = await start(rig, "slot_1")
    await until_step(rig, run_id, "rails")

    await asyncio.to_thread(rig.stop_station)
    run, steps = await ended(rig, run_id, within=1)

    assert run.outcome is Outcome.ABORTED
    assert run.reason is not None
    assert run.reason.message == "Stopped by station: the station goes down"
    assert steps["power_down"].result is not None
    assert energised(rig.bench_events(), "slot_1")[-1].end is not None


async def test_a_stop_and_a_cancel_both_clean_up_and_abort(make: Any) -> None:
    rig = make()
    client = await connect(rig.config, identity="test")
    handle = client.get_workflow_handle(run_workflow_id("T1", "slot_1"))

    stopped = await start(rig, "slot_1")
    await until_step(rig, stopped, "rails")
    await handle.signal(RunContract.stop, StopRequest(by="anna", reason="wrong unit"))
    by_signal, signal_steps = await ended(rig, stopped)
    cancelled = await start(rig, "slot_1")
    await until_step(rig, cancelled, "rails")
    await handle.cancel()
    by_cancel, cancel_steps = await ended(rig, cancelled)

    assert (by_signal.outcome, by_cancel.outcome) == (Outcome.ABORTED, Outcome.ABORTED)
    assert by_signal.reason is not None
    assert by_signal.reason.message == "Stopped by anna: wrong unit"
    assert {"power_down"} <= signal_steps.keys() & cancel_steps.keys()
    assert energised(rig.bench_events(), "slot_1")[-1].end is not None


async def test_a_run_can_be_found_in_temporals_own_ui(make: Any) -> None:
    rig = make()
    run_id = await start(rig, "slot_1")
    await ended(rig, run_id)
    client = await connect(rig.config, identity="test")

    query = f'StationBatch = "slot_1" AND StationOutcome = "PASSED" AND StationRunId = "{run_id}"'
    for _ in range(100):
        found = [run async for run in client.list_workflows(query)]
        if found:
            break
        await asyncio.sleep(0.1)
    url = f"http://127.0.0.1:{rig.config.temporal.ui_port}/api/v1/namespaces/default/workflows/run%2FT1%2Fslot_1"
    answer = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=10).read())

    assert [run.id for run in found] == ["run/T1/slot_1"]
    assert json.loads(answer)["workflowExecutionInfo"]["type"]["name"] == "station.run"


async def test_a_run_that_was_terminated_in_temporal_gets_an_end_and_its_hardware_is_made_safe(make: Any) -> None:
    rig = make(execution={"session_lease": 3})
    client = await connect(rig.config, identity="test")
    run_id = await start(rig, "slot_1")
    await until_step(rig, run_id, "rails")

    await client.get_workflow_handle(run_workflow_id("T1", "slot_1")).terminate(reason="somebody did not know better")
    run, _ = await ended(rig, run_id, within=40)
    with pytest.raises(SlotQuarantinedError):
        await start(rig, "slot_1")
    async with Database(rig.config.database_url(rig.layout.base)) as database:
        await clear_quarantine(
            rig.config, rig.layout, database, "slot_1", by="kim", reason="looked at it", client=client
        )
    after, _ = await ended(rig, await start(rig, "slot_1"))

    assert run.outcome is Outcome.ABORTED
    assert run.reason is not None
    assert run.reason.code == "RUN_VANISHED"
    assert not run.hardware_safe
    assert after.outcome is Outcome.PASSED
    assert energised(rig.bench_events(), "slot_1")[0].end is not None
