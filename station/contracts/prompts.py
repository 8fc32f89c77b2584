"""What is said about prompts: between who answers and the run, and between the run and what is written down."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field, JsonValue
from temporalio import activity

from station.domain.prompt import Answer, OpenPrompt
from station.domain.run import StepResult


class AnswerRequest(BaseModel):
    """The answer to a prompt, by field, as text or as JSON.

    Attributes:
        prompt: The prompt's id.
    """

    prompt: str
    values: dict[str, JsonValue] = Field(default_factory=dict)
    by: str = ""


class PromptState(StrEnum):
    """What became of a prompt."""

    OPEN = "open"
    ANSWERED = "answered"
    TIMED_OUT = "timed_out"
    """Nobody answered in time; with an answer where the defaults were taken."""
    WITHDRAWN = "withdrawn"
    """The run ended, or began anew, before there was an answer."""


class PromptNote(BaseModel):
    """Somebody is asked."""

    run_id: str
    batch: str
    asked: OpenPrompt


class PromptEnd(BaseModel):
    """A prompt needs no answer any more; `answer` is the one it got."""

    run_id: str
    batch: str
    id: str
    step: str
    state: PromptState
    at: datetime
    answer: Answer | None = None


class StepEnd(BaseModel):
    """An attempt ended without its process: it was waiting for an answer, or never began."""

    run_id: str
    batch: str
    index: int
    round: int
    at: datetime
    result: StepResult


@activity.defn(name="station.record_prompt")
async def record_prompt(request: PromptNote) -> None:
    """Write that somebody is asked, once."""
    raise NotImplementedError


@activity.defn(name="station.record_prompt_end")
async def record_prompt_end(request: PromptEnd) -> None:
    """Write what became of a prompt; the first word stands."""
    raise NotImplementedError


@activity.defn(name="station.record_step_end")
async def record_step_end(request: StepEnd) -> None:
    """Write what an attempt came to that no process will write; one that has its result is left alone."""
    raise NotImplementedError
