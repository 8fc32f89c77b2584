"""Follows the station's events and has every client told; the only thing in the API that reads them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta

from api.live.client import Client
from api.live.messages import Compat, Snapshots
from api.live.recent import REACH, Recent
from api.live.shapes import Telling
from station.control.watching import EventFeed
from station.domain.errors import StorageError
from station.storage.database import Database
from station.storage.events import Event, Events

logger = logging.getLogger(__name__)

POLL = timedelta(milliseconds=20)
"""How often it is asked whether somebody has committed."""
MOST_SOCKETS = 500
STALLED_AFTER = timedelta(seconds=10)
"""A client that takes nothing for so long is cut off."""
_AGAIN = timedelta(milliseconds=500)
"""After a look at the database that failed."""
_CURRENT = timedelta(seconds=2)
"""So long after the last look the station still counts as seen."""
_PAGE = 500
_NOT_FOLLOWED = "the events are not followed: the API is going down, or not up yet"

Listener = Callable[[Event], None]


class Hub:
    """Everybody who follows the station's events, in this process and over the network.

    Args:
        database: The open results database.

    Attributes:
        epoch: Which database the ids belong to.
    """

    def __init__(self, database: Database) -> None:
        self.epoch = ""
        self._events = Events(database)
        self._database = database
        self._recent = Recent(0)
        self._clients: dict[Client, Callable[[], None]] = {}
        self._listeners: list[tuple[frozenset[str], Listener]] = []
        self._looking: list[asyncio.Future[None]] = []
        self._asked = asyncio.Event()
        self._seen_at = 0.0
        self._following = False
        self._reaching = asyncio.Lock()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow while the block runs; a StorageError passes through where the database is away at its beginning."""
        self.epoch, last = await self._events.epoch(), await self._events.last_id()
        self._recent = Recent(last)
        tasks = [asyncio.create_task(self._follow(last)), asyncio.create_task(self._cut_off_the_stalled())]
        self._following = True
        try:
            yield
        finally:
            self._following = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            _settle(self._looking, StorageError(_NOT_FOLLOWED))

    @property
    def position(self) -> int:
        """The id of the latest event that was told."""
        return self._recent.end

    @property
    def clients(self) -> int:
        """How many clients there are."""
        return len(self._clients)

    def listen(self, listener: Listener, types: Collection[str] = ()) -> None:
        """Have something in this process called at every event, in order; what it raises is logged.

        Args:
            listener: What to call. It does not wait for anything.
            types: Only at events of these types; empty: at all.
        """
        self._listeners.append((frozenset(types), listener))

    async def look(self) -> None:
        """Wait until everything that was committed before this call has been told.

        However many ask at once, it is one look.

        Raises:
            StorageError: If the database cannot be read, or nobody follows.
        """
        if not self._following:
            raise StorageError(_NOT_FOLLOWED)
        done = asyncio.get_running_loop().create_future()
        self._looking.append(done)
        self._asked.set()
        await done

    @contextmanager
    def joined(self, client: Client, cut_off: Callable[[], None]) -> Iterator[None]:
        """Tell a client of events while the block runs.

        Args:
            client: The client.
            cut_off: Ends its connection, whether it takes anything or not.
        """
        self._clients[client] = cut_off
        try:
            yield
        finally:
            del self._clients[client]

    def client(self, compat: Compat, send: Callable[[bytes], Awaitable[None]]) -> Client:
        """Make a client; it is told of nothing before it has joined."""
        return Client(self._recent, epoch=self.epoch, compat=compat, send=send, is_current=self.is_current)

    def is_current(self) -> bool:
        """Whether the events are seen as they come."""
        return asyncio.get_running_loop().time() - self._seen_at < _CURRENT.total_seconds()

    async def resume(self, last_id: int, last_time: datetime | None, epoch: str | None) -> Snapshots | None:
        """Make ready to send everything after an id; from its end until the caller waits again, all of it is there.

        Args:
            last_id: The last id somebody has seen.
            last_time: The time of that event; None: taken on trust.
            epoch: The epoch it was seen in; None: taken on trust.

        Returns:
            Why not, if it cannot be; a StorageError passes through.
        """
        if epoch is not None and epoch != self.epoch:
            return Snapshots.OTHER_HISTORY
        if last_id > self.position:
            await self.look()
        if last_id > self.position:
            return Snapshots.OTHER_HISTORY
        if last_time is not None and last_id and not await self._is_event(last_id, last_time):
            return Snapshots.OTHER_HISTORY
        if self.position - last_id > REACH:
            return Snapshots.TOO_FAR
        await self._reach(last_id)
        return None if self._recent.start <= last_id else Snapshots.TOO_FAR

    async def _is_event(self, id: int, time: datetime) -> bool:
        found = await self._events.after(id - 1, 1)
        return bool(found) and found[0].id == id and found[0].time == time.astimezone(found[0].time.tzinfo)

    async def _reach(self, id: int) -> None:
        """Read what is older than the latest events, once for everybody who needs it."""
        async with self._reaching:
            start = self._recent.start
            if id >= start or self._recent.full:
                return
            last, older = id, list[Telling]()
            while last < start:
                page = await self._events.after(last, min(_PAGE, start - last))
                if not page:
                    break
                older += [Telling(event) for event in page]
                last = page[-1].id
                await asyncio.sleep(0)
            if self._recent.start == start:
                self._recent.put_before(id, older)

    async def _follow(self, last: int) -> None:
        feed = EventFeed(self._database, last)
        failing = False
        while True:
            self._asked.clear()
            looking, self._looking = self._looking, []
            pause = POLL
            try:
                await self._take_in(feed)
            except StorageError as error:
                if not failing:
                    logger.error("the events cannot be read, clients are told nothing: %s", error.message)
                failing, pause = True, _AGAIN
                _settle(looking, error)
            except Exception:
                logger.exception("events could not be told")
                pause = _AGAIN
                _settle(looking, StorageError("the station's own software failed at reading events; its log says how"))
            else:
                failing, self._seen_at = False, asyncio.get_running_loop().time()
                _settle(looking, None)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause.total_seconds()):
                    await self._asked.wait()

    async def _take_in(self, feed: EventFeed) -> None:
        """Take in what was committed before now."""
        while events := await feed.next(timedelta()):
            self._recent.add([Telling(event) for event in events])
            self._notify(events)
            if feed.caught_up:
                break

    def _notify(self, events: Sequence[Event]) -> None:
        batches = {event.batch for event in events}
        for client in self._clients:
            client.wake(batches)
        for types, listener in self._listeners:
            for event in events:
                if types and event.type not in types:
                    continue
                try:
                    listener(event)
                except Exception:
                    logger.exception("a listener failed at event %s", event.id)

    async def _cut_off_the_stalled(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(1)
            before = loop.time() - STALLED_AFTER.total_seconds()
            for client, cut_off in list(self._clients.items()):
                if client.busy_since is not None and client.busy_since < before:
                    logger.warning("a client of the socket took nothing for %g s; cut off", STALLED_AFTER.seconds)
                    cut_off()


def _settle(looking: Sequence["asyncio.Future[None]"], error: StorageError | None) -> None:
    for done in looking:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
