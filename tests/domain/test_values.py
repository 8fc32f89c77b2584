"""A value somebody may give: kinds, bounds, options and defaults, and what is said of what does not fit."""

from typing import Any

import pytest
from pydantic import JsonValue, ValidationError

from station.domain.values import ValueSpec, check_values, problem_with, suggestion


@pytest.mark.parametrize(
    ("spec", "value", "problem"),
    [
        ({"type": "float"}, 1, None),
        ({"type": "float"}, True, "is True; it must be a number"),
        ({"type": "integer"}, 1.0, "is 1.0; it must be a whole number"),
        ({"type": "integer"}, True, "is True; it must be a whole number"),
        ({"type": "boolean"}, True, None),
        ({"type": "boolean"}, 1, "is 1; it must be true or false"),
        ({"type": "string"}, "a", None),
        ({"type": "string"}, 1, "is 1; it must be a text"),
        ({}, ["anything"], None),
        ({"options": [1, "a"]}, "a", None),
        ({"options": [1, "a"]}, 2, "is 2; it must be one of 1, 'a'"),
        ({}, float("inf"), "is inf; it must be a finite number"),
        ({"min": 1, "unit": "V"}, 0.5, "is 0.5 V, below its minimum 1 V"),
        ({"max": 1}, 2, "is 2, above its maximum 1"),
        ({"min": 0, "max": 1}, 1, None),
        ({"min": 0, "max": 1}, "text", None),
    ],
)
def test_a_value_fits_or_it_is_said_why_not(spec: dict[str, Any], value: JsonValue, problem: str | None) -> None:
    assert problem_with(value, ValueSpec.model_validate(spec)) == problem


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"min": 2, "max": 1}, "no value can be given"),
        ({"type": "integer", "default": "x"}, "the default is 'x'; it must be a whole number"),
    ],
)
def test_what_no_value_can_meet_is_refused(spec: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        ValueSpec.model_validate(spec)


def test_defaults_fill_what_is_not_given_and_every_problem_is_listed() -> None:
    specs = {
        "volts": ValueSpec(type="float", default=5.0),
        "serial": ValueSpec(type="string", required=True),
        "notes": ValueSpec(),
    }

    assert check_values({"serial": "S1"}, specs) == ({"volts": 5.0, "serial": "S1"}, [])
    assert check_values({"volts": "x", "zzz": 1}, specs)[1] == [
        "zzz is unknown (there is notes, serial, volts)",
        "volts is 'x'; it must be a number",
        "serial is missing; it is required",
    ]


def test_a_name_that_is_close_is_suggested() -> None:
    assert suggestion("volt", ["volts", "amps"]) == " (did you mean volts?)"
    assert suggestion("zzz", []) == " (there is none)"
