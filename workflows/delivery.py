"""What is owed to the MES for one WIP: first in, first out, one call at a time, until nothing is owed."""

from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError

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
from station.domain.delivery import Delivered, DeliveryState, MesAction
from workflows import policies
from workflows.refusing import refuse

RETRY, DISCARD, REFUSED = "retry", "discard", "refused"
RESULTS = ("PASS", "FAIL", "REWORK")
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
        self._next_try: datetime | None = None
        self._waiting: list[str] = []
        self._decided: list[str] = []

    @workflow.run
    async def run(self, request: DeliveryInput) -> None:
        """Live until nothing is owed and nobody waits for an answer."""
        await workflow.wait_condition(lambda: bool(self._queue) or bool(self._done))
        while True:
            while self._queue:
                await self._advance(self._queue[0])
                self._cut_history()
            await workflow.wait_condition(lambda: bool(self._queue) or workflow.all_handlers_finished())
            if not self._queue:
                return

    @workflow.update(name="submit", description="Owe an item to the MES")
    async def submit(self, request: SubmitRequest) -> Delivered:
        """Take an item, and answer within its time what became of it."""
        item = request.item
        for earlier in request.before:
            if earlier.item_id not in self._done and self._find(earlier.item_id) is None:
                self._queue.append(QueuedItem(item=earlier, unknown=True))
        if item.item_id not in self._done and self._find(item.item_id) is None:
            self._queue.append(QueuedItem(item=item, unknown=request.unknown))
            await self._supersede()
        self._waiting.append(item.item_id)
        try:
            await workflow.wait_condition(
                lambda: self._answer(item.item_id) is not None, timeout=request.wait, timeout_summary="the run goes on"
            )
        except TimeoutError:
            pass
        finally:
            self._waiting.remove(item.item_id)
        pending = Delivered(item_id=item.item_id, state=DeliveryState.PENDING, error=self._last_error)
        return self._answer(item.item_id) or pending

    @workflow.update(name="decide", description="Retry or discard a parked item")
    async def decide(self, request: Decision) -> DeliveryStatus:
        """Take a person's decision; the first one counts."""
        queued = self._parked(request.item_id)
        if queued is None:  # pragma: no cover - the validator has just seen it
            return self.owed()
        if request.result is not None:
            queued.item.payload["result"] = request.result
        self._decided.append(request.item_id)
        try:
            # Written first: the next call looks at the row before it is made.
            await self._record(request)
        finally:
            self._decided.remove(request.item_id)
        if request.action == DISCARD:
            self._finish(queued, Delivered(item_id=request.item_id, state=DeliveryState.DISCARDED))
        queued.outcome = None
        return self.owed()

    @decide.validator
    def _may_decide(self, request: Decision) -> None:
        if request.action not in {RETRY, DISCARD}:
            refuse("INVALID_CHOICE", f"{request.action!r} is not a decision; choose {RETRY} or {DISCARD}.")
        if request.result is not None and request.result not in RESULTS:
            refuse("INVALID_CHOICE", f"{request.result!r} is not a result; choose one of {', '.join(RESULTS)}.")
        if request.action == DISCARD and not request.reason.strip():
            refuse("REASON_MISSING", "Discarding needs a reason: the MES will never hear of this item.")
        if self._parked(request.item_id) is None:
            refuse(
                "ITEM_NOT_PARKED",
                f"Item {request.item_id} does not wait for a person; it may have been decided already.",
            )

    @workflow.signal(name="send_now", description="Do not wait for the next try")
    async def send_now(self) -> None:
        """Try at once."""
        self._send_now = True

    @workflow.query(name="owed", description="What is owed now, in order")
    def owed(self) -> DeliveryStatus:
        """What is owed now."""
        return DeliveryStatus(
            wip=self._request.wip, queue=self._queue, last_error=self._last_error, next_try=self._next_try
        )

    async def _advance(self, queued: QueuedItem) -> None:
        """Bring the first item a step further: a call, a pause, or a person's decision."""
        if queued.outcome is not None:
            await workflow.wait_condition(lambda: queued.outcome is None)
            return
        self._send_now = False
        attempt = await self._call(queued)
        queued.attempts += 1
        queued.lost += attempt.lost
        queued.unknown = queued.unknown or attempt.unknown
        if attempt.delivered is None:
            self._last_error = attempt.error
            await self._pause(queued, attempt)
        elif attempt.delivered.state is not DeliveryState.PARKED:
            follow_up = attempt.follow_up
            if follow_up is not None and follow_up.item_id not in self._done and self._find(follow_up.item_id) is None:
                self._queue.insert(1, QueuedItem(item=follow_up))
            self._finish(queued, attempt.delivered)
        elif queued.item.action is MesAction.START and queued.item.item_id in self._waiting:
            # Its run hears of it now and stops before any hardware moves: nothing is owed any more.
            self._finish(queued, attempt.delivered.model_copy(update={"state": DeliveryState.REFUSED}))
            await self._record(Decision(item_id=queued.item.item_id, action=REFUSED, by="station"))
        else:
            queued.outcome = attempt.delivered
            await self._supersede()

    async def _call(self, queued: QueuedItem) -> Attempt:
        try:
            return await workflow.execute_activity(
                contracts.deliver,
                DeliverRequest(queued=queued),
                task_queue=engine_queue(self._request.station),
                start_to_close_timeout=policies.MES_CALL_TIMEOUT,
                heartbeat_timeout=policies.ENGINE_HEARTBEAT,
                retry_policy=policies.ONCE,
                summary=f"{queued.item.action} · try {queued.attempts + 1}",
            )
        except ActivityError as error:
            # The engine died in the middle of the call: it may have arrived.
            return Attempt(error=str(error.cause or error), unknown=True, lost=True)

    async def _pause(self, queued: QueuedItem, attempt: Attempt) -> None:
        """Wait before the next try: 1, 2, 4 ... 60 s with jitter, or as long as the MES asks for."""
        longest = min(policies.MES_BACKOFF * 2 ** min(queued.attempts - 1, 10), policies.MES_BACKOFF_MAX)
        pause = attempt.retry_after or longest * workflow.random().uniform(0.5, 1.0)
        self._next_try = workflow.now() + pause
        try:
            await workflow.wait_condition(lambda: self._send_now, timeout=pause, timeout_summary="next try")
        except TimeoutError:
            return
        finally:
            self._next_try = None

    def _finish(self, queued: QueuedItem, outcome: Delivered) -> None:
        self._queue = [other for other in self._queue if other is not queued]
        self._done[outcome.item_id] = outcome
        self._last_error = ""

    async def _supersede(self) -> None:
        """A unit that is tested again needs no disposition of its last run any more; only the first item is parked."""
        first, *later = self._queue
        if first.outcome is None or first.item.item_id in self._decided:
            return
        if first.item.action is not MesAction.COMPLETE or first.item.payload.get("result") is not None:
            return
        starts = [one.item for one in later if one.item.action is MesAction.START]
        if again := next((start for start in starts if start.process == first.item.process), None):
            first.outcome = None
            self._finish(first, Delivered(item_id=first.item.item_id, state=DeliveryState.DISCARDED))
            reason = f"the unit is tested again by run {again.run_id}"
            await self._record(Decision(item_id=first.item.item_id, action=DISCARD, by="station", reason=reason))

    async def _record(self, decision: Decision) -> None:
        await workflow.execute_activity(
            contracts.record_decision,
            DiscardRequest(station=self._request.station, wip=self._request.wip, decision=decision),
            task_queue=engine_queue(self._request.station),
            start_to_close_timeout=policies.RECORDING_TIMEOUT,
            retry_policy=policies.UNTIL_RECORDED,
            summary=f"{decision.action} by {decision.by}",
        )

    def _answer(self, item_id: str) -> Delivered | None:
        """What can be said of an item now; a first try that came to nothing is an answer too: it is on its way.

        A try that was lost with its engine is none: the MES may say no to the next one, and no hardware has moved yet.
        """
        if item_id in self._done:
            return self._done[item_id]
        queued = self._find(item_id)
        if queued is None or queued.outcome is not None:
            return queued.outcome if queued else None
        first = self._queue[0]
        if queued.attempts > queued.lost or first.attempts > first.lost:
            return Delivered(item_id=item_id, state=DeliveryState.PENDING, error=self._last_error)
        return None

    def _find(self, item_id: str) -> QueuedItem | None:
        return next((one for one in self._queue if one.item.item_id == item_id), None)

    def _parked(self, item_id: str) -> QueuedItem | None:
        """Find an item that waits for a person, and about which none has decided yet."""
        if item_id in self._decided:
            return None
        return next((one for one in self._queue if one.item.item_id == item_id and one.outcome is not None), None)

    def _cut_history(self) -> None:
        if not workflow.info().is_continue_as_new_suggested() or not workflow.all_handlers_finished():
            return
        done = list(self._done.values())[-REMEMBERED:]
        workflow.continue_as_new(
            DeliveryInput(station=self._request.station, wip=self._request.wip, queue=self._queue, done=done)
        )
