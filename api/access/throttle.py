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
    """Counts failures; what it knows is gone with the process.

    Args:
        clock: Gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
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
            times = self._failures.setdefault(source, deque(maxlen=FAILURES))
            times.append(now)
            if self._wait(source) > 0:
                locked.append(source)
        if len(self._failures) > _REMEMBERED:
            self._forget(now)
        return locked

    def succeeded(self, sources: Iterable[str]) -> None:
        """Forget the failures of these sources."""
        for source in sources:
            self._failures.pop(source, None)

    def _wait(self, source: str) -> float:
        times = self._failures.get(source)
        if times is None or len(times) < FAILURES:
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
