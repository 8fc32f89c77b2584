"""Writes what workflows decide into the results database, on the engine's queue.

A database that was restored from a backup may not know a run that goes on. What is told of its way is dropped then,
because it would be told for ever, and would hold the slot; its result is written all the same.
"""

import logging
from collections.abc import Coroutine
from typing import Any

from pydantic import JsonValue
from temporalio import activity

from station.contracts.messages import (
    Presence,
    ProbeRequest,
    RecordedResult,
    RecordResultRequest,
    RecoveryNote,
    RunInput,
    StateChange,
)
from station.contracts.names import run_workflow_id
from station.domain.audit import Deed
from station.domain.delivery import OwedItem, owed_end
from station.domain.errors import RunNotFoundError, SlotQuarantinedError
from station.domain.outcome import StepState
from station.domain.plan import PackageRef
from station.domain.run import RunReason
from station.storage.audit import Audit
from station.storage.batches import Batches, BatchRecord
from station.storage.journal import Journal
from station.storage.queue import row_for
from station.storage.runs import AcceptedRun, LostRun, Runs
from station.storage.steps import StepKey, StepRecord

logger = logging.getLogger(__name__)


class Recording:
    """Implements the recording contracts; every one may be repeated without harm."""

    def __init__(self, runs: Runs, journal: Journal, batches: Batches, audit: Audit) -> None:
        """Write through these queries."""
        self._runs = runs
        self._journal = journal
        self._batches = batches
        self._audit = audit

    @activity.defn(name="station.record_accepted")
    async def record_accepted(self, request: RunInput) -> RunReason | None:
        """Write the run's row; a reason where another run has the same WIP and process, or the slot takes no run."""
        if activity.info().attempt > 1:
            # The engine may have died between writing a refusal and saying it.
            known = await self._runs.get(request.run_id)
            if known is not None and known.refused:
                return known.reason
        accepted = AcceptedRun(
            run_id=request.run_id,
            batch=request.batch,
            unit=request.unit,
            plan=request.plan,
            workflow_id=run_workflow_id(request.station, request.batch),
            accepted_at=request.accepted_at,
            started_by=request.started_by,
        )
        reason = None
        try:
            if (other := await self._runs.accept(accepted)) is not None:
                message = f"WIP {request.unit.wip} is in that process on this station already: run {other}."
                reason = RunReason(code="WIP_BUSY", message=message)
        except SlotQuarantinedError as error:  # the run before ended unsafe after this one was asked for
            reason = RunReason(code=error.code, message=error.message)
        if reason is not None:
            package, unit = request.plan.package, request.unit
            await self._runs.refuse(request.run_id, request.batch, package, unit, reason, request.accepted_at)
            return reason
        temporal_run_id = activity.info().workflow_run_id or ""
        await self._runs.begin(request.run_id, temporal_run_id, request.accepted_at)
        return None

    @activity.defn(name="station.record_state")
    async def record_state(self, request: StateChange) -> None:
        """Write a change of state that only the workflow knows of."""
        await unless_lost(
            self._runs.set_state(
                request.run_id,
                request.state,
                request.at,
                waiting_for=request.waiting_for,
                detail=_detail(request),
            )
        )

    @activity.defn(name="station.record_recovery")
    async def record_recovery(self, request: RecoveryNote) -> None:
        """Write that the run recovers from an interruption."""
        if request.round > 1:
            await unless_lost(self._runs.new_round(request.run_id, request.round, request.at))
        await unless_lost(self._runs.recovered(request.run_id, request.recoveries, request.reason, request.at))

    @activity.defn(name="station.record_result")
    async def record_result(self, request: RecordResultRequest) -> RecordedResult | None:
        """Write the run's end, and what is owed to the MES for it, in one transaction."""
        owed = await self._owed(request)
        lost = LostRun(
            batch=request.batch,
            package=request.package or PackageRef(name="", version="", content_hash=""),
            parameters=request.parameters,
            unit=request.unit,
            round=request.round,
            accepted_at=request.accepted_at or request.result.started_at,
            workflow_id=activity.info().workflow_id or "",
            temporal_run_id=activity.info().workflow_run_id or "",
        )
        await self._runs.finish(request.result, [row_for(owed)] if owed else [], lost=lost)
        return RecordedResult(owed=owed)

    async def _owed(self, request: RecordResultRequest) -> OwedItem | None:
        if request.mes is None:
            return None
        steps = await self._journal.finished(request.result.run_id, request.round)
        values = [(step.report.step, step.values) for step in steps]
        return owed_end(request.result, request.unit, request.batch, request.mes, values)

    @activity.defn(name="station.record_deed")
    async def record_deed(self, request: Deed) -> None:
        """Write what a person did into the audit, once."""
        await self._audit.write(request)

    @activity.defn(name="station.probe")
    async def probe(self, request: ProbeRequest) -> Presence:
        """Tell whether the batch's process has taken up what was given to it."""
        state = await self._batches.get(request.batch)
        if request.step:
            record = await self._journal.find(StepKey(request.run_id, request.step, request.attempt))
            if record is not None and record.status is StepState.RUNNING and not _is_gone(record, state):
                return Presence(started=True)
        if state is None or state.process_started_at is None:
            return Presence(started=False, note="nobody supervises it")
        if not request.step and state.process_state == "running":
            return Presence(started=True)
        return Presence(started=False, note=state.alert or f"it is {state.process_state}")


async def unless_lost(write: Coroutine[Any, Any, None]) -> None:
    """Write something of a run; where the database has lost the run, there is nothing to write it to."""
    try:
        await write
    except RunNotFoundError as error:
        logger.error("what a run tells of itself is dropped: %s", error.message)


def _detail(change: StateChange) -> dict[str, JsonValue]:
    """What else is told of a change of state."""
    told: dict[str, JsonValue] = {"waiting": change.waiting.model_dump() if change.waiting else None}
    return told | ({"choices": list(change.choices)} if change.choices else {})


def _is_gone(record: StepRecord, state: BatchRecord | None) -> bool:
    """Whether the process that took a step up is known to have ended; without a supervisor nobody knows."""
    if state is None or state.process_started_at is None:
        return False
    return state.pid != record.worker_pid
