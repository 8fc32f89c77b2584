"""What every route can reach: made once, when the API starts."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated, Protocol

from fastapi import Depends
from fastapi.requests import HTTPConnection
from temporalio.client import Client
from temporalio.runtime import Runtime

from api.access.identity import Identity
from api.errors import GoingDownError
from station.config.model import StationConfig
from station.control.layout import Layout
from station.control.presence import takes_runs
from station.control.settings import Settings
from station.control.status import BatchStatus, reach
from station.storage.database import Database
from station.storage.events import Event
from station.storage.runs import Runs


class Engine:
    """The way to the Temporal server, which may come later than the API and go away at any time.

    Args:
        config: The station's configuration.
        runtime: The SDK's runtime of the process, where it is measured.
    """

    def __init__(self, config: StationConfig, runtime: Runtime | None = None) -> None:
        self._config = config
        self._runtime = runtime
        self._client: Client | None = None
        self._one_at_a_time = asyncio.Lock()

    async def client(self) -> Client:
        """Give the connection, which once made mends itself; an EngineError passes through where there is none yet."""
        async with self._one_at_a_time:
            if self._client is None:
                self._client = await reach(self._config, "api", self._runtime)
            return self._client


class FollowsEvents(Protocol):
    """Follows the station's events, for sockets and for whatever in this process must know of them."""

    epoch: str

    def running(self) -> AbstractAsyncContextManager[None]:
        """Follow while the block runs."""

    def listen(self, listener: Callable[[Event], None], types: Collection[str] = ()) -> None:
        """Have something called at every event of these types; none: of all."""

    async def look(self) -> None:
        """Wait until everything that was committed before this call has been told."""


class KnowsStandings(Protocol):
    """Knows how batches stand."""

    async def of(self, batches: Collection[str] = ()) -> list[BatchStatus]:
        """Find out how batches stand; all of them where none is named."""

    def forget(self) -> None:
        """Ask anew the next time: somebody has commanded something."""


@dataclass
class Services:
    """What every route can reach.

    Attributes:
        config: The station's configuration.
        layout: Where it keeps its files.
        database: The open results database.
        engine: The way to the Temporal server.
        identity: Knows who calls.
        hub: Follows the station's events.
        standings: Knows how batches stand.
        settings: station.yaml, as people change it.
        started_at: When the API started.
        verifying: Held while a package is verified: one at a time, because that may take all the memory it is allowed.
    """

    config: StationConfig
    layout: Layout
    database: Database
    engine: Engine
    identity: Identity
    hub: FollowsEvents
    standings: KnowsStandings
    settings: Settings
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    version: str = field(default_factory=lambda: version("neurohub-station"))
    verifying: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def runs(self) -> Runs:
        """The runs in the results database."""
        return Runs(self.database)

    def check_taking_commands(self) -> None:
        """Refuse a command while the station goes up or down.

        Raises:
            GoingDownError: If it does.
        """
        if not takes_runs(self.config, self.layout):
            msg = "The station is going down, or not up yet; it takes no commands now. Ask again in a moment."
            raise GoingDownError(msg)


def services_of(connection: HTTPConnection) -> Services:
    """Give what the application was made with."""
    services: Services = connection.app.state.services
    return services


Station = Annotated[Services, Depends(services_of)]


async def _client(services: Station) -> Client:
    return await services.engine.client()


async def _commanding(services: Station) -> Client:
    services.check_taking_commands()
    return await services.engine.client()


EngineClient = Annotated[Client, Depends(_client)]
"""For what looks at the engine."""
Commanding = Annotated[Client, Depends(_commanding)]
"""For what commands it."""
