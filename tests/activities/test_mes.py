"""When an item that the MES fails at becomes a matter for a person, and when it stays queued."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from temporalio.testing import ActivityEnvironment

from activities.mes import STUBBORN_AFTER, MesActivities
from station.contracts.delivery import Attempt, DeliverRequest, QueuedItem
from station.domain.delivery import DeliveryState, MesAction, OwedItem
from station.storage.database import Database
from station.storage.migrate import migrate
from station.storage.queue import SyncQueue
from station.testing.reference_mes.faults import FaultKind
from station.testing.reference_mes.server import ReferenceMes
from tests.mes.support import SETTINGS, T0, calling

WIP = "WIP-KR01PSA2511-001"
ITEM = OwedItem(
    item_id="RUN1/start_process", run_id="RUN1", batch="b", action=MesAction.START, wip=WIP, process=1, operator="5",
    payload={"started_at": T0.isoformat()}, created_at=T0,
)  # fmt: skip


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[SyncQueue]:
    url = f"sqlite:///{tmp_path / 'station.db'}"
    await migrate(url)
    async with Database(url) as opened:
        queue = SyncQueue(opened)
        await queue.owe(ITEM, T0)
        yield queue


async def tried(queue: SyncQueue, *statuses: int) -> list[Attempt]:
    """Deliver the item once for each status that a MES answers which says that it is well."""
    attempts = []
    with ReferenceMes("documented", rate_limit=0) as mes:
        async with calling(
            mes.url, **{**SETTINGS["documented"], "breaker": {"threshold": 1000, "recovery": 1}}
        ) as client:
            telling = MesActivities(client, queue, cast("Any", None), "T1", lambda: datetime.now(UTC))
            for status in statuses:
                mes.fault(FaultKind.STATUS, status=status, path="wip-items")
                request = DeliverRequest(queued=QueuedItem(item=ITEM, attempts=len(attempts)))
                attempts.append(await ActivityEnvironment().run(telling.deliver, request))
    return attempts


async def test_a_500_that_keeps_coming_from_a_mes_that_is_well_needs_a_person(queue: SyncQueue) -> None:
    *before, last = await tried(queue, *[500] * STUBBORN_AFTER)

    assert [attempt.delivered for attempt in before if attempt.delivered] == []
    assert last.delivered is not None
    assert last.delivered.state is DeliveryState.PARKED
    record = await queue.get(ITEM.item_id)
    assert record is not None
    assert (record.state, record.attempts) == (DeliveryState.PARKED, STUBBORN_AFTER)


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_what_stands_before_a_mes_that_is_away_never_makes_it_a_persons(queue: SyncQueue, status: int) -> None:
    attempts = await tried(queue, *[status] * (STUBBORN_AFTER + 2))

    assert [attempt.delivered for attempt in attempts if attempt.delivered] == []


async def test_an_outage_between_two_500s_begins_the_count_anew(queue: SyncQueue) -> None:
    seven = [500] * (STUBBORN_AFTER - 1)

    attempts = await tried(queue, *seven, 504, *seven)

    assert [attempt.delivered for attempt in attempts if attempt.delivered] == []
    record = await queue.get(ITEM.item_id)
    assert record is not None
    assert (record.state, record.server_failures) == (DeliveryState.PENDING, STUBBORN_AFTER - 1)
