"""Turns what databases raise into a StorageError that says what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from station.domain.errors import StorageError

_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space; nothing was written and nothing is lost",
    sqlite3.SQLITE_READONLY: "it may not be written: give the station's account write permission on the file, "
    "its folder and its -wal and -shm files, and check that the disk is not mounted read-only",
    sqlite3.SQLITE_PERM: "it may not be opened: give the station's account permission on the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: check that the file and its folder exist and that the station's "
    "account may write there",
    sqlite3.SQLITE_IOERR: "the disk answers with errors: check the disk and its free space, then restart the station",
    sqlite3.SQLITE_BUSY: "another process has kept it locked for too long: close programs that hold it open, "
    "then try again",
    sqlite3.SQLITE_CORRUPT: "it is damaged: stop the station, keep the file for rescue (sqlite3 FILE .recover), "
    "and put the last backup in its place",
}
_ADVICE[sqlite3.SQLITE_NOTADB] = _ADVICE[sqlite3.SQLITE_CORRUPT]
_ADVICE[sqlite3.SQLITE_LOCKED] = _ADVICE[sqlite3.SQLITE_BUSY]

_SQLSTATES = {
    "53100": sqlite3.SQLITE_FULL,
    "42501": sqlite3.SQLITE_PERM,
    "25006": sqlite3.SQLITE_READONLY,
    "55P03": sqlite3.SQLITE_BUSY,
}
"""PostgreSQL's codes for the same troubles."""
_GOING = {"57P01", "57P02", "57P03"}
"""PostgreSQL's codes of a server that is stopping, has crashed, or is not up yet."""
_NO_CONNECTION = "08"
"""How PostgreSQL's codes of a broken connection begin."""


CONNECTING = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What SQLAlchemy lets through as it is while it connects: nobody listens, or the server is starting or stopping."""


@contextmanager
def translated(where: str, *also: type[Exception]) -> Iterator[None]:
    """Let no database's own exception out.

    Args:
        where: The database, as people know it: its file, or its URL without the password.
        also: Further exceptions that come from the database here, such as OSError while connecting.

    Raises:
        StorageError: In place of whatever the database raised.
    """
    try:
        yield
    except Exception as error:
        if not isinstance(error, (SQLAlchemyError, sqlite3.Error, *also)):
            raise
        raise StorageError(sentence(where, error), cause=str(error)) from error


def sentence(where: str, error: BaseException) -> str:
    """Say what is wrong with the database and what to do about it."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = primary_code(error)
    if code in _ADVICE:
        return f"the results database {where} cannot be used: {_ADVICE[code]} ({cause})"
    if is_away(error):
        return (
            f"the results database {where} cannot be reached: check that it is up and that database.url is right "
            f"({cause})"
        )
    return f"the results database {where} refused a statement: {cause}"


def primary_code(error: BaseException | None) -> int | None:
    """SQLite's primary result code of an error, or the one PostgreSQL's code stands for; None where it has none."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else _SQLSTATES.get(str(getattr(cause, "sqlstate", "")))


def is_busy(error: BaseException | None) -> bool:
    """Whether somebody else merely holds the lock."""
    return primary_code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_away(error: BaseException) -> bool:
    """Whether the server does not listen, or has cut the connection off; what was not committed is not written."""
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", ""))
        return error.connection_invalidated or state in _GOING or state.startswith(_NO_CONNECTION)
    return isinstance(error, CONNECTING)
