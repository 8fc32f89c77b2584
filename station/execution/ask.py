"""The fields of a prompt, as the author of a sequence writes them: `await ctx.prompt("...", ask.pass_fail())`."""

from collections.abc import Iterable, Mapping

from pydantic import TypeAdapter

from station.domain.prompt_fields import PromptField

Said = str | Mapping[str, str]
"""A text for people: plain, or in Korean and English as {"ko": ..., "en": ...}."""
Chosen = Iterable[str | Mapping[str, object]]
"""What can be chosen: plain texts, or {"value": what is kept, "label": what people read}."""

_FIELD: TypeAdapter[PromptField] = TypeAdapter(PromptField)


def text(
    name: str = "answer",
    label: Said | None = None,
    *,
    pattern: str | None = None,
    min_length: int = 1,
    max_length: int = 1000,
    default: str | None = None,
) -> PromptField:
    """Ask for a line of text, as a scanner types it; the answer is a str."""
    return _field("text", name, label, pattern=pattern, min_length=min_length, max_length=max_length, default=default)


def number(
    name: str = "answer",
    label: Said | None = None,
    *,
    min: float | None = None,
    max: float | None = None,
    unit: str = "",
    default: float | None = None,
) -> PromptField:
    """Ask for a number, ends included; the answer is a float."""
    return _field("number", name, label, min=min, max=max, unit=unit, default=default)


def choice(name: str, choices: Chosen, label: Said | None = None, *, default: str | None = None) -> PromptField:
    """Ask for one of several things; the answer is its value, a str."""
    return _field("choice", name, label, choices=tuple(choices), default=default)


def multi_choice(
    name: str,
    choices: Chosen,
    label: Said | None = None,
    *,
    min_count: int = 0,
    max_count: int | None = None,
    default: Iterable[str] | None = None,
) -> PromptField:
    """Ask for any of several things; the answer is a list of their values."""
    kept = None if default is None else tuple(default)
    return _field(
        "multi_choice",
        name,
        label,
        choices=tuple(choices),
        min_count=min_count,
        max_count=max_count,
        default=kept,
    )


def confirm(name: str = "answer", label: Said | None = None, *, default: bool | None = None) -> PromptField:
    """Ask yes or no; the answer is a bool."""
    return _field("confirm", name, label, default=default)


def pass_fail(name: str = "answer", label: Said | None = None, *, default: bool | None = None) -> PromptField:
    """Ask for a person's verdict; the answer is a bool, and what it means is for the step to say."""
    return _field("pass_fail", name, label, default=default)


def checklist(
    name: str, items: Chosen, label: Said | None = None, *, default: Iterable[str] | None = None
) -> PromptField:
    """Ask for things to be ticked off; the answer is a list of those that were."""
    return _field("checklist", name, label, items=tuple(items), default=None if default is None else tuple(default))


def _field(kind: str, name: str, label: Said | None, **settings: object) -> PromptField:
    return _FIELD.validate_python({"kind": kind, "name": name, "label": label, **settings})
