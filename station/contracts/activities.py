"""Activities as their callers see them: names and types, no bodies.

Workflows call these; the classes in `activities/` implement them under the same names, which
`tests/test_contracts.py` checks. Importing this module loads no I/O library.
"""

from temporalio import activity

from station.contracts.messages import (
    BatchCommand,
    BatchProcess,
    ClosedSession,
    CloseSessionRequest,
    OpenedSession,
    OpenSessionRequest,
    Presence,
    ProbeRequest,
    Reconciled,
    ReconcileRequest,
    RecordedResult,
    RecordResultRequest,
    RecoveryNote,
    RunInput,
    StateChange,
    StepRequest,
)
from station.domain.audit import Deed
from station.domain.run import RunReason, StepReport

# On the batch's own queue: these touch hardware.


@activity.defn(name="station.open_session")
async def open_session(request: OpenSessionRequest) -> OpenedSession:
    """Make the slot safe, connect its instruments, set the package up; the last session's token is dead after."""
    raise NotImplementedError


@activity.defn(name="station.run_step")
async def run_step(request: StepRequest) -> StepReport:
    """Run one attempt of a step; a fault in it is part of the report, never an exception."""
    raise NotImplementedError


@activity.defn(name="station.cleanup")
async def cleanup(request: StepRequest) -> StepReport:
    """Run one cleanup step; it may be repeated until it is known to have ended."""
    raise NotImplementedError


@activity.defn(name="station.reconcile")
async def reconcile(request: ReconcileRequest) -> Reconciled:
    """Tell what became of a step whose activity was lost; wait for it where it still runs."""
    raise NotImplementedError


@activity.defn(name="station.close_session")
async def close_session(request: CloseSessionRequest) -> ClosedSession:
    """Make the instruments safe, disconnect them, end the session."""
    raise NotImplementedError


# On the engine's queue: these record.


@activity.defn(name="station.record_accepted")
async def record_accepted(request: RunInput) -> RunReason | None:
    """Write the run's row; a reason where another run has the same WIP and process, or the slot takes no run."""
    raise NotImplementedError


@activity.defn(name="station.record_state")
async def record_state(request: StateChange) -> None:
    """Write a change of state that only the workflow knows of."""
    raise NotImplementedError


@activity.defn(name="station.record_recovery")
async def record_recovery(request: RecoveryNote) -> None:
    """Write that the run recovers from an interruption."""
    raise NotImplementedError


@activity.defn(name="station.record_result")
async def record_result(request: RecordResultRequest) -> RecordedResult | None:
    """Write the run's end, and what is owed to the MES for it, in one transaction."""
    raise NotImplementedError


@activity.defn(name="station.record_deed")
async def record_deed(request: Deed) -> None:
    """Write what a person did into the audit, once."""
    raise NotImplementedError


@activity.defn(name="station.probe")
async def probe(request: ProbeRequest) -> Presence:
    """Tell whether the batch's process has taken up what was given to it."""
    raise NotImplementedError


# On the supervisor's queue.


@activity.defn(name="station.batch_command")
async def batch_command(request: BatchCommand) -> BatchProcess:
    """Start, stop or restart a batch's process."""
    raise NotImplementedError
