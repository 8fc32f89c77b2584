"""Where transactions that write are run: whole, one at a time, and never left half open."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from station.storage import faults

BUSY_TIMEOUT = timedelta(seconds=5)
"""How long to wait for another process's write before giving up."""
AWAY_PAUSE = timedelta(milliseconds=250)
"""Between two tries to reach a server that is away."""

T = TypeVar("T")


class Writer(Protocol):
    """Runs a transaction from BEGIN to COMMIT; whatever it raises rolls it back."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run the work within one transaction that holds the database's write lock."""

    async def close(self) -> None:
        """Close the connection."""


class FileWriter:
    """Writes an SQLite file, in a thread of its own.

    A transaction is handed to the thread as a whole: one hop there, one hop back when it is on the disk, however many
    statements it has. Meanwhile nobody else in the process waits.

    Args:
        url: The file.
        connect: Opens it.
        pragmas: How the connection is set up.
        options: Of the engine.
    """

    def __init__(
        self, url: URL, connect: Callable[[], sqlite3.Connection], pragmas: tuple[str, ...], options: dict[str, Any]
    ) -> None:
        self._engine = create_engine(
            url.set(drivername="sqlite"),
            creator=connect,
            pool_size=1,
            max_overflow=0,
            pool_reset_on_return=None,  # a transaction is always ended here
            **options,
        )
        event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        event.listen(self._engine, "connect", lambda dbapi, _: set_pragmas(dbapi, pragmas))
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="results")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run the work in the thread, and wait for it there."""
        running = asyncio.get_running_loop().run_in_executor(self._thread, _transact, self._engine, work)
        return await uninterrupted(running)

    async def close(self) -> None:
        """Close the connection and end the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown(wait=False)


class ServerWriter:
    """Writes to a PostgreSQL server, which is waited for on the event loop.

    Args:
        url: The server's database.
        lock: The statement that takes the write lock.
        patience: How long a server that is away is waited for.
        options: Of the engine.
    """

    def __init__(self, url: URL, lock: str, patience: timedelta, options: dict[str, Any]) -> None:
        self._engine = create_async_engine(url, pool_size=1, max_overflow=0, pool_reset_on_return=None, **options)
        self._patience = patience
        event.listen(self._engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(lock))

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run the work on the server's connection; again from its beginning where the server went away meanwhile."""
        committing = asyncio.Event()
        return await uninterrupted(patiently(lambda: self._run(work, committing), self._patience, unless=committing))

    async def close(self) -> None:
        """Close the connection."""
        await self._engine.dispose()

    async def _run(self, work: Callable[[Connection], T], committing: asyncio.Event) -> T:
        async with self._engine.connect() as connection:
            await connection.begin()
            result = await connection.run_sync(work)
            committing.set()  # from here on nobody knows whether it is done, until the server says so
            await connection.commit()
            return result


async def patiently(work: Callable[[], Awaitable[T]], patience: timedelta, *, unless: asyncio.Event | None = None) -> T:
    """Do something that needs the server, again and again while the server is away.

    Args:
        work: What is done; nothing of it lasts where it raises.
        patience: How long it is tried.
        unless: Set where it must not be tried again.
    """
    deadline = time.monotonic() + patience.total_seconds()
    while True:
        try:
            return await work()
        except Exception as error:
            if (unless is not None and unless.is_set()) or not faults.is_away(error) or time.monotonic() >= deadline:
                raise
        await asyncio.sleep(AWAY_PAUSE.total_seconds())


async def uninterrupted(work: Awaitable[T]) -> T:
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


def set_pragmas(connection: DBAPIConnection, pragmas: tuple[str, ...]) -> None:
    """Set an SQLite connection up."""
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _transact(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        _begin(connection)
        result = work(connection)
        connection.commit()
        return result


def _begin(connection: Connection) -> None:
    """Take the write lock; SQLite reports some locks as busy at once, without the timeout it was given.

    Raises:
        DBAPIError: If another process keeps the lock, or the database cannot be used.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT.total_seconds()
    while True:
        try:
            connection.begin()
        except DBAPIError as error:
            if not faults.is_busy(error) or time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return
