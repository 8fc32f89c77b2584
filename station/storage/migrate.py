"""Brings a database to the schema of this program, whoever else tries to at the same time."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from station.storage import faults, schema, urls
from station.storage.durable import sync_folder

_WAIT = 60.0
"""Seconds to wait for another process's migration; also SQLite's busy timeout meanwhile."""
_LOCK = 0x4D49_4752


async def migrate(url: str) -> None:
    """Make the database, or bring it to this program's schema; changes nothing when it is there already.

    StorageError where the database is damaged, newer than this program, or cannot be used.
    """
    parsed = urls.parse(url)
    file = urls.sqlite_file(parsed)
    with faults.translated(str(file or urls.shown(parsed)), OSError):
        if file is not None:
            await asyncio.to_thread(_migrate_file, file)
            return
        engine = create_async_engine(parsed, poolclass=NullPool)
        try:
            async with engine.begin() as connection:
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
                await connection.run_sync(_upgrade, urls.shown(parsed))
        finally:
            await engine.dispose()


def _migrate_file(path: Path) -> None:
    if path.exists() and _is_current(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path):
        if path.exists():
            schema.check_file(path)
            _upgrade_file(path, str(path))
        else:
            schema.check_absence(path)
            _make(path)


def _is_current(path: Path) -> bool:
    schema.check_file(path)
    engine = create_engine(_url(path), poolclass=NullPool, connect_args={"timeout": _WAIT})
    try:
        with engine.connect() as connection:
            return schema.version(connection, str(path)) == schema.HEAD
    finally:
        engine.dispose()


def _make(path: Path) -> None:
    """Make the database beside its place and move it there complete.

    A file at its place is thus never half made, and an empty one is known to be damaged.
    """
    new = path.with_name(path.name + ".new")
    for leftover in (new, *(new.with_name(new.name + suffix) for suffix in ("-wal", "-shm", "-journal"))):
        leftover.unlink(missing_ok=True)
    _upgrade_file(new, str(path))
    new.replace(path)
    sync_folder(path.parent)


def _upgrade_file(path: Path, name: str) -> None:
    settings = {"timeout": _WAIT, "isolation_level": None}
    engine = create_engine(_url(path), poolclass=NullPool, connect_args=settings)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with closing(engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
        with engine.begin() as connection:
            _upgrade(connection, name)
    finally:
        engine.dispose()  # the last connection to close moves the journal into the file


def _upgrade(connection: Connection, name: str) -> None:
    if schema.version(connection, name) == schema.HEAD:
        return
    from alembic import command  # here, because most starts need no Alembic, and it is not small
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes out; the lock dies with its holder, on every system SQLite runs on."""
    lock = sqlite3.connect(path.with_name(path.name + ".lock"), timeout=_WAIT, isolation_level=None)
    with closing(lock):
        lock.execute("BEGIN EXCLUSIVE")
        yield


def _url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))
