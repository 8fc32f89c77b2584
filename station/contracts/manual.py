"""The workflow `station.manual` and the activities around it, as their callers see them."""

from datetime import datetime, timedelta

from pydantic import BaseModel, Field, JsonValue
from temporalio import activity, workflow

from station.contracts.messages import ClosedSession, StopRequest
from station.domain.audit import Deed
from station.domain.manual import Command, CommandAnswer, ManualEnd, ManualStatus
from station.domain.measurement import Measurement
from station.domain.plan import Plan
from station.domain.run import StepFault, StepReport
from station.domain.values import ValueSpec


class ManualTimes(BaseModel):
    """How long a manual session waits, as the station's settings were when it was opened."""

    idle: timedelta = timedelta(minutes=5)
    """Without anything being done it closes by itself."""
    client: timedelta = timedelta(seconds=15)
    """Without a sign of life of a client that promised some, it closes by itself."""
    command: timedelta = timedelta(minutes=1)
    """After this a command is cut off."""


class ManualProgress(BaseModel):
    """What a manual session carries over when its history is cut and begun anew."""

    token: str
    instruments: dict[str, str] = Field(default_factory=dict)
    last: list[CommandAnswer] = Field(default_factory=list)
    attempts: dict[str, int] = Field(default_factory=dict)
    since: datetime
    touched_at: datetime
    alive_at: datetime
    keeps_alive: bool = False
    notes: int = 0


class ManualInput(BaseModel):
    """Everything a manual session is started with.

    Attributes:
        plan: The package, its parameters and its steps, as a run would have them.
        commands: What may be told to the instruments.
        parameters: What the sequence's parameters may be; for single steps.
        single_steps: Whether the package is set up and steps of it may be run.
        keeps_alive: Whether the client promises to say again and again that it is there.
    """

    session_id: str
    station: str
    batch: str
    plan: Plan
    commands: list[Command] = Field(default_factory=list)
    parameters: dict[str, ValueSpec] = Field(default_factory=dict)
    by: str
    opened_at: datetime
    reason: str = ""
    single_steps: bool = False
    keeps_alive: bool = False
    times: ManualTimes = ManualTimes()
    progress: ManualProgress | None = None
    """Set when the session goes on under a new history."""


class CommandWish(BaseModel):
    """Tell an instrument something by hand."""

    instrument: str
    name: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    by: str
    confirmed: bool = False
    reason: str = ""


class StepWish(BaseModel):
    """Run one step of the sequence by hand."""

    step: str
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    by: str
    reason: str = ""


class HandOver(BaseModel):
    """Make safe, or leave: who wishes it, and why."""

    by: str
    reason: str = ""


class ManualCommandRequest(BaseModel):
    """Carry out one command within a session, at most once."""

    session_id: str
    batch: str
    session: str
    instrument: str
    name: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    timeout: timedelta


class CommandOutcome(BaseModel):
    """What a command came to; a fault of the instrument is a value."""

    value: JsonValue = None
    fault: StepFault | None = None
    elapsed: timedelta = timedelta()


class ManualStepRequest(BaseModel):
    """Run one step within a session, at most once; it is no part of any run."""

    session_id: str
    batch: str
    session: str
    step: str
    attempt: int = 1
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    timeout: timedelta
    grace: timedelta


class StepOutcome(BaseModel):
    """What a step came to that was run by hand."""

    report: StepReport
    measurements: list[Measurement] = Field(default_factory=list)
    values: dict[str, JsonValue] = Field(default_factory=dict)


class ManualSessionRequest(BaseModel):
    """Something about a session of which one has the token."""

    session_id: str
    batch: str
    session: str


class SessionLook(BaseModel):
    """Who owns a slot's hardware, as the database has it.

    Attributes:
        owned: Whether the session asked about still does.
        safe: Whether the hardware is known to be safe.
    """

    owned: bool
    safe: bool


class ManualNote(BaseModel):
    """Something that was done by hand, for the audit and for whoever watches.

    Attributes:
        deed: Who did what.
        session_id: The manual session it was done in.
        state: Where the session is after it.
        unsafe: Why the slot is to take no run from here on; empty where it may.
    """

    deed: Deed
    session_id: str
    state: str
    unsafe: str = ""


@workflow.defn(name="station.manual", sandboxed=False)
class ManualContract:
    """One person has one slot's instruments in hand."""

    @workflow.run
    async def run(self, request: ManualInput) -> ManualEnd:
        """Live until somebody leaves, or nobody is there any more."""
        raise NotImplementedError

    @workflow.signal(name="stop")
    async def stop(self, request: StopRequest) -> None:
        """Make safe and end, whatever goes on; the same signal stops a run."""
        raise NotImplementedError

    @workflow.signal(name="keep_alive")
    async def keep_alive(self) -> None:
        """The client is there."""
        raise NotImplementedError

    @workflow.update(name="command")
    async def command(self, request: CommandWish) -> CommandAnswer:
        """Tell an instrument something, and hear what came of it."""
        raise NotImplementedError

    @workflow.update(name="run_step")
    async def run_step(self, request: StepWish) -> CommandAnswer:
        """Run one step of the sequence, and hear what came of it."""
        raise NotImplementedError

    @workflow.update(name="make_safe")
    async def make_safe(self, request: HandOver) -> CommandAnswer:
        """Make every instrument safe, cutting off what goes on, and stay."""
        raise NotImplementedError

    @workflow.update(name="leave")
    async def leave(self, request: HandOver) -> ManualEnd:
        """Make every instrument safe and end the session."""
        raise NotImplementedError

    @workflow.query(name="status")
    def status(self) -> ManualStatus:
        """Who has the slot in hand, and what was done."""
        raise NotImplementedError


# On the batch's own queue: these touch hardware.


@activity.defn(name="station.manual_command")
async def manual_command(request: ManualCommandRequest) -> CommandOutcome:
    """Carry out one command; a fault in it is part of the outcome, never an exception."""
    raise NotImplementedError


@activity.defn(name="station.manual_step")
async def manual_step(request: ManualStepRequest) -> StepOutcome:
    """Run one step by hand: nothing of it goes into the journal of runs."""
    raise NotImplementedError


@activity.defn(name="station.manual_safe")
async def manual_safe(request: ManualSessionRequest) -> ClosedSession:
    """Make every instrument safe; the session stays open."""
    raise NotImplementedError


@activity.defn(name="station.manual_watch")
async def manual_watch(request: ManualSessionRequest) -> None:
    """Stay for as long as this process holds the session; so its death is noticed while nobody does anything."""
    raise NotImplementedError


# On the engine's queue: these record.


@activity.defn(name="station.record_manual")
async def record_manual(request: ManualNote) -> None:
    """Write what was done by hand into the audit, tell whoever watches, and close the slot where it is unsafe."""
    raise NotImplementedError


@activity.defn(name="station.look_at_session")
async def look_at_session(request: ManualSessionRequest) -> SessionLook:
    """Tell whether a session still owns its slot's hardware."""
    raise NotImplementedError
