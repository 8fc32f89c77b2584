"""The heart of long tests: ticks over hours of powered time, checkpoints at each, an end at each segment."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from station.domain.clock import Clock
from station.domain.errors import StepError

_CLOSE = 1e-6
"""Seconds; two times nearer than this are the same tick."""
_SHORTEST = 1e-3
"""Seconds; the smallest elapsed time that is kept."""


class SegmentEnd(BaseException):
    """Ends the step at the end of a segment; not an Exception, so that `except Exception` lets it through."""


@dataclass(frozen=True)
class Tick:
    """One sample of a soak.

    Attributes:
        index: From 0; which multiple of the interval it is. Ticks that came too late are left out.
        elapsed_s: Powered seconds since the soak began, all segments.
        duration_s: Seconds the whole soak takes.
        last: Whether this is the tick at the very end.
    """

    index: int
    elapsed_s: float
    duration_s: float
    last: bool

    @property
    def remaining_s(self) -> float:
        """Seconds still to go."""
        return max(0.0, self.duration_s - self.elapsed_s)

    @property
    def fraction(self) -> float:
        """How much is done, 0.0 to 1.0."""
        return min(1.0, self.elapsed_s / self.duration_s)


class Soak:
    """The soak of one attempt of one step.

    Attributes:
        elapsed: Powered time at the last tick; None where the step has not soaked.
        ended_segment: Whether the segment's length was used up.
    """

    def __init__(
        self,
        clock: Clock,
        start: timedelta,
        segment: timedelta | None,
        checkpoint: Callable[[timedelta], None],
        progress: Callable[[float, str], None],
    ) -> None:
        self.elapsed: timedelta | None = None
        self.ended_segment = False
        self._clock = clock
        self._start = start.total_seconds()
        self._segment = segment.total_seconds() if segment is not None else None
        self._checkpoint = checkpoint
        self._progress = progress

    def ticks(self, duration: float, every: float) -> Iterator[tuple[Tick | None, float]]:
        """Give what to do next: (None, seconds to wait), then (a tick, 0), and so on to the end.

        Raises:
            StepError: If the step soaks twice, or the times make no sense.
            SegmentEnd: When the segment is used up.
        """  # noqa: DOC502 - raised by the helper
        if self.elapsed is not None:
            msg = "a step can soak once, because one elapsed time is kept for it; make a second step"
            raise StepError(msg)
        if not duration > 0 or not every > 0:
            msg = f"ctx.soak({duration!r}, {every!r}): both times must be above 0 seconds"
            raise StepError(msg)
        began = self._clock.monotonic()
        base = min(self._start, duration)
        self.elapsed = timedelta(seconds=base)
        end = math.inf if self._segment is None else base + self._segment
        index, due = _next_tick(base, every, duration, first=base <= 0)
        while due is not None:
            now = base + self._clock.monotonic() - began
            if due > end + _CLOSE:
                yield None, end - now
                self._end_segment(min(max(now, end), due - _SHORTEST))
            yield None, due - now
            now = base + self._clock.monotonic() - began
            elapsed = min(duration, max(due, now))
            last = elapsed >= duration - _CLOSE
            self._progress(elapsed / duration, "")
            yield Tick(index=index, elapsed_s=elapsed, duration_s=duration, last=last), 0.0
            # Here the body of the author's loop has run: its sample is in ctx.state.
            self._keep(elapsed)
            now = base + self._clock.monotonic() - began
            index, due = _next_tick(max(elapsed, min(now, duration) - every), every, duration, first=False)

    def _end_segment(self, elapsed: float) -> NoReturn:
        self._keep(elapsed)
        self.ended_segment = True
        raise SegmentEnd

    def _keep(self, elapsed: float) -> None:
        self.elapsed = timedelta(seconds=max(elapsed, _SHORTEST))  # zero would mean: not begun
        self._checkpoint(self.elapsed)


def _next_tick(elapsed: float, every: float, duration: float, *, first: bool) -> tuple[int, float | None]:
    """Give the next tick after `elapsed`, or the one at 0; None when the end was reached."""
    if first:
        return 0, 0.0
    if elapsed >= duration - _CLOSE:
        return 0, None
    index = int((elapsed + _CLOSE) // every) + 1
    return index, min(index * every, duration)
