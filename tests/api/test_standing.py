"""How batches stand: asked once for many, and never told as they stood before something that has happened."""

import asyncio
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from api.live.hub import Hub
from api.standing import Standings
from station.control.status import BatchStatus, ProcessStatus
from station.domain.events import EventType
from station.storage.batches import Batches
from station.storage.events import Events, NewEvent
from tests.api.listener import line
from tests.api.served import Served

pytestmark = pytest.mark.station


def test_a_command_is_seen_in_the_very_next_answer(served: Served, api: httpx.Client) -> None:
    def waits() -> bool:
        return api.get("/api/batches/slow").json()["waiting_for"] != ""

    seen = []
    served.start(api, "slow")
    served.wait_state(api, "slow", "running")
    for _ in range(5):
        api.post("/api/batches/slow/pause")
        seen.append(waits())
        api.post("/api/batches/slow/resume")
        seen.append(waits())
    api.post("/api/batches/slow/sequence/stop")
    served.wait_free(api, "slow")

    assert seen == [True, False] * 5


async def test_what_another_process_has_written_is_seen_in_the_very_next_answer(
    served: Served, api: httpx.Client
) -> None:
    def shown_alert() -> str:
        return str(api.get("/api/batches/idle").json()["process"]["alert"])

    shown = []
    async with served.station.database() as database:
        for number in range(20):
            shown_alert()
            await Batches(database).set_process_state("idle", "stopped", line("idle", 0).time, alert=f"alert {number}")
            shown.append(shown_alert())
        await Batches(database).set_process_state("idle", "stopped", line("idle", 0).time)

    assert shown == [f"alert {number}" for number in range(20)]


def test_the_end_of_a_run_is_seen_soon_although_it_is_no_event(served: Served, api: httpx.Client) -> None:
    served.start(api, "quick")
    watched = "SELECT count(*) FROM events WHERE type = 'sequence_complete' AND batch_id = 'quick'"
    before = served.station.rows(watched)
    while served.station.rows(watched) == before:
        api.get("/api/batches/quick")
    begun = time.monotonic()
    served.wait_free(api, "quick")

    assert time.monotonic() - begun < 5


def test_a_hundred_who_ask_at_once_are_answered_alike(served: Served, api: httpx.Client) -> None:
    run_id = served.start(api, "slow")

    def ask(_: int) -> tuple[str, str]:
        standing = api.get("/api/batches/slow").json()
        return standing["execution_id"], standing["source"]

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(ask, range(100)))
    api.post("/api/batches/slow/sequence/stop")
    served.wait_free(api, "slow")

    assert answers == {(run_id, "engine")}


class Silent:
    """Follows nothing, because nothing happens."""

    epoch = ""

    def listen(self, listener: object, types: Collection[str] = ()) -> None:
        self.listener = listener

    async def look(self) -> None:
        await asyncio.sleep(0)


class Counted(Standings):
    """Counts how often batches are asked, and has them take a while."""

    asked = 0

    async def _ask(self, batches: list[str]) -> None:
        self.asked += 1
        number = self.asked
        known = {name: self._known(name) for name in batches}
        asked_at = asyncio.get_running_loop().time()
        await asyncio.sleep(0.05)
        for name in batches:
            status = BatchStatus(batch=name, name=str(number), sequence_package="", process=ProcessStatus())
            self._keep(status, asked_at, known[name])


@pytest.fixture
def standings(served: Served) -> Counted:
    station = served.station
    return Counted(station.config, station.layout, None, None, Silent())  # type: ignore[arg-type] # not reached here


async def test_however_many_ask_it_is_asked_once(standings: Counted) -> None:
    await asyncio.gather(*(standings.of() for _ in range(100)))
    await asyncio.gather(*(standings.of() for _ in range(100)))

    assert standings.asked == 1


async def test_who_asks_after_something_happened_is_not_told_what_was_asked_before(standings: Counted) -> None:
    early = asyncio.create_task(standings.of(["quick"]))
    await asyncio.sleep(0.02)
    standings.forget()
    late = await standings.of(["quick"])

    assert ((await early)[0].name, late[0].name) == ("1", "2")
    assert standings.asked == 2


@pytest.mark.parametrize(("type", "asked"), [(EventType.LOG, 1), (EventType.STEP_START, 2)])
async def test_what_says_nothing_of_how_a_batch_stands_costs_no_question(
    served: Served, type: EventType, asked: int
) -> None:
    async with served.station.database() as database:
        hub = Hub(database)
        async with hub.running():
            standings = Counted(served.station.config, served.station.layout, database, None, hub)  # type: ignore[arg-type] # not asked
            await standings.of(["quick"])
            await Events(database).append(NewEvent(line("quick", 0).time, type, "quick"))
            await standings.of(["quick"])
            await Events(database).append(NewEvent(line("slow", 0).time, EventType.STEP_START, "slow"))
            await standings.of(["quick"])

    assert standings.asked == asked
