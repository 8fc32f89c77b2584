"""Runs steps on one slot's hardware, and tells what became of those whose activity was lost."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NoReturn

from pydantic import JsonValue
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.feed import StepFeed
from activities.hardware import Hardware, HeldSession
from activities.live import LiveStep
from station.contracts.messages import Cause, Finding, Reconciled, ReconcileRequest, StepRequest
from station.domain.errors import SessionLostError, StationError
from station.domain.outcome import Outcome
from station.domain.plan import Severity, StepPlan
from station.domain.run import StepFault, StepReport, StepResult
from station.execution.carrying import asked_in
from station.execution.session import StepUnresponsive
from station.storage.batches import ExitKind, ProcessExit
from station.storage.journal import Journal
from station.storage.steps import StepKey, StepRecord

logger = logging.getLogger(__name__)

_EXPECTED = ApplicationErrorCategory.BENIGN
"""A lost session is how a replaced process is noticed: nothing to raise an alarm for."""

EXIT_UNRESPONSIVE = 70
"""The process ended itself because a step would not yield."""
EXIT_FENCED = 71
"""The process ended itself because another one owns the hardware now."""

_FAULT_CODES = {
    ExitKind.CRASHED: "WORKER_CRASHED",
    ExitKind.EXITED: "WORKER_EXITED",
    ExitKind.MEMORY_LIMIT: "MEMORY_LIMIT",
    ExitKind.UNRESPONSIVE: "STEP_UNRESPONSIVE",
}
"""Ends of a process that are the doing of the step it ran, and what the step's fault is called then."""

_SHUT_DOWN = "the batch's process was shut down"


@dataclass
class Execution:
    """Implements the step contracts for one slot.

    A step belongs to this process, not to the activity that began it: when an activity is lost while the process
    lives, the step goes on, and `reconcile` attends it to its end.

    Attributes:
        end_process: Ends this process at once; the supervisor brings a new one, which makes the hardware safe first.
    """

    hardware: Hardware
    end_process: Callable[[int], NoReturn]
    _checkpoints: set[asyncio.Task[None]] = field(default_factory=set)
    _beginning: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from looking for a live step until it is one: nobody may begin a step twice, or miss one that begins."""

    @activity.defn(name="station.run_step")
    async def run_step(self, request: StepRequest) -> StepReport:
        """Run one attempt of a step; a fault in it is part of the report, never an exception."""
        async with self._beginning:
            held = self.hardware.owned(request.session)
            live = self.hardware.live.find(request) or await self._begin(held, request)
        return await self.hardware.live.attend(live)

    @activity.defn(name="station.cleanup")
    async def cleanup(self, request: StepRequest) -> StepReport:
        """Run one cleanup step; it may be repeated until it is known to have ended."""
        return await self.run_step(request)

    @activity.defn(name="station.reconcile")
    async def reconcile(self, request: ReconcileRequest) -> Reconciled:
        """Tell what became of a step whose activity was lost; wait for it where it still runs."""
        async with self._beginning:
            alive, live = self.hardware.holds(request.session), self.hardware.live.find(request)
        if live is not None:
            return Reconciled(
                finding=Finding.FINISHED, report=await self.hardware.live.attend(live), session_alive=alive
            )
        record = await self._journal.find(StepKey(request.run_id, request.step, request.attempt))
        if record is None or record.segment < request.segment:
            return Reconciled(finding=Finding.NEVER_STARTED, session_alive=alive)
        if report := _report_of(record, request.segment):
            return Reconciled(finding=Finding.FINISHED, report=report, session_alive=alive)
        return await self._interrupted(record, alive=alive)

    @property
    def _journal(self) -> Journal:
        return self.hardware.stores.journal

    async def _begin(self, held: HeldSession, request: StepRequest) -> LiveStep:
        """Write that the step begins, then let it begin: in this order, so that no effect goes unrecorded.

        Raises:
            ApplicationError: SESSION_LOST, where another process owns the hardware now.
        """
        step, key = held.step(request.step), StepKey(request.run_id, request.step, request.attempt)
        before = await self._earlier_part(step, request)
        try:
            await self._journal.begin_step(
                key,
                batch=request.batch,
                session=request.session,
                index=step.index,
                round=request.round,
                segment=request.segment,
                task_token=activity.info().task_token,
                pid=self.hardware.settings.pid,
                at=self.hardware.clock.now(),
                elapsed=before.elapsed if before else timedelta(),
                state=before.state if before else None,
            )
        except SessionLostError as error:
            logger.error("another process owns the hardware of %s", request.batch)
            raise ApplicationError(error.message, type=error.code, non_retryable=True, category=_EXPECTED) from error
        execution = held.session.start_step(
            step,
            request.attempt,
            self._listener(request, key),
            timeout=request.timeout,
            grace=request.grace,
            elapsed=before.elapsed if before else timedelta(),
            state=before.state if before else None,
            segment=request.segment,
            answers=request.answers,
        )
        live = LiveStep(execution)
        live.report = asyncio.create_task(self._finish(live, held, request, key))
        self.hardware.live.add(request, live)
        return live

    async def _earlier_part(self, step: StepPlan, request: StepRequest) -> StepRecord | None:
        """Find where a step left off: its earlier part or, of a long one, the attempt before it in this round.

        That attempt was cut off, or ended in ERROR: neither says anything about the hours before. A step that sets
        something up begins anew: what it had set up is gone. So does one the run went back to.
        """
        if request.segment > 1:
            return await self._journal.find(StepKey(request.run_id, request.step, request.attempt))
        if step.segment is None or request.attempt == 1 or step.rearm:
            return None
        record = await self._journal.find(StepKey(request.run_id, request.step, request.attempt - 1))
        if record is None or record.round != request.round or record.given_up:
            return None
        without_verdict = record.result is None or record.result.report.outcome is Outcome.ERROR
        return record if without_verdict else None

    def _listener(self, request: StepRequest, key: StepKey) -> StepFeed:
        def checkpoint(elapsed: timedelta, state: Mapping[str, JsonValue]) -> None:
            now = self.hardware.clock.now()
            task = asyncio.create_task(
                _unless_lost(self._journal.checkpoint(key, request.session, elapsed, dict(state), now))
            )
            self._checkpoints.add(task)
            task.add_done_callback(self._checkpoints.discard)

        return StepFeed(
            self.hardware.feed,
            batch=request.batch,
            run_id=request.run_id,
            step=request.step,
            now=self.hardware.clock.now,
            checkpoint=checkpoint,
        )

    async def _finish(self, live: LiveStep, held: HeldSession, request: StepRequest, key: StepKey) -> StepReport:
        """Wait for the step and write its result before anybody hears of it.

        Raises:
            ApplicationError: WorkerShutdown, where the step was cut off because the process is to end.
        """
        begun = self.hardware.clock.monotonic()
        try:
            result = await live.execution.wait()
            if live.interrupted and result.report.outcome is Outcome.ABORTED:
                await self._journal.interrupt_step(key, _SHUT_DOWN, self.hardware.clock.now())
                raise ApplicationError(_SHUT_DOWN, type="WorkerShutdown", non_retryable=True)
            await self._write(key, request, result)
        except StepUnresponsive as error:
            spent = timedelta(seconds=self.hardware.clock.monotonic() - begun)
            powered = await self._powered(held.step(request.step), key, spent)
            await self._write(key, request, _unresponsive(request, powered, error))
            logger.error("step %s does not yield; the process ends", request.step)
            self.end_process(EXIT_UNRESPONSIVE)
        finally:
            self.hardware.live.remove(request)
        held.touched_at = self.hardware.clock.monotonic()
        return result.report

    async def _powered(self, step: StepPlan, key: StepKey, spent: timedelta) -> timedelta:
        """Tell how long a step that does not yield has been powered: as its checkpoints say, or all of its time."""
        await self._checkpoints_written()
        record = await self._journal.find(key)
        known = record.elapsed if record is not None else timedelta()
        return known if known or step.segment is not None else spent

    async def _checkpoints_written(self) -> None:
        if self._checkpoints:
            await asyncio.wait(tuple(self._checkpoints))

    async def _write(self, key: StepKey, request: StepRequest, result: StepResult) -> None:
        """Write the result with what the step said last.

        Raises:
            StationError: If it cannot be written; what the step said is kept.
        """
        await self._checkpoints_written()  # one that came after the end of its segment would turn the step back
        lines, events = self.hardware.feed.drain()
        try:
            await self._journal.finish_step(
                key,
                batch=request.batch,
                session=request.session,
                result=result,
                at=self.hardware.clock.now(),
                logs=lines,
                extra_events=events,
            )
        except SessionLostError:
            logger.error("the result of %s is refused: another process owns the hardware", request.step)
            self.end_process(EXIT_FENCED)
        except StationError:
            self.hardware.feed.give_back(lines, events)
            raise

    async def _interrupted(self, record: StepRecord, *, alive: bool) -> Reconciled:
        """Close the row of a step that was cut off, so that no zombie can finish it, and say whose doing it was."""
        state = await self.hardware.stores.batches.get(self.hardware.settings.batch)
        exit_ = state.last_exit if state else None
        cause, why = _cause_of(exit_ if exit_ and exit_.pid == record.worker_pid else None)
        if record.fault is not None and record.fault.message == _SHUT_DOWN:
            cause, why = Cause.KILLED, _SHUT_DOWN  # the process said so itself, whatever it looked like from outside
        await self._journal.interrupt_step(record.key, why, self.hardware.clock.now())
        report: StepReport | None = None
        if cause is Cause.STEP and exit_ is not None:
            fault = StepFault(code=_FAULT_CODES[exit_.kind], message=why, severity=Severity.CRITICAL)
            report = StepReport(
                step=record.key.step,
                attempt=record.key.attempt,
                outcome=Outcome.ERROR,
                elapsed=record.elapsed,
                fault=fault,
            )
        return Reconciled(finding=Finding.INTERRUPTED, report=report, cause=cause, explanation=why, session_alive=alive)


def _report_of(record: StepRecord, segment: int) -> StepReport | None:
    """Give the report that was written, of the whole attempt or of one segment of it; None: there is none."""
    if record.result is not None:
        return record.result.report
    if record.segments_done < segment:
        return None
    return StepReport(
        step=record.key.step,
        attempt=record.key.attempt,
        outcome=Outcome.PASSED,
        finished=False,
        elapsed=record.elapsed,
        prompt=asked_in(record.state),
    )


def _cause_of(exit_: ProcessExit | None) -> tuple[Cause, str]:
    if exit_ is None:
        return Cause.UNKNOWN, "nobody saw the batch's process end: a power cut, or it has no supervisor"
    return (Cause.STEP if exit_.kind in _FAULT_CODES else Cause.KILLED), exit_.message


def _unresponsive(request: StepRequest, powered: timedelta, error: StepUnresponsive) -> StepResult:
    fault = StepFault(code="STEP_UNRESPONSIVE", message=error.message, severity=Severity.CRITICAL)
    report = StepReport(step=request.step, attempt=request.attempt, outcome=Outcome.ERROR, elapsed=powered, fault=fault)
    return StepResult(report=report)


async def _unless_lost(write: Coroutine[Any, Any, None]) -> None:
    """Write a checkpoint; where that cannot be, the step goes on and the next one is tried."""
    try:
        await write
    except StationError as error:
        logger.warning("checkpoint refused: %s", error.message)
