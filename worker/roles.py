"""Which limits each process has, in one table; what it runs is built in `build.py`."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class RoleLimits:
    """Limits of one Temporal worker.

    Attributes:
        activities: How many run at once.
        pollers: Idle polls kept open at the server; few, because a station's server runs on the same two cores.
        workflow_tasks: How many are worked on at once.
        cached_workflows: Runs kept in memory between their tasks.
        sticky_timeout: How soon another engine takes over the tasks of one that died.
        graceful_shutdown: How long what runs may take to end by itself when the process is to end.
    """

    activities: int
    pollers: int
    workflow_tasks: int = 0
    cached_workflows: int = 0
    sticky_timeout: timedelta = timedelta(seconds=1)
    graceful_shutdown: timedelta = timedelta(seconds=5)


ENGINE = RoleLimits(activities=50, pollers=4, workflow_tasks=20, cached_workflows=300)
BATCH = RoleLimits(activities=16, pollers=2)
"""Sixteen steps side by side in one slot; which of them may be is decided by the plan."""
SUPERVISOR = RoleLimits(activities=4, pollers=1)
