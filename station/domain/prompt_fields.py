"""The kinds of field a prompt may have, each with what may be answered to it; and the texts people read."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, JsonValue, model_validator

_YES = frozenset({"true", "yes", "y", "1", "예", "네"})
_NO = frozenset({"false", "no", "n", "0", "아니오", "아니요"})
_PASS = _YES | {"pass", "passed", "ok", "합격"}
_FAIL = _NO | {"fail", "failed", "ng", "불합격"}

FieldName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=45)]
"""Also a part of a measurement's name."""


LONGEST = 2000
"""Characters a text for people may have."""


class Words(BaseModel):
    """A text for people, in Korean and English; given one of them, or a plain text, it stands for both."""

    model_config = ConfigDict(frozen=True)
    ko: str = Field(min_length=1, max_length=LONGEST)
    en: str = Field(min_length=1, max_length=LONGEST)

    @model_validator(mode="before")
    @classmethod
    def _fill_up(cls, given: Any) -> Any:  # noqa: ANN401 - whatever a package says
        if isinstance(given, str):
            return {"ko": given, "en": given}
        if isinstance(given, Mapping):
            return {"ko": given.get("ko", given.get("en")), "en": given.get("en", given.get("ko"))}
        return given

    def __str__(self) -> str:
        return self.en if self.en == self.ko else f"{self.en} / {self.ko}"


class Choice(BaseModel):
    """One thing that may be chosen: what is kept, and what people read."""

    model_config = ConfigDict(frozen=True)
    value: str = Field(min_length=1, max_length=200)
    label: Words

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, given: Any) -> Any:  # noqa: ANN401
        if isinstance(given, str):
            return {"value": given, "label": given}
        if isinstance(given, Mapping) and "label" not in given:
            return {**given, "label": given.get("value")}
        return given

    def means(self, text: str) -> bool:
        """Whether somebody who says this means it."""
        return text.casefold() in {self.value.casefold(), self.label.ko.casefold(), self.label.en.casefold()}


_Choices = Annotated[tuple[Choice, ...], Field(min_length=1, max_length=100)]


class _Field(BaseModel):
    """What all fields of a prompt have.

    Attributes:
        name: What the answer is called; unique within the prompt.
        label: What people read beside it; None: the prompt's message says it all.
    """

    model_config = ConfigDict(frozen=True)
    name: FieldName = "answer"
    label: Words | None = None

    @model_validator(mode="after")
    def _default_is_allowed(self) -> "_Field":
        default: JsonValue = getattr(self, "default", None)
        if default is not None and self.take(default) is None:
            msg = f"the default of {self.name} cannot be an answer: {default!r} is not {self.allowed}"
            raise ValueError(msg)
        return self

    @property
    def allowed(self) -> str:
        """What may be answered, for people."""
        raise NotImplementedError  # pragma: no cover - every kind says it

    def take(self, value: object) -> JsonValue:
        """Make an answer of what somebody gave, as text or as JSON; None where it is not allowed."""
        raise NotImplementedError  # pragma: no cover - every kind does it

    def says_no(self, value: JsonValue) -> bool:
        """Whether an answer says that something is not as it must be."""
        return False


class TextField(_Field):
    """A line of text; what a scanner types, for example. Blanks around it do not count.

    Attributes:
        pattern: What the whole text must match.
        default: The answer where nobody answers in time.
    """

    kind: Literal["text"] = "text"
    pattern: str | None = None
    min_length: int = Field(default=1, ge=0)
    max_length: int = Field(default=1000, ge=1, le=10_000)
    default: str | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> "TextField":
        if self.min_length > self.max_length:
            msg = f"min_length ({self.min_length}) is above max_length ({self.max_length}); no text can be given"
            raise ValueError(msg)
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            msg = f"pattern {self.pattern!r} is not a regular expression: {error}"
            raise ValueError(msg) from error
        return self

    @property
    def allowed(self) -> str:
        """What may be answered."""
        length = f"a text of {self.min_length} to {self.max_length} characters"
        return length + (f" that matches /{self.pattern}/" if self.pattern else "")

    def take(self, value: object) -> JsonValue:
        """Take a text; None where it is not allowed."""
        text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else None
        if text is None or not self.min_length <= len(text) <= self.max_length:
            return None
        if self.pattern is not None and re.fullmatch(self.pattern, text) is None:
            return None
        return text


class NumberField(_Field):
    """A number, read off a scale for example.

    Attributes:
        min: Smallest number that is taken.
        max: Largest number that is taken.
        unit: SI symbol.
        default: The answer where nobody answers in time.
    """

    kind: Literal["number"] = "number"
    min: FiniteFloat | None = None
    max: FiniteFloat | None = None
    unit: str = ""
    default: FiniteFloat | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> "NumberField":
        if self.min is not None and self.max is not None and self.min > self.max:
            msg = f"min ({self.min:g}) is above max ({self.max:g}); no number can be given"
            raise ValueError(msg)
        return self

    @property
    def allowed(self) -> str:
        """What may be answered."""
        ends = [
            f"from {self.min:.12g}" if self.min is not None else "",
            f"up to {self.max:.12g}" if self.max is not None else "",
        ]
        return " ".join(word for word in ("a number", *ends, f"in {self.unit}" if self.unit else "") if word)

    def take(self, value: object) -> JsonValue:
        """Take a number; None where it is not allowed."""
        number = None
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            try:
                number = float(value)
            except (ValueError, OverflowError):
                number = None
        # Written so that nan is refused too.
        if number is None or not abs(number) < float("inf"):
            return None
        if (self.min is not None and number < self.min) or (self.max is not None and number > self.max):
            return None
        return number


class ChoiceField(_Field):
    """One of several things.

    Attributes:
        default: The value that is the answer where nobody answers in time.
    """

    kind: Literal["choice"] = "choice"
    choices: _Choices
    default: str | None = None

    @property
    def allowed(self) -> str:
        """What may be answered."""
        return f"one of {', '.join(choice.value for choice in self.choices)}"

    def take(self, value: object) -> JsonValue:
        """Take the value, or what people read for it; None where it is not allowed."""
        return _find(self.choices, value)


class MultiChoiceField(_Field):
    """Any number of several things.

    Attributes:
        min_count: How many must be chosen at least.
        max_count: How many may be chosen; None: all.
        default: The values that are the answer where nobody answers in time.
    """

    kind: Literal["multi_choice"] = "multi_choice"
    choices: _Choices
    min_count: int = Field(default=0, ge=0)
    max_count: int | None = Field(default=None, ge=1)
    default: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> "MultiChoiceField":
        if self.min_count > min(self.max_count or len(self.choices), len(self.choices)):
            msg = f"min_count ({self.min_count}) is more than may be chosen; nothing can be answered"
            raise ValueError(msg)
        return self

    @property
    def allowed(self) -> str:
        """What may be answered."""
        count = f"{self.min_count} to {self.max_count or len(self.choices)}"
        return f"{count} of {', '.join(choice.value for choice in self.choices)}"

    def take(self, value: object) -> JsonValue:
        """Take values, as a list or with commas between them; None where it is not allowed."""
        chosen = _find_all(self.choices, value)
        if chosen is None or not self.min_count <= len(chosen) <= (self.max_count or len(self.choices)):
            return None
        return chosen


class ConfirmField(_Field):
    """Yes or no: whether something is as it must be before the run goes on."""

    kind: Literal["confirm"] = "confirm"
    default: bool | None = None

    @property
    def allowed(self) -> str:
        """What may be answered."""
        return "yes or no"

    def take(self, value: object) -> JsonValue:
        """Take yes or no; None where it is not allowed."""
        return _take_either(value, _YES, _NO)

    def says_no(self, value: JsonValue) -> bool:
        """Whether the answer is no."""
        return value is False


class PassFailField(_Field):
    """A person's verdict: pass is true, fail is false."""

    kind: Literal["pass_fail"] = "pass_fail"
    default: bool | None = None

    @property
    def allowed(self) -> str:
        """What may be answered."""
        return "pass or fail"

    def take(self, value: object) -> JsonValue:
        """Take a verdict; None where it is not allowed."""
        return _take_either(value, _PASS, _FAIL)

    def says_no(self, value: JsonValue) -> bool:
        """Whether the verdict is fail."""
        return value is False


class ChecklistField(_Field):
    """Things to be ticked off; the answer names those that were."""

    kind: Literal["checklist"] = "checklist"
    items: _Choices
    default: tuple[str, ...] | None = None

    @property
    def allowed(self) -> str:
        """What may be answered."""
        return f"all, none, or some of {', '.join(item.value for item in self.items)}"

    def take(self, value: object) -> JsonValue:
        """Take the ticked ones, as a list, with commas between them, or as `all` or `none`; else None."""
        if value == "all":
            return [item.value for item in self.items]
        return _find_all(self.items, [] if value == "none" else value)

    def says_no(self, value: JsonValue) -> bool:
        """Whether something was not ticked."""
        return not isinstance(value, list) or len(value) < len(self.items)


PromptField = Annotated[
    TextField | NumberField | ChoiceField | MultiChoiceField | ConfirmField | PassFailField | ChecklistField,
    Field(discriminator="kind"),
]


def _take_either(value: object, yes: frozenset[str], no: frozenset[str]) -> bool | None:
    """Take one of two; None where it is neither."""
    word = str(value).strip().casefold() if isinstance(value, str | bool) else ""
    return word in yes if word in yes | no else None


def _find(choices: tuple[Choice, ...], value: object) -> str | None:
    text = str(value).strip()
    exact = next((choice.value for choice in choices if choice.value == text), None)
    return exact or next((choice.value for choice in choices if choice.means(text)), None)


def _find_all(choices: tuple[Choice, ...], value: object) -> list[JsonValue] | None:
    """Give the chosen ones in the order of the choices, each once; None where one is unknown."""
    if isinstance(value, str):
        value = [word for word in value.split(",") if word.strip()]
    if not isinstance(value, list | tuple):
        return None
    found = [_find(choices, one) for one in value]
    if None in found:
        return None
    return [choice.value for choice in choices if choice.value in found]
