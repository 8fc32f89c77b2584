"""What a row of the queue, or of a refused run, says is said again to whoever asks after an engine has died."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Connection, update
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment

from activities import mes
from activities.mes import MesActivities
from activities.recording import Recording
from station.config.model import StationConfig
from station.contracts.delivery import Decision, DeliverRequest, DiscardRequest, QueuedItem, SubmitToMes
from station.contracts.messages import RunInput
from station.control.abandoned import end_abandoned
from station.control.owed import owed
from station.control.queue import decide
from station.domain.delivery import NEEDS_DISPOSITION, Delivered, DeliveryState, MesAction, MesRefusal, OwedItem
from station.domain.errors import CommandRefusedError
from station.domain.outcome import Outcome
from station.domain.run import RunResult
from station.mes.client import make_client
from station.storage.audit import Audit
from station.storage.batches import Batches
from station.storage.database import Database
from station.storage.journal import Journal
from station.storage.migrate import migrate
from station.storage.queue import SyncQueue
from station.storage.runs import Runs
from station.storage.tables import SYNC_QUEUE
from tests.storage.samples import PLAN, T0, UNIT, accepted
from tests.workflows.desk import Desk, held, refuses
from tests.workflows.stage import PATIENCE, Stage
from worker import build

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'station.db'}"
    await migrate(url)
    async with Database(url) as opened:
        await Runs(opened).accept(accepted())
        yield opened


@pytest.fixture
async def telling(stage: Stage, database: Database) -> AsyncIterator[MesActivities]:
    config = StationConfig.model_validate({"station": {"id": "T1", "name": "T"}, "backend": {"url": NOBODY}})
    backend = make_client(config.backend)
    yield build.mes_activities(stage.client, config, backend, database)
    await backend.close()


def item(action: MesAction, **payload: str | None) -> OwedItem:
    return OwedItem.model_validate(
        {"item_id": f"RUN1/{action}", "run_id": "RUN1", "action": action, "wip": "WIP-1", "process": 3}
        | {"operator": "5", "payload": payload, "created_at": T0}
    )


@pytest.mark.parametrize("code", ["WIP_NOT_FOUND", "UNKNOWN"])
async def test_a_start_that_was_refused_is_refused_again(telling: MesActivities, database: Database, code: str) -> None:
    start, queue = item(MesAction.START), SyncQueue(database)
    await queue.owe(start, T0)
    refusal = MesRefusal(code=code, message="nobody: knows it")
    await queue.ended(start, Delivered(item_id=start.item_id, state=DeliveryState.PARKED, refusal=refusal), T0)
    refused = Decision(item_id=start.item_id, action="refused", by="station")
    await ActivityEnvironment().run(
        telling.record_decision, DiscardRequest(station="T1", wip="WIP-1", decision=refused)
    )

    again = await ActivityEnvironment().run(telling.deliver, DeliverRequest(queued=QueuedItem(item=start)))

    assert again.delivered is not None
    assert again.delivered.refusal is not None
    assert again.delivered.state is DeliveryState.REFUSED
    assert (again.delivered.refusal.code, again.delivered.refusal.message) == (code, "nobody: knows it")


@pytest.mark.parametrize("code", ["WIP_NOT_FOUND", NEEDS_DISPOSITION])
async def test_an_item_that_is_parked_in_its_row_is_parked_again_and_the_mes_is_not_asked(
    telling: MesActivities, database: Database, code: str
) -> None:
    end, queue = item(MesAction.COMPLETE, result="PASS"), SyncQueue(database)
    await queue.owe(end, T0)
    refusal = MesRefusal(code=code, message="nobody knows it")
    await queue.ended(end, Delivered(item_id=end.item_id, state=DeliveryState.PARKED, refusal=refusal), T0)
    before = await queue.get(end.item_id)

    again = await ActivityEnvironment().run(telling.deliver, DeliverRequest(queued=QueuedItem(item=end)))

    assert again.delivered is not None
    assert again.delivered.refusal is not None
    assert (again.delivered.state, again.delivered.refusal.code) == (DeliveryState.PARKED, code)
    assert await queue.get(end.item_id) == before  # a call, which nobody answers here, would be counted


async def test_the_result_a_person_chose_is_in_the_row(telling: MesActivities, database: Database) -> None:
    end, queue = item(MesAction.COMPLETE, result=None), SyncQueue(database)
    await queue.owe(end, T0)
    chosen = Decision(item_id=end.item_id, action="retry", by="kim", result="REWORK")

    await ActivityEnvironment().run(telling.record_decision, DiscardRequest(station="T1", wip="WIP-1", decision=chosen))
    row = await queue.get(end.item_id)

    assert row is not None
    assert row.item.payload == {"result": "REWORK"}


async def test_a_run_that_was_refused_is_refused_again_when_the_engine_died_over_it(database: Database) -> None:
    recording = Recording(Runs(database), Journal(database), Batches(database), Audit(database))
    second = RunInput(run_id="RUN2", station="T1", batch="b2", plan=PLAN, unit=UNIT, accepted_at=datetime.now(UTC))
    environment, later = ActivityEnvironment(), ActivityEnvironment()
    later.info = dataclasses.replace(later.info, attempt=2)

    first = await environment.run(recording.record_accepted, second)
    again = await later.run(recording.record_accepted, second)

    assert first is not None
    assert (first.code, again) == ("WIP_BUSY", first)


@pytest.mark.parametrize(
    ("state", "owes"),
    [
        (None, False),
        (DeliveryState.PENDING, True),
        (DeliveryState.DELIVERED, True),
        (DeliveryState.PARKED, True),
        (DeliveryState.REFUSED, False),
        (DeliveryState.DISCARDED, False),
    ],
)
async def test_a_run_whose_workflow_is_gone_owes_its_end_where_the_mes_may_know_of_its_start(
    database: Database, state: DeliveryState | None, owes: bool
) -> None:
    queue, start = SyncQueue(database), item(MesAction.START)
    if state is not None:
        await queue.owe(start, T0)
    if state not in {None, DeliveryState.PENDING}:
        await queue.ended(start, Delivered(item_id=start.item_id, state=state or DeliveryState.PENDING), T0)
    run = await Runs(database).get("RUN1")
    assert run is not None

    result = RunResult(run_id="RUN1", outcome=Outcome.ABORTED, started_at=T0, completed_at=T0)
    owed = await end_abandoned(database, run, result)

    row, ended = await queue.get("RUN1/complete_process"), await Runs(database).get("RUN1")
    assert ended is not None
    assert ended.outcome is Outcome.ABORTED
    assert (owed is not None, row is not None) == (owes, owes)
    assert row is None or (row.item == owed and row.item.payload["result"] is None)


async def test_a_decision_made_in_the_moment_an_item_is_parked_waits_until_its_delivery_knows(
    stage: Stage, database: Database
) -> None:
    config = StationConfig.model_validate({"station": {"id": "T1", "name": "T"}, "backend": {"url": NOBODY}})
    queue, desk, end = SyncQueue(database), Desk(stage.client, "T1"), item(MesAction.COMPLETE, result="PASS")
    await queue.owe(end, T0)
    desk.mes.scenes[end.item_id] = [held(desk, refuses())]

    async with desk.engine():
        await desk.submit(end)
        parked = Delivered(item_id=end.item_id, state=DeliveryState.PARKED)
        await queue.ended(end, parked, T0)  # the row says so already, the call is only on its way back
        deciding = asyncio.create_task(
            decide(stage.client, config, database, end.item_id, action="discard", by="kim", reason="scrapped")
        )
        await asyncio.sleep(0.3)
        early = deciding.done()
        desk.mes.released.set()
        await deciding
        await desk.nothing_is_owed()

    assert not early
    assert [(decision.action, decision.by) for decision in desk.mes.decisions] == [("discard", "kim")]


class Unsteady:
    """The engine's client, of which the first call does not arrive."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.calls = 0

    async def execute_update_with_start_workflow(self, *arguments: Any, **settings: Any) -> Any:
        self.calls += 1
        if self.calls == 1:
            raise RPCError("the server is only just starting", RPCStatusCode.UNAVAILABLE, b"")
        return await self._client.execute_update_with_start_workflow(*arguments, **settings)


async def test_what_is_open_is_handed_over_in_order_and_until_each_wip_has_been_taken(
    stage: Stage, telling: MesActivities, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mes, "HAND_OVER_AGAIN", timedelta(milliseconds=50))
    client, queue, desk = Unsteady(stage.client), SyncQueue(database), Desk(stage.client, "T1")
    telling._temporal = cast("Client", client)
    start, end = item(MesAction.START), item(MesAction.COMPLETE, result="PASS")
    other = end.model_copy(update={"item_id": "RUN0/complete_process", "wip": "WIP-0"})
    for one in (start, end, other):
        await queue.owe(one, T0)

    async with desk.engine():
        async with asyncio.timeout(PATIENCE):
            await telling.hand_over_open_items()
        await desk.nothing_is_owed()
        await desk.nothing_is_owed("WIP-0")

    assert client.calls == 3
    assert [call for call in desk.mes.calls if call != other.item_id] == [start.item_id, end.item_id]
    assert other.item_id in desk.mes.calls
    assert [queued.unknown for queued in desk.mes.seen] == [True] * 3


async def test_a_start_brings_what_another_slot_s_run_owes_for_the_same_wip_and_has_not_handed_over(
    stage: Stage, telling: MesActivities, database: Database
) -> None:
    queue, desk = SyncQueue(database), Desk(stage.client, "T1")
    end = item(MesAction.COMPLETE, result="PASS")
    other = end.model_copy(update={"item_id": "RUN0/complete_process", "wip": "WIP-0"})
    start = end.model_copy(update={"item_id": "RUN2/start_process", "run_id": "", "action": MesAction.START})
    await queue.owe(other, T0)
    await queue.owe(end, T0)

    async with desk.engine():
        submitted = SubmitToMes(station="T1", item=start, wait=timedelta(seconds=10))
        answer = await ActivityEnvironment().run(telling.submit_to_mes, submitted)

    assert answer.state is DeliveryState.DELIVERED
    assert desk.mes.calls == [end.item_id, start.item_id]


async def test_an_item_that_cannot_be_read_needs_a_person_who_can_only_discard_it(database: Database) -> None:
    start, queue = item(MesAction.START), SyncQueue(database)
    await queue.owe(start, T0)

    def spoil(transaction: Connection) -> None:
        transaction.execute(update(SYNC_QUEUE).values(payload={"wip": "WIP-1"}))

    await database.write(spoil)
    config = StationConfig.model_validate({"station": {"id": "T1", "name": "T"}})
    nobody = cast("Client", None)  # no delivery can have it, so none is asked

    listed = await owed(database)
    for action, reason, code in (("retry", "", "INVALID_CHOICE"), ("discard", " ", "REASON_MISSING")):
        with pytest.raises(CommandRefusedError) as refused:
            await decide(nobody, config, database, start.item_id, action=action, by="kim", reason=reason)
        assert refused.value.code == code
    entry = await decide(nobody, config, database, start.item_id, action="discard", by="kim", reason="told by hand")

    assert (listed.parked, listed.items[0].item_id) == (1, start.item_id)
    assert "cannot be read" in listed.items[0].last_error
    assert entry.state is DeliveryState.DISCARDED
    assert (await owed(database)).items == []
