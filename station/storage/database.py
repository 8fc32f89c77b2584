"""The results database: one writer connection, a few readers, and transactions that are never left half open."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Self, TypeVar

from sqlalchemy import event, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from station.domain.errors import StorageError
from station.storage import faults, schema, urls
from station.storage.columns import dump_json
from station.storage.connection import WriterConnection, connect
from station.storage.tables import EVENTS

BUSY_TIMEOUT = timedelta(seconds=5)
"""How long to wait for another process's write before giving up."""
QUEUE_TIMEOUT = timedelta(seconds=30)
"""How long a write waits behind the other writes of its own process."""

_T = TypeVar("_T")
_READERS = 4
_WRITING = (
    f"busy_timeout = {int(BUSY_TIMEOUT.total_seconds() * 1000)}",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "journal_size_limit = 67108864",
)
_READING = (_WRITING[0], "query_only = ON")
_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_WRITER_LOCK = 0x5354_4154  # PostgreSQL: one writer at a time, so that events become visible in the order of their ids


class Database:
    """The results database, shared by all processes of a station.

    Args:
        url: `sqlite:///PATH` or `postgresql://...`; the schema must be there (see `migrate`).

    Raises:
        StorageError: If the URL names no database the station can use.
    """

    def __init__(self, url: str) -> None:
        self._url = urls.parse(url)
        self._file = urls.sqlite_file(self._url)
        self._uri = self._file.absolute().as_uri() if self._file else ""
        self.name = str(self._file or urls.shown(self._url))
        self._turn = asyncio.Lock()
        self._closing = AsyncExitStack()
        self._writer: AsyncEngine | None = None
        self._readers: AsyncEngine | None = None
        self._watcher: AsyncConnection | None = None

    async def open(self) -> None:
        """Connect; StorageError for a database that is missing, damaged, or of another version."""
        try:
            with faults.translated(self.name, OSError):
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
            await _uninterrupted(closing.aclose())

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
                yield session
            finally:
                await _uninterrupted(session.close())

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session that holds the database's write lock: all of it is committed, or nothing is.

        StorageError where the lock is not to be had in time, or the database cannot be used.
        """
        await self._my_turn()
        try:
            with faults.translated(self.name):
                session = AsyncSession(self._opened(self._writer))
                try:
                    await _uninterrupted(self._begin(session))
                    yield session
                    await _uninterrupted(session.commit())
                finally:  # rolls back what was not committed
                    await _uninterrupted(session.close())
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
        if self._file is None:
            settings = {"lock_timeout": f"{BUSY_TIMEOUT.total_seconds():g}s", "timezone": "UTC"}
            options: dict[str, Any] = {"connect_args": {"server_settings": settings}, "pool_pre_ping": True}
            self._writer = self._engine(options, begin=f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
            self._readers = self._engine(options, begin=_ONE_MOMENT, pool_size=_READERS)
        else:
            writing = {"async_creator": partial(connect, self._uri, WriterConnection)}
            reading = {"async_creator": partial(connect, self._uri)}
            self._writer = self._engine(writing, pragmas=_WRITING, begin="BEGIN IMMEDIATE")
            self._readers = self._engine(reading, pragmas=_READING, begin="BEGIN", pool_size=_READERS)
            # Without a transaction: in one, it would see the same moment for ever.
            self._watcher = await self._engine(reading, pragmas=_READING).connect()
            self._closing.push_async_callback(self._watcher.close)
        async with self._readers.connect() as connection:
            await connection.run_sync(schema.check_version, self.name)

    def _engine(
        self, options: dict[str, Any], *, begin: str = "", pragmas: tuple[str, ...] = (), pool_size: int = 1
    ) -> AsyncEngine:
        engine = create_async_engine(
            self._url,
            json_serializer=dump_json,
            pool_size=pool_size,
            max_overflow=0,
            pool_reset_on_return=None,  # sessions always end their transaction themselves
            **options,
        )
        self._closing.push_async_callback(engine.dispose)
        if begin:
            event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        if pragmas:
            event.listen(engine.sync_engine, "connect", lambda dbapi, _: _set(dbapi, pragmas))
        return engine

    async def _my_turn(self) -> None:
        try:
            async with asyncio.timeout(QUEUE_TIMEOUT.total_seconds()):
                await self._turn.acquire()
        except TimeoutError as error:
            msg = f"the results database {self.name} is overloaded: a write has waited {QUEUE_TIMEOUT.seconds} s"
            raise StorageError(msg) from error

    async def _begin(self, session: AsyncSession) -> None:
        deadline = time.monotonic() + BUSY_TIMEOUT.total_seconds()
        while True:
            try:
                with faults.translated(self.name, OSError):
                    await session.connection()
            except StorageError as error:
                if not faults.is_busy(error.__cause__) or time.monotonic() >= deadline:
                    raise
                await session.rollback()
                await asyncio.sleep(0.01)
            else:
                return

    def _opened(self, thing: _T | None) -> _T:
        if thing is None:
            msg = f"the results database {self.name} is not open"
            raise StorageError(msg)
        return thing


async def _uninterrupted(work: Awaitable[_T]) -> _T:
    """Let work come to its end although the caller is cancelled, and cancel the caller only then.

    A cancelled BEGIN or COMMIT would leave behind a connection of which nobody knows whether it holds the lock.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
        except Exception:  # noqa: BLE001 - it is raised below, by result()
            break
    if cancelled is not None:
        raise cancelled
    return task.result()


def _set(connection: DBAPIConnection, pragmas: tuple[str, ...]) -> None:
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
