"""Followers of a station while they sleep, flood and reconnect, and while the API is killed (E19, E20, E21)."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from station.domain.events import EventType
from station.storage.database import Database
from station.storage.events import Events, NewEvent
from tests.api.listener import line, listening, write
from tests.bench.api_socket import RUNNING, measure
from tests.bench.api_socket import station as bench_station
from tests.bench.followers import follow_a_run, follow_through_kills, written
from tests.faults.rig import Rig

pytestmark = [pytest.mark.station, pytest.mark.faults]
SLOTS = 4


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with bench_station(tmp_path_factory.mktemp("sockets"), SLOTS) as running:
        yield running


@pytest.fixture
async def database(rig: Rig) -> AsyncIterator[Database]:
    async with Database(rig.config.database_url(rig.folder)) as opened:
        yield opened


async def test_e21_everybody_resumes_when_the_api_is_killed(rig: Rig) -> None:
    followed = await follow_through_kills(rig, SLOTS, followers=20, kills=2)

    assert followed.wrong == 0
    assert all(len(each.back) >= 2 for each in followed.followers)


async def test_a_client_that_connects_anew_all_the_time_hears_the_whole_run(rig: Rig) -> None:
    followed = await follow_a_run(rig, RUNNING, 0.05, reconnects=20)

    assert followed.wrong == 0
    assert len(followed.back) >= 20


async def test_e20_a_slow_client_is_told_less_and_nobody_else_loses_anything(rig: Rig, database: Database) -> None:
    api = rig.process("api")
    assert api is not None
    before, end = api.memory_info().rss, asyncio.Event()
    quiet: dict[str, Any] = {"max_queue": 1, "ping_interval": None, "close_timeout": 0.5}
    async with (
        listening(rig.url, max_queue=None) as well,
        listening(rig.url, **quiet) as slow,
        listening(rig.url, **quiet) as dead,
    ):
        for each in (well, slow, dead):
            await each.subscribe()
        start, begun = await Events(database).last_id(), time.monotonic()
        reading = asyncio.create_task(well.until(lambda message: end.is_set() and message.get("id", 0) >= last, 60))
        last = 2**60
        for number in range(90):
            lines = [line(f"slot_{1 + each % SLOTS}", each, "x" * 2_000) for each in range(20)]
            lines += [] if number % 10 else [status(number)]
            sent = await write(database, lines)
            await asyncio.sleep(0.02)
        last = sent
        end.set()
        await slow.until(lambda message: message["type"] in {"coalesced", "snapshot"})
        await slow.until_id(last)
        await reading
        grown = api.memory_info().rss - before
        await asyncio.sleep(max(0.0, begun + 12.5 - time.monotonic()))
        code = await dead.closed()

    assert {message["type"] for message in well.heard} <= {"hello", "subscribed", "ping", "log", "batch_status"}
    assert [id for id in well.ids if start < id <= last] == [id for id in await written(database, start) if id <= last]
    assert slow.ids == sorted(set(slow.ids))
    assert len(slow.ids) < len(well.ids)
    assert grown < 60 * 2**20
    assert code == 1006


def status(number: int) -> NewEvent:
    return NewEvent(datetime.now(UTC), EventType.BATCH_STATUS, "slot_1", "RUN", {"state": "running", "round": number})


async def test_e19_abuse_is_ended_and_costs_the_good_ones_nothing(rig: Rig) -> None:
    measured = await measure(rig, slots=SLOTS, rate=10, seconds=4, good=4, sleepers=10, abusers=10)

    assert measured.missing == 0
    assert not measured.crowd.wrong
    assert measured.crowd.rest_errors == 0
    assert measured.abused.let_in == 0
    assert {how.split(": ")[1] for how in measured.abused.closed} <= {"1008", "1009", "403", "cut off"}
    assert {how.split(": ")[0] for how in measured.abused.closed} >= {"floods", "bad JSON", "1 MB frames", "pings"}
    assert measured.abused.held < 5
    assert measured.grown < 150
