"""What is said to the MES and what it answers, in either of its two shapes.

Requests are strict, because a naive time or a NaN makes the real MES answer 500 for ever. Replies are lenient:
what a reply must have is checked, what it may have becomes None where it cannot be read.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

PROCESS_ID = Field(ge=1, le=2_147_483_647)


class MesResult(StrEnum):
    """How a process ended, in the MES's words."""

    PASS = "PASS"  # noqa: S105 - no password
    FAIL = "FAIL"
    REWORK = "REWORK"


class WipStatus(StrEnum):
    """Where a WIP is, as far as the station must know."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    """Every process has passed; it may get its serial number."""
    CONVERTED = "CONVERTED"
    """It has its serial number; nothing more may be told of it."""
    FAILED = "FAILED"


# Requests.


class StartRequest(BaseModel):
    """A process begins on a WIP.

    Attributes:
        process_id: The process's key in the MES's database.
        operator_id: The user of the MES in whose name it is told.
        equipment_id: The MES's key of the equipment; None: that of the configuration, where it is a number.
        started_at: When it began; the same time is sent however often it is told.
    """

    model_config = ConfigDict(frozen=True)
    process_id: Annotated[int, PROCESS_ID]
    operator_id: Annotated[int, PROCESS_ID]
    equipment_id: int | None = None
    started_at: AwareDatetime

    def body(self) -> dict[str, JsonValue]:
        """The body of the call."""
        body: dict[str, JsonValue] = {
            "process_id": self.process_id,
            "operator_id": self.operator_id,
            "started_at": self.started_at.isoformat(),
        }
        return body if self.equipment_id is None else {**body, "equipment_id": self.equipment_id}


class CompleteRequest(BaseModel):
    """A process ended on a WIP.

    Attributes:
        started_at: When it began, as told in the start; without it the MES records a duration of 0.
        completed_at: When it ended, from the same clock; with its microseconds it is how we know our own report.
        measurements: Free JSON; numbers that are not finite are sent as null, and the notes say so.
    """

    model_config = ConfigDict(frozen=True)
    process_id: Annotated[int, PROCESS_ID]
    operator_id: Annotated[int, PROCESS_ID]
    result: MesResult
    measurements: dict[str, JsonValue] = Field(default_factory=dict)
    defects: tuple[str, ...] = ()
    notes: str = ""
    started_at: AwareDatetime
    completed_at: AwareDatetime

    def query(self) -> dict[str, str]:
        """The query parameters that the real MES demands."""
        return {"process_id": str(self.process_id), "operator_id": str(self.operator_id)}

    def body(self) -> dict[str, JsonValue]:
        """The body of the call."""
        measurements, lost = finite_only(self.measurements)
        return {
            "result": self.result.value,
            "measurements": measurements,
            "defects": list(self.defects),
            "notes": "\n".join(said for said in (self.notes, lost) if said),
            "started_at": self.started_at.isoformat(),
            "completed_at": self.completed_at.isoformat(),
        }


class ConvertRequest(BaseModel):
    """A WIP of which every process has passed gets its serial number."""

    model_config = ConfigDict(frozen=True)
    operator_id: Annotated[int, PROCESS_ID]
    notes: str = ""

    def body(self) -> dict[str, JsonValue]:
        """The body of the call."""
        return {"operator_id": self.operator_id, "notes": self.notes}


def finite_only(measurements: dict[str, JsonValue]) -> tuple[dict[str, JsonValue], str]:
    """Put null for numbers that are not finite, and say in one sentence which; empty where there are none.

    JSON has no word for them: whoever stores measurements before they are sent asks this first.
    """
    lost: list[str] = []
    clean = {key: _finite(value, key, lost) for key, value in measurements.items()}
    return clean, f"Not a finite number, sent as null: {', '.join(lost)}" if lost else ""


def _finite(value: JsonValue, place: str, lost: list[str]) -> JsonValue:
    match value:
        case float() if not math.isfinite(value):
            lost.append(place)
            return None
        case dict():
            return {key: _finite(item, f"{place}.{key}", lost) for key, item in value.items()}
        case list():
            return [_finite(item, f"{place}[{number}]", lost) for number, item in enumerate(value)]
        case _:
            return value


# Replies.

T = TypeVar("T")


def _or_none(value: object, read: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - whatever the field is
    try:
        return read(value)
    except ValueError:
        return None


def _aware(value: datetime) -> datetime:
    # The real MES keeps UTC, and leaves the offset out where its database is SQLite.
    return value if value.tzinfo else value.replace(tzinfo=UTC)


Maybe = Annotated[T | None, WrapValidator(_or_none)]
"""Something a reply may leave out or garble."""

Time = Annotated[datetime, AfterValidator(_aware)]


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


def _inside(data: object, key: str) -> object:
    return data[key] if isinstance(data, Mapping) and isinstance(data.get(key), Mapping) else data


class ProcessRecord(_Reply):
    """A process of a WIP as the MES recorded it: open while `completed_at` is None."""

    process_id: Maybe[int] = None
    """None in the real trace, which has the number on the line only."""
    process_number: Maybe[int] = None
    result: Maybe[str] = None
    started_at: Annotated[Maybe[Time], Field(validation_alias=AliasChoices("started_at", "start_time"))] = None
    completed_at: Annotated[Maybe[Time], Field(validation_alias=AliasChoices("completed_at", "complete_time"))] = None
    duration_seconds: Annotated[
        Maybe[float], Field(validation_alias=AliasChoices("duration_seconds", "cycle_time_seconds"))
    ] = None

    @property
    def is_open(self) -> bool:
        """Whether it was started and not completed."""
        return self.completed_at is None


class WipItem(_Reply):
    """A WIP as the MES has it.

    Attributes:
        id: The number that start, complete and convert are called with.
        wip_id: The text on its label.
        status: CREATED, IN_PROGRESS, COMPLETED, FAILED, CONVERTED, or what a later MES adds.
        has_pass_for_process: Whether the process that was asked about has passed; None where none was.
    """

    id: Annotated[int, Field(ge=0)]
    wip_id: Maybe[str] = None
    status: str
    current_process_id: Maybe[int] = None
    lot_id: Maybe[int] = None
    serial_id: Maybe[int] = None
    has_pass_for_process: Maybe[bool] = None
    pass_warning_message: Maybe[str] = None
    created_at: Maybe[Time] = None
    updated_at: Maybe[Time] = None
    completed_at: Maybe[Time] = None
    converted_at: Maybe[Time] = None
    records: Annotated[
        Maybe[tuple[ProcessRecord, ...]], Field(validation_alias=AliasChoices("process_history", "records"))
    ] = None
    """What was recorded of its processes, where a scan tells it."""

    @property
    def is_converted(self) -> bool:
        """Whether it has its serial number."""
        return self.status == WipStatus.CONVERTED or self.serial_id is not None

    @classmethod
    def read(cls, data: object) -> Self:
        """Read a bare WIP, or one in `wip_item`.

        Raises:
            ValueError: If it is neither.
        """  # noqa: DOC502 - pydantic raises it
        return cls.model_validate(_inside(data, "wip_item"))


class Trace(_Reply):
    """Every completion and every open start of a WIP."""

    wip_id: Maybe[str] = None
    status: Maybe[str] = None
    serial_id: Maybe[int] = None
    records: Annotated[tuple[ProcessRecord, ...], Field(validation_alias=AliasChoices("process_history", "records"))]


class Completion(_Reply):
    """The answer to a completion.

    Attributes:
        record: What was recorded; None where the MES does not repeat it.
        wip: The WIP after it.
    """

    record: Annotated[Maybe[ProcessRecord], Field(validation_alias="process_history")] = None
    wip: Annotated[WipItem, Field(validation_alias="wip_item")]

    @classmethod
    def read(cls, data: object) -> Self:
        """Read `{process_history, wip_item}`, or a bare WIP.

        Raises:
            ValueError: If it is neither.
        """  # noqa: DOC502 - pydantic raises it
        return cls.model_validate(data if isinstance(data, Mapping) and "wip_item" in data else {"wip_item": data})


class Serial(_Reply):
    """The serial number a WIP was converted to.

    Attributes:
        number: Empty where the WIP has one and the MES does not tell it.
        wip: The WIP after it, where the MES repeats it.
    """

    number: Annotated[str, Field(validation_alias=AliasChoices("serial_number", "number"))]
    id: Maybe[int] = None
    status: Maybe[str] = None
    wip: Maybe[WipItem] = None

    @classmethod
    def read(cls, data: object) -> Self:
        """Read `{serial, wip_item}`, or a bare serial number.

        Raises:
            ValueError: If it is neither.
        """  # noqa: DOC502 - pydantic raises it
        wip = data.get("wip_item") if isinstance(data, Mapping) else None
        serial = cls.model_validate(_inside(data, "serial"))
        return serial if wip is None else serial.model_copy(update={"wip": _WIP_OR_NONE.validate_python(wip)})


_WIP_OR_NONE = TypeAdapter[WipItem | None](Maybe[WipItem])
