"""The slot as its run sees it: calls to the batch's process, where being lost is an answer and not an exception."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError, TimeoutError

from station.contracts import activities, repair, sharing
from station.contracts.messages import (
    ClosedSession,
    CloseSessionRequest,
    OpenedSession,
    OpenSessionRequest,
    Reconciled,
    ReconcileRequest,
    RunInput,
    SessionPurpose,
    StepRequest,
)
from station.contracts.names import batch_queue
from station.contracts.repair import Reconnected, ReconnectRequest
from station.contracts.sharing import Acquired, AcquireRequest, Released, ReleaseRequest
from station.domain.outcome import Outcome
from station.domain.plan import Severity, StepPlan
from station.domain.prompt import AnsweredPrompt
from station.domain.run import StepFault, StepReport
from workflows import policies

Request = TypeVar("Request")
Answer = TypeVar("Answer")

_LOST_TYPES = frozenset({"SESSION_LOST", "WorkerShutdown", "WORKER_CRASHED"})


@dataclass(frozen=True)
class Lost:
    """Nobody knows what became of the call: its process died, or no longer owns the hardware.

    Attributes:
        begun: False where it was called off before any process had taken it up.
        code: What the process that answered called it; empty where none answered.
    """

    reason: str
    begun: bool = True
    code: str = ""


@dataclass(frozen=True)
class Pending:
    """A call that has been given to the batch's queue and not come back."""

    what: str
    step: str
    attempt: int
    since: datetime
    ahead_of: str = ""
    """The step that begins after it."""


class Slot:
    """One batch's hardware, reached through its task queue.

    Attributes:
        token: The open session; empty while there is none.
        touched: Whether a session was ever asked for, which makes cleanup a duty.
        pending: Calls under way, in the order they were made.
        unit: The unit's identity, as its package told it last; empty where it cannot.
    """

    def __init__(self, request: RunInput) -> None:
        """Reach the slot of the run's batch."""
        self.token = request.progress.session if request.progress else ""
        self.touched = request.progress is not None
        self.pending: dict[int, Pending] = {}
        self.unit = ""
        self._request = request
        self._queue = batch_queue(request.station, request.batch)
        self._calls = 0
        self._stoppable: dict[int, workflow.ActivityHandle[Any]] = {}

    async def open(self, round_: int, purpose: SessionPurpose, units: Sequence[str] = ()) -> StepFault | Lost | None:
        """Open a session; None: `token` is set and the hardware is ours.

        Args:
            round_: The run's round.
            purpose: What for.
            units: Identities of which the unit must have one, or nothing is set up; empty: whichever it has.
        """
        touched, self.touched = self.touched, True
        answer = await self._call(
            activities.open_session,
            OpenSessionRequest(
                run_id=self._request.run_id,
                batch=self._request.batch,
                plan=self._request.plan,
                unit=self._request.unit,
                round=round_,
                purpose=purpose,
                units=list(units),
            ),
            timeout=policies.OPENING_TIMEOUT,
            summary="open instruments" if purpose is SessionPurpose.RUN else "open instruments for cleanup",
            stoppable=purpose is SessionPurpose.RUN,
        )
        match answer:
            case OpenedSession(fault=None) as opened:
                self.token, self.unit = opened.token, opened.unit
                return None
            case OpenedSession() as refused:
                self.unit = refused.unit
                return refused.fault
            case Lost(begun=False):
                self.touched = touched
                return answer
            case _:
                return answer

    async def reconnect(self) -> StepFault | Lost | None:
        """Connect the session's instruments again; None: they answer, and every output is off."""
        answer = await self._reconnect(connect=True)
        return answer.fault if isinstance(answer, Reconnected) else answer

    async def make_safe(self) -> None:
        """Make the instruments of the session safe, as far as they answer."""
        await self._reconnect(connect=False)

    async def _reconnect(self, *, connect: bool) -> Reconnected | StepFault | Lost:
        answer = await self._call(
            repair.reconnect,
            ReconnectRequest(
                run_id=self._request.run_id, batch=self._request.batch, session=self.token, connect=connect
            ),
            timeout=policies.RECONNECTING_TIMEOUT,
            summary="connect the instruments again" if connect else "make safe: an instrument does not answer",
            stoppable=connect,
        )
        if isinstance(answer, Lost) and answer.begun:
            self.token = ""
        return answer

    async def run_step(
        self,
        step: StepPlan,
        attempt: int,
        segment: int,
        round_: int,
        timeout: timedelta,
        answers: Sequence[AnsweredPrompt] = (),
    ) -> StepReport | Lost:
        """Run one attempt (one segment) of a step."""
        grace = self._request.plan.policy.grace_period
        answer = await self._call(
            activities.cleanup if step.cleanup else activities.run_step,
            StepRequest(
                run_id=self._request.run_id,
                batch=self._request.batch,
                session=self.token,
                step=step.name,
                attempt=attempt,
                segment=segment,
                round=round_,
                timeout=timeout,
                grace=grace,
                answers=list(answers),
            ),
            timeout=timeout + grace + policies.STEP_MARGIN,
            summary=_step_summary(step, attempt, segment),
            step=step.name,
            attempt=attempt,
            stoppable=True,
        )
        if isinstance(answer, StepFault):
            return StepReport(step=step.name, attempt=attempt, outcome=Outcome.ERROR, fault=answer)
        return answer

    async def reconcile(
        self, step: StepPlan, attempt: int, segment: int, timeout: timedelta
    ) -> Reconciled | StepFault | Lost:
        """Ask what became of a lost step; waits for a step that still runs."""
        return await self._call(
            activities.reconcile,
            ReconcileRequest(
                run_id=self._request.run_id,
                batch=self._request.batch,
                session=self.token,
                step=step.name,
                attempt=attempt,
                segment=segment,
            ),
            timeout=timeout + self._request.plan.policy.grace_period + policies.RECONCILING_MARGIN,
            summary=f"what became of {step.name}?",
        )

    async def close(self) -> ClosedSession | Lost:
        """Make the hardware safe and end the session."""
        answer = await self._call(
            activities.close_session,
            CloseSessionRequest(run_id=self._request.run_id, batch=self._request.batch, session=self.token),
            timeout=policies.CLOSING_TIMEOUT,
            summary="make safe and close",
        )
        if isinstance(answer, StepFault):
            return ClosedSession(safe=False, problems=[answer.message])
        return answer

    async def acquire(
        self, step: StepPlan, instruments: Sequence[str], shown: str, within: timedelta | None
    ) -> Acquired | StepFault | Lost:
        """Take shared instruments for a step, these and no others; comes back with news where others have them."""
        return await self._call(
            sharing.acquire,
            AcquireRequest(
                run_id=self._request.run_id,
                batch=self._request.batch,
                session=self.token,
                instruments=list(instruments),
                shown=shown,
                within=within,
                patience=policies.SHARING_PATIENCE,
            ),
            timeout=policies.SHARING_PATIENCE + policies.OPENING_TIMEOUT,
            summary=f"take {', '.join(self._request.plan.shared[name] for name in instruments)}",
            stoppable=not step.cleanup,
            ahead_of=step.name,
        )

    async def release(self, keep: Sequence[str]) -> Released | StepFault | Lost:
        """Give shared instruments back, all but those to keep."""
        return await self._call(
            sharing.release,
            ReleaseRequest(run_id=self._request.run_id, batch=self._request.batch, session=self.token, keep=list(keep)),
            timeout=policies.CLOSING_TIMEOUT,
            summary="give shared instruments back",
        )

    def stop_steps(self) -> None:
        """Ask every step under way to yield, in the order they began, and call off what no process has taken up.

        Not at once but after everything that is ready now: a call whose answer came in the same moment as the wish to
        stop, and one that was made in it, would be cancelled on our side only. The answer would be thrown away, and
        with it the session that somebody has to close.
        """
        for handle in self._stoppable.values():
            asyncio.get_running_loop().call_soon(handle.cancel)

    def stop_step(self, name: str) -> None:
        """Ask one step under way to yield."""
        for number, handle in self._stoppable.items():
            if name in {self.pending[number].step, self.pending[number].ahead_of}:
                handle.cancel()

    async def ask(
        self,
        target: Callable[[Request], Coroutine[Any, Any, Answer]],
        request: Request,
        *,
        timeout: timedelta,
        summary: str,
        stoppable: bool = False,
    ) -> Answer | StepFault | Lost:
        """Make any other call to the batch's process, once."""
        return await self._call(target, request, timeout=timeout, summary=summary, stoppable=stoppable)

    async def _call(
        self,
        target: Callable[[Request], Coroutine[Any, Any, Answer]],
        request: Request,
        *,
        timeout: timedelta,
        summary: str,
        step: str = "",
        attempt: int = 1,
        stoppable: bool = False,
        ahead_of: str = "",
    ) -> Answer | StepFault | Lost:
        self._calls += 1
        number = self._calls
        self.pending[number] = Pending(
            what=summary, step=step, attempt=attempt, since=workflow.now(), ahead_of=ahead_of
        )
        handle = workflow.start_activity(
            target,
            request,
            task_queue=self._queue,
            start_to_close_timeout=timeout,
            heartbeat_timeout=self._request.plan.policy.heartbeat_timeout,
            retry_policy=policies.ONCE,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=summary,
        )
        if stoppable:
            self._stoppable[number] = handle
        # Not `await handle`: where only our side of the call is cancelled, that would cancel whoever waits here.
        await workflow.wait([handle])
        self.pending.pop(number)
        self._stoppable.pop(number, None)
        if handle.cancelled():  # pragma: no cover - see `stop_steps`; if it happens, whatever was begun is cleaned up
            return Lost("stopped")
        error = cast("ActivityError | None", handle.exception())
        return handle.result() if error is None else _explain(error)


def _step_summary(step: StepPlan, attempt: int, segment: int) -> str:
    title = step.title or step.name
    again = f" · attempt {attempt}" if attempt > 1 else ""
    part = f" · segment {segment}" if step.segment is not None else ""
    return f"{title}{again}{part}"[:200]


def _explain(error: ActivityError) -> StepFault | Lost:
    match error.cause:
        case TimeoutError() as cause:
            kind = cause.type.name.lower().replace("_", " ") if cause.type else "timeout"
            return Lost(f"no sign of life from the batch's process ({kind})")
        case CancelledError():
            return Lost("stopped", begun=error.started_event_id != 0)
        case ApplicationError(type=str(kind)) as cause if kind in _LOST_TYPES:
            return Lost(cause.message, code=kind)
        case cause:
            given = cause.type if isinstance(cause, ApplicationError) else None
            code = given if given and given.isupper() else "ACTIVITY_FAILED"
            message = cause.message if isinstance(cause, ApplicationError) else str(cause)
            return StepFault(code=code, message=message, severity=Severity.CRITICAL)
