"""Which state of a run may follow which, and what people may ask of a run in each of them."""

from collections.abc import Mapping
from enum import StrEnum

from station.domain.outcome import RunState


class RunCommand(StrEnum):
    """What people may ask of a run under way."""

    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    SKIP = "skip"
    GOTO = "goto"
    RECOVER = "recover"
    ANSWER = "answer"


_UNDER_WAY = frozenset(
    {
        RunState.ACCEPTED,
        RunState.RUNNING,
        RunState.PAUSED,
        RunState.PROMPTING,
        RunState.WAITING_FOR_WORKER,
        RunState.INTERRUPTED,
    }
)

TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    # Refused by the MES before any hardware moved, or stopped before that: completed at once.
    RunState.ACCEPTED: frozenset({RunState.RUNNING, RunState.COMPLETED}),
    RunState.RUNNING: frozenset(
        {
            RunState.PAUSED,
            RunState.PROMPTING,
            RunState.WAITING_FOR_WORKER,
            RunState.INTERRUPTED,
            RunState.CLEANING_UP,
            RunState.COMPLETED,  # stopped before it had a session: there is nothing to clean up
        }
    ),
    RunState.PAUSED: frozenset({RunState.RUNNING}),
    RunState.PROMPTING: frozenset({RunState.RUNNING}),
    RunState.WAITING_FOR_WORKER: frozenset(
        {
            RunState.RUNNING,
            RunState.INTERRUPTED,
            RunState.CLEANING_UP,
            RunState.COMPLETED,
        }
    ),
    RunState.INTERRUPTED: frozenset({RunState.RUNNING, RunState.WAITING_FOR_WORKER, RunState.CLEANING_UP}),
    RunState.CLEANING_UP: frozenset({RunState.WAITING_FOR_WORKER, RunState.COMPLETED}),
    RunState.COMPLETED: frozenset(),
}
"""The states that may follow each one, as the run itself knows them.

`opening` is not among them: the batch's process writes it while a session is opened, and the run's own state is
`running` meanwhile.
"""

ALLOWED: Mapping[RunCommand, frozenset[RunState]] = {
    RunCommand.STOP: _UNDER_WAY,
    RunCommand.PAUSE: _UNDER_WAY - {RunState.PAUSED},
    # A pause that was wished for holds once the steps under way have ended, and can be taken back before.
    RunCommand.RESUME: _UNDER_WAY,
    RunCommand.SKIP: _UNDER_WAY,
    RunCommand.GOTO: _UNDER_WAY,
    # A step beside the interrupted one may wait for the process, or for a person.
    RunCommand.RECOVER: frozenset({RunState.INTERRUPTED, RunState.WAITING_FOR_WORKER, RunState.PROMPTING}),
    # A run that is paused has no step under way that could have asked.
    RunCommand.ANSWER: _UNDER_WAY - {RunState.ACCEPTED, RunState.PAUSED},
}
"""The states in which each command can be taken; in which cases it is, the run decides."""


def may_follow(before: RunState, after: RunState) -> bool:
    """Whether a run in the one state may enter the other; staying where it is counts as no transition."""
    return before is after or after in TRANSITIONS.get(before, ())


def is_allowed(command: RunCommand, state: RunState) -> bool:
    """Whether a command can be taken in a state."""
    return state in ALLOWED[command]
