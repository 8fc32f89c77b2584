"""One limiter for the whole station, because the MES counts calls per address and answers 429 above 100 a minute."""

from collections import deque
from datetime import timedelta

from station.domain.clock import Clock
from station.domain.errors import MesRateLimitedError


class Limiter:
    """Lets so many calls pass per window, and nobody while the MES wants to be left alone.

    Args:
        calls: How many calls may begin within a window; None: as many as ask.
        window: How long a window is.
        clock: Where the time comes from.
        patience: How long a caller waits here; one that would wait longer is told how long, and may do something else.
    """

    def __init__(
        self,
        calls: int | None,
        clock: Clock,
        *,
        window: timedelta = timedelta(seconds=60),
        patience: timedelta = timedelta(seconds=5),
    ) -> None:
        self._calls = calls
        self._window = window.total_seconds()
        self._clock = clock
        self._patience = patience.total_seconds()
        self._begun: deque[float] = deque(maxlen=calls)
        """When the last calls began or will begin; a caller that waits has its place here already."""
        self._closed_until = 0.0

    async def wait(self) -> None:
        """Wait for the caller's turn.

        Raises:
            MesRateLimitedError: If that is longer than one should wait, with how long it is.
        """  # noqa: DOC501, DOC502 - a helper makes it
        now = self._clock.monotonic()
        turn = self._next(now)
        if turn - now > self._patience:
            raise _too_long(turn - now)
        if self._calls:
            self._begun.append(turn)
        while (left := max(turn, self._closed_until) - self._clock.monotonic()) > 0:
            if left > self._patience:  # the MES closed the door while we waited before it
                raise _too_long(left)
            await self._clock.sleep(left)

    def hold(self, pause: timedelta) -> None:
        """Let nobody pass for so long: the MES said 429."""
        self._closed_until = max(self._closed_until, self._clock.monotonic() + pause.total_seconds())

    def _next(self, now: float) -> float:
        turn = max(now, self._closed_until)
        if self._calls and len(self._begun) == self._calls:
            turn = max(turn, self._begun[0] + self._window)
        return max(turn, self._begun[-1]) if self._begun else turn


def _too_long(seconds: float) -> MesRateLimitedError:
    return MesRateLimitedError(
        f"the MES takes no more calls for {seconds:.1f} s", retry_after=timedelta(seconds=seconds)
    )
