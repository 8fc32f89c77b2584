"""Time, which comes from outside, so that a test may make eight hours pass in seconds."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the station knows of time."""

    def monotonic(self) -> float:
        """Seconds of powered time since some moment; never goes back."""

    def now(self) -> datetime:
        """The time of day, aware."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Seconds the machine has been awake since some moment."""
        return time.monotonic()

    def now(self) -> datetime:
        """The time of day in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
