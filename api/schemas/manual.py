"""A slot in somebody's hand: what is wished, and what came of it."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue, StrictBool

from station.domain.manual import Command, CommandAnswer, ManualEnd, ManualStatus
from station.domain.measurement import Measurement
from station.domain.run import StepFault

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Wish(BaseModel):
    """What is wished of an instrument is never guessed: a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class ManualCommand(Wish):
    """What one instrument is told, once.

    Attributes:
        hardware: The instrument's id in the manifest; `instrument` is taken too.
        command: What it is told: a name of the list of commands.
        params: What is given with it, by name; `arguments` is taken too.
        confirm: Whether it is meant; some commands need that.
        reason: Why; kept in the audit.
    """

    hardware: Name = Field(validation_alias=AliasChoices("hardware", "instrument"))
    command: Name
    params: dict[str, JsonValue] = Field(
        default_factory=dict, validation_alias=AliasChoices("params", "arguments"), max_length=100
    )
    confirm: StrictBool = False
    reason: str = Field(default="", max_length=1000)


class ManualStep(Wish):
    """One step of the sequence, done by hand.

    Attributes:
        params: Parameters of the sequence that differ for this step; `parameters` is taken too.
    """

    step: Name
    params: dict[str, JsonValue] = Field(
        default_factory=dict, validation_alias=AliasChoices("params", "parameters"), max_length=100
    )
    reason: str = Field(default="", max_length=1000)


class OpenManual(Wish):
    """Somebody takes a slot in hand.

    Attributes:
        steps: Whether the package is set up too, so that single steps can be run.
        parameters: Parameters of the sequence that differ from the batch's own; for single steps.
        keepalive: Whether the caller says again and again that it is there (`.../manual/keepalive`); the session ends
            soon after it does not any more.
    """

    reason: str = Field(default="", max_length=1000)
    steps: StrictBool = False
    parameters: dict[str, JsonValue] = Field(default_factory=dict, max_length=100)
    keepalive: StrictBool = False


PLAINLY = OpenManual()
"""What opening without a body says."""


class ManualAnswer(BaseModel):
    """What came of one thing that was done by hand.

    Attributes:
        what: `dmm.measure_dc`, `step rails`, `make safe`.
        elapsed: Seconds it took.
        value: What the instrument answered, or what a step returned.
        unit: Unit of measure, or kind, of the value; empty where nothing says it.
        outcome: Of a step.
        measurements: Of a step.
        fault: Why it did not come to its end; null where it did. The command reached the station all the same.
    """

    what: str
    params: dict[str, JsonValue] = {}
    by: str
    at: datetime
    elapsed: float
    value: JsonValue = None
    unit: str = ""
    outcome: str | None = None
    measurements: list[Measurement] = []
    fault: StepFault | None = None

    @classmethod
    def of(cls, answer: CommandAnswer) -> Self:
        """Translate what came of it."""
        return cls(
            what=answer.what,
            params=answer.arguments,
            by=answer.by,
            at=answer.at,
            elapsed=answer.elapsed.total_seconds(),
            value=answer.value,
            unit=answer.unit,
            outcome=answer.report.outcome.value if answer.report else None,
            measurements=answer.measurements,
            fault=answer.fault,
        )


class ManualSession(BaseModel):
    """Who has a slot in hand.

    Attributes:
        active: Whether anybody has; the rest is empty where nobody has.
        state: opening, open or closing.
        expires: When the session closes by itself unless something is done before.
        idle_until: When it closes because nothing is done, whatever signs of life a client gives.
        instruments: Names and identities, as they answered when they were connected.
        busy_with: What is under way.
        last: The latest things that were done, oldest first.
        steps: The steps that can be run; empty where it was not opened for that.
    """

    batch_id: str
    active: bool = False
    session_id: str | None = None
    state: str | None = None
    holder: str | None = None
    since: datetime | None = None
    expires: datetime | None = None
    idle_until: datetime | None = None
    keepalive: bool = False
    instruments: dict[str, str] = {}
    busy_with: str = ""
    last: list[ManualAnswer] = []
    steps: list[str] = []

    @classmethod
    def of(cls, batch: str, status: ManualStatus | None) -> Self:
        """Translate who has it in hand."""
        if status is None:
            return cls(batch_id=batch)
        return cls(
            batch_id=batch,
            active=True,
            session_id=status.session_id,
            state=status.state.value,
            holder=status.holder,
            since=status.since,
            expires=status.expires,
            idle_until=status.idle_until,
            keepalive=status.keeps_alive,
            instruments=status.instruments,
            busy_with=status.busy_with,
            last=[ManualAnswer.of(answer) for answer in status.last],
            steps=status.steps,
        )


class KeptAlive(BaseModel):
    """The session goes on."""

    batch_id: str
    session_id: str


class ManualCommands(BaseModel):
    """What can be done by hand on a slot.

    Attributes:
        commands: What its instruments can be told.
        steps: The steps of its sequence.
        parameters: The parameters of its sequence.
        simulated: Whether all its instruments are those of the simulated bench; false where that is not known.
    """

    batch_id: str
    commands: list[Command]
    steps: list[str]
    parameters: dict[str, dict[str, Any]]
    simulated: bool = False


class ManualClosed(BaseModel):
    """How a slot was left.

    Attributes:
        safe: Whether the instruments are known to be safe; the slot is in quarantine where they are not.
        problems: What kept them from being made safe.
    """

    batch_id: str
    session_id: str
    safe: bool
    problems: list[str] = []
    reason: str = ""

    @classmethod
    def of(cls, batch: str, end: ManualEnd) -> Self:
        """Translate how it was left."""
        return cls(batch_id=batch, session_id=end.session_id, safe=end.safe, problems=end.problems, reason=end.reason)
