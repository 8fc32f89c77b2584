"""A desk for deliveries: whoever owes, asks and decides, and an MES that plays a script behind the real names."""

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
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

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
from tests.workflows.stage import PATIENCE
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
