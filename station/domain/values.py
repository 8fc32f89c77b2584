"""A value somebody may give (a parameter, an instrument's setting, a command's argument): kind, bounds, checking."""

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Literal, assert_never

from pydantic import BaseModel, ConfigDict, JsonValue, model_validator

ValueKind = Literal["string", "integer", "float", "boolean"]

_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "float": "a number",
    "boolean": "true or false",
}


class ValueSpec(BaseModel):
    """What a value may be.

    Attributes:
        type: `string`, `integer`, `float` or `boolean`; None takes any of them.
        default: Used where nothing is given.
        min: Smallest number allowed, included.
        max: Largest number allowed, included.
        options: The only values allowed.
        unit: SI symbol, shown and used in messages.
        required: Nothing given and no default is refused.
    """

    model_config = ConfigDict(extra="allow")
    display_name: str | None = None
    type: ValueKind | None = None
    default: JsonValue = None
    min: float | None = None
    max: float | None = None
    options: list[JsonValue] | None = None
    unit: str | None = None
    description: str = ""
    required: bool = False

    @model_validator(mode="after")
    def _default_is_allowed(self) -> "ValueSpec":
        if self.min is not None and self.max is not None and self.min > self.max:
            msg = f"min ({self.min:g}) is above max ({self.max:g}); no value can be given"
            raise ValueError(msg)
        if self.default is not None:
            problem = problem_with(self.default, self)
            if problem is not None:
                msg = f"the default {problem}"
                raise ValueError(msg)
        return self


def problem_with(value: JsonValue, spec: ValueSpec) -> str | None:
    """Say what is wrong with a value, as the end of a sentence that begins with its name; None where nothing is."""
    if spec.type is not None and not _is_kind(value, spec.type):
        return f"is {value!r}; it must be {_WORDS[spec.type]}"
    if spec.options is not None and value not in spec.options:
        return f"is {value!r}; it must be one of " + ", ".join(repr(option) for option in spec.options)
    if isinstance(value, int | float) and not isinstance(value, bool):
        unit = f" {spec.unit}" if spec.unit else ""
        if not math.isfinite(value):
            return f"is {value!r}; it must be a finite number"
        if spec.min is not None and value < spec.min:
            return f"is {value:g}{unit}, below its minimum {spec.min:g}{unit}"
        if spec.max is not None and value > spec.max:
            return f"is {value:g}{unit}, above its maximum {spec.max:g}{unit}"
    return None


def check_values(
    given: Mapping[str, JsonValue], specs: Mapping[str, ValueSpec]
) -> tuple[dict[str, JsonValue], list[str]]:
    """Check values against what is declared and fill in the defaults.

    Returns:
        The values, and one sentence for each problem.
    """
    problems = [f"{name} is unknown{suggestion(name, specs)}" for name in given if name not in specs]
    values: dict[str, JsonValue] = {}
    for name, spec in specs.items():
        value = given.get(name)
        if value is None:
            value = spec.default
        if value is None:
            if spec.required:
                problems.append(f"{name} is missing; it is required")
            continue
        problem = problem_with(value, spec)
        if problem is not None:
            problems.append(f"{name} {problem}")
        values[name] = value
    return values, problems


def suggestion(name: str, known: Iterable[str]) -> str:
    """Give ` (did you mean x?)` where a known name is close, else the known names."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f" (did you mean {close[0]}?)"
    return f" (there is {', '.join(names)})" if names else " (there is none)"


def _is_kind(value: JsonValue, kind: ValueKind) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case never:  # pragma: no cover - the type checker proves it
            assert_never(never)
