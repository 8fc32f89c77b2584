"""A start that the Temporal server does not take is an error that says what to do, and no refusal: it may run."""

from pathlib import Path
from typing import NoReturn, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from station.control.starting import start_run
from station.domain.errors import EngineError
from station.domain.run import UnitUnderTest
from station.storage.database import Database
from station.storage.migrate import migrate
from station.storage.runs import Runs
from tests.support import ROOT, prepare_station


class Mute:
    """A client whose server hears and cannot answer."""

    async def start_workflow(self, *_: object, **__: object) -> NoReturn:
        raise RPCError("Timeout expired", RPCStatusCode.DEADLINE_EXCEEDED, b"")


async def test_a_start_nobody_answers_is_no_refusal(tmp_path: Path) -> None:
    hardware = {"dmm": {"port": "/dev/null"}, "power": {"ip": "127.0.0.1"}}
    slot = {"id": "slot_1", "sequence_package": ROOT / "sequences" / "pcb_test", "hardware": hardware}
    station = prepare_station(tmp_path, [slot])
    url = station.config.database_url(tmp_path)
    await migrate(url)

    async with Database(url) as database:
        with pytest.raises(EngineError, match="did not take the run of slot_1: Timeout expired. `station status`"):
            await start_run(
                cast("Client", Mute()),
                station.config,
                station.layout,
                Runs(database),
                batch_id="slot_1",
                unit=UnitUnderTest(),
                parameters={},
                started_by="test",
            )
        written = await Runs(database).list()

    assert written == []
