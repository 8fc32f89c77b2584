"""Tests of making a database and of bringing it to the schema of today."""

import asyncio
import logging
import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from station.domain.errors import StorageError
from station.domain.events import EventType
from station.storage import access_tables, schema, urls
from station.storage import migrate as migrate_module
from station.storage.database import Database
from station.storage.events import Events, NewEvent
from station.storage.migrate import migrate
from station.storage.tables import Base
from tests.storage.samples import T0, content, put

MIGRATE = "import asyncio, sys; from station.storage.migrate import migrate; asyncio.run(migrate(sys.argv[1]))"


async def processes(url: str, count: int) -> list[asyncio.subprocess.Process]:
    return [await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, url) for _ in range(count)]


async def set_version(url: str, version: str) -> None:
    engine = create_async_engine(urls.parse(url))
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    await engine.dispose()


async def test_migrating_twice_keeps_what_is_there(url: str) -> None:
    await migrate(url)
    async with Database(url) as database:
        await Events(database).append(NewEvent(T0, EventType.LOG))

    await migrate(url)

    async with Database(url) as database:
        assert await Events(database).last_id() == 1


async def test_four_processes_may_migrate_at_once(url: str) -> None:
    started = await processes(url, 4)

    codes = await asyncio.gather(*(process.wait() for process in started))

    assert codes == [0, 0, 0, 0]
    async with Database(url) as database:
        assert await Events(database).last_id() == 0


async def test_a_process_killed_while_it_migrates_leaves_nothing_that_the_next_one_minds(file: Path) -> None:
    url = f"sqlite:///{file}"

    for round in range(6):
        (process,) = await processes(url, 1)
        await asyncio.sleep(0.15 + 0.12 * round)
        if process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    await migrate(url)

    async with Database(url) as database:
        assert await Events(database).last_id() == 0


async def test_the_tables_are_those_of_the_migrations(url: str) -> None:
    await migrate(url)
    assert access_tables.USERS.metadata is Base.metadata

    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)

    engine = create_async_engine(urls.parse(url))
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    assert found == []


def test_every_migration_is_known_to_the_code_that_opens_databases() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate_module.__file__).with_name("migrations")))

    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]

    assert tuple(reversed(revisions)) == schema.REVISIONS


async def test_a_database_newer_than_the_program_is_refused_by_both_doors(url: str) -> None:
    await migrate(url)
    await set_version(url, "9999")

    with pytest.raises(StorageError, match="newer than this program's"):
        await migrate(url)
    with pytest.raises(StorageError, match="newer than this program's"):
        await Database(url).open()


async def test_another_programs_database_is_refused(file: Path) -> None:
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE execution_results (id TEXT)")
    other.close()

    with pytest.raises(StorageError, match="not this station's"):
        await migrate(f"sqlite:///{file}")


@pytest.mark.parametrize("damaged", [b"", b"\x00" * 8192, b"SQLite for", b"no database at all" * 100])
async def test_a_damaged_file_is_refused_and_left_as_it_is(file: Path, damaged: bytes) -> None:
    put(file, damaged)

    with pytest.raises(StorageError, match="put the last backup in its place"):
        await migrate(f"sqlite:///{file}")
    with pytest.raises(StorageError, match="put the last backup in its place"):
        await Database(f"sqlite:///{file}").open()

    assert content(file) == damaged


async def test_a_journal_without_its_database_is_refused_and_left_as_it_is(file: Path) -> None:
    journal = file.with_name(file.name + "-wal")
    put(journal, b"what was committed")

    with pytest.raises(StorageError, match=r"its journal station\.db-wal is there"):
        await migrate(f"sqlite:///{file}")

    assert content(file) is None
    assert content(journal) == b"what was committed"


async def test_a_database_behind_a_folder_that_is_not_there_is_made_with_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "data" / "100 %" / "station.db"

    await migrate(f"sqlite:///{file}")

    async with Database(f"sqlite:///{file}") as database:
        assert await Events(database).last_id() == 0


async def test_migrating_leaves_the_process_logging_alone(file: Path) -> None:
    root = logging.getLogger()
    mine = logging.getLogger("tests.somebody")
    before = (root.level, list(root.handlers), mine.disabled, logging.getLogger("alembic").level)

    await migrate(f"sqlite:///{file}")

    assert (root.level, list(root.handlers), mine.disabled, logging.getLogger("alembic").level) == before
