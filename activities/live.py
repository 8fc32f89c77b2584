"""Steps that run in this process, whoever waits for them, and the sign of life for those who wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from station.contracts.messages import ReconcileRequest, StepRequest
from station.domain.errors import StationError
from station.domain.run import StepReport
from station.execution.session import StepExecution

LiveKey = tuple[str, str, int, int]


@dataclass
class LiveStep:
    """A step under way; `report` ends when its result is in the journal."""

    execution: StepExecution
    report: "asyncio.Task[StepReport] | None" = None
    interrupted: bool = False
    """Whether it was cut off because the process is to end: then it has no result."""


@dataclass
class LiveSteps:
    """The steps under way on one slot."""

    heartbeat_interval: timedelta
    _steps: dict[LiveKey, LiveStep] = field(default_factory=dict)

    def find(self, request: StepRequest | ReconcileRequest) -> LiveStep | None:
        """Find the very attempt and segment that is asked for."""
        return self._steps.get(_key(request))

    def add(self, request: StepRequest, live: LiveStep) -> None:
        """Take note of a step that begins."""
        self._steps[_key(request)] = live

    def remove(self, request: StepRequest) -> None:
        """Forget a step whose result is in the journal."""
        self._steps.pop(_key(request), None)

    def __bool__(self) -> bool:
        return bool(self._steps)

    async def stop_all(self, reason: str, *, interrupted: bool) -> None:
        """Ask every step to yield, and wait until each has."""
        steps = list(self._steps.values())
        for live in steps:
            live.interrupted = interrupted
            live.execution.stop(reason)
        for live in steps:
            if live.report is not None:
                with suppress(StationError, ApplicationError):
                    await asyncio.shield(live.report)

    async def attend(self, live: LiveStep) -> StepReport:
        """Wait for a step with heartbeats; only a wish to stop reaches it, a lost activity does not.

        Raises:
            CancelledError: Where the activity was lost; the step goes on and can be attended again.
        """
        assert live.report is not None  # noqa: S101 - set before the step can be found
        async with heartbeating(self.heartbeat_interval):
            try:
                return await asyncio.shield(live.report)
            except asyncio.CancelledError:
                details = activity.cancellation_details()
                if details is None or not (details.cancel_requested or details.worker_shutdown):
                    raise
                live.interrupted = details.worker_shutdown and not details.cancel_requested
                live.execution.stop("the process is to end" if live.interrupted else "the run was stopped")
                return await asyncio.shield(live.report)


@asynccontextmanager
async def heartbeating(interval: timedelta) -> AsyncIterator[None]:
    """Tell the server again and again that this activity lives; that is also how a wish to stop arrives."""

    async def beat() -> None:
        while True:
            # Sleep first: most steps are over before a sign of life is due, and each one is a commit at the server.
            await asyncio.sleep(interval.total_seconds())
            activity.heartbeat()

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()


def _key(request: StepRequest | ReconcileRequest) -> LiveKey:
    return (request.run_id, request.step, request.attempt, request.segment)
