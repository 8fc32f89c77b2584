"""What a person may tell an instrument is checked before anything is done, and refused in words."""

from typing import Any

import pytest

from station.domain.errors import CommandRefusedError
from station.domain.manual import Command, check_command, check_step
from station.domain.values import ValueSpec

MEASURE = Command(
    instrument="dmm",
    name="measure",
    arguments={
        "channel": ValueSpec(type="integer", min=101, max=104, required=True),
        "range": ValueSpec(type="string", options=["auto", "10"], default="auto"),
    },
)
OUTPUT = Command(
    instrument="power", name="output_on", arguments={"volts": ValueSpec(type="float", max=16, unit="V")}, confirm=True
)
WRITE = Command(instrument="power", name="write", confirm=True, raw=True)
COMMANDS = [MEASURE, OUTPUT, WRITE]


def check(full_name: str, *, confirmed: bool = True, **arguments: Any) -> dict[str, Any]:
    instrument, _, name = full_name.partition(".")
    return check_command(COMMANDS, instrument, name, arguments, confirmed=confirmed)[1]


def refusal(full_name: str, *, confirmed: bool = True, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(CommandRefusedError) as caught:
        check(full_name, confirmed=confirmed, **arguments)
    return caught.value.code, caught.value.message


def test_what_is_not_given_has_its_default() -> None:
    assert check("dmm.measure", channel=102) == {"channel": 102, "range": "auto"}


@pytest.mark.parametrize(
    ("name", "arguments", "code", "message"),
    [
        ("dmm.measur", {}, "COMMAND_NOT_FOUND", "There is no command dmm.measur (did you mean dmm.measure?)."),
        ("dmm.measure", {}, "INVALID_ARGUMENT", "dmm.measure: channel is missing; it is required."),
        (
            "dmm.measure",
            {"channel": 9, "range": "x", "rate": 1},
            "INVALID_ARGUMENT",
            "dmm.measure: rate is unknown (did you mean range?); channel is 9, below its minimum 101; range is 'x'; "
            "it must be one of 'auto', '10'.",
        ),
        (
            "power.output_on",
            {"volts": 40},
            "INVALID_ARGUMENT",
            "power.output_on: volts is 40 V, above its maximum 16 V.",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_what_is_allowed(
    name: str, arguments: dict[str, Any], code: str, message: str
) -> None:
    assert refusal(name, **arguments) == (code, message)


def test_what_is_dangerous_or_not_described_must_be_confirmed() -> None:
    assert refusal("power.output_on", confirmed=False) == (
        "CONFIRMATION_MISSING",
        "power.output_on must be confirmed: it is marked as dangerous.",
    )
    assert refusal("power.write", confirmed=False) == (
        "CONFIRMATION_MISSING",
        "power.write must be confirmed: the package does not describe it.",
    )
    assert check("power.write") == {}


def test_a_step_takes_the_parameters_that_are_given_and_needs_none() -> None:
    parameters = {"volts": ValueSpec(type="float", max=16), "serial": ValueSpec(type="string", required=True)}

    assert check_step(["rails"], parameters, "rails", {"volts": 12}) == {"volts": 12}
    for step, given, code, message in (
        ("rail", {}, "STEP_NOT_FOUND", "The sequence has no step rail (did you mean rails?)."),
        ("rails", {"volts": 20}, "INVALID_ARGUMENT", "step rails: volts is 20, above its maximum 16."),
    ):
        with pytest.raises(CommandRefusedError) as caught:
            check_step(["rails"], parameters, step, given)
        assert (caught.value.code, caught.value.message) == (code, message)
