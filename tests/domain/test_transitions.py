"""The table of a run's states is whole and leads to its end."""

import pytest

from station.domain.outcome import RunState
from station.domain.transitions import ALLOWED, TRANSITIONS, RunCommand, is_allowed, may_follow

KNOWN_TO_THE_RUN = set(RunState) - {RunState.OPENING}


def test_every_state_a_run_knows_of_itself_is_in_the_table() -> None:
    following = {state for states in TRANSITIONS.values() for state in states}

    assert set(TRANSITIONS) == KNOWN_TO_THE_RUN
    assert following == KNOWN_TO_THE_RUN - {RunState.ACCEPTED}


@pytest.mark.parametrize("state", sorted(KNOWN_TO_THE_RUN))
def test_a_run_can_always_come_to_its_end(state: RunState) -> None:
    reached, waiting = {state}, [state]
    while waiting:
        new = TRANSITIONS[waiting.pop()] - reached
        reached |= new
        waiting += new

    assert RunState.COMPLETED in reached


def test_a_run_stays_where_it_is_and_leaves_only_as_the_table_says() -> None:
    assert may_follow(RunState.PAUSED, RunState.PAUSED)
    assert may_follow(RunState.PAUSED, RunState.RUNNING)
    assert not may_follow(RunState.PAUSED, RunState.COMPLETED)
    assert not may_follow(RunState.COMPLETED, RunState.RUNNING)


def test_nothing_can_be_asked_of_a_run_that_cleans_up_or_is_over() -> None:
    assert set(ALLOWED) == set(RunCommand)
    for command in RunCommand:
        assert not is_allowed(command, RunState.CLEANING_UP)
        assert not is_allowed(command, RunState.COMPLETED)


def test_a_run_can_be_stopped_before_its_cleanup_wherever_it_is() -> None:
    assert ALLOWED[RunCommand.STOP] == KNOWN_TO_THE_RUN - {RunState.CLEANING_UP, RunState.COMPLETED}
