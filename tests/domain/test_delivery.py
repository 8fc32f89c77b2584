"""What the MES is told of a run, and what it is told with it."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from station.domain.delivery import (
    Disposition,
    MesAction,
    MesPlan,
    OwedItem,
    merge_measurements,
    mes_result,
    owed_end,
)
from station.domain.outcome import Outcome
from station.domain.run import RunReason, RunResult, UnitUnderTest

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


BEGAN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ENDED = BEGAN + timedelta(seconds=61.5)
UNIT = UnitUnderTest(wip="WIP-1", process=3, operator="5", notes="scratched")


def result(outcome: Outcome, reason: RunReason | None = None) -> RunResult:
    return RunResult(
        run_id="R1", outcome=outcome, reason=reason, defects=("DEF1",), started_at=BEGAN, completed_at=ENDED
    )


def test_the_end_of_a_run_is_told_with_every_value_and_the_time_it_took() -> None:
    steps: list[tuple[str, dict[str, JsonValue]]] = [
        ("cold", {"voltage": 5.0, "cycle_time_ms": 7}),
        ("hot", {"rework_requested": True}),
    ]
    reason = RunReason(code="STEP_FAILED", message="cold: out of limits: voltage", step="cold")

    owed = owed_end(result(FAILED, reason), UNIT, "b1", MesPlan(auto_convert=True), steps)

    assert owed == OwedItem(
        item_id="R1/complete_process",
        run_id="R1",
        batch="b1",
        action=MesAction.COMPLETE,
        wip="WIP-1",
        process=3,
        operator="5",
        payload={
            "result": "REWORK",
            "measurements": {"cycle_time_ms": 61500, "cold.cycle_time_ms": 7, "voltage": 5.0},
            "defects": ["DEF1"],
            "notes": "scratched; STEP_FAILED: cold: out of limits: voltage",
            "started_at": "2026-03-01T09:00:00+00:00",
            "completed_at": "2026-03-01T09:01:01.500000+00:00",
        },
        auto_convert=True,
        created_at=ENDED,
    )


def test_the_time_a_run_waited_for_answers_is_not_told_as_its_own() -> None:
    waited = result(PASSED).model_copy(update={"waited": timedelta(seconds=60)})

    owed = owed_end(waited, UNIT, "b1", MesPlan(), [])

    assert owed is not None
    assert owed.payload["measurements"] == {"cycle_time_ms": 1500}


def test_nothing_is_owed_for_a_unit_without_wip_or_a_run_that_is_to_be_repeated() -> None:
    without_wip = owed_end(result(PASSED), UnitUnderTest(), "b1", MesPlan(), [])
    repeated = owed_end(result(ERROR), UNIT, "b1", MesPlan(on_error=Disposition.RETRY), [])

    assert (without_wip, repeated) == (None, None)


def test_a_run_nobody_has_anything_to_say_about_has_no_notes() -> None:
    owed = owed_end(result(PASSED), UnitUnderTest(wip="WIP-1"), "b1", MesPlan(), [])

    assert owed is not None
    assert owed.payload["notes"] == ""
