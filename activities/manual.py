"""What a person does by hand: commands to instruments and single steps on the slot, and the notes about both."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn, TypeVar

from pydantic import JsonValue
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.execution import EXIT_UNRESPONSIVE
from activities.feed import StepFeed
from activities.hardware import Hardware, HeldSession
from activities.live import LiveStep, heartbeating
from station.contracts.manual import (
    CommandOutcome,
    ManualCommandRequest,
    ManualNote,
    ManualSessionRequest,
    ManualStepRequest,
    SessionLook,
    StepOutcome,
)
from station.contracts.messages import ClosedSession, StepRequest
from station.domain.errors import SessionLostError, StationError, StepError
from station.domain.plan import Severity
from station.domain.run import StepFault, StepReport
from station.execution.execution import StepExecution, StepUnresponsive
from station.storage.batches import Batches
from station.storage.manual import ManualNotes

logger = logging.getLogger(__name__)

T = TypeVar("T")

ANSWER_LIMIT = 32 * 1024
"""Bytes of JSON an answer may have: it travels through the session's history, and the latest ten are kept there."""
LOOK = timedelta(milliseconds=50)
"""How often the watch over a session looks whether it is still held."""


@dataclass
class ManualControl:
    """Implements the contracts of a manual session that touch one slot's hardware.

    Attributes:
        end_process: Ends this process at once; the supervisor brings a new one, which makes the hardware safe first.
    """

    hardware: Hardware
    end_process: Callable[[int], NoReturn]

    @activity.defn(name="station.manual_command")
    async def manual_command(self, request: ManualCommandRequest) -> CommandOutcome:
        """Carry out one command; a fault in it is part of the outcome, never an exception."""
        held = await self._owned(request.batch, request.session)
        return await self._cut_off_with_session(self._tell(held, request))

    @activity.defn(name="station.manual_step")
    async def manual_step(self, request: ManualStepRequest) -> StepOutcome:
        """Run one step by hand: nothing of it goes into the journal of runs.

        Raises:
            CancelledError: Where nobody waits for the step any more; it is asked to yield.
        """
        held = await self._owned(request.batch, request.session)
        held.session.use_parameters(held.request.plan.parameters | request.parameters)
        execution = held.session.start_step(
            held.step(request.step),
            request.attempt,
            self._listener(request),
            timeout=request.timeout,
            grace=request.grace,
        )
        key, live = _as_step(request), LiveStep(execution)
        live.report = asyncio.create_task(self._finish(held, execution, key))
        self.hardware.live.add(key, live)
        try:
            report = await self.hardware.live.attend(live)
        except asyncio.CancelledError:
            execution.stop("nobody waits for it any more")
            raise
        result = await execution.wait()
        measurements = list(result.measurements)
        while _size([one.model_dump(mode="json") for one in measurements]) > ANSWER_LIMIT:
            measurements = measurements[: len(measurements) // 2]
        values = result.values if _size(result.values) <= ANSWER_LIMIT else {}
        return StepOutcome(report=report, measurements=measurements, values=values)

    @activity.defn(name="station.manual_safe")
    async def manual_safe(self, request: ManualSessionRequest) -> ClosedSession:
        """Make every instrument safe; the session stays open."""
        held = await self._owned(request.batch, request.session)
        await self.hardware.stop_all("the instruments are made safe")
        async with heartbeating(self.hardware.live.heartbeat_interval):
            problems = [fault.message for fault in await held.session.make_safe()]
        return ClosedSession(safe=not problems, problems=problems)

    @activity.defn(name="station.manual_watch")
    async def manual_watch(self, request: ManualSessionRequest) -> None:
        """Stay for as long as this process holds the session; so its death is noticed while nobody does anything.

        Raises:
            ApplicationError: WorkerShutdown, where the process is to end.
        """
        async with heartbeating(self.hardware.live.heartbeat_interval):
            while self.hardware.holds(request.session):
                if activity.is_worker_shutdown():
                    msg = "the batch's process is shut down"
                    raise ApplicationError(msg, type="WorkerShutdown", non_retryable=True)
                await asyncio.sleep(LOOK.total_seconds())
            await self.hardware.settled()  # whoever asks the database after this finds how the session was left
        self.hardware.owned(request.session)

    async def _owned(self, batch: str, token: str) -> HeldSession:
        """Hand out the session, unless another process has taken the slot over in the meantime.

        Raises:
            ApplicationError: SESSION_LOST, before any hardware is touched.
        """
        held = self.hardware.owned(token)
        owner = await self.hardware.stores.journal.owner(batch)
        if owner is None or owner.token != token:
            msg = "another process owns the hardware now"
            raise ApplicationError(
                msg, type=SessionLostError.code, non_retryable=True, category=ApplicationErrorCategory.BENIGN
            )
        return held

    async def _tell(self, held: HeldSession, request: ManualCommandRequest) -> CommandOutcome:
        clock, fault, value = self.hardware.clock, None, None
        began = clock.monotonic()
        try:
            value = await held.session.command(
                request.instrument, request.name, request.arguments, timeout=request.timeout
            )
        except StepUnresponsive as error:
            logger.error("%s; the process ends", error.message)
            self.end_process(EXIT_UNRESPONSIVE)
        except StationError as error:
            severity = Severity.RECOVERABLE if isinstance(error, StepError) else Severity.CRITICAL
            fault = StepFault(code=error.code, message=error.message, severity=severity)
        if _size(value) > ANSWER_LIMIT:
            message = f"It was done; its answer has {_size(value)} bytes, more than the {ANSWER_LIMIT} that are shown."
            value, fault = None, StepFault(code="ANSWER_TOO_LARGE", message=message)
        elapsed = timedelta(seconds=clock.monotonic() - began)
        held.touched_at = clock.monotonic()
        return CommandOutcome(value=value, fault=fault, elapsed=elapsed)

    async def _cut_off_with_session(self, work: Coroutine[None, None, T]) -> T:
        """Do something that is cut off when the session is closed, or when nobody waits for it any more.

        Raises:
            ApplicationError: SESSION_LOST, where the session was closed meanwhile.
            CancelledError: Where nobody waits for it any more.
        """
        task = asyncio.create_task(work)
        self.hardware.by_hand.add(task)
        try:
            async with heartbeating(self.hardware.live.heartbeat_interval):
                await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise
        finally:
            self.hardware.by_hand.discard(task)
        if task.cancelled():
            msg = "the command was cut off: the instruments were made safe"
            raise ApplicationError(msg, type="COMMAND_STOPPED", non_retryable=True)
        return task.result()

    async def _finish(self, held: HeldSession, execution: StepExecution, key: StepRequest) -> StepReport:
        try:
            result = await execution.wait()
        except StepUnresponsive as error:
            logger.error("%s; the process ends", error.message)
            self.end_process(EXIT_UNRESPONSIVE)
        finally:
            self.hardware.live.remove(key)
        held.touched_at = self.hardware.clock.monotonic()
        return result.report

    def _listener(self, request: ManualStepRequest) -> StepFeed:
        return StepFeed(
            self.hardware.feed,
            batch=request.batch,
            run_id=request.session_id,
            step=request.step,
            now=self.hardware.clock.now,
            checkpoint=lambda elapsed, state: None,  # nobody takes it up again
        )


class ManualRecording:
    """Implements the contracts of a manual session that record."""

    def __init__(self, notes: ManualNotes, batches: Batches) -> None:
        """Write and read through these queries."""
        self._notes = notes
        self._batches = batches

    @activity.defn(name="station.record_manual")
    async def record_manual(self, request: ManualNote) -> None:
        """Write what was done by hand into the audit, tell whoever watches, and close the slot where it is unsafe."""
        await self._notes.write(request.deed, request.session_id, request.state, unsafe=request.unsafe)

    @activity.defn(name="station.look_at_session")
    async def look_at_session(self, request: ManualSessionRequest) -> SessionLook:
        """Tell whether a session still owns its slot's hardware."""
        batch = await self._batches.get(request.batch)
        if batch is None:
            return SessionLook(owned=False, safe=True)
        return SessionLook(owned=batch.session_token == request.session, safe=batch.hardware_safe)


def _size(value: JsonValue) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _as_step(request: ManualStepRequest) -> StepRequest:
    return StepRequest(
        run_id=request.session_id,
        batch=request.batch,
        session=request.session,
        step=request.step,
        attempt=request.attempt,
        timeout=request.timeout,
        grace=request.grace,
    )
