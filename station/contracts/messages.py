"""What workflows, activities and clients say to each other.

These structures are in the history of runs: fields may be added with defaults, never removed or made stricter.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, Field, JsonValue

from station.contracts.barrier import Barrier, BarrierMemory
from station.domain.delivery import MesPlan, OwedItem
from station.domain.notice import Notice
from station.domain.outcome import Outcome, RunState
from station.domain.plan import PackageRef, Plan
from station.domain.prompt import AnsweredPrompt
from station.domain.run import RunReason, RunResult, StepFault, StepReport, UnitUnderTest


class RunProgress(BaseModel):
    """What a run carries over when its history is cut and begun anew.

    Attributes:
        reports: Latest report of each ended step, in the order they ended.
        attempts: Attempts begun, by step.
        segments: Segments done, by step under way.
        elapsed: Powered time of the segments done, by step under way; part of `powered`.
        powered: Powered time the steps have taken together.
        round: 1, and one more for each full restart.
    """

    reports: list[StepReport] = Field(default_factory=list)
    attempts: dict[str, int] = Field(default_factory=dict)
    segments: dict[str, int] = Field(default_factory=dict)
    elapsed: dict[str, timedelta] = Field(default_factory=dict)
    powered: timedelta = timedelta()
    round: int = 1
    recoveries: int = 0
    unexplained: dict[str, int] = Field(default_factory=dict)
    """Interruptions nobody knows the cause of, by step."""
    session: str = ""
    started_at: datetime | None = None
    mes_told: bool = False
    """Whether the MES was told of the start, so that it is owed the end."""
    skips: dict[str, StepFault] = Field(default_factory=dict)
    """Who left a step out and why, by step; a step's turn may still be to come."""
    ended_at: dict[str, timedelta] = Field(default_factory=dict)
    """Powered time of the run at the end of each step."""
    asked: int = 0
    """Prompts asked so far."""
    answers: list[AnsweredPrompt] = Field(default_factory=list)
    """Of this round."""
    waited: timedelta = timedelta()
    """How long the run waited for answers with nothing else to do."""
    barrier: BarrierMemory = Field(default_factory=BarrierMemory)
    """What is known of the runs that were started with it."""
    unit: str = ""
    """The identity of the unit the run began with, or which somebody has taken in its place; empty: nobody can tell."""
    repairs: dict[str, int] = Field(default_factory=dict)
    """How often the instruments were brought back for a step that has not ended otherwise since, by step."""

    def begin_round(self) -> None:
        """Forget what the steps of the round that is given up came to; attempts are counted on."""
        self.round += 1
        self.reports = []
        self.segments, self.elapsed = {}, {}
        self.skips, self.ended_at = {}, {}
        self.powered = timedelta()


class RunInput(BaseModel):
    """Everything a run is started with."""

    run_id: str
    station: str
    batch: str
    plan: Plan
    unit: UnitUnderTest = UnitUnderTest()
    started_by: str = ""
    accepted_at: datetime
    mes: MesPlan | None = None
    """How the MES is told of the run; None: a run without MES."""
    progress: RunProgress | None = None
    """Set when the run goes on under a new history."""
    barrier: Barrier | None = None
    """Where the run meets others that were started with it."""


class StopRequest(BaseModel):
    """Stop the run, clean up, outcome ABORTED."""

    by: str
    reason: str = ""


class RecoverRequest(BaseModel):
    """What to do with an interrupted run: `resume`, `full_restart`, `skip_failed` or `abort`."""

    choice: str
    by: str = ""
    reason: str = ""


class PauseRequest(BaseModel):
    """Hold the run before its next step."""

    by: str = ""
    reason: str = ""


class SessionPurpose(StrEnum):
    """Why a session is opened."""

    RUN = "run"
    CLEANUP = "cleanup"
    """Connect and make safe only; the package's setup does not run."""
    MANUAL = "manual"
    """As for cleanup, and no run is behind it: a person has the instruments in hand."""
    STEPS = "steps"
    """As for a run, and no run is behind it: a person runs single steps."""

    @property
    def by_hand(self) -> bool:
        """Whether no run is behind it."""
        return self in {SessionPurpose.MANUAL, SessionPurpose.STEPS}

    @property
    def sets_up(self) -> bool:
        """Whether the package's setup runs."""
        return self in {SessionPurpose.RUN, SessionPurpose.STEPS}


class OpenSessionRequest(BaseModel):
    """Make the slot's instruments safe, connect them and set the package up."""

    run_id: str
    batch: str
    plan: Plan
    unit: UnitUnderTest = UnitUnderTest()
    round: int = 1
    purpose: SessionPurpose = SessionPurpose.RUN
    units: list[str] = Field(default_factory=list)
    """Identities of which the unit must have one, as its package tells them; empty: whichever it has."""


class Instrument(BaseModel):
    """One instrument as it answered when it was connected."""

    name: str
    driver: str = ""
    identity: str = ""


UNIT_CHANGED = "UNIT_CHANGED"
"""Code of the fault of a session that was not opened, because another unit lies in the slot."""


class OpenedSession(BaseModel):
    """The token every later call carries; `fault` is set where the session could not be opened."""

    token: str = ""
    instruments: list[Instrument] = Field(default_factory=list)
    fault: StepFault | None = None
    unit: str = ""
    """The unit's identity, as its package tells it; empty where it cannot. Also set where the fault is UNIT_CHANGED."""


class StepRequest(BaseModel):
    """Run one attempt (one segment) of a step within a session."""

    run_id: str
    batch: str
    session: str
    step: str
    attempt: int = 1
    segment: int = 1
    round: int = 1
    timeout: timedelta
    grace: timedelta
    answers: list[AnsweredPrompt] = Field(default_factory=list)
    """What the step was answered so far."""


class ReconcileRequest(BaseModel):
    """Ask what became of a step whose activity was lost."""

    run_id: str
    batch: str
    session: str
    step: str
    attempt: int = 1
    segment: int = 1


class Finding(StrEnum):
    """What became of a step whose activity was lost."""

    NEVER_STARTED = "never_started"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"


class Cause(StrEnum):
    """Why the process that ran the step is gone, as far as the station knows."""

    NONE = ""
    KILLED = "killed"
    """By a signal from outside, or shut down; the step is not to blame."""
    STEP = "step"
    """The step's own doing: it ended or crashed the process, or ate its memory."""
    UNKNOWN = "unknown"
    """Nobody saw it: a power cut, or no supervisor."""


class Reconciled(BaseModel):
    """The answer to a ReconcileRequest.

    Attributes:
        report: Set for FINISHED, and for INTERRUPTED by the step's own doing.
        session_alive: Whether the session is still open in the process that answers.
        explanation: What happened to the process, for people.
    """

    finding: Finding
    report: StepReport | None = None
    cause: Cause = Cause.NONE
    explanation: str = ""
    session_alive: bool = False


class CloseSessionRequest(BaseModel):
    """Make the slot's instruments safe and let go of them."""

    run_id: str
    batch: str
    session: str


class ClosedSession(BaseModel):
    """What closing came to; `safe` is False where an instrument could not be made safe."""

    safe: bool = True
    problems: list[str] = Field(default_factory=list)


class StateChange(BaseModel):
    """A change of a run's state that only the workflow knows of."""

    run_id: str
    batch: str
    state: RunState
    at: datetime
    waiting_for: str = ""
    waiting: Notice | None = None
    """The same as a code with parameters."""
    choices: list[str] = Field(default_factory=list)


class RecoveryNote(BaseModel):
    """A run has begun to recover from an interruption."""

    run_id: str
    batch: str
    recoveries: int
    reason: str
    at: datetime
    round: int = 1


class RecordResultRequest(BaseModel):
    """The end of a run."""

    batch: str
    result: RunResult
    unit: UnitUnderTest = UnitUnderTest()
    mes: MesPlan | None = None
    """Set where the MES was told of the start, so that it is owed the end."""
    round: int = 1
    package: PackageRef | None = None
    """With what follows, enough to write the run's row anew where the database has lost it."""
    parameters: dict[str, JsonValue] = {}
    accepted_at: datetime | None = None


class RecordedResult(BaseModel):
    """The end of a run is written; `owed` is what the MES must be told, written in the same transaction."""

    owed: OwedItem | None = None


class ProbeRequest(BaseModel):
    """Ask whether a batch's process has taken up what was given to it."""

    run_id: str
    batch: str
    step: str = ""
    attempt: int = 1


class Presence(BaseModel):
    """Whether the batch's process is there; `note` says what is known of it."""

    started: bool
    note: str = ""


class RunEnd(BaseModel):
    """What a finished run answers to whoever waits for it."""

    run_id: str
    outcome: Outcome
    reason: RunReason | None = None
    defects: list[str] = Field(default_factory=list)


class BatchCommand(BaseModel):
    """A wish to the supervisor about one batch process: `start`, `stop` or `restart`."""

    batch: str
    action: str
    by: str = ""


class BatchProcess(BaseModel):
    """How a batch's process stands."""

    batch: str
    state: str
    pid: int | None = None
    restarts: int = 0
    details: dict[str, JsonValue] = Field(default_factory=dict)
