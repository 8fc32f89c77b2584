"""Tests of looking after the database's file."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from station.domain.errors import StorageError
from station.domain.events import EventType
from station.storage import health
from station.storage.database import Database
from station.storage.events import Events, NewEvent
from station.storage.migrate import migrate
from tests.storage.samples import T0, put


async def test_a_whole_database_has_no_findings(file: Path) -> None:
    url = f"sqlite:///{file}"
    await migrate(url)

    assert await health.integrity(url) == []


async def test_damage_is_found(file: Path) -> None:
    url = f"sqlite:///{file}"
    await migrate(url)
    with sqlite3.connect(file) as connection:
        connection.execute(
            "INSERT INTO measurements (id, step_result_id, execution_id, name, position, unit, outcome, measured_at)"
            " VALUES ('a', 'nobody', 'nobody', 'v', 0, 'V', 'PASSED', '2026-01-01 00:00:00.000000')"
        )
    connection.close()
    orphaned = await health.integrity(url)
    put(file, b"\x00" * 4096)

    damaged = await health.integrity(url)

    assert (
        orphaned
        == ["row 1 of measurements belongs to no row of step_results"] * 1
        + ["row 1 of measurements belongs to no row of execution_results"]
        or len(orphaned) == 2
    )
    assert len(damaged) == 1
    assert "damaged" in damaged[0]


async def test_a_copy_is_made_while_others_write(file: Path, tmp_path: Path) -> None:
    url, target = f"sqlite:///{file}", tmp_path / "backups" / "copy.db"
    await migrate(url)
    async with Database(url) as database:
        events = Events(database)
        await events.append(NewEvent(T0, EventType.LOG))

        async def write() -> None:
            while True:
                await events.append(NewEvent(T0, EventType.LOG))

        writing = asyncio.create_task(write())
        for _ in range(3):
            await health.backup(url, target)
        writing.cancel()
        await asyncio.wait([writing])

    assert await health.integrity(f"sqlite:///{target}") == []
    async with Database(f"sqlite:///{target}") as copy:
        assert await Events(copy).last_id() >= 1
    assert [path.name for path in target.parent.iterdir() if "part" in path.name] == []


async def test_a_database_that_is_not_there_is_not_copied(file: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no results database"):
        await health.backup(f"sqlite:///{file}", tmp_path / "copy.db")

    assert not (tmp_path / "copy.db").exists()


async def test_a_server_is_somebody_elses_to_look_after(tmp_path: Path) -> None:
    url = "postgresql://station:secret@db.example/station"

    assert await health.integrity(url) == []
    assert health.disk_free(url) is None
    with pytest.raises(StorageError, match="pg_dump") as refused:
        await health.backup(url, tmp_path / "copy.db")
    assert "secret" not in refused.value.message


def test_the_room_left_is_known_even_before_there_is_a_file(tmp_path: Path) -> None:
    free = health.disk_free(f"sqlite:///{tmp_path / 'not' / 'yet' / 'station.db'}")

    assert free is not None
    assert free > 0
