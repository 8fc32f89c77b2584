"""What is owed to the MES for one WIP: the items, and what became of each."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field, JsonValue


class MesAction(StrEnum):
    """What the MES is told; always in this order for one WIP and process."""

    START = "start_process"
    """착공: the unit enters the process."""
    COMPLETE = "complete_process"
    """완공: the unit leaves it, with a result."""
    CONVERT = "convert_to_serial"
    """시리얼 변환: the WIP becomes a serial number."""


class DeliveryState(StrEnum):
    """Where one item is on its way, as `sync_queue.state` has it."""

    PENDING = "pending"
    """Owed; it is tried until it is delivered."""
    DELIVERED = "delivered"
    PARKED = "parked"
    """The MES has refused it: a person must decide."""
    DISCARDED = "discarded"
    """A person has decided that it is not sent."""


class OwedItem(BaseModel):
    """One thing the MES must be told.

    Attributes:
        item_id: `<run>/<action>`: the same item is never taken twice.
        payload: The body as the MES takes it, without what the other fields say.
    """

    item_id: str
    run_id: str = ""
    batch: str = ""
    action: MesAction
    wip: str
    process: int | None = None
    operator: str | None = None
    payload: dict[str, JsonValue] = Field(default_factory=dict)
    created_at: datetime


class MesRefusal(BaseModel):
    """Why the MES, or the station on its behalf, said no; a person must decide.

    Attributes:
        code: Stable, such as WIP_NOT_FOUND.
        message: English.
        message_ko: Korean.
    """

    code: str
    message: str
    message_ko: str = ""


class Delivered(BaseModel):
    """What became of an item, as far as it is known.

    Attributes:
        state: DELIVERED, PARKED or DISCARDED; PENDING: it is on its way, and production goes on.
        wip_status: The WIP's status in the MES after it.
        serial: The serial number, where the item was a conversion.
        error: Why it is still pending.
    """

    item_id: str
    state: DeliveryState
    wip_status: str = ""
    serial: str = ""
    refusal: MesRefusal | None = None
    error: str = ""
