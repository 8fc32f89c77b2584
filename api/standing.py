"""How batches stand: runs asked through the engine, or the database where the engine is away; asked once for many."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.services import Engine, FollowsEvents, KnowsStandings, Services
from station.config.model import StationConfig
from station.control.layout import Layout
from station.control.status import BatchStatus, batch_statuses
from station.domain.errors import EngineError
from station.domain.events import EventType
from station.domain.outcome import RunState
from station.storage.database import Database
from station.storage.events import Event

KEPT = timedelta(milliseconds=250)
"""How long an answer is good for when nothing happens on the batch: not everything a run does is an event."""
_ENDING = timedelta(milliseconds=25)
"""The same for a run that is over and still has its slot: that the slot becomes free is no event."""
_NO_CHANGE = frozenset({EventType.LOG, EventType.MEASUREMENT, EventType.STEP_PROGRESS, EventType.DELIVERY})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED = (400, 500)
"""Answers that say that nothing was done."""


async def standing_of(services: Services, *batches: str) -> list[BatchStatus]:
    """Find out how batches stand; all of them where none is named.

    A BatchNotFoundError passes through where there is no such batch, a StorageError where the database is away.
    """
    return await services.standings.of(batches)


@dataclass(frozen=True)
class _Answer:
    """How a batch stood.

    Attributes:
        asked_at: When it was asked, by the event loop's clock.
        changes: How many changes were known then.
    """

    status: BatchStatus
    asked_at: float
    changes: int


class Standings:
    """The last answer of each batch, for as long as nothing has happened there.

    Every event of a batch that was committed before a question, and every command that came over the API, makes its
    answer void; what is no event is seen after `KEPT`. However many ask at once, a run is asked once.

    Args:
        config: The station's configuration.
        layout: Where it keeps its files.
        database: The open results database.
        engine: The way to the Temporal server.
        hub: Tells of the events.
    """

    def __init__(
        self, config: StationConfig, layout: Layout, database: Database, engine: Engine, hub: FollowsEvents
    ) -> None:
        self._config = config
        self._layout = layout
        self._database = database
        self._engine = engine
        self._hub = hub
        self._answers: dict[str, _Answer] = {}
        self._changes: dict[str, int] = {}
        self._forgotten = 0
        self._one_at_a_time = asyncio.Lock()
        hub.listen(self._on_event, frozenset(EventType) - _NO_CHANGE)

    async def of(self, batches: Collection[str] = ()) -> list[BatchStatus]:
        """Find out how batches stand; all of them where none is named.

        A BatchNotFoundError passes through where there is no such batch, a StorageError where the database is away.
        """
        names = [self._config.batch(name).id for name in batches] or [batch.id for batch in self._config.batches]
        asked_at = asyncio.get_running_loop().time()
        await self._hub.look()
        if not all(map(self._is_good, names)):
            async with self._one_at_a_time:
                # What somebody else asked after this call is good enough, even of a run that changes all the time.
                missing = [name for name in names if not (self._is_good(name) or self._was_asked(name, asked_at))]
                if missing:
                    await self._ask(missing)
        return [self._answers[name].status.model_copy() for name in names]

    def forget(self) -> None:
        """Ask anew the next time: somebody has commanded something."""
        self._forgotten += 1

    def _on_event(self, event: Event) -> None:
        if event.batch is None:
            self.forget()
        else:
            self._changes[event.batch] = self._changes.get(event.batch, 0) + 1

    def _known(self, batch: str) -> int:
        return self._changes.get(batch, 0) + self._forgotten

    def _is_good(self, batch: str) -> bool:
        answer = self._answers.get(batch)
        if answer is None or answer.changes != self._known(batch):
            return False
        run = answer.status.run
        kept = _ENDING if run is not None and run.state is RunState.COMPLETED else KEPT
        return asyncio.get_running_loop().time() - answer.asked_at < kept.total_seconds()

    def _was_asked(self, batch: str, since: float) -> bool:
        answer = self._answers.get(batch)
        return answer is not None and answer.asked_at >= since

    async def _ask(self, batches: list[str]) -> None:
        asked_at, known = asyncio.get_running_loop().time(), {name: self._known(name) for name in batches}
        try:
            client = await self._engine.client()
        except EngineError:
            client = None
        found = await batch_statuses(client, self._config, self._layout, self._database, batches)
        for status in found:
            self._keep(status, asked_at, known[status.batch])

    def _keep(self, status: BatchStatus, asked_at: float, changes: int) -> None:
        self._answers[status.batch] = _Answer(status, asked_at, changes)


class AskAnew:
    """Has what is known of batches forgotten before the answer to anything that may have changed it.

    Args:
        app: What is behind it.
        standings: What is known of batches.
    """

    def __init__(self, app: ASGIApp, standings: KnowsStandings) -> None:
        self._app = app
        self._standings = standings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http" or scope["method"] in _READING:
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and not _REFUSED[0] <= message["status"] < _REFUSED[1]:
                self._standings.forget()
            await send(message)

        await self._app(scope, receive, sending)
