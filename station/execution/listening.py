"""Carries what a step says from the thread it runs in to the loop of whoever listens, in order."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from pydantic import JsonValue

from station.domain.measurement import Measurement
from station.execution.attempt import StepListener


class Forwarder:
    """A listener for the step's thread that calls another one on its own loop."""

    def __init__(self, listener: StepListener, loop: asyncio.AbstractEventLoop) -> None:
        self._listener = listener
        self._loop = loop
        self._muted = False

    def mute(self) -> None:
        """Hear nothing more: the step has its result."""
        self._muted = True

    def measurement(self, measurement: Measurement) -> None:
        """Something was measured and judged."""
        self._carry(lambda: self._listener.measurement(measurement))

    def log(self, level: str, message: str, data: Mapping[str, JsonValue]) -> None:
        """The step wrote a line."""
        self._carry(lambda: self._listener.log(level, message, data))

    def progress(self, fraction: float, text: str) -> None:
        """The step is that far."""
        self._carry(lambda: self._listener.progress(fraction, text))

    def checkpoint(self, elapsed: timedelta, state: Mapping[str, JsonValue]) -> None:
        """A long step can be taken up again from here."""
        self._carry(lambda: self._listener.checkpoint(elapsed, state))

    def _carry(self, call: Callable[[], None]) -> None:
        if self._muted:
            return
        with suppress(RuntimeError):  # the caller's loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._deliver, call)

    def _deliver(self, call: Callable[[], None]) -> None:
        if not self._muted:
            call()


class Silence:
    """A listener that hears nothing."""

    def measurement(self, measurement: Measurement) -> None:
        """Ignore it."""

    def log(self, level: str, message: str, data: Mapping[str, JsonValue]) -> None:
        """Ignore it."""

    def progress(self, fraction: float, text: str) -> None:
        """Ignore it."""

    def checkpoint(self, elapsed: timedelta, state: Mapping[str, JsonValue]) -> None:
        """Ignore it."""
