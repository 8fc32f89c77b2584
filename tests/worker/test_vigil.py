"""Runs nobody gets on with raise an alert, and runs that were ended from outside get their end: on a real server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from station.config.model import TemporalSection
from station.contracts import search
from station.contracts.delivery import DeliveryStatus
from station.contracts.names import delivery_workflow_id, engine_queue, run_workflow_id
from station.control.engine import find_binary
from station.domain.delivery import DeliveryState, MesAction, OwedItem
from station.domain.errors import StorageError
from station.domain.events import EventType
from station.domain.outcome import Outcome, RunState
from station.domain.run import UnitUnderTest
from station.storage.database import Database
from station.storage.events import Events, NewEvent
from station.storage.migrate import migrate
from station.storage.queue import SyncQueue
from station.storage.runs import Runs
from tests.activities.conftest import until
from tests.storage.samples import T0, accepted
from worker import vigil as watching
from worker.vigil import Vigil
from workflows.delivery import Delivery

QUEUE = "engine.T1"
PATIENCE = 20.0


@workflow.defn(name="station.run")
class Broken:
    """An engine with a bug: its tasks fail again and again, and the run hangs."""

    @workflow.run
    async def run(self) -> None:
        raise KeyError("a bug")


@workflow.defn(name="station.waiting")
class Waiting:
    """A run that goes on."""

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    settings = {
        "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": "1",  # stock: 5, with growing pauses
        "history.transferProcessorMaxPollRPS": "100",
        "history.timerProcessorMaxPollRPS": "100",
    }
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(find_binary(TemporalSection())),
        dev_server_extra_args=[
            word for key, value in settings.items() for word in ("--dynamic-config-value", f"{key}={value}")
        ],
        search_attributes=search.ALL,
        data_converter=pydantic_data_converter,
    ) as environment:
        yield environment.client


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'station.db'}"
    await migrate(url)
    async with Database(url) as database:
        yield database


async def begin(client: Client, kind: type, batch: str) -> WorkflowHandle[object, None]:
    found: WorkflowHandle[object, None] = await client.start_workflow(
        kind.run,  # type: ignore[attr-defined]
        id=run_workflow_id("T1", batch),
        task_queue=QUEUE,
        search_attributes=TypedSearchAttributes([SearchAttributePair(search.STATION, "T1")]),
    )
    return found


async def open_runs(client: Client) -> list[str]:
    return [run.id async for run in client.list_workflows('ExecutionStatus = "Running" AND StationId = "T1"')]


async def alerts(database: Database) -> list[str]:
    return [str(event.data["error"]) for event in await Events(database).after(0) if event.type == EventType.ERROR]


async def test_a_run_the_engine_cannot_get_on_with_raises_one_alert(client: Client, database: Database) -> None:
    vigil = Vigil(client, "T1", database, Events(database))
    async with Worker(
        client, task_queue=QUEUE, workflows=[Broken, Waiting], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        stuck = await begin(client, Broken, "slot_1")
        await begin(client, Waiting, "slot_2")

        async with asyncio.timeout(PATIENCE):
            while not await alerts(database):
                await asyncio.sleep(0.05)
                await vigil.raise_alarms()
        await vigil.raise_alarms()
        once = await alerts(database)
        await stuck.terminate()
        another = Vigil(client, "T1", database, Events(database))
        async with asyncio.timeout(PATIENCE):
            while await open_runs(client) != ["run/T1/slot_2"]:
                await asyncio.sleep(0.05)
        await another.raise_alarms()

    assert once == ["the engine cannot get on with run/T1/slot_1; see its history in Temporal's Web UI"]
    assert await alerts(database) == once  # a run that is over needs nobody any more


async def test_a_run_that_was_ended_from_outside_gets_its_end_and_others_are_left_alone(
    client: Client, database: Database
) -> None:
    runs = Runs(database)
    vigil = Vigil(client, "T1", database, Events(database))
    handles = {batch: await begin(client, Waiting, batch) for batch in ("gone", "open", "cancelled")}
    for batch, handle in handles.items():
        await accept(runs, batch, handle.result_run_id or "")
    await accept(runs, "unknown", "00000000-0000-0000-0000-000000000000")
    await accept(runs, "unbegun", "")

    await handles["gone"].terminate(reason="by hand")
    await vigil.close_vanished_runs()

    gone = await runs.get("gone")
    assert gone is not None
    assert (gone.state, gone.outcome, gone.hardware_safe) == (RunState.COMPLETED, Outcome.ABORTED, False)
    assert gone.reason is not None
    assert (gone.reason.code, gone.reason.message) == (
        "RUN_VANISHED",
        "The run was terminated from outside; no cleanup step ran.",
    )
    assert {run.run_id for run in await runs.open_runs()} == {"open", "cancelled", "unknown", "unbegun"}


async def test_the_mes_is_owed_the_end_of_a_run_that_was_ended_from_outside(client: Client, database: Database) -> None:
    runs, queue, unit = Runs(database), SyncQueue(database), UnitUnderTest(wip="WIP-1", process=3, operator="5")
    handle = await begin(client, Waiting, "gone")
    await accept(runs, "gone", handle.result_run_id or "", unit)
    about = {"run_id": "gone", "batch": "gone", "wip": "WIP-1", "process": 3, "operator": "5", "created_at": T0}
    start = OwedItem.model_validate({"item_id": "gone/start_process", "action": MesAction.START, **about})
    await queue.owe(start, T0)

    await handle.terminate(reason="by hand")
    watch = asyncio.create_task(Vigil(client, "T1", database, Events(database)).close_vanished_runs())
    async with Worker(
        client,
        task_queue=engine_queue("T1"),
        workflows=[Delivery],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        async with asyncio.timeout(PATIENCE):
            await watch
        delivery = client.get_workflow_handle(delivery_workflow_id("T1", "WIP-1"))
        owed: DeliveryStatus = await delivery.query("owed", result_type=DeliveryStatus)
        await delivery.terminate()

    row = await queue.get("gone/complete_process")
    assert row is not None
    assert (row.state, row.item.payload["result"]) == (DeliveryState.PENDING, None)  # a person decides about the unit
    assert [queued.item.item_id for queued in owed.queue] == ["gone/start_process", "gone/complete_process"]


async def accept(runs: Runs, batch: str, temporal_run_id: str, unit: UnitUnderTest | None = None) -> None:
    run = replace(accepted(batch, batch, unit or UnitUnderTest()), workflow_id=run_workflow_id("T1", batch))
    await runs.accept(run)
    if temporal_run_id:
        await runs.begin(batch, temporal_run_id, datetime.now(UTC))


class Full(Events):
    """Events on a disk that is full."""

    async def append(self, *events: NewEvent) -> None:
        raise StorageError("the disk is full")


async def test_the_vigil_is_kept_also_when_what_it_finds_cannot_be_written(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watching, "INTERVAL", timedelta(milliseconds=5))

    class Blind(Vigil):
        """Finds something each time it looks, or breaks."""

        async def raise_alarms(self) -> None:
            await self._events.append()

        async def close_vanished_runs(self) -> None:
            raise KeyError("a bug")

    keeping = asyncio.create_task(Blind(None, "T1", database, Full(database)).keep())  # type: ignore[arg-type]
    await until(lambda: caplog.text.count("could not be written down: the disk is full") >= 3, "three warnings")
    await until(lambda: caplog.text.count("looking after the runs failed; it is tried again") >= 2, "two of the other")

    assert not keeping.done()
    keeping.cancel()
