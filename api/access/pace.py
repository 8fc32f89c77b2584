"""Limits how often those may ask who have not logged in and are not known by their address."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic

from api.access.networks import Network, is_in, is_loopback
from api.access.throttle import network_of
from api.errors import TooManyRequestsError

MINUTE = 60.0
_REMEMBERED = 10_000


@dataclass
class _Share:
    """What is left to an address, as it was when it last asked."""

    left: float
    at: float


class Pace:
    """Gives every address so many requests a minute, at once or one after the other.

    Args:
        limit: Requests a minute; None: as many as anybody likes.
        known: Networks that are not limited; nor is this machine.
        clock: Gives seconds.
    """

    def __init__(self, limit: int | None, known: Iterable[Network], clock: Callable[[], float] = monotonic) -> None:
        self._limit = limit
        self._known = list(known)
        self._clock = clock
        self._shares: dict[str, _Share] = {}

    def count(self, address: str) -> None:
        """Take a request of an address.

        Raises:
            TooManyRequestsError: If it has asked too often; this request does not count then.
        """
        if self._limit is None or is_loopback(address) or is_in(address, self._known):
            return
        now, place = self._clock(), network_of(address)
        share = self._shares.setdefault(place, _Share(self._limit, now))
        share.left, share.at = self._left(share, now), now
        if share.left < 1:
            wait = math.ceil((1 - share.left) * MINUTE / self._limit)
            msg = (
                f"{address} asks more than {self._limit} times a minute without a login (server.rate_limit); "
                f"try again in {wait} s."
            )
            raise TooManyRequestsError(msg, headers={"Retry-After": str(wait)}, retry_after=wait)
        share.left -= 1
        if len(self._shares) > _REMEMBERED:
            self._shares = {key: one for key, one in self._shares.items() if self._left(one, now) < self._limit}

    def _left(self, share: _Share, now: float) -> float:
        limit = self._limit or 0
        return min(float(limit), share.left + (now - share.at) * limit / MINUTE)
