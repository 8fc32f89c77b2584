"""What is owed to the MES for one WIP: first in, first out, one call at a time, until nothing is owed."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from station.contracts import delivery as contracts
from station.contracts.delivery import (
    Attempt,
    Decision,
    DeliverRequest,
    DeliveryInput,
    DeliveryStatus,
    DiscardRequest,
    QueuedItem,
    SubmitRequest,
)
from station.contracts.names import engine_queue
from station.domain.delivery import Delivered, DeliveryState
from workflows import policies

RETRY, DISCARD = "retry", "discard"
REMEMBERED = 50
"""Items whose end is remembered, so that a repeated submission is answered and not taken again."""


@workflow.defn(
    name="station.delivery",
    failure_exception_types=[
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    ],
)
class Delivery:
    """Keeps the order start, complete, convert for one WIP, however long the MES is away."""

    @workflow.init
    def __init__(self, request: DeliveryInput) -> None:
        """Owe nothing yet, or what an earlier history carried over."""
        self._request = request
        self._queue = list(request.queue)
        self._done = {one.item_id: one for one in request.done}
        self._send_now = False
        self._last_error = ""

    @workflow.run
    async def run(self, request: DeliveryInput) -> None:
        """Live until nothing is owed and nobody waits for an answer."""
        await workflow.wait_condition(lambda: bool(self._queue) or bool(self._done))
        while True:
            while self._queue:
                await self._advance(self._queue[0])
                self._cut_history()
            await workflow.wait_condition(workflow.all_handlers_finished)
            if not self._queue:
                return

    @workflow.update(name="submit", description="Owe an item to the MES")
    async def submit(self, request: SubmitRequest) -> Delivered:
        """Take an item, and answer within its time what became of it."""
        item_id = request.item.item_id
        if item_id not in self._done and all(queued.item.item_id != item_id for queued in self._queue):
            self._queue.append(QueuedItem(item=request.item))
        try:
            await workflow.wait_condition(
                lambda: self._known(item_id) is not None, timeout=request.wait, timeout_summary="the run goes on"
            )
        except TimeoutError:
            return Delivered(item_id=item_id, state=DeliveryState.PENDING, error=self._last_error)
        known = self._known(item_id)
        return known or Delivered(item_id=item_id, state=DeliveryState.PENDING)

    @workflow.update(name="decide", description="Retry or discard a parked item")
    async def decide(self, request: Decision) -> DeliveryStatus:
        """Take a person's decision; the first one counts."""
        queued = self._parked(request.item_id)
        if queued is None:
            return self.owed()
        queued.outcome = None
        if request.action == DISCARD:
            self._finish(queued, Delivered(item_id=request.item_id, state=DeliveryState.DISCARDED))
        await workflow.execute_activity(
            contracts.record_decision,
            DiscardRequest(station=self._request.station, wip=self._request.wip, decision=request),
            task_queue=engine_queue(self._request.station),
            start_to_close_timeout=policies.RECORDING_TIMEOUT,
            retry_policy=policies.UNTIL_RECORDED,
            summary=f"{request.action} by {request.by}",
        )
        return self.owed()

    @decide.validator
    def _may_decide(self, request: Decision) -> None:
        if request.action not in {RETRY, DISCARD}:
            message = f"{request.action!r} is not a decision; choose {RETRY} or {DISCARD}."
            raise ApplicationError(message, type="INVALID_CHOICE", non_retryable=True)
        if request.action == DISCARD and not request.reason.strip():
            message = "Discarding needs a reason: the MES will never hear of this item."
            raise ApplicationError(message, type="REASON_MISSING", non_retryable=True)
        if self._parked(request.item_id) is None:
            message = f"Item {request.item_id} does not wait for a person; it may have been decided already."
            raise ApplicationError(message, type="ITEM_NOT_PARKED", non_retryable=True)

    @workflow.signal(name="send_now", description="Do not wait for the next try")
    async def send_now(self) -> None:
        """Try at once."""
        self._send_now = True

    @workflow.query(name="owed", description="What is owed now, in order")
    def owed(self) -> DeliveryStatus:
        """What is owed now."""
        return DeliveryStatus(wip=self._request.wip, queue=self._queue, last_error=self._last_error)

    async def _advance(self, queued: QueuedItem) -> None:
        """Bring the first item a step further: a call, a pause, or a person's decision."""
        if queued.outcome is not None:
            await workflow.wait_condition(lambda: queued.outcome is None)
            return
        attempt = await self._call(queued)
        queued.attempts += 1
        queued.unknown = queued.unknown or attempt.unknown
        if attempt.delivered is None:
            self._last_error = attempt.error
            await self._pause(queued, attempt)
        elif attempt.delivered.state is DeliveryState.PARKED:
            queued.outcome = attempt.delivered
        else:
            self._finish(queued, attempt.delivered)

    async def _call(self, queued: QueuedItem) -> Attempt:
        try:
            return await workflow.execute_activity(
                contracts.deliver,
                DeliverRequest(queued=queued),
                task_queue=engine_queue(self._request.station),
                start_to_close_timeout=policies.MES_CALL_TIMEOUT,
                retry_policy=policies.ONCE,
                summary=f"{queued.item.action} · try {queued.attempts + 1}",
            )
        except ActivityError as error:
            # The engine died in the middle of the call: it may have arrived.
            return Attempt(error=str(error.cause or error), unknown=True)

    async def _pause(self, queued: QueuedItem, attempt: Attempt) -> None:
        """Wait before the next try: 1, 2, 4 ... 60 s with jitter, or as long as the MES asks for."""
        longest = min(policies.MES_BACKOFF * 2 ** min(queued.attempts - 1, 10), policies.MES_BACKOFF_MAX)
        pause = attempt.retry_after or longest * workflow.random().uniform(0.5, 1.0)
        self._send_now = False
        try:
            await workflow.wait_condition(lambda: self._send_now, timeout=pause, timeout_summary="next try")
        except TimeoutError:
            return

    def _finish(self, queued: QueuedItem, outcome: Delivered) -> None:
        self._queue = [other for other in self._queue if other is not queued]
        self._done[outcome.item_id] = outcome
        self._last_error = ""

    def _known(self, item_id: str) -> Delivered | None:
        if item_id in self._done:
            return self._done[item_id]
        parked = self._parked(item_id)
        return parked.outcome if parked else None

    def _parked(self, item_id: str) -> QueuedItem | None:
        return next((one for one in self._queue if one.item.item_id == item_id and one.outcome is not None), None)

    def _cut_history(self) -> None:
        if not workflow.info().is_continue_as_new_suggested() or not workflow.all_handlers_finished():
            return
        done = list(self._done.values())[-REMEMBERED:]
        workflow.continue_as_new(
            DeliveryInput(station=self._request.station, wip=self._request.wip, queue=self._queue, done=done)
        )
