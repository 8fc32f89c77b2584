"""The results database: one writer connection, a few readers, and transactions that are never left half open."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, event, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from station.domain.errors import StorageError
from station.storage import faults, schema, urls
from station.storage.columns import dump_json
from station.storage.connection import connect, connect_reader
from station.storage.tables import EVENTS
from station.storage.writers import (
    BUSY_TIMEOUT,
    FileWriter,
    ServerWriter,
    Writer,
    patiently,
    set_pragmas,
    uninterrupted,
)

QUEUE_TIMEOUT = timedelta(seconds=30)
"""How long a write waits behind the other writes of its own process."""
CONNECT_TIMEOUT = timedelta(seconds=10)
"""How long a PostgreSQL server may take to let us in."""
COMMAND_TIMEOUT = timedelta(seconds=60)
"""How long it may take for one statement; without a bound, one that has gone silently is waited for for minutes."""

_T = TypeVar("_T")
_READERS = 4
_WRITING = (
    f"busy_timeout = {int(BUSY_TIMEOUT.total_seconds() * 1000)}",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "journal_size_limit = 67108864",
)
_QUERYING = (_WRITING[0], "query_only = ON")
_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_WRITER_LOCK = 0x5354_4154  # PostgreSQL: one writer at a time, so that events become visible in the order of their ids


class Database:
    """The results database, shared by all processes of a station.

    Args:
        url: `sqlite:///PATH` or `postgresql://...`; the schema must be there (see `migrate`).
        patience: How long reads and writes wait for a PostgreSQL server that has gone away.

    Raises:
        StorageError: If the URL names no database the station can use.
    """

    def __init__(self, url: str, *, patience: timedelta = timedelta()) -> None:
        self._url = urls.parse(url)
        self._patience = patience
        self._file = urls.sqlite_file(self._url)
        self._uri = self._file.absolute().as_uri() if self._file else ""
        self.name = str(self._file or urls.shown(self._url))
        self._turn = asyncio.Lock()
        self._closing = AsyncExitStack()
        self._writer: Writer | None = None
        self._readers: AsyncEngine | None = None
        self._watcher: AsyncConnection | None = None

    async def open(self) -> None:
        """Connect; StorageError for a database that is missing, damaged, or of another version."""
        try:
            with faults.translated(self.name, *faults.CONNECTING):
                if self._file is not None:
                    schema.check_file(self._file)
                await self._connect()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close every connection; safe to call twice."""
        async with self._turn:
            closing, self._closing = self._closing, AsyncExitStack()
            self._writer = self._readers = self._watcher = None
            await uninterrupted(closing.aclose())

    async def __aenter__(self) -> Self:
        """Open it."""
        await self.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close it."""
        await self.close()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one moment of the database and cannot write; StorageError where that fails."""
        with faults.translated(self.name):
            session = AsyncSession(self._opened(self._readers))
            try:
                with faults.translated(self.name, *faults.CONNECTING):
                    await patiently(session.connection, self._patience)
                yield session
            finally:
                await uninterrupted(session.close())

    async def write(self, work: Callable[[Connection], _T]) -> _T:
        """Run a transaction that holds the database's write lock: all of it is committed, or nothing is.

        The work is not on the event loop: it speaks to the database and to nothing else. Once begun it comes to its
        end, even if the caller is cancelled.

        Args:
            work: What is read and written; whatever it raises rolls it back.

        Returns:
            What the work returned, once it is on the disk.

        Raises:
            StorageError: If the lock is not to be had in time, or the database cannot be used.
        """  # noqa: DOC502 - raised by `translated`
        await self._my_turn()
        try:
            with faults.translated(self.name, *faults.CONNECTING):
                return await self._opened(self._writer).run(work)
        finally:
            self._turn.release()

    async def data_version(self) -> int:
        """A number that changes whenever somebody has committed."""
        if self._file is None:
            async with self.read() as session:
                return int(await session.scalar(select(func.coalesce(func.max(EVENTS.c.id), 0))) or 0)
        with faults.translated(self.name):
            watcher = self._opened(self._watcher)
            return int((await watcher.exec_driver_sql("PRAGMA data_version")).scalar_one())

    async def _connect(self) -> None:
        # An error must not show what was to be written: it may be a password's hash.
        options: dict[str, Any] = {"json_serializer": dump_json, "hide_parameters": True}
        if self._file is None:
            settings = {"lock_timeout": f"{BUSY_TIMEOUT.total_seconds():g}s", "timezone": "UTC"}
            patience = {"timeout": CONNECT_TIMEOUT.total_seconds(), "command_timeout": COMMAND_TIMEOUT.total_seconds()}
            options |= {"connect_args": {"server_settings": settings, **patience}, "pool_pre_ping": True}
            self._writer = ServerWriter(
                self._url, f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})", self._patience, options
            )
            self._readers = self._reading(_ONE_MOMENT, options)
        else:
            self._writer = FileWriter(self._url, partial(connect, self._uri), _WRITING, options)
            options |= {"async_creator": partial(connect_reader, self._uri)}
            self._readers = self._reading("BEGIN", options)
            # Without a transaction: in one, it would see the same moment for ever.
            self._watcher = await self._reading("", options, connections=1).connect()
            self._closing.push_async_callback(self._watcher.close)
        self._closing.push_async_callback(self._writer.close)
        async with self._readers.connect() as connection:
            await connection.run_sync(schema.check_version, self.name)

    def _reading(self, begin: str, options: dict[str, Any], connections: int = _READERS) -> AsyncEngine:
        engine = create_async_engine(
            self._url,
            pool_size=connections,
            max_overflow=0,
            pool_reset_on_return=None,  # sessions always end their transaction themselves
            **options,
        )
        self._closing.push_async_callback(engine.dispose)
        if begin:
            event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        if self._file is not None:
            event.listen(engine.sync_engine, "connect", lambda dbapi, _: set_pragmas(dbapi, _QUERYING))
        return engine

    async def _my_turn(self) -> None:
        try:
            async with asyncio.timeout((QUEUE_TIMEOUT + self._patience).total_seconds()):
                await self._turn.acquire()
        except TimeoutError as error:
            msg = f"the results database {self.name} is overloaded: a write has waited {QUEUE_TIMEOUT.seconds} s"
            raise StorageError(msg) from error

    def _opened(self, thing: _T | None) -> _T:
        if thing is None:
            msg = f"the results database {self.name} is not open"
            raise StorageError(msg)
        return thing
