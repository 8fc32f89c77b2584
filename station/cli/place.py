"""The station a command is about: its configuration, its files, its database, its engine."""

import asyncio
import getpass
import os
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from temporalio.client import Client

from station.config.load import load_config
from station.config.model import StationConfig
from station.control.layout import Layout
from station.control.presence import presence
from station.control.status import reach
from station.domain.errors import EngineError
from station.storage.database import Database

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Place:
    """The station of a configuration file, in the current folder."""

    config_file: Path
    config: StationConfig
    layout: Layout

    @classmethod
    def of(cls, config_file: Path, environ: Mapping[str, str] = os.environ) -> "Place":
        """Read the configuration; a ConfigError passes through."""
        config = load_config(config_file, environ)
        return cls(config_file, config, Layout.of(config, Path.cwd()))

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The results database, open; a StorageError passes through."""
        async with Database(self.config.database_url(self.layout.base)) as database:
            yield database

    async def client(self) -> Client:
        """A connection to the engine.

        Raises:
            EngineError: If it does not answer; says so plainly where the station is down.
        """
        try:
            return await reach(self.config, f"cli/{user()}")
        except EngineError as error:
            if self.config.temporal.address or presence(self.layout).up:
                raise
            msg = f"The station is down (nothing runs in {self.layout.data}); start it with `station up`."
            raise EngineError(msg, data=str(self.layout.data)) from error


def user() -> str:
    """Who sits at the keyboard."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def wait_for(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine to its end."""
    return asyncio.run(work)
