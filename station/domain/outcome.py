"""What became of a step or a run, and where a run is on its way."""

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """The verdict on a run, or on one step of it."""

    PASSED = "PASSED"
    """Every measurement is within its limits."""
    FAILED = "FAILED"
    """The unit is bad: a measured value says so."""
    ERROR = "ERROR"
    """The station is at fault; nothing is known about the unit."""
    ABORTED = "ABORTED"
    """Somebody stopped it; nobody knows."""
    SKIPPED = "SKIPPED"
    """Steps only: not done, because its condition did not hold or somebody chose so."""


_WORST_FIRST = (Outcome.ERROR, Outcome.ABORTED, Outcome.FAILED)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Judge a whole by its parts: ERROR before ABORTED before FAILED before PASSED.

    SKIPPED parts do not count; a whole without parts is PASSED.
    """
    present = set(outcomes)
    return next((outcome for outcome in _WORST_FIRST if outcome in present), Outcome.PASSED)


class RunState(StrEnum):
    """Where a run is on its way."""

    ACCEPTED = "accepted"
    OPENING = "opening"
    """The instruments are made safe, connected and set up."""
    RUNNING = "running"
    PAUSED = "paused"
    PROMPTING = "prompting"
    """Somebody is asked, and nothing else runs until the answer is there."""
    WAITING_FOR_WORKER = "waiting_for_worker"
    """The batch's process is away; the run goes on when it returns."""
    INTERRUPTED = "interrupted"
    """A step was cut off and somebody must say what to do."""
    CLEANING_UP = "cleaning_up"
    COMPLETED = "completed"


class StepState(StrEnum):
    """Where one attempt of a step is on its way, as `step_results.status` has it."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"
    """Begun, and cut off before its result was written: nobody knows what it did."""


def step_state_of(outcome: Outcome) -> StepState:
    """Tell the state of a finished step from its outcome."""
    if outcome is Outcome.PASSED:
        return StepState.COMPLETED
    if outcome is Outcome.SKIPPED:
        return StepState.SKIPPED
    return StepState.FAILED
