"""Writes what workflows decide into the results database, on the engine's queue."""

from temporalio import activity

from station.contracts.messages import (
    Presence,
    ProbeRequest,
    RecordResultRequest,
    RecoveryNote,
    RunInput,
    StateChange,
)
from station.contracts.names import run_workflow_id
from station.domain.outcome import StepState
from station.storage.batches import Batches
from station.storage.journal import Journal
from station.storage.runs import AcceptedRun, Runs
from station.storage.steps import StepKey


class Recording:
    """Implements the recording contracts; every one may be repeated without harm."""

    def __init__(self, runs: Runs, journal: Journal, batches: Batches) -> None:
        """Write through these queries."""
        self._runs = runs
        self._journal = journal
        self._batches = batches

    @activity.defn(name="station.record_accepted")
    async def record_accepted(self, request: RunInput) -> None:
        """Write the run's row."""
        await self._runs.accept(
            AcceptedRun(
                run_id=request.run_id,
                batch=request.batch,
                unit=request.unit,
                plan=request.plan,
                workflow_id=run_workflow_id(request.station, request.batch),
                accepted_at=request.accepted_at,
            )
        )
        temporal_run_id = activity.info().workflow_run_id or ""
        await self._runs.begin(request.run_id, temporal_run_id, request.accepted_at)

    @activity.defn(name="station.record_state")
    async def record_state(self, request: StateChange) -> None:
        """Write a change of state that only the workflow knows of."""
        await self._runs.set_state(
            request.run_id,
            request.state,
            request.at,
            waiting_for=request.waiting_for,
            detail={"choices": list(request.choices)} if request.choices else None,
        )

    @activity.defn(name="station.record_recovery")
    async def record_recovery(self, request: RecoveryNote) -> None:
        """Write that the run recovers from an interruption."""
        if request.round > 1:
            await self._runs.new_round(request.run_id, request.round, request.at)
        await self._runs.recovered(request.run_id, request.recoveries, request.reason, request.at)

    @activity.defn(name="station.record_result")
    async def record_result(self, request: RecordResultRequest) -> None:
        """Write the run's end."""
        await self._runs.finish(request.result)

    @activity.defn(name="station.probe")
    async def probe(self, request: ProbeRequest) -> Presence:
        """Tell whether the batch's process has taken up what was given to it."""
        state = await self._batches.get(request.batch)
        if request.step:
            record = await self._journal.find(StepKey(request.run_id, request.step, request.attempt))
            running = record is not None and record.status is StepState.RUNNING
            if running and (state is None or record is None or state.pid == record.worker_pid):
                return Presence(started=True)
        if state is None:
            return Presence(started=False, note="nobody supervises it")
        if not request.step and state.process_state == "running":
            return Presence(started=True)
        return Presence(started=False, note=state.alert or f"it is {state.process_state}")
