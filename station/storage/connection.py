"""SQLite connections; the writer's sends only what can wait through aiosqlite's thread."""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import aiosqlite

_T = TypeVar("_T")
_WAITING = {"commit", "rollback"}
_FEW = 50


class WriterConnection(aiosqlite.Connection):
    """Runs a statement at once, on the event loop, while it holds the write lock.

    Such a statement waits for nobody and takes some ten microseconds; handing it to the thread and back takes ten
    times as long, and there are four such hops to a statement. What waits for a lock or for the disk (BEGIN, COMMIT,
    statements over many rows) still goes through the thread. Were aiosqlite to change underneath, everything would
    go through the thread again: slower, and no less right.
    """

    async def _execute(self, fn: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:  # noqa: ANN401
        name = getattr(fn, "__name__", "")
        connection = self._connection
        quick = name not in _WAITING and not (name == "executemany" and len(args[1]) > _FEW)
        if connection is not None and (name == "cursor" or (quick and connection.in_transaction)):
            return fn(*args, **kwargs)
        result: _T = await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        return result


async def connect(uri: str, kind: type[aiosqlite.Connection] = aiosqlite.Connection) -> aiosqlite.Connection:
    """Open the SQLite file of a `file:` URI; never make one."""
    connector = partial(
        sqlite3.connect,
        f"{uri}?mode=rw",
        uri=True,
        isolation_level=None,  # sqlite3 must not begin transactions by itself
        check_same_thread=False,  # the thread and the event loop take turns, they never use it at once
    )
    connection = kind(connector, iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does: a forgotten close() must not hang the exit
    return await connection
