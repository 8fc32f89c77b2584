"""Judging a whole by its parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.outcome import Outcome, StepState, step_state_of, worst

OUTCOMES = st.lists(st.sampled_from(Outcome))


@given(OUTCOMES)
def test_the_station_at_fault_outranks_nobody_knows_which_outranks_a_bad_unit(outcomes: list[Outcome]) -> None:
    ranked = [Outcome.ERROR, Outcome.ABORTED, Outcome.FAILED]

    whole = worst(outcomes)

    assert whole is next((outcome for outcome in ranked if outcome in outcomes), Outcome.PASSED)


@given(OUTCOMES)
def test_skipped_parts_do_not_count(outcomes: list[Outcome]) -> None:
    assert worst([*outcomes, Outcome.SKIPPED]) is worst(outcomes)


def test_a_whole_without_parts_has_passed() -> None:
    assert worst([]) is Outcome.PASSED


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.PASSED, StepState.COMPLETED),
        (Outcome.FAILED, StepState.FAILED),
        (Outcome.ERROR, StepState.FAILED),
        (Outcome.ABORTED, StepState.FAILED),
        (Outcome.SKIPPED, StepState.SKIPPED),
    ],
)
def test_every_outcome_is_a_state_of_the_step(outcome: Outcome, state: StepState) -> None:
    assert step_state_of(outcome) is state
