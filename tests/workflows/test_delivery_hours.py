"""The MES away for eight hours, for the whole of ten WIPs with four runs each; nothing is lost, nothing told twice.

Deliveries, calls and queue are the real ones; what the deliveries wait for is skipped by the server (time skipping V2,
which leaves calls their real time).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities.mes import MesActivities
from station.config.model import StationConfig
from station.contracts import search
from station.contracts.delivery import SubmitToMes
from station.contracts.names import delivery_workflow_id
from station.domain.delivery import DeliveryState, MesAction, OwedItem
from station.domain.run import UnitUnderTest
from station.mes.client import make_client
from station.storage.database import Database
from station.storage.migrate import migrate
from station.storage.queue import SyncQueue
from station.storage.runs import Runs
from station.testing.reference_mes.server import ReferenceMes
from tests.storage.samples import accepted
from tests.workflows.stage import binary
from worker import build
from worker.mes_watch import MesWatch

WIPS, PROCESSES = 10, 4
OUTAGE = timedelta(hours=8)
STATION = "T1"
IN_REAL_TIME = 55.0
"""Seconds for an outage of hours and for what follows it."""
ORDER = [(kind, process) for process in range(1, PROCESSES + 1) for kind in ("start", "complete")]

pytestmark = pytest.mark.timeout(180)


@dataclass
class Night:
    """A station's deliveries on a clock that skips what nobody works in."""

    client: Client
    mes: ReferenceMes
    queue: SyncQueue
    telling: MesActivities
    watch: MesWatch
    wips: list[str]

    async def owe(self) -> None:
        """Run every WIP through its processes while nobody can be told."""
        await asyncio.gather(*(self._owe(wip) for wip in self.wips))

    async def _owe(self, wip: str) -> None:
        for process in range(1, PROCESSES + 1):
            for action in (MesAction.START, MesAction.COMPLETE):
                submit = SubmitToMes(station=STATION, item=_item(wip, process, action), wait=timedelta())
                await ActivityEnvironment().run(self.telling.submit_to_mes, submit)

    async def away_for(self, outage: timedelta) -> None:
        """Wait until every delivery that owes anything has been without the MES for so long, by its own clock."""
        begun = {wip: await self._clock(wip) for wip in await self._owing()}
        for wip, beginning in begun.items():
            while await self._clock(wip) - beginning < outage:
                await asyncio.sleep(0.5)

    async def drain(self, until: Callable[[], bool] = lambda: False) -> None:
        """Bring the MES back and wait until nothing is owed, or until something else holds."""
        await asyncio.to_thread(self.mes.up)
        deadline = time.monotonic() + IN_REAL_TIME
        while await self.queue.open() and not await asyncio.to_thread(until):
            assert time.monotonic() < deadline, "the queue does not drain"
            await self.watch.look()
            await asyncio.sleep(0.05)

    def told(self) -> int:
        """How much the MES has been told."""
        return len(self.mes.ledger(requests=False).effects)

    async def _owing(self) -> list[str]:
        return list(dict.fromkeys(row.item.wip for row in await self.queue.open()))

    async def _clock(self, wip: str) -> datetime:
        """The time of a delivery's last event, by its own clock."""
        last = None
        handle = self.client.get_workflow_handle(delivery_workflow_id(STATION, wip))
        async for event in handle.fetch_history_events(page_size=1000):
            last = event
        assert last is not None
        return last.event_time.ToDatetime(UTC)


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    dynamic = {
        "frontend.WorkflowTimeSkippingEnabled": "true",
        "history.transferProcessorMaxPollRPS": "100",
        "history.timerProcessorMaxPollRPS": "100",
        # A night gives histories that are cut several times.
        "limit.historyCount.suggestContinueAsNew": "100",
    }
    async with AsyncExitStack() as stack:
        mes = await stack.enter_async_context(ReferenceMes())
        environment = await stack.enter_async_context(
            await WorkflowEnvironment.start_time_skipping_v2(
                data_converter=pydantic_data_converter,
                search_attributes=search.ALL,
                dev_server_existing_path=str(binary()),
                dev_server_extra_args=[
                    word for key, value in dynamic.items() for word in ("--dynamic-config-value", f"{key}={value}")
                ],
            )
        )
        config = StationConfig.model_validate(
            {
                "station": {"id": STATION, "name": "Night"},
                # Left alone for a quarter of an hour at a time, so that a night is thirty tries and not a thousand.
                "backend": {"url": mes.url, "api_key": mes.settings.api_key, "breaker": {"recovery": 900}},
            }
        )
        url = config.database_url(tmp_path)
        await migrate(url)
        database = await stack.enter_async_context(Database(url))
        client = make_client(config.backend, station_id=STATION)
        stack.push_async_callback(client.close)
        wips = await asyncio.to_thread(mes.seed, WIPS)
        for wip in wips:
            for process in range(1, PROCESSES + 1):
                unit = UnitUnderTest(wip=wip, process=process, operator="5")
                await Runs(database).accept(accepted(_run(wip, process), unit=unit))
        telling = build.mes_activities(environment.client, config, client, database)
        await stack.enter_async_context(build.engine_worker(environment.client, config, database, telling))
        queue = SyncQueue(database)
        watch = MesWatch(client, queue, environment.client, STATION)
        yield Night(environment.client, mes, queue, telling, watch, wips)


async def test_forty_runs_on_ten_wips_survive_eight_hours_without_the_mes(night: Night) -> None:
    night.mes.down()
    await night.owe()
    await night.away_for(OUTAGE)
    queued = await night.queue.open()

    await night.drain()

    assert len(queued) == WIPS * len(ORDER)
    assert {row.state for row in queued} == {DeliveryState.PENDING}
    await holds(night)


async def test_a_second_outage_in_the_middle_of_the_drain_loses_nothing_either(night: Night) -> None:
    night.mes.down()
    await night.owe()
    await night.away_for(OUTAGE)

    await night.drain(until=lambda: night.told() >= WIPS * len(ORDER) // 3)
    night.mes.down()
    told, left = night.told(), len(await night.queue.open())
    await night.away_for(timedelta(hours=1))
    await night.drain()

    assert 0 < told < WIPS * len(ORDER)
    assert left > 0
    await holds(night)


async def holds(night: Night) -> None:
    """Every item was told once and in order, by the MES's own ledger, and every row says so."""
    ledger = night.mes.ledger(requests=False)
    rows = await night.queue.open([DeliveryState.DELIVERED])

    assert {wip: [(one.kind, one.process) for one in ledger.of(wip)] for wip in night.wips} == dict.fromkeys(
        night.wips, ORDER
    )
    assert {one.result for one in ledger.effects if one.kind == "complete"} == {"PASS"}
    assert ledger.duplicates == []
    assert len(rows) == WIPS * len(ORDER)


def _run(wip: str, process: int) -> str:
    return f"RUN-{wip}-{process}"


def _item(wip: str, process: int, action: MesAction) -> OwedItem:
    begun = datetime(2026, 3, 1, 8 + process, 0, tzinfo=UTC)
    ended = begun + timedelta(minutes=5)
    end = {"result": "PASS", "measurements": {"voltage": 5.0}, "defects": [], "notes": ""}
    end |= {"completed_at": ended.isoformat()}
    return OwedItem.model_validate(
        {
            "item_id": f"{_run(wip, process)}/{action}",
            "run_id": _run(wip, process),
            "batch": "b1",
            "action": action,
            "wip": wip,
            "process": process,
            "operator": "5",
            "payload": {"started_at": begun.isoformat()} | (end if action is MesAction.COMPLETE else {}),
            "created_at": ended if action is MesAction.COMPLETE else begun,
        }
    )
