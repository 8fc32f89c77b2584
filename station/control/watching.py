"""Follows what a station does, event by event, from any point on and across every restart."""

import asyncio
from collections.abc import Collection
from datetime import timedelta

from station.storage.database import Database
from station.storage.events import Event, Events

POLL = timedelta(milliseconds=50)
"""How often it is asked whether somebody has committed; the question costs microseconds."""
_PAGE = 500


class EventFeed:
    """The live events of a station, in the order of their ids, none twice and none missed.

    Args:
        database: The open results database.
        after: The last id seen.
        batches: Only events of these batches; None: all, and those of the station itself.

    Attributes:
        last: Id of the last event handed out: where to resume from.
        caught_up: Whether everything was handed out that was there at the last look.
    """

    def __init__(self, database: Database, after: int, batches: Collection[str] | None = None) -> None:
        self.last = after
        self.caught_up = False
        self._database = database
        self._events = Events(database)
        self._batches = batches
        self._version: int | None = None

    async def next(self, within: timedelta) -> list[Event]:
        """Wait for the next events; an empty list when none came in that time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within.total_seconds()
        while True:
            # Asked before the events are read, so that a commit in between is seen the next time.
            version = await self._database.data_version()
            if version != self._version:
                events = await self._events.after(self.last, _PAGE, self._batches)
                self.caught_up = len(events) < _PAGE
                if self.caught_up:
                    self._version = version
                if events:
                    self.last = events[-1].id
                    return events
            left = until - loop.time()
            if left <= 0:
                return []
            await asyncio.sleep(min(POLL.total_seconds(), left))
