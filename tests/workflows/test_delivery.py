"""What is owed to the MES for one WIP: once, in order, parked where it is refused, decided by people."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from station.contracts.delivery import (
    Attempt,
    Decision,
    DeliverRequest,
    DeliveryContract,
    DeliveryInput,
    DeliveryStatus,
    DiscardRequest,
    QueuedItem,
    SubmitRequest,
)
from station.contracts.names import delivery_workflow_id, engine_queue
from station.domain.delivery import Delivered, DeliveryState, MesAction, MesRefusal, OwedItem
from tests.workflows.stage import PATIENCE, Stage, until
from worker import build
from workflows.delivery import Delivery

START, COMPLETE, CONVERT = MesAction.START, MesAction.COMPLETE, MesAction.CONVERT
DELIVERED, PENDING, PARKED = DeliveryState.DELIVERED, DeliveryState.PENDING, DeliveryState.PARKED
DISCARDED, REFUSED = DeliveryState.DISCARDED, DeliveryState.REFUSED
REFUSAL = MesRefusal(code="WIP_NOT_FOUND", message="nobody knows it", message_ko="WIP를 찾을 수 없습니다")
LONG = timedelta(seconds=30)
WIP = "WIP-1"

Scene = Callable[[QueuedItem], Awaitable[Attempt]]


class FakeMes:
    """Stands for the calls to the MES and for the queue's rows: plays one scene after the other for each item.

    Attributes:
        calls: Items that were called for, in order.
        seen: The same, as they came.
        decisions: What was written down.
        may_record: While it is not set, nothing can be written down.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.seen: list[QueuedItem] = []
        self.scenes: dict[str, list[Scene]] = {}
        self.decisions: list[Decision] = []
        self.released = asyncio.Event()
        self.may_record = asyncio.Event()
        self.may_record.set()
        self.recording = 0

    @activity.defn(name="station.deliver")
    async def deliver(self, request: DeliverRequest) -> Attempt:
        """Play the item's next scene; without one it is delivered."""
        queued = request.queued
        self.calls.append(queued.item.item_id)
        self.seen.append(queued)
        scenes = self.scenes.get(queued.item.item_id, [])
        return await (scenes.pop(0) if scenes else delivers())(queued)

    @activity.defn(name="station.record_decision")
    async def record_decision(self, request: DiscardRequest) -> None:
        """Keep it."""
        self.recording += 1
        await self.may_record.wait()
        self.decisions.append(request.decision)


class Desk:
    """Whoever owes, asks and decides."""

    def __init__(self, client: Client, station: str) -> None:
        self.client = client
        self.station = station
        self.mes = FakeMes()

    @asynccontextmanager
    async def engine(self, **settings: Any) -> AsyncIterator[None]:
        """Let the engine's process live, without the sandbox, which hides from coverage what runs in it."""
        async with Worker(
            self.client,
            task_queue=engine_queue(self.station),
            workflows=[Delivery],
            activities=[self.mes.deliver, self.mes.record_decision],
            workflow_runner=UnsandboxedWorkflowRunner(),
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
            **settings,
        ):
            yield

    async def submit(
        self, item: OwedItem, wait: timedelta = timedelta(), *, unknown: bool = False, before: Sequence[OwedItem] = ()
    ) -> Delivered:
        """Owe an item, as the station does."""
        operation = WithStartWorkflowOperation(
            DeliveryContract.run,
            DeliveryInput(station=self.station, wip=item.wip),
            id=delivery_workflow_id(self.station, item.wip),
            task_queue=engine_queue(self.station),
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        answer: Delivered = await self.client.execute_update_with_start_workflow(
            "submit",
            SubmitRequest(item=item, wait=wait, unknown=unknown, before=list(before)),
            start_workflow_operation=operation,
            result_type=Delivered,
        )
        return answer

    def handle(self, wip: str = WIP) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(delivery_workflow_id(self.station, wip))

    async def decide(self, item: OwedItem, action: str, **more: Any) -> DeliveryStatus:
        """Decide as a person does."""
        decision = Decision(item_id=item.item_id, action=action, by="kim", **more)
        status: DeliveryStatus = await self.handle(item.wip).execute_update(
            "decide", decision, result_type=DeliveryStatus
        )
        return status

    async def refused(self, item: OwedItem, action: str, **more: Any) -> tuple[str | None, str]:
        """Decide, and be refused: the code and the sentence."""
        with pytest.raises(WorkflowUpdateFailedError) as raised:
            await self.decide(item, action, **more)
        cause = raised.value.cause
        assert isinstance(cause, ApplicationError)
        return cause.type, cause.message

    async def owed(self, wip: str = WIP) -> DeliveryStatus:
        """What is owed now."""
        return await self.handle(wip).query(DeliveryContract.owed)

    async def parks(self, item: OwedItem) -> None:
        """Wait until an item waits for a person."""
        await self.shows(lambda queue: any(one.item.item_id == item.item_id and one.outcome for one in queue), item.wip)

    async def shows(self, holds: Callable[[list[QueuedItem]], bool], wip: str = WIP) -> None:
        """Wait until the queue is such."""
        give_up = time.monotonic() + PATIENCE
        while not holds((await self.owed(wip)).queue):
            assert time.monotonic() < give_up, f"it does not come to hold: {await self.owed(wip)}"
            await asyncio.sleep(0.02)

    async def send_now(self, wip: str = WIP) -> None:
        await self.handle(wip).signal(DeliveryContract.send_now)

    async def nothing_is_owed(self, wip: str = WIP) -> None:
        """Wait until the delivery is over."""
        async with asyncio.timeout(PATIENCE):
            await self.handle(wip).result()


def item(action: MesAction = START, run_id: str = "R1", **more: Any) -> OwedItem:
    known = {"run_id": run_id, "action": action, "wip": WIP, "process": 1, "operator": "5"}
    known |= {"payload": {"result": "PASS"} if action is COMPLETE else {}, "created_at": datetime.now(UTC)}
    return OwedItem.model_validate({"item_id": f"{run_id}/{action}"} | known | more)


def without_result(run_id: str = "R1", **more: Any) -> OwedItem:
    """An end that says nothing about the unit."""
    return item(COMPLETE, run_id, payload={"result": None}, **more)


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage.client, stage.station)


# Scenes: what one call comes to


def delivers(follow_up: OwedItem | None = None) -> Scene:
    async def scene(queued: QueuedItem) -> Attempt:
        done = Delivered(item_id=queued.item.item_id, state=DELIVERED, wip_status="IN_PROGRESS")
        return Attempt(delivered=done, follow_up=follow_up)

    return scene


def refuses() -> Scene:
    async def scene(queued: QueuedItem) -> Attempt:
        return Attempt(delivered=Delivered(item_id=queued.item.item_id, state=PARKED, refusal=REFUSAL))

    return scene


def away(retry_after: timedelta | None = timedelta(milliseconds=10), *, unknown: bool = False) -> Scene:
    async def scene(_queued: QueuedItem) -> Attempt:
        return Attempt(error="it is away", retry_after=retry_after, unknown=unknown)

    return scene


def dies() -> Scene:
    async def scene(_queued: QueuedItem) -> Attempt:
        raise ApplicationError("the engine was killed", non_retryable=True)

    return scene


def held(desk: Desk, then: Scene) -> Scene:
    """It takes until the test says so."""

    async def scene(queued: QueuedItem) -> Attempt:
        while not desk.mes.released.is_set():
            activity.heartbeat()
            await asyncio.sleep(0.02)
        return await then(queued)

    return scene


# Once, and in order


async def test_an_item_is_delivered_and_whoever_owes_it_hears_so(desk: Desk) -> None:
    async with desk.engine():
        answer = await desk.submit(item(), LONG)
        await desk.nothing_is_owed()

    assert answer == Delivered(item_id="R1/start_process", state=DELIVERED, wip_status="IN_PROGRESS")
    assert desk.mes.calls == ["R1/start_process"]


async def test_the_same_item_is_taken_once_while_it_waits_and_after_it_is_done(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [held(desk, delivers())]
    async with desk.engine():
        first, again = (asyncio.create_task(desk.submit(item(), LONG)) for _ in range(2))
        await until(lambda: desk.mes.calls == ["R1/start_process"])
        await desk.submit(item(COMPLETE))
        waiting = await desk.submit(item())
        owed = await desk.owed()
        desk.mes.scenes["R1/complete_process"] = [refuses()]
        desk.mes.released.set()
        answers = [await first, await again]
        await desk.parks(item(COMPLETE))
        late = await desk.submit(item())

    assert waiting == Delivered(item_id="R1/start_process", state=PENDING)
    assert [one.item.item_id for one in owed.queue] == ["R1/start_process", "R1/complete_process"]
    assert [answer.state for answer in [*answers, late]] == [DELIVERED] * 3
    assert desk.mes.calls == ["R1/start_process", "R1/complete_process"]


async def test_start_comes_before_complete_and_the_conversion_before_whatever_was_owed_since(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [held(desk, delivers())]
    desk.mes.scenes["R1/complete_process"] = [delivers(item(CONVERT))]
    async with desk.engine():
        await asyncio.gather(desk.submit(item()), until(lambda: bool(desk.mes.calls)))
        await desk.submit(item(COMPLETE))
        await desk.submit(item(START, "R2"))
        desk.mes.released.set()
        await desk.nothing_is_owed()

    assert desk.mes.calls == [
        "R1/start_process", "R1/complete_process", "R1/convert_to_serial", "R2/start_process",
    ]  # fmt: skip


async def test_a_start_does_not_overtake_an_end_that_its_run_has_not_handed_over_yet(desk: Desk) -> None:
    end, start = item(COMPLETE), item(START, "R2", process=2)
    desk.mes.scenes[end.item_id] = [held(desk, delivers())]
    async with desk.engine():
        await desk.submit(start, before=[end])
        late = asyncio.create_task(desk.submit(end, LONG))
        await asyncio.gather(late, until(lambda: bool(desk.mes.calls)), _release(desk))
        await desk.nothing_is_owed()

    assert desk.mes.calls == [end.item_id, start.item_id]
    assert [queued.unknown for queued in desk.mes.seen] == [True, False]
    assert late.result().state is DELIVERED


async def test_a_conversion_that_is_owed_already_is_not_owed_twice(desk: Desk) -> None:
    desk.mes.scenes["R1/complete_process"] = [held(desk, delivers(item(CONVERT)))]
    async with desk.engine():
        await desk.submit(item(COMPLETE))
        await desk.submit(item(CONVERT), unknown=True)
        desk.mes.released.set()
        await desk.nothing_is_owed()

    assert desk.mes.calls == ["R1/complete_process", "R1/convert_to_serial"]
    assert [queued.unknown for queued in desk.mes.seen] == [False, True]


async def test_a_conversion_that_is_done_already_is_not_owed_again(desk: Desk) -> None:
    desk.mes.scenes["R1/convert_to_serial"] = [held(desk, delivers())]
    desk.mes.scenes["R1/complete_process"] = [delivers(item(CONVERT))]
    async with desk.engine():
        await desk.submit(item(CONVERT))
        await desk.submit(item(COMPLETE))
        desk.mes.released.set()
        await desk.nothing_is_owed()

    assert desk.mes.calls == ["R1/convert_to_serial", "R1/complete_process"]


async def _release(desk: Desk) -> None:
    await asyncio.sleep(0.1)
    desk.mes.released.set()


# The MES is away


async def test_a_run_goes_on_after_the_first_try_that_came_to_nothing(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [away(LONG)]
    async with desk.engine():
        start = await desk.submit(item(), LONG)
        complete = await desk.submit(item(COMPLETE), LONG)
        status = await desk.owed()
        await desk.send_now()
        await desk.nothing_is_owed()

    assert start == Delivered(item_id="R1/start_process", state=PENDING, error="it is away")
    assert complete == Delivered(item_id="R1/complete_process", state=PENDING, error="it is away")
    assert (status.wip, status.last_error, [one.attempts for one in status.queue]) == (WIP, "it is away", [1, 0])
    assert desk.mes.calls == ["R1/start_process", "R1/start_process", "R1/complete_process"]


async def test_a_run_goes_on_when_its_patience_ends_before_the_call_does(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [held(desk, refuses())]
    async with desk.engine():
        answer = await desk.submit(item(), timedelta(milliseconds=100))
        desk.mes.released.set()
        await desk.parks(item())

    assert answer == Delivered(item_id="R1/start_process", state=PENDING)
    assert desk.mes.decisions == []


async def test_it_is_tried_again_by_itself_after_the_pause_the_mes_asks_for_or_a_growing_one(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [away(), away(None)]
    async with desk.engine():
        await desk.submit(item())
        await desk.nothing_is_owed()
        history = await desk.handle().fetch_history()

    pauses = [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        for event in history.events
        if event.HasField("timer_started_event_attributes")
    ]
    assert desk.mes.calls == ["R1/start_process"] * 3
    assert [queued.attempts for queued in desk.mes.seen] == [0, 1, 2]
    assert timedelta(milliseconds=10) in pauses
    assert any(timedelta(seconds=1) <= pause <= timedelta(seconds=2) for pause in pauses)


async def test_a_wish_to_send_now_is_not_lost_on_a_call_that_is_under_way(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [held(desk, away(LONG))]
    async with desk.engine():
        await desk.submit(item())
        await until(lambda: bool(desk.mes.calls))
        await desk.send_now()
        desk.mes.released.set()
        await desk.nothing_is_owed()

    assert desk.mes.calls == ["R1/start_process"] * 2


async def test_whoever_may_have_called_before_has_it_asked_for_until_it_is_over(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [away(), away(unknown=True), away()]
    async with desk.engine():
        await desk.submit(item())
        await desk.submit(item(COMPLETE), unknown=True)
        await desk.nothing_is_owed()

    assert [queued.unknown for queued in desk.mes.seen] == [False, False, True, True, True]


async def test_an_engine_that_dies_in_a_call_leaves_it_unknown(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [dies()]
    async with desk.engine():
        answer = await desk.submit(item(), LONG)
        await desk.nothing_is_owed()

    # A run that waits does not take the engine's death for an MES that is away: it hears of the next call.
    assert (answer.state, answer.error) == (DELIVERED, "")
    assert [queued.unknown for queued in desk.mes.seen] == [False, True]


async def test_a_start_is_refused_also_where_the_engine_died_in_the_first_call(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [dies(), refuses()]
    async with desk.engine():
        answer = await desk.submit(item(), LONG)
        await desk.nothing_is_owed()

    assert (answer.state, answer.refusal) == (REFUSED, REFUSAL)


async def test_what_waits_behind_a_call_that_was_lost_with_its_engine_waits_for_the_next_one(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [dies(), away(LONG)]
    async with desk.engine():
        await desk.submit(item())
        answer = await desk.submit(item(COMPLETE), LONG)
        status = await desk.owed()
        await desk.send_now()
        await desk.nothing_is_owed()

    assert answer == Delivered(item_id="R1/complete_process", state=PENDING, error="it is away")
    assert [(one.attempts, one.lost) for one in status.queue] == [(2, 1), (0, 0)]


# The MES says no


async def test_a_start_that_is_refused_while_its_run_waits_is_over(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [refuses()]
    async with desk.engine():
        answer = await desk.submit(item(), LONG)
        await desk.nothing_is_owed()

    assert answer == Delivered(item_id="R1/start_process", state=REFUSED, refusal=REFUSAL)
    assert desk.mes.decisions == [Decision(item_id="R1/start_process", action="refused", by="station")]


async def test_an_end_that_is_refused_waits_for_a_person_though_somebody_waits_for_it(desk: Desk) -> None:
    desk.mes.scenes["R1/complete_process"] = [refuses()]
    async with desk.engine():
        answer = await desk.submit(item(COMPLETE), LONG)
        [parked] = (await desk.owed()).queue

    assert answer == parked.outcome == Delivered(item_id="R1/complete_process", state=PARKED, refusal=REFUSAL)


async def test_what_is_parked_holds_up_its_own_wip_and_no_other(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [refuses()]
    async with desk.engine():
        await desk.submit(item())
        await desk.parks(item())
        behind = await desk.submit(item(COMPLETE), LONG)
        other = await desk.submit(item(START, "R2", wip="WIP-2"), LONG)
        await desk.send_now()
        owed = await desk.owed()

    assert behind.state is PENDING
    assert other.state is DELIVERED
    assert [one.item.item_id for one in owed.queue] == ["R1/start_process", "R1/complete_process"]
    assert desk.mes.calls == ["R1/start_process", "R2/start_process"]


# A person decides


async def test_a_retry_with_a_result_is_written_down_and_then_sent(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes["R1/complete_process"] = [refuses()]
    async with desk.engine():
        await desk.submit(end)
        await desk.parks(end)
        status = await desk.decide(end, "retry", result="REWORK")
        await desk.nothing_is_owed()

    assert [one.outcome for one in status.queue] == [None]
    assert desk.mes.decisions == [Decision(item_id=end.item_id, action="retry", by="kim", result="REWORK")]
    assert [queued.item.payload["result"] for queued in desk.mes.seen] == [None, "REWORK"]


async def test_a_discard_lets_what_comes_after_it_pass(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [refuses()]
    async with desk.engine():
        await desk.submit(item())
        await desk.parks(item())
        await desk.submit(item(COMPLETE))
        await desk.decide(item(), "discard", reason="a wrong label")
        again = await desk.submit(item(), LONG)
        await desk.nothing_is_owed()

    assert desk.mes.decisions == [
        Decision(item_id="R1/start_process", action="discard", by="kim", reason="a wrong label")
    ]
    assert again.state in {DISCARDED, DELIVERED}  # the delivery that knew of it may be over already
    assert desk.mes.calls[:2] == ["R1/start_process", "R1/complete_process"]


async def test_a_decision_that_cannot_be_taken_is_refused_with_its_reason(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [refuses()]
    async with desk.engine():
        await desk.submit(item())
        await desk.parks(item())
        await desk.submit(item(COMPLETE))

        wrong_action = await desk.refused(item(), "burn")
        wrong_result = await desk.refused(item(), "retry", result="GOOD")
        no_reason = await desk.refused(item(), "discard", reason=" ")
        not_parked = await desk.refused(item(COMPLETE), "retry")
        unknown = await desk.refused(item(CONVERT), "retry")

    assert wrong_action == ("INVALID_CHOICE", "'burn' is not a decision; choose retry or discard.")
    assert wrong_result == ("INVALID_CHOICE", "'GOOD' is not a result; choose one of PASS, FAIL, REWORK.")
    assert no_reason == ("REASON_MISSING", "Discarding needs a reason: the MES will never hear of this item.")
    nobody_waits = "does not wait for a person; it may have been decided already."
    assert not_parked == ("ITEM_NOT_PARKED", f"Item R1/complete_process {nobody_waits}")
    assert unknown == ("ITEM_NOT_PARKED", f"Item R1/convert_to_serial {nobody_waits}")
    assert desk.mes.decisions == []


async def test_the_first_of_two_decisions_counts(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [refuses()]
    desk.mes.may_record.clear()
    async with desk.engine():
        await desk.submit(item())
        await desk.parks(item())
        first = asyncio.create_task(desk.decide(item(), "discard", reason="a wrong label"))
        await until(lambda: desk.mes.recording == 1)
        second = await desk.refused(item(), "retry")
        desk.mes.may_record.set()
        await first
        await desk.nothing_is_owed()

    assert second[0] == "ITEM_NOT_PARKED"
    assert [decision.action for decision in desk.mes.decisions] == ["discard"]
    assert desk.mes.calls == ["R1/start_process"]


# A unit that is tested again


async def test_a_unit_that_is_tested_again_needs_no_disposition(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes[end.item_id] = [refuses()]
    async with desk.engine():
        await desk.submit(end)
        await desk.parks(end)
        answer = await desk.submit(item(START, "R2"), LONG)
        await desk.nothing_is_owed()

    assert answer.state is DELIVERED
    assert [(one.action, one.by, one.reason) for one in desk.mes.decisions] == [
        ("discard", "station", "the unit is tested again by run R2")
    ]
    assert desk.mes.calls == [end.item_id, "R2/start_process"]


async def test_a_unit_that_was_tested_again_while_the_mes_was_away_needs_no_disposition_either(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes["R1/start_process"] = [away(LONG)]
    desk.mes.scenes[end.item_id] = [refuses()]
    async with desk.engine():
        for owed in (item(), end, item(START, "R2"), item(COMPLETE, "R2")):
            await desk.submit(owed)
        await until(lambda: bool(desk.mes.calls))
        await desk.send_now()
        await desk.nothing_is_owed()

    assert desk.mes.calls[-3:] == [end.item_id, "R2/start_process", "R2/complete_process"]
    assert [one.reason for one in desk.mes.decisions] == ["the unit is tested again by run R2"]


@pytest.mark.parametrize(
    ("parked", "again"),
    [
        (without_result(process=2), item(START, "R2")),
        (item(COMPLETE), item(START, "R2")),
        (item(CONVERT), item(START, "R2")),
        (without_result(), item(CONVERT, "R2")),
    ],
    ids=["of another process", "with a result", "a conversion", "by no start"],
)
async def test_nothing_else_is_superseded(desk: Desk, parked: OwedItem, again: OwedItem) -> None:
    desk.mes.scenes[parked.item_id] = [refuses()]
    async with desk.engine():
        await desk.submit(parked)
        await desk.parks(parked)
        answer = await desk.submit(again, LONG)

    assert answer.state is PENDING
    assert desk.mes.decisions == []


async def test_a_disposition_that_is_being_taken_is_not_superseded(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes[end.item_id] = [refuses()]
    desk.mes.may_record.clear()
    async with desk.engine():
        await desk.submit(end)
        await desk.parks(end)
        decision = asyncio.create_task(desk.decide(end, "discard", reason="scrapped"))
        await until(lambda: desk.mes.recording == 1)
        await desk.submit(item(START, "R2"))
        desk.mes.may_record.set()
        await decision
        await desk.nothing_is_owed()

    assert [(one.by, one.reason) for one in desk.mes.decisions] == [("kim", "scrapped")]
    assert desk.mes.calls == [end.item_id, "R2/start_process"]


async def test_an_item_that_comes_twice_while_it_supersedes_is_taken_once(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes[end.item_id] = [refuses()]
    desk.mes.scenes["R2/start_process"] = [held(desk, delivers())]
    async with desk.engine():
        await desk.submit(end)
        await desk.parks(end)
        desk.mes.may_record.clear()
        first = asyncio.create_task(desk.submit(item(START, "R2")))
        await until(lambda: desk.mes.recording == 1)
        await desk.submit(item(START, "R2"))
        queue = (await desk.owed()).queue
        desk.mes.may_record.set()
        desk.mes.released.set()
        await first
        await desk.nothing_is_owed()

    assert [one.item.item_id for one in queue] == ["R2/start_process"]
    assert desk.mes.calls == [end.item_id, "R2/start_process"]


# A long history, a new engine


async def test_a_history_that_grows_long_is_cut_and_forgets_nothing(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [held(desk, delivers())]
    desk.mes.scenes["R1/complete_process"] = [away(unknown=True), *(away() for _ in range(12)), away(LONG)]
    async with desk.engine():
        await desk.submit(item())
        await desk.submit(item(COMPLETE))
        desk.mes.released.set()
        await until(lambda: len(desk.mes.calls) == 15)
        known = await desk.submit(item(), LONG)
        [queued] = (await desk.owed()).queue
        was_cut = await _was_cut(desk)
        await desk.send_now()
        await desk.nothing_is_owed()

    assert known.state is DELIVERED
    assert (queued.item.item_id, queued.attempts, queued.unknown) == ("R1/complete_process", 14, True)
    assert was_cut
    assert desk.mes.calls.count("R1/start_process") == 1
    assert desk.mes.calls.count("R1/complete_process") == 15


async def test_what_comes_while_something_is_still_written_down_does_not_wait_for_it(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes["R1/start_process"] = [away() for _ in range(8)]
    desk.mes.scenes[end.item_id] = [refuses()]
    async with desk.engine():
        await desk.submit(item())
        await desk.submit(end)
        await desk.parks(end)
        desk.mes.may_record.clear()
        again = asyncio.create_task(desk.submit(item(START, "R2"), LONG))
        await until(lambda: "R2/start_process" in desk.mes.calls and desk.mes.recording == 1)
        answer = await desk.submit(item(COMPLETE, "R2"), LONG)
        desk.mes.may_record.set()
        started = await again
        await desk.nothing_is_owed()

    assert (started.state, answer.state) == (DELIVERED, DELIVERED)
    assert desk.mes.calls[-2:] == ["R2/start_process", "R2/complete_process"]


async def test_what_a_delivery_did_is_replayed_as_it_was(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes["R1/start_process"] = [away()]
    desk.mes.scenes[end.item_id] = [refuses()]
    async with desk.engine(max_cached_workflows=0):
        await desk.submit(item())
        await desk.submit(end)
        await desk.parks(end)
        await desk.decide(end, "retry", result="FAIL")
        await desk.nothing_is_owed()
        history = await desk.handle().fetch_history()

    await Replayer(
        workflows=build.WORKFLOWS,
        data_converter=desk.client.data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    ).replay_workflow(history)


async def _was_cut(desk: Desk) -> bool:
    """Whether the delivery goes on under a new history."""
    first = (await desk.handle().fetch_history()).events[0].workflow_execution_started_event_attributes
    return bool(first.continued_execution_run_id)
