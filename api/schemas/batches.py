"""What is said of batches and asked of them, in the documented words and ours."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, JsonValue

from api.schemas.in_seconds import ManualStatus, OpenPrompt, StepView, told
from station.control.status import BatchStatus as Standing
from station.control.status import ProcessStatus
from station.domain import manual
from station.domain.notice import Notice
from station.domain.quarantine import Quarantine
from station.domain.run import RunReason, RunStatus, UnitUnderTest

_WIP = "WIP-KR01PSA2511-001"


class BatchStatus(BaseModel):
    """How a batch stands.

    Attributes:
        status: idle, running, or error: its process is given up, or its slot is in quarantine.
        current_step: The step under way; the first of several; null where none is.
        progress: 0.0 to 1.0, by steps.
        sequence_name: The package of the run; null where there is none.
        state: Where the run is on its way; `manual` where somebody has the slot in hand; null where it is free.
        execution_id: The run under way.
        waiting_for: What holds the run up, in words; empty while it moves.
        waiting: The same as a code with parameters; null while it moves.
        choices: What may be answered to an interrupted run.
        source: Who told: the run itself, or the database, which may be a little behind.
    """

    id: str
    name: str
    status: Literal["idle", "running", "error"]
    current_step: str | None = None
    progress: float = Field(default=0.0, ge=0.0, le=1.0)
    sequence_name: str | None = None
    sequence_version: str | None = None
    sequence_package: str
    state: str | None = None
    execution_id: str | None = None
    wip_id: str | None = None
    waiting_for: str = ""
    waiting: Notice | None = None
    reason: RunReason | None = None
    choices: list[str] = []
    recoveries: int = 0
    prompts: list[OpenPrompt] = []
    process: ProcessStatus
    quarantine: Quarantine | None = None
    manual: ManualStatus | None = None
    source: Literal["engine", "database"] = "engine"

    @classmethod
    def of(cls, standing: Standing) -> Self:
        """Translate how a batch stands."""
        run = standing.run
        return cls(
            id=standing.batch,
            name=standing.name,
            status=_status(standing),
            current_step=run.current[0] if run and run.current else None,
            progress=run.progress if run else 0.0,
            sequence_name=standing.sequence.name if standing.sequence else None,
            sequence_version=standing.sequence.version if standing.sequence else None,
            sequence_package=standing.sequence_package,
            state=run.state.value if run else "manual" if standing.manual else None,
            execution_id=run.run_id if run else None,
            wip_id=standing.wip,
            waiting_for=run.waiting_for if run else "",
            waiting=run.waiting if run else None,
            reason=run.reason if run else None,
            choices=list(run.choices) if run else [],
            recoveries=run.recoveries if run else 0,
            prompts=[told(OpenPrompt, one) for one in run.prompts] if run else [],
            process=standing.process,
            quarantine=standing.quarantine,
            manual=told(ManualStatus, standing.manual) if standing.manual else None,
            source=standing.source,
        )


class BatchDetail(BatchStatus):
    """How a batch stands, with the steps of its run."""

    steps: list[StepView] = []

    @classmethod
    def of(cls, standing: Standing) -> Self:
        """Translate how a batch stands, with the steps of its run."""
        detail = super().of(standing)
        steps = standing.run.steps if standing.run else []
        return detail.model_copy(update={"steps": [told(StepView, one) for one in steps]})


class StartRequest(BaseModel):
    """A run that is asked for.

    As the source documents have it, what the MES needs may also stand in `parameters`.

    Attributes:
        parameters: Parameters of the sequence that differ from the batch's own.
        wip_id: The unit's identity in the MES.
        process_id: The MES process; null: the batch's own.
        operator_id: Who starts it; a number where the MES is told.
        notes: What there is to say about the unit; the MES gets it with the end.
        without_mes: Whether the MES is not told of this run.
    """

    parameters: dict[str, JsonValue] = {}
    wip_id: str | None = Field(default=None, max_length=100, examples=[_WIP])
    process_id: int | None = Field(default=None, ge=1, le=2_147_483_647, examples=[1])
    operator_id: int | str | None = Field(default=None, union_mode="left_to_right", examples=[5])
    notes: str = Field(default="", max_length=4000)
    without_mes: bool = False


class Started(BaseModel):
    """A run that was accepted."""

    status: Literal["started"] = "started"
    execution_id: str
    batch_id: str


class ScannedStart(BaseModel):
    """What the tablet scanner sends: a unit whose process begins.

    Attributes:
        equipment_id: The MES's key of the equipment; null: that of the configuration.
        batch_id: The slot; null: the one free slot on which this process is run.
    """

    wip_id: str = Field(min_length=1, max_length=100, examples=[_WIP])
    process_id: int = Field(ge=1, le=2_147_483_647, strict=True, examples=[1])
    operator_id: int = Field(ge=1, le=2_147_483_647, strict=True, examples=[5])
    equipment_id: int | None = Field(default=None, ge=1, le=2_147_483_647, strict=True)
    batch_id: str | None = Field(default=None, max_length=100)
    parameters: dict[str, JsonValue] = {}


class TogetherStart(StartRequest):
    """A run on one of several batches."""

    batch_id: str = Field(min_length=1, max_length=100, examples=["slot_1"])


class StartTogether(BaseModel):
    """Runs on several batches.

    Attributes:
        meet_at: Names of the steps that none of them begins before all have come to them.
    """

    starts: list[TogetherStart] = Field(min_length=1, max_length=100)
    meet_at: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(default=[], max_length=100)


class NotStarted(BaseModel):
    """A run that was refused: code and sentence."""

    batch_id: str
    error: str
    message: str


class StartedTogether(BaseModel):
    """What was started, and what was refused; at least one was started."""

    status: Literal["started"] = "started"
    started: list[Started]
    refused: list[NotStarted] = []


class Reason(BaseModel):
    """Why somebody does something; kept in the audit."""

    reason: str = Field(default="", max_length=1000)


NO_REASON = Reason()
"""What a command without a body says."""


class SkipRequest(Reason):
    """The step to leave out."""

    step: str = Field(min_length=1, max_length=200)


class GotoRequest(Reason):
    """The step to begin again with.

    Attributes:
        step: Empty: the one under way, or else the last one that ended.
        force: Whether steps that are not repeatable are repeated too; needs a reason.
    """

    step: str = Field(default="", max_length=200)
    force: bool = False


class RecoverRequest(Reason):
    """What becomes of an interrupted run: one of its choices."""

    choice: str = Field(min_length=1, max_length=100)


class ClearRequest(BaseModel):
    """A slot in quarantine is to take runs again.

    Attributes:
        make_safe: Whether its instruments are made safe first; false: the caller's word is enough.
    """

    reason: str = Field(min_length=1, max_length=1000)
    make_safe: bool = True


class RunAnswer(BaseModel):
    """Where the run on a slot is after a command."""

    batch_id: str
    execution_id: str | None
    state: str | None
    waiting_for: str = ""
    current: list[str] = []

    @classmethod
    def of(cls, batch: str, status: RunStatus | manual.ManualStatus | None) -> Self:
        """Translate what the run answered; None where it does not answer now."""
        if isinstance(status, RunStatus):
            return cls(
                batch_id=batch,
                execution_id=status.run_id,
                state=status.state.value,
                waiting_for=status.waiting_for,
                current=list(status.current),
            )
        return cls(batch_id=batch, execution_id=None, state="manual" if status else None)


class ProcessAnswer(BaseModel):
    """How a batch's process stands after a command."""

    batch_id: str
    state: str
    pid: int | None = None
    restarts: int = 0


class StoppedAll(BaseModel):
    """The batches on which something was told to stop."""

    stopped: list[str]
    at: datetime


def unit_of(request: StartRequest) -> tuple[UnitUnderTest, dict[str, JsonValue]]:
    """Tell the unit of a start, and the parameters that are the sequence's own."""
    parameters = dict(request.parameters)
    given = {name: parameters.pop(name, None) for name in ("wip_id", "process_id", "operator_id", "equipment_id")}
    wip = request.wip_id if request.wip_id is not None else given["wip_id"]
    process = request.process_id if request.process_id is not None else given["process_id"]
    operator = request.operator_id if request.operator_id is not None else given["operator_id"]
    unit = UnitUnderTest.model_validate(
        {
            "wip": wip or None,
            "process": process,
            "operator": None if operator in {None, ""} else str(operator),
            "notes": request.notes,
            "equipment": given["equipment_id"] or None,
        }
    )
    return unit, parameters


def _status(standing: Standing) -> Literal["idle", "running", "error"]:
    if standing.run is not None:
        return "running"
    if standing.process.state == "error" or standing.quarantine is not None:
        return "error"
    return "idle"
