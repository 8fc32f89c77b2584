"""The circuit breaker: answers "offline" at once where asking would only take time."""

import contextlib
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from station.domain.clock import Clock
from station.domain.errors import MesRefusedError, MesUnavailableError, Outage

_log = logging.getLogger(__name__)


class BreakerState(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"
    """They do."""
    OPEN = "open"
    """None does, until the recovery time has passed."""
    HALF_OPEN = "half_open"
    """A few do, to see."""


class BreakerListener(Protocol):
    """Somebody who wants to know when the MES goes away and when it is back; must return at once."""

    def opened(self, breaker: "CircuitBreaker") -> None:
        """The MES is away; told once, not again for every probe that fails."""

    def closed(self, breaker: "CircuitBreaker") -> None:
        """It is back."""


class CircuitBreaker:
    """Opens after failures in a row, lets a probe pass after the recovery time, closes when one succeeds.

    Only outages are failures. A refusal is the answer of an MES that is alive; 401 and 429 say nothing either way.

    Args:
        threshold: Failures in a row that open it.
        recovery: How long it stays open before a probe.
        clock: Where the time comes from.
        probes: How many calls may be under way at once while it is half open.
        listeners: Told when it opens and closes.
    """

    def __init__(
        self,
        *,
        threshold: int,
        recovery: timedelta,
        clock: Clock,
        probes: int = 1,
        listeners: tuple[BreakerListener, ...] = (),
    ) -> None:
        self._threshold = threshold
        self._recovery = recovery.total_seconds()
        self._clock = clock
        self._probes = probes
        self._listeners = list(listeners)
        self._opened_at: float | None = None
        self._probing = 0
        self._era = 0
        """Grows when the breaker opens or closes: what a call of an earlier era comes to says nothing about now."""
        self._failures = 0
        self._last_failure: datetime | None = None

    @property
    def state(self) -> BreakerState:
        """Whether calls pass now."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._left() > 0 else BreakerState.HALF_OPEN

    @property
    def failure_count(self) -> int:
        """Failures since the last success."""
        return self._failures

    @property
    def last_failure(self) -> datetime | None:
        """When the last one was; None: never."""
        return self._last_failure

    @property
    def retry_after(self) -> timedelta:
        """How long no call passes; zero unless it is open."""
        return timedelta(seconds=self._left())

    def listen(self, listener: BreakerListener) -> None:
        """Tell somebody else too."""
        self._listeners.append(listener)

    def expect_recovery(self) -> None:
        """Let a probe pass now: somebody has seen the MES alive, and the recovery time need not be waited out."""
        if self.state is BreakerState.OPEN:
            self._turn(opened_at=self._clock.monotonic() - self._recovery)

    @contextlib.contextmanager
    def call(self) -> Iterator[None]:
        """Make one call in this block; what it raises, or that it does not, is what the breaker learns.

        Raises:
            MesUnavailableError: At once, if calls do not pass.
        """  # noqa: DOC501 - what the block raises passes through
        self._admit()
        era = self._era
        try:
            yield
        except MesUnavailableError:
            self._failed(era)
            raise
        except MesRefusedError:
            self._succeeded(era)
            raise
        except BaseException:
            self._leave(era)
            raise
        else:
            self._succeeded(era)

    def _left(self) -> float:
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self._recovery - self._clock.monotonic())

    def _admit(self) -> None:
        match self.state:
            case BreakerState.CLOSED:
                return
            case BreakerState.HALF_OPEN if self._probing < self._probes:
                self._probing += 1
                return
            case _:
                raise MesUnavailableError(
                    f"the MES failed {self._failures} times in a row; it is asked again in {self._left():.0f} s",
                    outage=Outage.BREAKER_OPEN,
                    may_have_arrived=False,
                    retry_after=self.retry_after,
                )

    def _failed(self, era: int) -> None:
        self._last_failure = self._clock.now()
        if era != self._era:
            return
        self._failures += 1
        was_closed = self._opened_at is None
        if was_closed and self._failures < self._threshold:
            return
        self._turn(opened_at=self._clock.monotonic())
        if was_closed:
            self._tell("opened")

    def _succeeded(self, era: int) -> None:
        if era != self._era:
            return
        self._failures = 0
        if self._opened_at is not None:
            self._turn(opened_at=None)
            self._tell("closed")

    def _leave(self, era: int) -> None:
        if era == self._era and self._opened_at is not None:
            self._probing -= 1

    def _turn(self, opened_at: float | None) -> None:
        self._opened_at = opened_at
        self._probing = 0
        self._era += 1

    def _tell(self, what: str) -> None:
        for listener in self._listeners:
            try:
                if what == "opened":
                    listener.opened(self)
                else:
                    listener.closed(self)
            except Exception:  # noqa: BLE001 - a listener's trouble must not become the MES's
                _log.exception("a listener of the circuit breaker failed")
