"""What the MES is told of a run, and what it is told with it."""

import pytest
from pydantic import JsonValue

from station.domain.delivery import Disposition, MesPlan, merge_measurements, mes_result
from station.domain.outcome import Outcome

PASSED, FAILED, ERROR, ABORTED = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.ABORTED


@pytest.mark.parametrize(
    ("outcome", "rework", "word"),
    [(PASSED, False, "PASS"), (PASSED, True, "PASS"), (FAILED, False, "FAIL"), (FAILED, True, "REWORK")],
)
def test_a_verdict_on_the_unit_is_told_whatever_is_set_for_faults(outcome: Outcome, rework: bool, word: str) -> None:
    plan = MesPlan(on_error=Disposition.RETRY, on_abort=Disposition.RETRY)

    assert mes_result(outcome, plan, rework=rework) == (True, word)


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (Disposition.ASK, (True, None)),
        (Disposition.RETRY, (False, None)),
        (Disposition.REWORK, (True, "REWORK")),
        (Disposition.SCRAP, (True, "FAIL")),
    ],
)
@pytest.mark.parametrize("rework", [False, True])
def test_a_fault_is_never_a_verdict_and_its_end_is_what_was_settled(
    wish: Disposition, told: tuple[bool, str | None], rework: bool
) -> None:
    on_error, on_abort = MesPlan(on_error=wish), MesPlan(on_abort=wish)

    assert mes_result(ERROR, on_error, rework=rework) == told
    assert mes_result(ABORTED, on_abort, rework=rework) == told


def test_an_error_and_an_abort_are_settled_apart() -> None:
    plan = MesPlan(on_error=Disposition.SCRAP, on_abort=Disposition.RETRY)

    assert mes_result(ERROR, plan, rework=False) == (True, "FAIL")
    assert mes_result(ABORTED, plan, rework=False) == (False, None)


def test_unless_told_otherwise_a_person_is_asked_about_every_fault() -> None:
    assert mes_result(ERROR, MesPlan(), rework=False) == mes_result(ABORTED, MesPlan(), rework=False) == (True, None)


def test_a_name_that_two_steps_use_gets_its_step_unless_the_value_is_the_same() -> None:
    steps: list[tuple[str, dict[str, JsonValue]]] = [
        ("cold", {"voltage": 5.0, "firmware": "1.2"}),
        ("warm", {"voltage": 5.1, "firmware": "1.2", "rework_requested": True}),
        ("hot", {"voltage": 5.2}),
    ]

    assert merge_measurements(steps) == {
        "voltage": 5.0,
        "firmware": "1.2",
        "warm.voltage": 5.1,
        "hot.voltage": 5.2,
    }


@pytest.mark.parametrize("first", [{"warm.voltage": 4.0, "voltage": 5.0}, {"voltage": 5.0, "warm.voltage": 4.0}])
def test_a_name_that_looks_like_a_step_and_its_name_is_not_overwritten(first: dict[str, JsonValue]) -> None:
    steps: list[tuple[str, dict[str, JsonValue]]] = [("cold", first), ("warm", {"voltage": 5.1})]

    assert merge_measurements(steps) == {"voltage": 5.0, "warm.voltage": 4.0, "warm.warm.voltage": 5.1}


def test_a_name_that_looks_like_one_made_before_is_not_overwritten_either() -> None:
    steps: list[tuple[str, dict[str, JsonValue]]] = [
        ("cold", {"voltage": 5.0}),
        ("warm", {"voltage": 5.1}),
        ("hot", {"warm.voltage": 4.0}),
    ]

    assert merge_measurements(steps) == {"voltage": 5.0, "warm.voltage": 5.1, "hot.warm.voltage": 4.0}


def test_no_steps_have_no_measurements() -> None:
    assert merge_measurements([]) == {}
