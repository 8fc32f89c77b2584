"""Tests of connections and transactions."""

import asyncio
import random
import sqlite3
import threading
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text

from station.domain.errors import StorageError
from station.domain.events import EventType
from station.storage.database import Database
from station.storage.events import Events, NewEvent
from station.storage.migrate import migrate
from station.storage.tables import EVENTS
from tests.storage.samples import T0, after, content, put

ROW = {"time": T0, "batch_id": "b1", "execution_id": None, "type": "log", "data": {}}


async def count(database: Database) -> int:
    async with database.read() as session:
        return len((await session.execute(select(EVENTS.c.id))).all())


async def test_a_transaction_that_fails_writes_nothing(database: Database) -> None:
    def write_and_fail(transaction: Connection) -> None:
        transaction.execute(insert(EVENTS), ROW)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(write_and_fail)

    assert await count(database) == 0


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(StorageError):
        async with database.read() as session:
            await session.execute(insert(EVENTS), ROW)

    assert await count(database) == 0


async def test_a_reader_sees_one_moment(database: Database) -> None:
    async with database.read() as session:
        before = (await session.execute(select(EVENTS.c.id))).all()
        await Events(database).append(NewEvent(T0, EventType.LOG))
        afterwards = (await session.execute(select(EVENTS.c.id))).all()

    assert before == afterwards == []


async def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    seoul = datetime(2026, 3, 1, 18, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9)))

    await Events(database).append(NewEvent(seoul, EventType.LOG))

    (event,) = await Events(database).after(0)
    assert event.time == seoul
    assert event.time.utcoffset() == timedelta(0)


async def test_a_naive_time_is_refused(database: Database) -> None:
    naive = T0.replace(tzinfo=None)

    with pytest.raises(StorageError, match="naive"):
        await Events(database).append(NewEvent(naive, EventType.LOG))

    assert await count(database) == 0


async def test_the_data_version_tells_that_somebody_has_committed(database: Database, url: str) -> None:
    first = await database.data_version()
    unchanged = await database.data_version()
    async with Database(url) as other:
        await Events(other).append(NewEvent(T0, EventType.LOG))
    by_another = await database.data_version()
    await Events(database).append(NewEvent(T0, EventType.LOG))
    by_itself = await database.data_version()

    assert first == unchanged
    assert len({first, by_another, by_itself}) == 3


async def test_cancelled_writers_leave_no_lock_behind(database: Database) -> None:
    chance = random.Random(7)

    def write(number: int, transaction: Connection) -> None:
        transaction.execute(insert(EVENTS), ROW | {"data": {"number": number}})
        transaction.execute(insert(EVENTS), ROW | {"data": {"number": number}})

    for number in range(150):
        task = asyncio.create_task(database.write(partial(write, number)))
        await asyncio.sleep(chance.uniform(0, 0.003))
        task.cancel()
        await asyncio.wait([task])
    await database.write(partial(write, 1000))

    numbers = [event.data["number"] for event in await Events(database).after(0)]
    assert numbers[-1] == 1000
    assert all(numbers.count(number) == 2 for number in numbers)  # each of them whole or not at all


async def test_writes_of_one_process_take_turns(database: Database) -> None:
    events = Events(database)

    await asyncio.gather(*(events.append(NewEvent(after(n), EventType.LOG)) for n in range(50)))

    assert await count(database) == 50


async def test_closing_ends_every_thread_and_may_be_done_twice(file: Path) -> None:
    await migrate(f"sqlite:///{file}")
    before = threading.active_count()
    database = Database(f"sqlite:///{file}")
    await database.open()
    await Events(database).append(NewEvent(T0, EventType.LOG))
    opened = threading.active_count()

    await database.close()
    await database.close()

    assert opened > before
    await asyncio.sleep(0.1)
    assert threading.active_count() <= before


async def test_a_database_that_is_not_open_says_so(file: Path) -> None:
    database = Database(f"sqlite:///{file}")

    with pytest.raises(StorageError, match="not open"):
        await Events(database).last_id()


async def test_a_missing_file_is_not_made(file: Path) -> None:
    with pytest.raises(StorageError, match="no results database"):
        await Database(f"sqlite:///{file}").open()

    assert content(file) is None


@pytest.mark.parametrize("url", ["mysql://host/db", "nonsense", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(StorageError, match=r"database\.url"):
        Database(url)


async def test_a_lock_that_is_never_released_is_an_error_that_says_what_to_do(file: Path) -> None:
    url = f"sqlite:///{file}"
    await migrate(url)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    async with Database(url) as database:
        with pytest.raises(StorageError, match="kept it locked for too long"):
            await Events(database).append(NewEvent(T0, EventType.LOG))
        holder.execute("ROLLBACK")
        await Events(database).append(NewEvent(T0, EventType.LOG))
        assert await count(database) == 1

    holder.close()


async def test_a_full_disk_says_so_and_the_database_stays_usable(file: Path) -> None:
    url = f"sqlite:///{file}"
    await migrate(url)

    async with Database(url) as database:
        await database.write(lambda transaction: transaction.execute(text("PRAGMA max_page_count = 1")))  # as it is now
        with pytest.raises(StorageError, match="disk is full"):
            await Events(database).append(NewEvent(T0, EventType.LOG, data={"text": "x" * 1_000_000}))
        assert await count(database) == 0
        await Events(database).append(NewEvent(T0, EventType.LOG))
        assert await count(database) == 1


async def test_a_page_that_is_damaged_is_reported_as_damage(file: Path) -> None:
    url = f"sqlite:///{file}"
    await migrate(url)
    async with Database(url) as database:
        await Events(database).append(*(NewEvent(T0, EventType.LOG, data={"text": "x" * 900}) for _ in range(200)))
    whole = content(file) or b""
    damaged = whole[:4096] + b"\xa5" * (len(whole) - 4096)
    put(file, damaged)

    with pytest.raises(StorageError, match=r"damaged|refused"):
        async with Database(url) as database:
            await Events(database).after(0)

    assert content(file) == damaged


async def test_connections_are_set_up_for_a_station(file: Path) -> None:
    url = f"sqlite:///{file}"
    await migrate(url)

    def settings_of(transaction: Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return {name: transaction.scalar(text(f"PRAGMA {name}")) for name in names}

    async with Database(url) as database:
        settings = await database.write(settings_of)

    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
