"""The latest events, as they are told: what every client reads from, each at its own place."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from api.live.shapes import Telling

REACH = 5_000
"""Events that are sent again to a client that was away."""
_SLACK = 1_000
"""Events kept beyond, so that a client at the far end is not overtaken while it is served."""
_BYTES = 2**23
"""Bytes of messages that are kept."""


class Recent:
    """Events in the order of their ids, without a gap.

    Attributes:
        start: Every event after this id is here.
        end: Id of the last one.
        full: Something was let go: what is not here any more is not taken in again.
    """

    def __init__(self, start: int) -> None:
        """Begin after an id."""
        self.start = self.end = start
        self.full = False
        self._ids: list[int] = []
        self._tellings: list[Telling] = []
        self._sizes: list[int] = []  # bytes of everything up to and with each
        self._dropped = 0  # bytes of what was here before the first

    def __len__(self) -> int:
        """Tell how many are kept."""
        return len(self._ids)

    def add(self, tellings: Sequence[Telling]) -> None:
        """Take in what came after the last one."""
        for telling in tellings:
            self._sizes.append((self._sizes[-1] if self._sizes else self._dropped) + telling.size)
            self._ids.append(telling.event.id)
            self._tellings.append(telling)
        if tellings:
            self.end = tellings[-1].event.id
            self._trim()

    def put_before(self, after: int, tellings: Sequence[Telling]) -> None:
        """Take in everything between an id and the first one.

        Args:
            after: The id.
            tellings: What is after it; may go on into what is here already.
        """
        older = [telling for telling in tellings if telling.event.id <= self.start]
        self._tellings[:0] = older
        self._ids = [telling.event.id for telling in self._tellings]
        self._sizes = list(accumulate(telling.size for telling in self._tellings))
        self._dropped = 0
        self.start = after
        self._trim()

    def after(self, id: int, limit: int) -> list[Telling]:
        """The next events after an id that is not before the start."""
        first = bisect_right(self._ids, id)
        return self._tellings[first : first + limit]

    def behind(self, id: int) -> tuple[int, int]:
        """How many events, and how many bytes of them, come after an id."""
        first = bisect_right(self._ids, id)
        count = len(self._ids) - first
        if not count:
            return 0, 0
        return count, self._sizes[-1] - (self._sizes[first - 1] if first else self._dropped)

    def _trim(self) -> None:
        surplus = max(len(self._ids) - REACH - _SLACK, 0)
        if self._sizes and self._sizes[-1] - self._dropped > _BYTES:
            surplus = max(surplus, bisect_right(self._sizes, self._sizes[-1] - _BYTES) + 1)
        if surplus:
            self.full = True
            self.start, self._dropped = self._ids[surplus - 1], self._sizes[surplus - 1]
            del self._ids[:surplus], self._tellings[:surplus], self._sizes[:surplus]
