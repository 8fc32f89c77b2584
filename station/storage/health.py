"""Looking after the results database: is it whole, is there room, and a copy of it while it is in use."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from station.domain.errors import StorageError
from station.storage import faults, schema, urls
from station.storage.durable import sync_folder

_FINDINGS = 20


async def integrity(url: str) -> list[str]:
    """What is wrong with the database's file, in sentences; an empty list means that it is whole.

    Reads the whole file. PostgreSQL looks after itself: nothing is found there.
    """
    file = urls.sqlite_file(urls.parse(url))
    return [] if file is None else await asyncio.to_thread(_integrity, file)


async def backup(url: str, target: Path) -> None:
    """Copy the database to a new file as it is at one moment, while others go on using it.

    The copy appears at its place complete or not at all; a copy that was there before is replaced.

    Raises:
        StorageError: If the database is not a file, or copying fails.
    """
    parsed = urls.parse(url)
    file = urls.sqlite_file(parsed)
    if file is None:
        msg = f"{urls.shown(parsed)} is backed up with pg_dump, not by the station"
        raise StorageError(msg)
    with faults.translated(str(file), OSError):
        await asyncio.to_thread(_backup, file, target)


def copy_file(source: Path, target: Path) -> None:
    """Copy an SQLite file of somebody else, as it is at one moment, while its owner goes on using it.

    Raises:
        StorageError: If it is no such file, or copying fails.
    """  # noqa: DOC502 - raised by `translated`
    with faults.translated(str(source), OSError):
        _copy(source, target)


def disk_free(url: str) -> int | None:
    """Bytes free where the database's file grows; None where that is not this machine's matter."""
    file = urls.sqlite_file(urls.parse(url))
    if file is None:
        return None
    folder = next(folder for folder in file.absolute().parents if folder.exists())
    return shutil.disk_usage(folder).free


def _integrity(path: Path) -> list[str]:
    try:
        with faults.translated(str(path), OSError):
            schema.check_file(path)
            with closing(_open(path)) as connection:
                rows = connection.execute(f"PRAGMA integrity_check({_FINDINGS})").fetchall()
                orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(_FINDINGS)
    except StorageError as error:
        return [error.message]
    findings = [str(text) for (text,) in rows if text != "ok"]
    return findings + [f"row {rowid} of {table} belongs to no row of {parent}" for table, rowid, parent, _ in orphans]


def _backup(path: Path, target: Path) -> None:
    schema.check_file(path)
    _copy(path, target)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with closing(_open(path)) as source, closing(sqlite3.connect(part)) as copy:
            copy.execute("PRAGMA synchronous = FULL")
            source.backup(copy)  # in one step: in several, every write of another process would make it begin again
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a journal beside it
        part.replace(target)
        sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=30)
