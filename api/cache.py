"""Keeps answers that are costly to find, until what they were found from has changed."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

_T = TypeVar("_T")

ENTRIES = 1000
AT_ONCE = 2
"""Answers that are found at the same time; the database's other readers are left to those who ask for little."""


@dataclass
class _Entry:
    """An answer, or the work on it."""

    stand: Hashable
    until: float
    work: "asyncio.Task[Any]"


class Cache:
    """The answers that were given last, in this process.

    Args:
        stand: Tells how what the answers are found from stands; an answer of another stand is never given.
        entries: At most so many; the one that was not asked for longest goes first.
        clock: Seconds that only grow.
    """

    def __init__(
        self, stand: Callable[[], Awaitable[Hashable]], entries: int = ENTRIES, clock: Callable[[], float] = monotonic
    ) -> None:
        self._stand = stand
        self._limit = entries
        self._clock = clock
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._places = asyncio.Semaphore(AT_ONCE)

    async def get_or_compute(self, key: Hashable, fn: Callable[[], Awaitable[_T]], ttl: float = 300.0) -> _T:
        """Give the answer that is known, or find it; who asks for the same meanwhile waits for that.

        Whatever `fn` raises goes to everybody who waits for it, and is not kept.

        Args:
            key: What is asked.
            fn: Finds the answer. It begins after the stand was read, so that it sees at least that.
            ttl: Seconds after which the answer is found anew even if nothing has changed.
        """
        stand = await self._stand()
        entry = self._entries.get(key)
        if entry is None or entry.stand != stand or entry.until <= self._clock():
            entry = _Entry(stand, self._clock() + ttl, asyncio.ensure_future(self._find(fn)))
            self._entries[key] = entry
            entry.work.add_done_callback(lambda work: self._forget_failure(key, work))
        self._entries.move_to_end(key)
        while len(self._entries) > self._limit:
            self._entries.popitem(last=False)
        answer: _T = await asyncio.shield(entry.work)
        return answer

    async def _find(self, fn: Callable[[], Awaitable[_T]]) -> _T:
        async with self._places:
            return await fn()

    def _forget_failure(self, key: Hashable, work: "asyncio.Task[Any]") -> None:
        entry = self._entries.get(key)
        if (work.cancelled() or work.exception()) and entry is not None and entry.work is work:
            del self._entries[key]
