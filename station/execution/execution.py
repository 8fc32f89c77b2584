"""One attempt of a step under way: waited for, stopped, cut off when its time is used up."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

from station.domain.clock import Clock
from station.domain.errors import StationError
from station.domain.run import StepResult
from station.execution.attempt import Attempt
from station.execution.host import Host
from station.execution.listening import Forwarder
from station.execution.running import Ending


class StepUnresponsive(StationError):
    """The step's code did not yield within the grace period; only ending the process helps."""

    code = "STEP_UNRESPONSIVE"


class StepExecution:
    """A step that was started. Cancelling `wait` does not touch it.

    Lives on the caller's loop; the code it watches runs on the session's host.
    """

    def __init__(
        self,
        host: Host,
        attempt: Attempt,
        work: Callable[[], Coroutine[Any, Any, Ending]],
        finish: Callable[[Ending, float, bool], StepResult],
        *,
        clock: Clock,
        timeout: timedelta,
        grace: timedelta,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._host = host
        self._attempt = attempt
        self._finish = finish
        self._clock = clock
        self._began = clock.monotonic()
        self._grace = grace
        self._timed_out = False
        self._running = False
        self._task: asyncio.Task[None] | None = None
        # None: the code did not yield. A value and not an exception, so that nobody has to fetch it.
        self._result: asyncio.Future[StepResult | None] = self._loop.create_future()
        self._grace_timer: asyncio.TimerHandle | None = None
        self._timer = self._loop.call_later(timeout.total_seconds(), self._on_timeout)
        self._work = work
        host.call(self._begin)

    @property
    def done(self) -> bool:
        """Whether the step has a result, or was given up as unresponsive."""
        return self._result.done()

    async def wait(self) -> StepResult:
        """Wait for the result; several callers may.

        Raises:
            StepUnresponsive: If the code did not yield within the grace period after a timeout or stop.
        """
        result = await asyncio.shield(self._result)
        if result is None:
            name = self._attempt.step.name if self._attempt.step is not None else ""
            why = "its time was used up" if self._timed_out else "it was asked to stop"
            msg = f"step {name} did not yield within {self._grace.total_seconds():g} s after {why}"
            raise StepUnresponsive(msg, step=name)
        return result

    def stop(self, reason: str) -> None:
        """Ask the step to stop; it ends as ABORTED with this reason. Once is enough, and a finished step is left be."""
        if self._result.done() or self._attempt.switch.reason is not None:
            return
        self._cut(reason)

    def _begin(self) -> None:
        """Start the code; runs on the host."""
        self._task = self._host.loop.create_task(self._watch())

    async def _watch(self) -> None:
        """Run the code to its end and report to the caller's loop; runs on the host."""
        self._running = True
        if self._attempt.switch.reason is not None:  # stopped before it began
            ending = Ending(raised=asyncio.CancelledError())
        else:
            try:
                ending = await self._work()
            except BaseException as error:  # noqa: BLE001 - nothing may leave the host's loop
                ending = Ending(raised=error)
        result = self._finish(ending, self._clock.monotonic() - self._began, self._timed_out)
        self._attempt.ended = True
        with suppress(RuntimeError):  # the caller's loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._on_end, result)

    def _on_end(self, result: StepResult) -> None:
        if not self._result.done():
            self._settle(result)

    def _on_timeout(self) -> None:
        if self._result.done() or self._attempt.switch.reason is not None:
            return
        self._timed_out = True
        self._cut("its time was used up")

    def _cut(self, reason: str) -> None:
        self._attempt.switch.press(reason)
        self._host.call(self._cancel)
        self._grace_timer = self._loop.call_later(self._grace.total_seconds(), self._give_up)

    def _cancel(self) -> None:
        if self._task is not None and self._running:
            self._task.cancel()

    def _give_up(self) -> None:
        if not self._result.done():
            self._settle(None)

    def _settle(self, result: StepResult | None) -> None:
        self._timer.cancel()
        if self._grace_timer is not None:
            self._grace_timer.cancel()
        self._attempt.ended = True
        self._result.set_result(result)
        if isinstance(self._attempt.listener, Forwarder):
            self._attempt.listener.mute()
