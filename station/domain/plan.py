"""The plan of a run: everything that is decided before it starts, pinned into its history.

Nothing here may become stricter later: old plans are read again on every replay, so new fields have defaults
and none is ever forbidden.
"""

from datetime import timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from station.domain.measurement import Limit
from station.domain.prompt import Prompt

PLAN_SCHEMA_VERSION = 1


class Severity(StrEnum):
    """What an exception in a step leads to (checklist S1-33)."""

    CRITICAL = "critical"
    """Stop the run and clean up."""
    RECOVERABLE = "recoverable"
    """Try again with a pause that grows; CRITICAL when the tries are used up."""
    WARNING = "warning"
    """Write it down and go on."""


class RecoveryMode(StrEnum):
    """What to do with a run whose step was cut off (checklist S1-35)."""

    RESUME = "resume"
    """Set up again, repeat `rearm` steps and the step that was cut off, go on."""
    FULL_RESTART = "full_restart"
    """Begin again at the first step."""
    SKIP_FAILED = "skip_failed"
    """Go on with the next step; the run cannot PASS any more."""
    ASK = "ask"
    """Wait until somebody chooses."""


class OnFail(StrEnum):
    """What a FAILED step means for the steps after it."""

    STOP = "stop"
    CONTINUE = "continue"


class OnHardwareFailure(StrEnum):
    """What happens to a run whose instruments do not come back (checklist S1-34)."""

    AUTO_RECONNECT = "auto_reconnect"
    """Go on trying, for ever."""
    PAUSE_WAIT = "pause_wait"
    """Hold the run and ask somebody."""
    SAFE_STOP = "safe_stop"
    """End the run as ERROR, with cleanup."""


class PackageRef(BaseModel):
    """One immutable version of a sequence package.

    Attributes:
        name: The package's name, which is its folder's name.
        version: X.Y.Z, for people.
        content_hash: SHA-256 over the package's files, for machines; 64 hexadecimal digits.
    """

    model_config = ConfigDict(frozen=True)
    name: str
    version: str
    content_hash: str


class RetryPlan(BaseModel):
    """How often an attempt that ended in an exception is followed by another.

    Attributes:
        retries: Attempts after the first; 0 means one attempt only.
        backoff: Pause before the first retry; doubles each time.
        backoff_max: The pause never grows beyond this.
    """

    retries: int = 0
    backoff: timedelta = timedelta(seconds=1)
    backoff_max: timedelta = timedelta(seconds=30)


class StepPlan(BaseModel):
    """One step, with everything that decides when and how it runs.

    Attributes:
        name: Unique within the package.
        title: What people read; the name where the package gives none.
        index: Position in the package, from 0; cleanup steps included.
        timeout: How long one attempt (one segment of a long step) may take.
        needs: Steps that must have ended first; None: every step of a lower order.
        uses: Instruments the step uses; None: all of them. An instrument is used by one step at a time.
        condition: Name of a parameter or a method that decides whether the step runs; `!` in front negates.
        repeatable: Whether the step may be done again when nobody knows how far it got.
        rearm: Whether the step is repeated when a session is opened anew in the middle of a run.
        cleanup: Runs at the end whatever happened.
        segment: Length of one segment of a long step; None: the step is one piece.
        on_error: What an exception leads to; None: decided by the class of the exception and the default action.
        retry: How often it is tried again after a recoverable exception.
        on_fail: What a FAILED step means for the steps after it.
        prompt: What is asked before the step begins.
    """

    name: str
    title: str = ""
    index: int = 0
    timeout: timedelta = timedelta(seconds=60)
    needs: tuple[str, ...] | None = None
    uses: tuple[str, ...] | None = None
    condition: str | None = None
    repeatable: bool = True
    rearm: bool = False
    cleanup: bool = False
    segment: timedelta | None = None
    on_error: Severity | None = None
    retry: RetryPlan = RetryPlan()
    on_fail: OnFail = OnFail.STOP
    prompt: Prompt | None = None


class HardwarePolicy(BaseModel):
    """What is done about an instrument that does not answer.

    Attributes:
        attempts: How often the instruments are connected again before `on_failure`; 0: never.
        delay: Pause before each of these tries.
        on_failure: What follows when they do not come back, or the fault comes back as often.
    """

    attempts: int = 3
    delay: timedelta = timedelta(seconds=5)
    on_failure: OnHardwareFailure = OnHardwareFailure.PAUSE_WAIT


class RunPolicy(BaseModel):
    """The station's settings that a run is executed under, as they were when it was accepted.

    Attributes:
        recovery_mode: What to do when a step was cut off.
        confirm_resume: Whether somebody must confirm before the run resumes after a crash (the package's wish).
        default_severity: What an exception leads to where neither the step nor the exception says.
        timeout_sequence: How long all steps together may take; waiting and powered-off time does not count.
        heartbeat_timeout: After this silence a step is taken for lost.
        grace_period: How long a step may take to yield after it was asked to.
        hardware_errors: What is done about instruments that do not answer; None: their faults are like any other.
    """

    recovery_mode: RecoveryMode = RecoveryMode.RESUME
    confirm_resume: bool = False
    default_severity: Severity = Severity.RECOVERABLE
    timeout_sequence: timedelta = timedelta(hours=1)
    heartbeat_timeout: timedelta = timedelta(seconds=5)
    grace_period: timedelta = timedelta(seconds=5)
    hardware_errors: HardwarePolicy | None = None


class Plan(BaseModel):
    """Everything a run needs to know about its sequence, pinned when it is accepted.

    Attributes:
        schema_version: Which rules of the interpreter this plan was made for.
        package: The immutable package whose code the steps run.
        steps: In order of `order`, cleanup steps last.
        parameters: Checked values of the package's parameters.
        limits: Limits by measurement name, from the manifest; a limit given in code wins.
        policy: The station's settings at the time.
        shared: The station's name of each instrument that other batches use too, by the package's name for it.
    """

    schema_version: int = PLAN_SCHEMA_VERSION
    package: PackageRef
    steps: tuple[StepPlan, ...]
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    limits: dict[str, Limit] = Field(default_factory=dict)
    policy: RunPolicy = RunPolicy()
    shared: dict[str, str] = Field(default_factory=dict)

    @property
    def main_steps(self) -> tuple[StepPlan, ...]:
        """The steps that make the verdict, in order."""
        return tuple(step for step in self.steps if not step.cleanup)

    @property
    def cleanup_steps(self) -> tuple[StepPlan, ...]:
        """The steps that run at the end whatever happened, in order."""
        return tuple(step for step in self.steps if step.cleanup)
