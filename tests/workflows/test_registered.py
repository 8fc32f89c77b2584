"""Whatever a workflow may ask for is served by a worker of the station: nothing waits for ever for nobody."""

import inspect
from pathlib import Path

from temporalio import activity

from station.config.model import StationConfig
from station.contracts import activities as contracts
from station.contracts import delivery, manual, prompts, repair, sharing, steering
from station.contracts.messages import BatchProcess
from station.control.layout import Layout
from station.domain.clock import SystemClock
from station.mes.client import make_client
from station.storage.database import Database
from tests.workflows.stage import Stage
from worker import build
from worker.batch import _end_process


async def test_every_activity_of_the_contracts_is_registered(stage: Stage, tmp_path: Path) -> None:
    batch = {"id": "slot_1", "sequence_package": "sequences/pcb_test"}
    given = {"station": {"id": "T1", "name": "T"}, "backend": {"url": "http://127.0.0.1:9"}, "batches": [batch]}
    config = StationConfig.model_validate(given)
    layout, database = Layout.of(config, tmp_path), Database(f"sqlite:///{tmp_path / 'station.db'}")
    mes = make_client(config.backend)
    telling = build.mes_activities(stage.client, config, mes, database)
    execution = build.slot(stage.client, config, layout, database, "slot_1", SystemClock(), _end_process)

    workers = [
        build.engine_worker(stage.client, config, database, telling),
        build.batch_worker(stage.client, config, "slot_1", execution),
        build.supervisor_worker(stage.client, config, _Nobody()),
    ]
    await mes.close()

    served = {_name(one) for worker in workers for one in worker.config().get("activities", ())}
    places = (contracts, delivery, manual, prompts, repair, sharing, steering)
    promised = {_name(one) for place in places for _, one in inspect.getmembers(place, _is_activity)}
    assert served == promised


class _Nobody:
    async def command(self, batch: str, action: str) -> BatchProcess:
        raise NotImplementedError


def _is_activity(member: object) -> bool:
    return inspect.isfunction(member) and activity._Definition.from_callable(member) is not None


def _name(function: object) -> str:
    definition = activity._Definition.from_callable(function)  # type: ignore[arg-type]
    assert definition is not None
    assert definition.name is not None
    return definition.name
