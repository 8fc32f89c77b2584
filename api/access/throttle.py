"""Turns away whoever fails to log in too often, by address and by user."""

import math
from collections import deque
from collections.abc import Callable, Iterable
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic

from api.errors import TooManyRequestsError

FAILURES = 10
WITHIN = timedelta(minutes=5)
_REMEMBERED = 10_000


class Throttle:
    """Counts failures; whoever keeps them where they outlive the process gives them back with `recall`.

    Args:
        clock: Gives seconds.
        failures: So many within five minutes are too many.
    """

    def __init__(self, clock: Callable[[], float] = monotonic, failures: int = FAILURES) -> None:
        self._clock = clock
        self._limit = failures
        self._failures: dict[str, deque[float]] = {}

    def check(self, *sources: str) -> None:
        """Refuse an attempt that must not be made.

        Raises:
            TooManyRequestsError: If one of its sources failed too often.
        """
        wait = max(map(self._wait, sources))
        if wait > 0:
            seconds = math.ceil(wait)
            msg = f"Too many logins failed from here or for this user; try again in {seconds} s."
            raise TooManyRequestsError(msg, headers={"Retry-After": str(seconds)}, retry_after=seconds)

    def failed(self, *sources: str) -> list[str]:
        """Count a failure; gives the sources that are turned away from now on."""
        now = self._clock()
        locked = []
        for source in sources:
            times = self._failures.setdefault(source, deque(maxlen=self._limit))
            times.append(now)
            if self._wait(source) > 0:
                locked.append(source)
        if len(self._failures) > _REMEMBERED:
            self._forget(now)
        return locked

    def succeeded(self, sources: Iterable[str]) -> list[str]:
        """Forget the failures of these sources; gives those that had any."""
        return [source for source in sources if self._failures.pop(source, None) is not None]

    def recall(self, source: str, age: timedelta) -> None:
        """Count a failure of before; the oldest of a source first."""
        times = self._failures.setdefault(source, deque(maxlen=self._limit))
        times.append(self._clock() - age.total_seconds())

    def _wait(self, source: str) -> float:
        times = self._failures.get(source)
        if times is None or len(times) < self._limit:
            return 0.0
        return times[0] + WITHIN.total_seconds() - self._clock()

    def _forget(self, now: float) -> None:
        over = now - WITHIN.total_seconds()
        self._failures = {source: times for source, times in self._failures.items() if times[-1] > over}


def network_of(address: str) -> str:
    """Give what counts as one place: the address, or the network that one IPv6 host has to itself."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped:
            return str(known.ipv4_mapped)
        return str(ip_network((known, 64), strict=False))
    return str(known)
