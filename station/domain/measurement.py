"""Measurements, the limits they are judged against, and the judging."""

import math
import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from station.domain.outcome import Outcome

Scalar = float | int | str | bool | None


class RangeLimit(BaseModel):
    """A number between two ends, both included; an end left out is open."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["range"] = "range"
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _ends_in_order(self) -> "RangeLimit":
        if self.low is not None and self.high is not None and self.low > self.high:
            msg = f"low ({self.low:g}) is above high ({self.high:g}); no value can pass"
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
    nominal: float
    percent: float = Field(ge=0)


Limit = Annotated[RangeLimit | EqualsLimit | OneOfLimit | RegexLimit | WithinPercentLimit, Field(discriminator="kind")]


class Measurement(BaseModel):
    """One named value, what it was judged against, and the verdict.

    Attributes:
        name: Unique within its step; letters, digits, `_`, `.` and `-`, at most 100.
        value: What was measured. NaN and infinity are kept as the texts `nan`, `inf` and `-inf`.
        unit: SI symbol such as `V`; empty for a pure number or a text.
        limit: What the value was judged against; a value without a limit is a measurement too.
        outcome: PASSED or FAILED; PASSED where there is no limit.
    """

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=100)
    value: JsonValue = None
    unit: str = ""
    limit: Limit | None = None
    outcome: Outcome = Outcome.PASSED


def judge(value: object, limit: Limit | None) -> Outcome:
    """Hold a value against its limit; only PASSED or FAILED come out.

    A number that is not finite, and a value of another kind than the limit speaks of, FAIL.
    """
    match limit:
        case None:
            passed = True
        case RangeLimit(low=low, high=high):
            passed = (
                _is_number(value)
                and (low is None or value >= low)  # type: ignore[operator]
                and (high is None or value <= high)  # type: ignore[operator]
            )
        case EqualsLimit(expected=expected):
            passed = _same(value, expected)
        case OneOfLimit(choices=choices):
            passed = any(_same(value, choice) for choice in choices)
        case RegexLimit(pattern=pattern):
            passed = isinstance(value, str) and re.fullmatch(pattern, value) is not None
        case WithinPercentLimit(nominal=nominal, percent=percent):
            allowed = abs(nominal) * percent / 100
            passed = _is_number(value) and nominal - allowed <= value <= nominal + allowed  # type: ignore[operator]
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
                return f"<= {high:g}"
            return f">= {low:g}" if high is None else f"{low:g} .. {high:g}"
        case EqualsLimit(expected=expected):
            return f"= {expected!r}"
        case OneOfLimit(choices=choices):
            return "one of " + ", ".join(repr(choice) for choice in choices)
        case RegexLimit(pattern=pattern):
            return f"/{pattern}/"
        case WithinPercentLimit(nominal=nominal, percent=percent):
            return f"{nominal:g} ± {percent:g} %"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _same(value: object, expected: Scalar) -> bool:
    return value == expected and isinstance(value, bool) == isinstance(expected, bool)
