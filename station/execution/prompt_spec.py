"""What the manifest says of a prompt that is asked before a step begins."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field, JsonValue, TypeAdapter, ValidationError, model_validator

from station.domain.prompt import OnTimeout, Prompt
from station.domain.prompt_fields import (
    ChecklistField,
    ChoiceField,
    ConfirmField,
    MultiChoiceField,
    NumberField,
    PassFailField,
    PromptField,
    TextField,
)
from station.execution.section import Section

_KINDS: dict[str, type[BaseModel]] = {
    "text": TextField,
    "number": NumberField,
    "choice": ChoiceField,
    "multi_choice": MultiChoiceField,
    "confirm": ConfirmField,
    "pass_fail": PassFailField,
    "checklist": ChecklistField,
}
_FIELD: TypeAdapter[PromptField] = TypeAdapter(PromptField)


class PromptSpec(Section):
    """A prompt: its message, and either `fields` or, for one field alone, what a field says beside the message.

    Nothing in it is kept and ignored: what no field knows is refused.

    Attributes:
        timeout: Seconds; None: it waits for ever.
    """

    key: str = "prompt"
    message: JsonValue
    fields: list[dict[str, Any]] | None = None
    picture: str = ""
    timeout: float | None = Field(default=None, gt=0)
    on_timeout: OnTimeout = OnTimeout.ABORT

    @model_validator(mode="after")
    def _makes_sense(self) -> "PromptSpec":
        self.prompt()
        return self

    def prompt(self) -> Prompt:
        """Make the prompt itself.

        Raises:
            ValueError: If it makes no sense; the sentence says what.
        """
        alone = self.model_extra or {}
        if self.fields is not None and alone:
            msg = f"{', '.join(sorted(alone))} stands beside `fields`; say it of one of them"
            raise ValueError(msg)
        said = self.fields if self.fields is not None else [{"kind": "confirm", **alone}]
        try:
            return Prompt(
                key=self.key,
                message=self.message,
                fields=tuple(_field(one) for one in said),
                picture=self.picture,
                timeout=None if self.timeout is None else timedelta(seconds=self.timeout),
                on_timeout=self.on_timeout,
            )
        except ValidationError as error:
            raise ValueError(_sentence(error)) from None


def _field(said: dict[str, Any]) -> PromptField:
    """Make a field of what the manifest says of it.

    Raises:
        ValueError: If it has no such kind, or the kind has no such setting.
    """
    kind = said.get("kind")
    if kind not in _KINDS:
        msg = f"{kind!r} is not a kind of field; choose one of {', '.join(_KINDS)}"
        raise ValueError(msg)
    known = sorted(_KINDS[kind].model_fields)
    unknown = sorted(str(key) for key in said if key not in known)
    if unknown:
        msg = f"{', '.join(unknown)} means nothing to a {kind} field; it knows {', '.join(known)}"
        raise ValueError(msg)
    return _FIELD.validate_python(said)


def _sentence(error: ValidationError) -> str:
    parts = []
    for problem in error.errors(include_url=False):
        where = ".".join(str(part) for part in problem["loc"] if part not in _KINDS)
        what = problem["msg"].removeprefix("Value error, ")
        parts.append(f"{where}: {what}" if where else what)
    return "; ".join(parts)
