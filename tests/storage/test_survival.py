"""Tests with several processes: what was reported is there, whoever was killed."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

from sqlalchemy import select

from station.storage import health
from station.storage.database import Database
from station.storage.events import Events
from station.storage.migrate import migrate
from station.storage.tables import RUNS

WRITER = Path(__file__).with_name("writer.py")
CHECKOUT = str(WRITER.parents[2])
"""Whose modules the writer uses: a program started by its path would find those that are installed."""


async def writer(url: str, prefix: str, count: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, str(WRITER), url, prefix, str(count), stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": CHECKOUT},
    )  # fmt: skip


async def output(process: asyncio.subprocess.Process) -> list[str]:
    assert process.stdout is not None
    return (await process.stdout.read()).decode().splitlines()


async def ids(database: Database) -> set[str]:
    async with database.read() as session:
        return set(await session.scalars(select(RUNS.c.id)))


async def test_every_run_that_was_reported_survives_the_killing_of_its_writer(file: Path) -> None:
    url = f"sqlite:///{file}"
    await migrate(url)
    chance = random.Random(11)
    reported: set[str] = set()

    for round in range(20):
        process = await writer(url, f"round{round}", 0)
        assert process.stdout is not None
        reported.add((await process.stdout.readline()).decode().strip())
        await asyncio.sleep(chance.uniform(0, 0.06))
        os.kill(process.pid, signal.SIGKILL)
        lines = await output(process)
        await process.wait()
        reported.update(line for line in lines if len(line) == len(f"round{round}-000000"))

    async with Database(url) as database:
        assert reported <= await ids(database)
        events = {event.run_id for event in await Events(database).after(0, limit=100_000)}
        assert events == await ids(database)  # each run with its event, or neither
    assert await health.integrity(url) == []


async def test_four_processes_write_at_once_without_losing_a_row(url: str) -> None:
    await migrate(url)
    writers = [await writer(url, f"batch{number}", 150) for number in range(4)]

    reported = [await output(process) for process in writers]

    assert [await process.wait() for process in writers] == [0, 0, 0, 0]
    async with Database(url) as database:
        assert await ids(database) == {line for lines in reported for line in lines}
        assert len(await ids(database)) == 600
        assert len({event.id for event in await Events(database).after(0, limit=10_000)}) == 600


async def test_a_watcher_that_follows_by_id_misses_nothing_of_several_writers(url: str) -> None:
    await migrate(url)
    writers = [await writer(url, f"batch{number}", 100) for number in range(3)]
    done = asyncio.gather(*(output(process) for process in writers))
    seen: list[str | None] = []

    async with Database(url) as database:
        events, last = Events(database), 0
        while True:
            finished = done.done()
            for event in await events.after(last):
                last = event.id
                seen.append(event.run_id)
            if finished:
                break
            await asyncio.sleep(0.002)

    assert sorted(filter(None, seen)) == sorted(line for lines in await done for line in lines)
    assert [await process.wait() for process in writers] == [0, 0, 0]
