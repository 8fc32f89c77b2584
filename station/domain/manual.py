"""Commands a person may give to a slot's instruments by hand, and the checking of what was given."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, Field, JsonValue

from station.domain.errors import CommandRefusedError
from station.domain.measurement import Measurement
from station.domain.run import StepFault, StepReport
from station.domain.values import ValueSpec, check_values, suggestion


class CommandCategory(StrEnum):
    """What a command is for; the screen groups by it."""

    MEASUREMENT = "measurement"
    CONTROL = "control"
    CONFIGURATION = "configuration"
    DIAGNOSTIC = "diagnostic"


class Command(BaseModel):
    """Something an instrument can be told by hand.

    Attributes:
        instrument: Its hardware id in the manifest.
        name: The driver's method.
        title: What people read.
        arguments: What may be given with it, in the driver's order.
        returns: What comes back, for people: a unit of measure or a kind of value; empty: nothing.
        confirm: Whether somebody must say a second time that it is meant.
        raw: Whether nobody has described it: it was found in the driver, and the manifest does not speak of it.
    """

    instrument: str
    name: str
    title: str = ""
    category: CommandCategory = CommandCategory.CONTROL
    description: str = ""
    arguments: dict[str, ValueSpec] = Field(default_factory=dict)
    returns: str = ""
    confirm: bool = False
    raw: bool = False

    @property
    def full_name(self) -> str:
        """Instrument and method: `dmm.measure_dc`."""
        return f"{self.instrument}.{self.name}"


class ManualState(StrEnum):
    """Where a manual session is on its way."""

    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class CommandAnswer(BaseModel):
    """What came of one thing that was done by hand.

    Attributes:
        what: `dmm.measure_dc`, `step rails`, `make safe`.
        fault: Why it did not come to its end; None where it did.
        value: What the instrument answered, or what a step returned.
        unit: Unit of measure, or kind, of the value, as the command is described; empty where nothing says it.
        report: Of a step.
        measurements: Of a step.
    """

    what: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    by: str
    at: datetime
    elapsed: timedelta = timedelta()
    value: JsonValue = None
    unit: str = ""
    fault: StepFault | None = None
    report: StepReport | None = None
    measurements: list[Measurement] = Field(default_factory=list)


class ManualEnd(BaseModel):
    """What a manual session came to.

    Attributes:
        reason: Why it ended, for people.
        fault: Why it never came to be open.
        safe: Whether the instruments are known to be safe.
        problems: What kept them from being made safe.
    """

    session_id: str
    by: str
    reason: str
    fault: StepFault | None = None
    safe: bool = True
    problems: list[str] = Field(default_factory=list)


class ManualStatus(BaseModel):
    """The live state of a manual session, answered by itself.

    Attributes:
        holder: Who has the slot in hand.
        expires: When it closes by itself unless something is done before.
        idle_until: When it closes because nothing is done, whatever signs of life a client gives.
        instruments: Names and identities as they answered when they were connected.
        last: The latest commands, oldest first.
        single_steps: Whether steps of the sequence can be run.
        keeps_alive: Whether the client says again and again that it is there.
    """

    session_id: str
    batch: str
    state: ManualState
    holder: str
    since: datetime
    expires: datetime | None = None
    idle_until: datetime | None = None
    instruments: dict[str, str] = Field(default_factory=dict)
    busy_with: str = ""
    last: list[CommandAnswer] = Field(default_factory=list)
    commands: list[Command] = Field(default_factory=list)
    single_steps: bool = False
    steps: list[str] = Field(default_factory=list)
    keeps_alive: bool = False
    end: ManualEnd | None = None


def check_command(
    commands: Sequence[Command],
    instrument: str,
    name: str,
    arguments: Mapping[str, JsonValue],
    *,
    confirmed: bool,
) -> tuple[Command, dict[str, JsonValue]]:
    """Find a command and check what is given with it.

    Returns:
        The command, and the arguments with defaults filled in.

    Raises:
        CommandRefusedError: COMMAND_NOT_FOUND, INVALID_ARGUMENT, or CONFIRMATION_MISSING; nothing was done.
    """
    full_name = f"{instrument}.{name}"
    command = next((one for one in commands if one.full_name == full_name), None)
    if command is None:
        known = [one.full_name for one in commands]
        raise CommandRefusedError(
            "COMMAND_NOT_FOUND", f"There is no command {full_name}{suggestion(full_name, known)}."
        )
    values, problems = check_values(arguments, command.arguments)
    if problems:
        raise CommandRefusedError("INVALID_ARGUMENT", f"{full_name}: {'; '.join(problems)}.", problems=problems)
    if command.confirm and not confirmed:
        why = "the package does not describe it" if command.raw else "it is marked as dangerous"
        raise CommandRefusedError("CONFIRMATION_MISSING", f"{full_name} must be confirmed: {why}.")
    return command, values


def check_step(
    steps: Sequence[str], parameters: Mapping[str, ValueSpec], step: str, given: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Check that a step can be run by hand with these parameters.

    Returns:
        The parameters that were given, checked.

    Raises:
        CommandRefusedError: STEP_NOT_FOUND or INVALID_ARGUMENT; nothing was done.
    """
    if step not in steps:
        raise CommandRefusedError("STEP_NOT_FOUND", f"The sequence has no step {step}{suggestion(step, steps)}.")
    optional = {name: spec.model_copy(update={"required": False}) for name, spec in parameters.items()}
    values, problems = check_values(given, optional)
    if problems:
        raise CommandRefusedError("INVALID_ARGUMENT", f"step {step}: {'; '.join(problems)}.", problems=problems)
    return {name: values[name] for name in given if name in values}
