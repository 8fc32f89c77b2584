"""The messages of the socket in the words of pipelines: what each holds, for its schema and for tests."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from station.domain.outcome import Outcome


class Pipelined(BaseModel):
    """What every message has that speaks of pipelines and nodes: a run, and its steps.

    Attributes:
        pipeline_id: The run.
        timestamp: When it happened.
    """

    id: int
    batch_id: str | None
    pipeline_id: str | None
    timestamp: datetime


class PipelineStarted(Pipelined):
    """A run was accepted."""

    type: Literal["pipeline_started"]
    node_count: int


class NodeExecuting(Pipelined):
    """An attempt of a step begins."""

    type: Literal["node_executing"]
    node_id: str


class NodeCompleted(Pipelined):
    """An attempt of a step has its result.

    Attributes:
        outputs: The measured values, by name.
    """

    type: Literal["node_completed"]
    node_id: str
    outcome: Outcome
    outputs: dict[str, Any]
    shortened: bool = False


class PipelineCompleted(Pipelined):
    """The run is over.

    Attributes:
        success: Whether it PASSED.
        execution_time: Seconds from its start to its end.
    """

    type: Literal["pipeline_completed"]
    success: bool
    outcome: Outcome
    execution_time: float


class PipelineError(Pipelined):
    """A run was refused, or something about it needs attention."""

    type: Literal["pipeline_error"]
    error: str


class DeviceMessage(BaseModel):
    """What every message has that speaks of a device: a batch, with its instruments.

    Attributes:
        device_id: The batch; null: the station itself.
    """

    id: int
    device_id: str | None
    timestamp: datetime


class DeviceConnected(DeviceMessage):
    """A batch's process is up."""

    type: Literal["device_connected"]
    status: str


class DeviceDisconnected(DeviceMessage):
    """A batch's process is not up."""

    type: Literal["device_disconnected"]
    reason: str


class DeviceError(DeviceMessage):
    """Something about a batch, and none of its runs, needs attention."""

    type: Literal["device_error"]
    error_message: str


PipelineMessage = Annotated[
    PipelineStarted
    | NodeExecuting
    | NodeCompleted
    | PipelineCompleted
    | PipelineError
    | DeviceConnected
    | DeviceDisconnected
    | DeviceError,
    Field(discriminator="type"),
]
