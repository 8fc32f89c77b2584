"""What is asked of a run, and what is known of it while it goes and after."""

from datetime import datetime, timedelta

from pydantic import BaseModel, Field, JsonValue

from station.domain.measurement import Measurement
from station.domain.notice import Notice
from station.domain.outcome import Outcome, RunState, StepState
from station.domain.plan import Severity
from station.domain.prompt import OpenPrompt, Prompt


class UnitUnderTest(BaseModel):
    """What the MES and the operator call the thing on the bench.

    Attributes:
        wip: Identity in the MES until the unit has its serial number; None: a run without MES.
        process: The MES operation this run belongs to.
        operator: Who started it; a number where the MES is told.
        notes: What the operator has to say about it; goes into the completion's notes.
        equipment: The MES's key of the equipment it is on; None: that of the configuration.
    """

    wip: str | None = None
    process: int | None = None
    operator: str | None = None
    notes: str = ""
    equipment: int | None = None


class StepFault(BaseModel):
    """Why a step ended in ERROR (or was skipped, or goes into another attempt).

    Attributes:
        code: Stable, upper case.
        message: One sentence for people.
        severity: What it leads to; None: the run's default.
        details: Facts; for exceptions of sequence code the last lines of the traceback.
    """

    code: str
    message: str
    severity: Severity | None = None
    details: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def of_hardware(self) -> bool:
        """Whether an instrument or the way to it is at fault: every HardwareError has such a code."""
        return self.code.startswith("HARDWARE_")

    @property
    def instrument(self) -> str:
        """The instrument the fault names; empty where it names none."""
        facts = self.details.get("facts")
        named = facts.get("instrument") if isinstance(facts, dict) else self.details.get("instrument")
        return str(named or "")


class Attachment(BaseModel):
    """A file a step kept: stored once by content, referred to by hash."""

    name: str
    sha256: str
    size: int
    media_type: str = "application/octet-stream"


class StepReport(BaseModel):
    """What one attempt of a step came to. Small: it travels through the run's history.

    Measurements and attachments stay in the results database; only their sums are here.

    Attributes:
        step: Name of the step.
        attempt: From 1; every attempt has a report.
        outcome: PASSED, FAILED, ERROR, ABORTED or SKIPPED.
        finished: False for a segment of a long step, or a part that ended to ask: there is more to come.
        elapsed: Powered time this attempt has taken, all segments.
        failures: Names of the measurements out of limits.
        defects: Defect codes, in the order they were given.
        fault: Why, where the outcome is ERROR, ABORTED or SKIPPED.
        prompt: What this part of the step ended to ask; it is called again with the answer.
    """

    step: str
    attempt: int = 1
    outcome: Outcome
    finished: bool = True
    elapsed: timedelta = timedelta()
    failures: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    fault: StepFault | None = None
    prompt: Prompt | None = None


class StepResult(BaseModel):
    """Everything an attempt of a step came to, as the results database keeps it."""

    report: StepReport
    measurements: tuple[Measurement, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    values: dict[str, JsonValue] = Field(default_factory=dict)
    """What the step returned."""
    state: dict[str, JsonValue] = Field(default_factory=dict)
    """`ctx.state` as the step left it."""


class StepView(BaseModel):
    """One step of a run as a watcher sees it."""

    name: str
    title: str = ""
    index: int = 0
    attempt: int = 0
    state: StepState | None = None
    outcome: Outcome | None = None
    elapsed: timedelta = timedelta()
    fault: StepFault | None = None


class RunReason(BaseModel):
    """Why a run ended as it did, in one code and one sentence; the first cause."""

    code: str
    message: str
    step: str | None = None


class RunStatus(BaseModel):
    """The live state of a run, answered by the run itself.

    Attributes:
        run_id: Ours, ordered by time.
        current: Names of the steps under way.
        progress: 0.0 to 1.0, by steps.
        waiting_for: What holds the run up, in words; empty while it moves.
        waiting: The same as a code with parameters; None while it moves.
        choices: What may be answered to an INTERRUPTED run.
        stopped_by: Who stopped it; None: nobody did, or it was ending by itself already.
        prompts: What is asked and not answered yet, oldest first.
    """

    run_id: str
    batch: str
    state: RunState
    outcome: Outcome | None = None
    reason: RunReason | None = None
    current: tuple[str, ...] = ()
    progress: float = 0.0
    waiting_for: str = ""
    waiting: Notice | None = None
    choices: tuple[str, ...] = ()
    recoveries: int = 0
    steps: tuple[StepView, ...] = ()
    stopped_by: str | None = None
    prompts: tuple[OpenPrompt, ...] = ()


class RunResult(BaseModel):
    """What a run came to."""

    run_id: str
    outcome: Outcome
    reason: RunReason | None = None
    defects: tuple[str, ...] = ()
    started_at: datetime
    completed_at: datetime
    recoveries: int = 0
    hardware_safe: bool = True
    """False where cleanup or the safe state could not be confirmed."""
    waited: timedelta = timedelta()
    """How long it waited for answers with nothing else to do; not a part of the test's time."""
