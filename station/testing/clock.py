"""A clock that runs faster than time, so that a soak of eight hours is tested in seconds."""

import asyncio
import time
from datetime import UTC, datetime, timedelta


class FastClock:
    """Time as steps see it, `speed` times as fast as outside.

    Args:
        speed: 3600 makes an hour pass in a second.
        begin: What the time of day is when the clock is made; now where nothing is given.
    """

    def __init__(self, speed: float, begin: datetime | None = None) -> None:
        self.speed = speed
        self._began = time.monotonic()
        self._begin = begin or datetime.now(UTC)

    def monotonic(self) -> float:
        """Fast seconds since the clock was made."""
        return (time.monotonic() - self._began) * self.speed

    def now(self) -> datetime:
        """The fast time of day."""
        return self._begin + timedelta(seconds=self.monotonic())

    async def sleep(self, seconds: float) -> None:
        """Wait, in fast seconds."""
        await asyncio.sleep(seconds / self.speed)
