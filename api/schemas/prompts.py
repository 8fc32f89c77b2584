"""What the runs ask, and what is answered."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field, JsonValue

from api.schemas.in_seconds import Prompt, told
from station.control.prompting import BatchPrompt
from station.storage.prompts import PromptRecord


class PromptDetail(BaseModel):
    """A prompt, and what became of it.

    Attributes:
        prompt_id: Unique on the station; the answer names it.
        prompt: What is asked: message, fields, picture.
        until: When nobody need answer any more; null: never.
        state: open, answered, timed_out or withdrawn.
        answer: One value for each field, by name; null where there is none.
        answered_by: Who answered; `timeout` where nobody did and the defaults were taken.
        closed_at: When it stopped being open.
    """

    prompt_id: str
    batch_id: str
    execution_id: str
    step: str
    prompt: Prompt
    asked_at: datetime
    until: datetime | None = None
    state: Literal["open", "answered", "timed_out", "withdrawn"] = "open"
    answer: dict[str, JsonValue] | None = None
    answered_by: str | None = None
    closed_at: datetime | None = None

    @classmethod
    def of(cls, found: BatchPrompt | PromptRecord) -> Self:
        """Translate a prompt of a run, or of the database."""
        asked = found.asked
        detail = cls(
            prompt_id=asked.id,
            batch_id=found.batch,
            execution_id=found.run_id,
            step=asked.step,
            prompt=told(Prompt, asked.prompt),
            asked_at=asked.asked_at,
            until=asked.until,
        )
        if isinstance(found, BatchPrompt):
            return detail
        update = {
            "state": found.state,
            "answer": found.answer.values if found.answer else None,
            "answered_by": found.answer.by if found.answer else None,
            "closed_at": found.closed_at,
        }
        return detail.model_copy(update=update)


class AnswerRequest(BaseModel):
    """The one answer to a prompt: a value for each of its fields, by name."""

    values: dict[str, JsonValue] = Field(max_length=50)


class Answered(BaseModel):
    """An answer that was taken, and where the run is now."""

    status: Literal["answered"] = "answered"
    prompt_id: str
    batch_id: str
    execution_id: str
    state: str
    waiting_for: str = ""
