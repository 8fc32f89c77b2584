"""What is owed to the MES, and what people decide about it."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field, StrictBool

from station.control.owed import Owed, OwedEntry
from station.control.queue import Conversion, ConversionState


class QueueItem(BaseModel):
    """One thing that is owed to the MES.

    Attributes:
        item_id: Unique on the station; has slashes in it, which need no escaping in a path.
        action: start_process, complete_process or convert_to_serial.
        result: PASS, FAIL or REWORK; null where none was given, or none belongs to it.
        state: pending: it is sent as soon as may be; parked: a person decides.
        retry_count: Calls made so far.
        code: The code in `last_error`; empty where there is none.
        reason: What that means to the operator.
        reason_ko: The same in Korean.
        age: Seconds since it is owed.
        place: Its place in what is owed for its WIP, from 1; the next one is sent when this one is over.
        next_try: When it is tried next by itself, where that was asked for; null: at once, after the one before it, or
            when a person has decided.
    """

    item_id: str
    execution_id: str
    batch_id: str
    action: str
    wip_id: str
    process_id: int | None
    result: str | None = None
    state: str
    retry_count: int
    last_error: str
    code: str
    reason: str
    reason_ko: str
    created_at: datetime
    age: float
    place: int = 1
    next_try: datetime | None = None

    @classmethod
    def of(cls, entry: OwedEntry) -> Self:
        """Translate an item."""
        return cls(
            item_id=entry.item_id,
            execution_id=entry.run_id,
            batch_id=entry.batch,
            action=entry.action.value,
            wip_id=entry.wip,
            process_id=entry.process,
            result=None if entry.result is None else str(entry.result),
            state=entry.state.value,
            retry_count=entry.attempts,
            last_error=entry.last_error,
            code=entry.code,
            reason=entry.reason,
            reason_ko=entry.reason_ko,
            created_at=entry.created_at,
            age=entry.age_s,
            place=entry.place,
            next_try=entry.next_try,
        )


class Queue(BaseModel):
    """Everything that is owed to the MES, oldest first.

    Attributes:
        pending: How many are sent without anybody doing anything.
        parked: How many need a person.
        oldest: Age of the oldest in seconds; null where nothing is owed.
    """

    pending: int
    parked: int
    oldest: float | None
    items: list[QueueItem]

    @classmethod
    def of(cls, everything: Owed) -> Self:
        """Translate what is owed."""
        return cls(
            pending=everything.pending,
            parked=everything.parked,
            oldest=everything.oldest_s,
            items=[QueueItem.of(item) for item in everything.items],
        )


class SendRequest(BaseModel):
    """What is to make its next try at once: all, or what is owed for one WIP."""

    wip_id: str | None = Field(default=None, max_length=100)


EVERYTHING = SendRequest()
"""What a request without a body says."""


class RetryRequest(BaseModel):
    """A parked item is to be sent again.

    Attributes:
        result: What became of the unit; for a completion that waits for that, and only for one.
    """

    reason: str = Field(default="", max_length=1000)
    result: Literal["PASS", "FAIL", "REWORK"] | None = None


AS_IT_IS = RetryRequest()
"""What a request without a body says."""


class DiscardRequest(BaseModel):
    """A parked item is never to be sent; the MES will not hear of it from the station."""

    reason: str = Field(min_length=1, max_length=1000)


class ConvertRequest(BaseModel):
    """A WIP that has passed its last process is to get its serial number.

    Attributes:
        operator_id: The operator's number in the MES.
        queue: Whether it is owed where the MES is away; false: it is refused then, with SERVICE_UNAVAILABLE.
    """

    operator_id: int = Field(ge=1, le=2_147_483_647, strict=True)
    notes: str = Field(default="", max_length=4000)
    queue: StrictBool = True


class Converted(BaseModel):
    """What became of a conversion; 202 where it is queued.

    Attributes:
        status: converted, or queued: the MES is told as soon as it answers.
        serial_number: Empty where the MES does not tell it.
        error: Why it is queued.
    """

    status: ConversionState
    item_id: str
    wip_id: str
    serial_number: str = ""
    error: str = ""

    @classmethod
    def of(cls, answer: Conversion) -> Self:
        """Translate what became of a conversion."""
        return cls(
            status=answer.state,
            item_id=answer.item_id,
            wip_id=answer.wip,
            serial_number=answer.serial,
            error=answer.error,
        )
