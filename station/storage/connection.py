"""SQLite connections of a station: they open a file that is there, and never make one."""

import sqlite3
from functools import partial

import aiosqlite


def connect(uri: str) -> sqlite3.Connection:
    """Open the SQLite file of a `file:` URI; transactions are begun by whoever uses it."""
    return sqlite3.connect(
        f"{uri}?mode=rw",
        uri=True,
        isolation_level=None,  # sqlite3 must not begin transactions by itself
        check_same_thread=False,  # made in one thread and used in another, never in two at once
    )


async def connect_reader(uri: str) -> aiosqlite.Connection:
    """Open the file for a reader, which waits for it in a thread of its own."""
    connection = aiosqlite.Connection(partial(connect, uri), iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does: a forgotten close() must not hang the exit
    return await connection
