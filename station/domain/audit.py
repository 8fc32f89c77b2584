"""What a person did to the station, as the audit keeps it."""

from datetime import datetime

from pydantic import BaseModel, Field, JsonValue


class Deed(BaseModel):
    """Something a person did, or asked for and got.

    Attributes:
        id: Given by whoever writes it down, so that writing it down again changes nothing.
        actor: Who: a name or number as the person gave it, or `station` for what it decided itself.
        action: What, in one word: start, stop, pause, resume, recover, skip, goto, answer, command, clear ...
        target: To what: a batch, a run, an item.
        reason: Why, in the person's words; may be empty.
        data: What else there is to say: the run, the step, the value given.
    """

    id: str
    at: datetime
    actor: str
    action: str
    target: str
    reason: str = ""
    data: dict[str, JsonValue] = Field(default_factory=dict)
