"""Measurements, the limits they are judged against, and the judging."""

import math
import re
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Literal, TypeGuard, assert_never

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, JsonValue, model_validator

from station.domain.outcome import Outcome

Scalar = float | int | str | bool | None

_G = ".12g"
"""How numbers of limits are written: with every digit a person gave."""


class RangeLimit(BaseModel):
    """A number between two ends, both included; an end left out is open."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["range"] = "range"
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _ends_in_order(self) -> "RangeLimit":
        if any(end is not None and math.isnan(end) for end in (self.low, self.high)):
            msg = "an end is nan; no value can pass"
            raise ValueError(msg)
        if self.low is not None and self.high is not None and self.low > self.high:
            msg = f"low ({self.low:{_G}}) is above high ({self.high:{_G}}); no value can pass"
            raise ValueError(msg)
        return self


class EqualsLimit(BaseModel):
    """Exactly this value, of the same kind (`1` is not `True`)."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["equals"] = "equals"
    expected: Scalar


class OneOfLimit(BaseModel):
    """One of these values."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["one_of"] = "one_of"
    choices: tuple[Scalar, ...] = Field(min_length=1)


class RegexLimit(BaseModel):
    """A text that the whole of this regular expression matches."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["regex"] = "regex"
    pattern: str

    @model_validator(mode="after")
    def _compiles(self) -> "RegexLimit":
        try:
            re.compile(self.pattern)
        except re.error as error:
            msg = f"pattern {self.pattern!r} is not a regular expression: {error}"
            raise ValueError(msg) from error
        return self


class WithinPercentLimit(BaseModel):
    """A number no further from `nominal` than `percent` of it, ends included."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["within_percent"] = "within_percent"
    nominal: FiniteFloat
    percent: FiniteFloat = Field(ge=0)


Limit = Annotated[RangeLimit | EqualsLimit | OneOfLimit | RegexLimit | WithinPercentLimit, Field(discriminator="kind")]


class Measurement(BaseModel):
    """One named value, what it was judged against, and the verdict.

    Attributes:
        name: Unique within its step; letters, digits, `_`, `.` and `-`, at most 100.
        value: What was measured. NaN and infinity are kept as the texts `nan`, `inf` and `-inf`.
        unit: SI symbol such as `V`; empty for a pure number or a text.
        limit: What the value was judged against; a value without a limit is a measurement too.
        outcome: PASSED or FAILED; PASSED where there is no limit.
        by: Who said so, where a person answered a prompt.
        at: When it was answered; None: it was measured by its step.
    """

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=100)
    value: JsonValue = None
    unit: str = ""
    limit: Limit | None = None
    outcome: Outcome = Outcome.PASSED
    by: str = ""
    at: datetime | None = None


def judge(value: object, limit: Limit | None) -> Outcome:
    """Hold a value against its limit; only PASSED or FAILED come out.

    A number that is not finite, and a value of another kind than the limit speaks of, FAIL.
    """
    match limit:
        case None:
            passed = True
        case RangeLimit(low=low, high=high):
            passed = _is_number(value) and (low is None or value >= low) and (high is None or value <= high)
        case EqualsLimit(expected=expected):
            passed = _same(value, expected)
        case OneOfLimit(choices=choices):
            passed = any(_same(value, choice) for choice in choices)
        case RegexLimit(pattern=pattern):
            passed = isinstance(value, str) and re.fullmatch(pattern, value) is not None
        case WithinPercentLimit(nominal=nominal, percent=percent):
            allowed = abs(_as_written(nominal)) * _as_written(percent) / 100
            passed = _is_number(value) and abs(_as_written(value) - _as_written(nominal)) <= allowed
        case _:  # pragma: no cover - the type checker proves it
            assert_never(limit)
    return Outcome.PASSED if passed else Outcome.FAILED


def describe_limit(limit: Limit | None) -> str:
    """Write a limit the way people read it: `4.9 .. 5.1`, `= 'OK'`, `/v1.*/`."""
    match limit:
        case None:
            return ""
        case RangeLimit(low=low, high=high):
            if low is None and high is None:
                return "any number"
            if low is None:
                return f"<= {high:{_G}}"
            return f">= {low:{_G}}" if high is None else f"{low:{_G}} .. {high:{_G}}"
        case EqualsLimit(expected=expected):
            return f"= {expected!r}"
        case OneOfLimit(choices=choices):
            return "one of " + ", ".join(repr(choice) for choice in choices)
        case RegexLimit(pattern=pattern):
            return f"/{pattern}/"
        case WithinPercentLimit(nominal=nominal, percent=percent):
            return f"{nominal:{_G}} ± {percent:{_G}} %"
        case _:  # pragma: no cover - the type checker proves it
            assert_never(limit)


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _as_written(number: float | int) -> Fraction:
    """Take a number at its decimal word: in binary, 0.5 % above 19.99 is a little less than 20.08995."""
    return Fraction(repr(float(number)) if isinstance(number, float) else number)


def _same(value: object, expected: Scalar) -> bool:
    return value == expected and isinstance(value, bool) == isinstance(expected, bool)
