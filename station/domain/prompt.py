"""Prompts: what a run may ask a person, and the checking of the one answer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from station.domain.errors import AnswerError
from station.domain.measurement import EqualsLimit, Measurement
from station.domain.outcome import Outcome
from station.domain.prompt_fields import ConfirmField, FieldName, NumberField, PromptField, Words

BY_TIMEOUT = "timeout"
"""Who answered where nobody did in time, and the defaults were taken."""


class OnTimeout(StrEnum):
    """What becomes of a prompt nobody answers in time."""

    ABORT = "abort"
    """The step is ABORTED, and the run ends with its cleanup."""
    DEFAULT = "default"
    """Each field's default is the answer."""


class Prompt(BaseModel):
    """A question a run waits for.

    Attributes:
        key: Which question of its step it is; the answer is found by it again.
        message: What is asked.
        fields: What may be answered; one answer for each.
        picture: A file of the package, or the SHA-256 of an attachment; empty: none.
        timeout: How long it waits, powered off or not; None: for ever.
        on_timeout: What happens then.
    """

    model_config = ConfigDict(frozen=True)
    key: FieldName = "prompt"
    message: Words
    fields: tuple[PromptField, ...] = Field(default=(ConfirmField(),), min_length=1, max_length=50)
    picture: str = ""
    timeout: timedelta | None = Field(default=None, gt=timedelta())
    on_timeout: OnTimeout = OnTimeout.ABORT

    @model_validator(mode="after")
    def _makes_sense(self) -> "Prompt":
        names = [field.name for field in self.fields]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            msg = f"two fields are called {', '.join(doubled)}; give each its own name"
            raise ValueError(msg)
        if self.on_timeout is OnTimeout.DEFAULT:
            without = [field.name for field in self.fields if field.default is None]
            if self.timeout is None or without:
                lacking = f"a default for {', '.join(without)}" if without else "a timeout"
                msg = f"on_timeout is `default`, which needs {lacking}"
                raise ValueError(msg)
        return self

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of each field, by name: what tells one question from another under the same key."""
        return {field.name: field.kind for field in self.fields}

    @property
    def defaults(self) -> dict[str, JsonValue] | None:
        """The answers where nobody answers in time; None: the step is ABORTED then."""
        if self.on_timeout is OnTimeout.ABORT:
            return None
        return {field.name: field.take(field.default) for field in self.fields}

    def bare(self, values: Mapping[str, JsonValue]) -> JsonValue:
        """Give an answer as an author wants it: the value of the only field, else all by name."""
        return values[self.fields[0].name] if len(self.fields) == 1 else dict(values)


class Answer(BaseModel):
    """The one answer to a prompt.

    Attributes:
        values: One for each field, by name.
        by: Who gave it; `timeout` where nobody did and the defaults were taken.
    """

    values: dict[str, JsonValue]
    by: str
    at: datetime

    def __str__(self) -> str:
        return ", ".join(f"{name}={_shown(value)}" for name, value in self.values.items())


class OpenPrompt(BaseModel):
    """A prompt that waits for its answer.

    Attributes:
        id: Unique on the station.
        step: The step that asks.
        until: When nobody need answer any more; None: never.
    """

    id: str
    step: str
    prompt: Prompt
    asked_at: datetime
    until: datetime | None = None


class AnsweredPrompt(BaseModel):
    """A prompt that has its answer, as its step finds it.

    Attributes:
        kinds: The kind of each field, by name.
    """

    id: str
    step: str
    key: str
    kinds: dict[str, str]
    answer: Answer


def check_answer(prompt: Prompt, values: Mapping[str, object]) -> dict[str, JsonValue]:
    """Make the answer to a prompt of what somebody gave.

    It may become milder, never stricter: answers in the history of runs are read again on each replay.

    Args:
        prompt: What was asked.
        values: What was given, by field; texts are read as the field's kind needs.

    Returns:
        One value for each field, in the order of the fields.

    Raises:
        AnswerError: If something is missing, unknown or not allowed; `problems` has a sentence for each field.
    """
    problems: dict[str, str] = {}
    taken: dict[str, JsonValue] = {}
    for field in prompt.fields:
        if field.name not in values:
            problems[field.name] = f"it is missing; give {field.allowed}"
            continue
        value = field.take(values[field.name])
        if value is None:
            problems[field.name] = f"{values[field.name]!r} is not {field.allowed}"
        taken[field.name] = value
    for name in values:
        if name not in prompt.kinds:
            problems[name] = f"nobody asks for it; the fields are {', '.join(prompt.kinds)}"
    if problems:
        msg = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
        raise AnswerError(msg, problems=problems)
    return taken


def answer_measurements(prompt: Prompt, answer: Answer, *, judged: bool) -> tuple[Measurement, ...]:
    """Make the measurements an answer is kept as: what was answered, by whom and when.

    The only field of a prompt is called as the prompt's key, one of several `key.field`.

    Args:
        prompt: What was asked.
        answer: What was answered.
        judged: Whether an answer that says no is a FAILED measurement; else its author decides.
    """
    made = []
    for field in prompt.fields:
        value = answer.values[field.name]
        bad = judged and field.says_no(value)
        made.append(
            Measurement(
                name=prompt.key if len(prompt.fields) == 1 else f"{prompt.key}.{field.name}",
                value=value,
                unit=field.unit if isinstance(field, NumberField) else "",
                limit=EqualsLimit(expected=True) if judged and isinstance(value, bool) else None,
                outcome=Outcome.FAILED if bad else Outcome.PASSED,
                by=answer.by,
                at=answer.at,
            )
        )
    return tuple(made)


def _shown(value: JsonValue) -> str:
    return ",".join(str(one) for one in value) if isinstance(value, list) else str(value)
