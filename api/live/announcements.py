"""The events as the socket tells them: what each type's message holds, for its schema and for tests."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from station.domain.call import CallReason, CallState
from station.domain.delivery import DeliveryState
from station.domain.manual import ManualState
from station.domain.notice import Notice
from station.domain.outcome import Outcome, RunState
from station.domain.prompt import Prompt
from station.domain.run import RunReason, RunResult, StepFault


class Announcement(BaseModel):
    """What the message of every event has.

    Attributes:
        id: Grows with every event; the cursor with which a client resumes.
        time: When it happened.
        batch_id: null: the station itself.
        execution_id: The run, or manual session, it is about.
        shortened: Long texts and lists were cut so that the message stays below 64 KB; all of it can be read over REST.
    """

    id: int
    time: datetime
    batch_id: str | None
    execution_id: str | None
    shortened: bool = False


class RunAcceptedData(BaseModel):
    """A run has its row."""

    sequence: str
    version: str
    wip: str | None = None
    process: int | None = None
    operator: str | None = None
    steps: int


class RunAccepted(Announcement):
    """A run has its row."""

    type: Literal["run_accepted"]
    data: RunAcceptedData


class RunRefusedData(BaseModel):
    """Why a start was refused."""

    sequence: str
    wip: str | None = None
    reason: RunReason


class RunRefused(Announcement):
    """A start was refused."""

    type: Literal["run_refused"]
    data: RunRefusedData


class RunRecoveredData(BaseModel):
    """How often a run went on so far, and why."""

    recoveries: int
    reason: str


class RunRecovered(Announcement):
    """A run goes on after it was cut off."""

    type: Literal["run_recovered"]
    data: RunRecoveredData


class RunWentBackData(BaseModel):
    """Which attempts do not count any more: the last one, by step."""

    step: str
    given_up: dict[str, int]
    by: str
    reason: str


class RunWentBack(Announcement):
    """Attempts no longer count: their steps are done again."""

    type: Literal["run_went_back"]
    data: RunWentBackData


class BatchStatusData(BaseModel):
    """What has changed of a run, of the batch's process or of its slot, and nothing else."""

    model_config = ConfigDict(extra="allow")

    state: RunState | None = None
    waiting_for: str | None = None
    waiting: Notice | None = None
    round: int | None = None
    choices: list[str] | None = None
    process_state: str | None = None
    desired: str | None = None
    pid: int | None = None
    restarts: int | None = None
    alert: str | None = None
    exit: dict[str, JsonValue] | None = None
    hardware_safe: bool | None = None
    rss_bytes: int | None = None
    cpu_percent: float | None = None
    quarantine: str | None = None
    quarantined_at: datetime | None = None
    quarantine_notice: Notice | None = None


class BatchStatusChanged(Announcement):
    """What the batch or its run does has changed."""

    type: Literal["batch_status"]
    data: BatchStatusData


class StepStartData(BaseModel):
    """An attempt, or a further segment of it, begins."""

    step: str
    index: int
    attempt: int
    segment: int


class StepStart(Announcement):
    """An attempt of a step begins."""

    type: Literal["step_start"]
    step: str
    index: int
    data: StepStartData


class StepProgressData(BaseModel):
    """How far a step is: after a segment, or as the step tells it."""

    model_config = ConfigDict(extra="allow")

    step: str
    index: int | None = None
    attempt: int | None = None
    segments_done: int | None = None
    elapsed_s: float | None = None
    fraction: float | None = None
    text: str | None = None


class StepProgress(Announcement):
    """A step told how far it is."""

    type: Literal["step_progress"]
    step: str
    data: StepProgressData


class MeasurementData(BaseModel):
    """A value that was judged."""

    step: str
    name: str
    value: JsonValue
    unit: str
    limit: str
    outcome: Outcome


class Measured(Announcement):
    """A value was judged while its step goes on."""

    type: Literal["measurement"]
    data: MeasurementData


class MeasuredValue(BaseModel):
    """A measurement of a step; `by` is there where a person answered it."""

    name: str
    value: JsonValue
    unit: str
    limit: dict[str, JsonValue] | None
    outcome: Outcome
    by: str | None = None


class StepCompleteData(BaseModel):
    """What an attempt came to."""

    step: str
    index: int
    attempt: int
    outcome: Outcome
    elapsed_s: float
    measurements: list[MeasuredValue]
    defects: list[str]
    fault: StepFault | None


class StepComplete(Announcement):
    """An attempt has its result; `result` is the same as `data`."""

    type: Literal["step_complete"]
    step: str
    result: StepCompleteData
    data: StepCompleteData


class StepInterruptedData(BaseModel):
    """Which attempt was cut off, and why."""

    step: str
    index: int
    attempt: int
    reason: str


class StepInterrupted(Announcement):
    """An attempt was cut off; nobody knows what it did."""

    type: Literal["step_interrupted"]
    data: StepInterruptedData


class SequenceCompleteData(BaseModel):
    """What the run came to."""

    result: RunResult


class SequenceComplete(Announcement):
    """The run is over."""

    type: Literal["sequence_complete"]
    result: RunResult
    data: SequenceCompleteData


class LogData(BaseModel):
    """A line."""

    level: str
    message: str
    step: str | None = None
    data: dict[str, JsonValue] = {}


class LogLine(Announcement):
    """A line was logged."""

    type: Literal["log"]
    level: str
    message: str
    data: LogData


class ErrorData(BaseModel):
    """One sentence, and facts."""

    model_config = ConfigDict(extra="allow")

    error: str


class ErrorRaised(Announcement):
    """Something about the batch needs attention."""

    type: Literal["error"]
    error: str
    data: ErrorData


class PromptData(BaseModel):
    """What is asked, and until when."""

    prompt: str
    step: str
    asked: Prompt
    until: datetime | None


class Prompted(Announcement):
    """The run asks a person."""

    type: Literal["prompt"]
    data: PromptData


class PromptAnsweredData(BaseModel):
    """The answer, by field, and who gave it."""

    prompt: str
    step: str
    answer: dict[str, JsonValue]
    actor: str


class PromptAnswered(Announcement):
    """A question has its one answer."""

    type: Literal["prompt_answered"]
    data: PromptAnsweredData


class PromptClosedData(BaseModel):
    """Which question, and whether it timed out or was withdrawn."""

    prompt: str
    step: str
    state: str


class PromptClosed(Announcement):
    """A question needs no answer any more."""

    type: Literal["prompt_closed"]
    data: PromptClosedData


class ManualData(BaseModel):
    """What was done, by whom and why, with what the audit has of it."""

    model_config = ConfigDict(extra="allow")

    state: ManualState
    action: str
    by: str
    reason: str


class ByHand(Announcement):
    """Something was done by hand."""

    type: Literal["manual"]
    data: ManualData


class DeliveryData(BaseModel):
    """Which item it is, and where it stands."""

    model_config = ConfigDict(extra="allow")

    item_id: str
    action: str
    wip: str
    state: DeliveryState
    retry_count: int
    last_error: str


class Delivery(Announcement):
    """What is owed to the MES has moved."""

    type: Literal["delivery"]
    data: DeliveryData


class CallData(BaseModel):
    """What is needed, how the call stands, and who made it so."""

    call_id: str
    reason: CallReason
    state: CallState
    by: str


class Called(Announcement):
    """Somebody is called to the station, or comes."""

    type: Literal["call"]
    data: CallData


EventMessage = Annotated[
    RunAccepted
    | RunRefused
    | RunRecovered
    | RunWentBack
    | BatchStatusChanged
    | StepStart
    | StepProgress
    | Measured
    | StepComplete
    | StepInterrupted
    | SequenceComplete
    | LogLine
    | ErrorRaised
    | Prompted
    | PromptAnswered
    | PromptClosed
    | ByHand
    | Called
    | Delivery,
    Field(discriminator="type"),
]
