"""The one tree of errors: stable codes, drawn at the top of its file as it is."""

import re
from datetime import timedelta

import pytest

from station.domain import errors
from station.domain.errors import StationError, StepError


def tree(root: type[StationError] = StationError) -> list[type[StationError]]:
    return [
        root,
        *(error for child in root.__subclasses__() if child.__module__ == root.__module__ for error in tree(child)),
    ]


CODE_OF_WHOEVER_REFUSED = {"CommandRefusedError", "AccessError", "SettingsError", "MesRefusedError"}
"""Their code is the refusal, which each one keeps for itself."""


def test_every_code_is_upper_case_and_belongs_to_one_error() -> None:
    codes = [error.code for error in tree() if error.__name__ not in CODE_OF_WHOEVER_REFUSED]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[A-Z_]+", code) for code in codes)


def test_the_drawing_names_every_error_with_its_code() -> None:
    drawn = dict(re.findall(r"(\w+(?:Error|Failure|Skipped))\s+([A-Z_]+)\b", errors.__doc__ or ""))

    shown_without_code = {"StationError", "BatchError", "StepError", *CODE_OF_WHOEVER_REFUSED}

    assert {error.__name__: error.code for error in tree() if error.__name__ not in shown_without_code} == drawn


def test_an_error_keeps_its_sentence_and_its_facts() -> None:
    error = StepError("It does not answer.", instrument="dmm")

    assert (str(error), error.message, error.facts) == (
        "It does not answer.",
        "It does not answer.",
        {"instrument": "dmm"},
    )


@pytest.mark.parametrize("error", [errors.TestFailure, errors.TestSkipped])
def test_an_error_named_test_is_not_taken_for_a_test(error: type[StepError]) -> None:
    assert error.__dict__["__test__"] is False


def test_a_refused_command_has_the_code_of_whoever_refused() -> None:
    error = errors.CommandRefusedError("RUN_PAUSED", "The run is paused already.", batch="slot_1")

    assert (error.code, error.message, error.facts) == (
        "RUN_PAUSED",
        "The run is paused already.",
        {"batch": "slot_1"},
    )
    assert errors.CommandRefusedError.code == errors.BatchError.code


def test_settings_that_are_refused_have_the_code_of_what_was_refused() -> None:
    error = errors.SettingsError("SETTINGS_CHANGED", "Somebody has saved the file meanwhile.", file="station.yaml")

    assert (error.code, error.message, error.facts) == (
        "SETTINGS_CHANGED",
        "Somebody has saved the file meanwhile.",
        {"file": "station.yaml"},
    )
    assert errors.SettingsError.code == errors.StationError.code


def test_an_outage_of_the_mes_says_of_which_kind_and_whether_the_call_may_have_arrived() -> None:
    outage = next(iter(errors.Outage))

    error = errors.MesUnavailableError(
        "No answer.", outage=outage, may_have_arrived=False, status=503, retry_after=timedelta(seconds=7)
    )

    assert (error.outage, error.may_have_arrived, error.status) == (outage, False, 503)
    assert error.retry_after == timedelta(seconds=7)
    assert error.facts == {"outage": outage, "status": 503}


def test_an_mes_that_wishes_to_be_left_alone_says_how_long() -> None:
    error = errors.MesRateLimitedError("Too many calls.", retry_after=timedelta(seconds=7))

    assert error.retry_after == timedelta(seconds=7)
    assert error.facts == {"retry_after": 7.0}


@pytest.mark.parametrize("refusal", errors.Refusal)
def test_a_refusal_of_the_mes_has_its_name_as_code(refusal: errors.Refusal) -> None:
    error = errors.MesRefusedError("No.", refusal=refusal, status=409, details={"wip": "WIP-1"})

    assert (error.code, error.refusal, error.status) == (refusal.value, refusal, 409)
    assert error.details == {"wip": "WIP-1"}
