"""Tests of the embedded server as the station starts it."""

import statistics
from datetime import timedelta
from pathlib import Path

from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.worker import Worker

from station.config.model import TemporalSection
from station.control.engine import find_binary, server_arguments
from tests.docs.engine_flags import connect, running
from tests.support import free_ports

PAUSE = timedelta(milliseconds=50)
PAUSES = 7


@workflow.defn(name="test.pauses")
class Pauses:
    @workflow.run
    async def run(self) -> None:
        for _ in range(PAUSES):
            await workflow.sleep(PAUSE)


async def test_a_short_pause_is_not_stretched_to_a_second(tmp_path: Path) -> None:
    port, ui_port = free_ports(2)
    settings = TemporalSection(port=port, ui_port=ui_port)

    with running([server_arguments(find_binary(settings), tmp_path / "temporal.db", settings)]):
        client = await connect(f"127.0.0.1:{port}")
        async with Worker(client, task_queue="pauses", workflows=[Pauses]):
            await client.execute_workflow("test.pauses", id="pauses", task_queue="pauses")
        history = await client.get_workflow_handle("pauses").fetch_history()

    at = {
        kind: [event.event_time.ToDatetime() for event in history.events if event.event_type == kind]
        for kind in (EventType.EVENT_TYPE_TIMER_STARTED, EventType.EVENT_TYPE_TIMER_FIRED)
    }
    taken = [fired - started for started, fired in zip(*at.values(), strict=True)]
    assert len(taken) == PAUSES
    assert statistics.median(taken) < timedelta(milliseconds=500)
