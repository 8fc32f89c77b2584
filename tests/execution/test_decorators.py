"""Nonsense in a decorator is refused where it is written, in a sentence."""

from typing import Any

import pytest

from station.execution.decorators import parameter, sequence, step


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"order": -1}, "@step(order=-1): order must be a whole number, 0 or more"),
        ({"order": True}, "@step(order=True): order must be a whole number, 0 or more"),
        ({"order": 1, "timeout": 0}, "@step(order=1): timeout is 0; it must be above 0 and at most 86400 seconds"),
        (
            {"order": 1, "timeout": 90_000},
            "@step(order=1): timeout is 90000; it must be above 0 and at most 86400 seconds",
        ),
        (
            {"order": 1, "timeout": 60, "segment": 60},
            "@step(order=1): timeout (60 s) must be longer than the segment (60 s) it guards",
        ),
        ({"order": 1, "segment": 0}, "@step(order=1): segment is 0; it must be above 0 and below 86400 seconds"),
        ({"order": 1, "retry": -1}, "@step(order=1): retry is -1; it must be a whole number, 0 or more"),
        (
            {"order": 1, "name": "1st"},
            "@step(order=1): name '1st' must begin with a letter or `_` and go on with letters, digits, `_` or `-`",
        ),
        (
            {"order": 1, "condition": "a b"},
            "@step(order=1): condition 'a b' must name a parameter or a method, with or without `!` in front",
        ),
        (
            {"order": 1, "on_error": "stop"},
            "@step(order=1): on_error is 'stop'; it must be 'critical', 'recoverable' or 'warning'",
        ),
        ({"order": 1, "on_fail": "go"}, "@step(order=1): on_fail is 'go'; it must be 'stop' or 'continue'"),
        ({"order": 1, "needs": "a"}, "@step: needs='a' must be a list of names, as in needs=['a']"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=r".*") as caught:
        step(**arguments)

    assert str(caught.value) == problem


def test_names_of_sequences_and_parameters_are_identifiers() -> None:
    with pytest.raises(ValueError, match=r".*") as of_sequence:
        sequence("my test")
    with pytest.raises(ValueError, match=r".*") as of_parameter:
        parameter("max-volts")

    assert str(of_sequence.value) == (
        "@sequence(name='my test'): the name must be an identifier, the same as the package's folder"
    )
    assert str(of_parameter.value) == (
        "@parameter(name='max-volts'): the name must be an identifier, because it becomes `_param_<name>`"
    )


def test_a_parameter_is_read_as_an_attribute() -> None:
    class Demo:
        @parameter("volts", unit="V")
        def volts(self) -> float:
            return float(getattr(self, "_param_volts", 5.0))

    demo = Demo()

    assert demo.volts == 5.0
    demo._param_volts = 7.0  # type: ignore[attr-defined]
    assert demo.volts == 7.0
    assert Demo.volts.unit == "V"
