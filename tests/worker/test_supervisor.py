"""The supervisor: commands and what is remembered of them, and what it writes down of its processes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError

from station.control.commands import command_batch
from station.domain.errors import BatchError, BatchNotFoundError, CommandRefusedError
from station.domain.events import EventType
from station.storage.audit import Audit
from station.storage.batches import Batches, ExitKind, ProcessExit
from station.storage.database import Database
from station.storage.events import Events
from station.storage.migrate import migrate
from station.storage.runs import Runs
from tests.storage.samples import accepted
from tests.support import RunningStation, prepare_station, running_station, until
from tests.worker.test_main import SLOT
from worker.child import ChildState
from worker.supervisor import Supervisor

# A whole station


@pytest.mark.station
async def test_what_is_wanted_of_a_batch_survives_the_station(tmp_path: Path) -> None:
    hardware = {"dmm": {"port": "data/sim/slot_2/dmm"}, "power": {"ip": "127.0.0.1", "port": 5026}}
    idle = {**SLOT, "id": "slot_2", "auto_start": False, "hardware": hardware}
    with running_station(tmp_path, [SLOT, idle]) as station:
        until(lambda: state(station, "slot_1") == "running", 30, "slot_1 does not run")
        began = states(station)
        client = await station.client()

        stopped = await command_batch(client, station.config, "slot_1", "stop", by="kim")
        started = await command_batch(client, station.config, "slot_2", "start", by="kim")
        until(lambda: state(station, "slot_2") == "running", 30, "slot_2 does not run")
        first = pid(station, "slot_2")
        await command_batch(client, station.config, "slot_2", "restart", by="kim")
        until(lambda: pid(station, "slot_2") not in {first, None}, 30, "slot_2 is not restarted")
        with pytest.raises(CommandRefusedError, match="'dance' is not something a batch's process can do") as refused:
            await command_batch(client, station.config, "slot_1", "dance", by="kim")
        before = states(station)
        station.down()
        station.up()
        until(lambda: state(station, "slot_2") == "running", 30, "slot_2 does not come back")
        after = states(station)

    assert began == {"slot_1": "running"}
    assert (stopped.state, stopped.pid) == ("stopped", None)
    assert started.batch == "slot_2"
    assert refused.value.code == "BATCH_ERROR"
    assert before == after == {"slot_1": "stopped", "slot_2": "running"}


def state(station: RunningStation, batch: str) -> str | None:
    return states(station).get(batch)


def states(station: RunningStation) -> dict[str, str]:
    """What each batch's process does; one that was never started says nothing."""
    rows = station.rows("select batch_id, process_state from batch_state where process_started_at is not null")
    return dict(rows)


def pid(station: RunningStation, batch: str) -> int | None:
    ((found,),) = station.rows(f"select pid from batch_state where batch_id = '{batch}'")
    return found  # type: ignore[no-any-return]


# What it writes down


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'station.db'}"
    await migrate(url)
    async with Database(url) as database:
        yield database


@pytest.fixture
def supervisor(tmp_path: Path, database: Database) -> Supervisor:
    """A supervisor of a batch that may use 100 MB; nothing is started, its processes are made up."""
    limits = {"max_memory_mb": 100, "warn_percent": 80}
    station = prepare_station(tmp_path, [{**SLOT, "resource_limits": limits}])
    station.layout.process_file("x").parent.mkdir(parents=True)
    supervisor = Supervisor(station.config, station.config_file, station.layout, database, None)
    batch = station.config.batch("slot_1")
    supervisor._batch_children["slot_1"] = supervisor._child(supervisor._batch_program(batch), vital=False)
    return supervisor


async def errors(database: Database) -> list[str]:
    return [str(event.data["error"]) for event in await Events(database).after(0) if event.type == EventType.ERROR]


async def test_memory_near_its_limit_is_warned_of_once_until_it_is_well_again(
    supervisor: Supervisor, database: Database
) -> None:
    for megabytes in (50, 80, 95, 50, 85):
        await supervisor.usage("slot_1", megabytes * 2**20, 12.5)

    batch = await Batches(database).get("slot_1")
    assert await errors(database) == [
        "slot_1 uses 80 % of its 100 MB and is ended at 100 %",
        "slot_1 uses 85 % of its 100 MB and is ended at 100 %",
    ]
    assert batch is not None
    assert (batch.rss_bytes, batch.cpu_percent) == (85 * 2**20, 12.5)


async def test_the_life_of_a_batchs_process_is_written_down(supervisor: Supervisor, database: Database) -> None:
    end = ProcessExit(ExitKind.CRASHED, signal=11, message="crashed with SIGSEGV", pid=4711)
    file = supervisor._layout.process_file("slot_1")

    await supervisor.started("slot_1", 4711, 2)
    running, written = await Batches(database).get("slot_1"), file.read_text()
    await supervisor.exited("slot_1", end)
    await supervisor.changed("slot_1", ChildState.ERROR, "slot_1 died 4 times in a row")

    ended = await Batches(database).get("slot_1")
    assert running is not None
    assert (running.pid, running.process_state, running.restarts, written) == (4711, "running", 2, "4711\n")
    assert ended is not None
    assert (ended.pid, ended.process_state, ended.last_exit) == (None, "error", end)
    assert ended.alert == "slot_1 died 4 times in a row"
    assert not file.exists()


async def test_the_engines_processes_have_no_row_among_the_batches(supervisor: Supervisor, database: Database) -> None:
    await supervisor.started("temporal", 4711, 0)
    await supervisor.usage("temporal", 2**20, 1.0)
    await supervisor.changed("temporal", ChildState.RUNNING, "")
    await supervisor.exited("temporal", ProcessExit(ExitKind.KILLED, pid=4711))

    assert await Batches(database).all() == []


async def test_commands_that_make_no_sense_are_refused(supervisor: Supervisor) -> None:
    with pytest.raises(BatchNotFoundError, match="There is no batch 'slot_9'; configured are: slot_1."):
        await supervisor.command("slot_9", "start")
    with pytest.raises(BatchError, match="choose start, stop or restart"):
        await supervisor.command("slot_1", "dance")


async def test_a_batch_is_wanted_as_it_was_left_and_at_first_as_it_is_configured(
    supervisor: Supervisor, database: Database
) -> None:
    batch = supervisor._config.batch("slot_1")

    at_first = await supervisor._wanted(batch)
    await supervisor.command("slot_1", "stop")
    later = await supervisor._wanted(batch)

    assert (at_first, later) == (True, False)


async def test_whoever_commands_a_process_is_in_the_audit(supervisor: Supervisor, database: Database) -> None:
    await supervisor.command("slot_1", "stop", "kim")

    (entry,) = await Audit(database).list()

    assert (entry.deed.actor, entry.deed.action, entry.deed.target) == ("kim", "stop process", "slot_1")


def test_what_a_batch_may_use_is_given_to_its_process(tmp_path: Path, supervisor: Supervisor) -> None:
    limits = {"max_memory_mb": 200, "cpu_affinity": [0, 1], "priority": "low"}
    station = prepare_station(tmp_path, [{**SLOT, "resource_limits": limits}], execution={"grace_period": 7})
    supervisor._config = station.config

    program = supervisor._batch_program(station.config.batch("slot_1"))

    assert (program.limits.max_memory_bytes, program.limits.cpu_affinity, program.limits.niceness) == (
        200 * 2**20,
        (0, 1),
        10,
    )
    assert program.grace.total_seconds() == 17
    assert list(program.role) == ["batch", "slot_1", "--config", str(supervisor._config_file)]


# Going down


@dataclass
class Engine:
    """A Temporal client that keeps what runs were told and who waited for them; one of them ends with a bug."""

    story: list[str] = field(default_factory=list)
    broken: str = "run/T1/slot_1"

    def get_workflow_handle(self, workflow_id: str) -> "Handle":
        return Handle(self, workflow_id)


@dataclass
class Handle:
    engine: Engine
    id: str

    async def signal(self, *_: object) -> None:
        self.engine.story.append(f"stop {self.id}")

    async def result(self) -> None:
        self.engine.story.append(f"wait for {self.id}")
        if self.id == self.engine.broken:
            raise WorkflowFailureError(cause=ApplicationError("a bug"))


async def test_every_run_is_told_to_stop_before_one_is_waited_for_and_one_that_fails_holds_up_nobody(
    supervisor: Supervisor, database: Database
) -> None:
    await Runs(database).accept(accepted("RUN1", "slot_1"))
    await Runs(database).accept(accepted("RUN2", "slot_2"))
    engine = Engine()

    await supervisor._stop_runs(cast("Client", engine))

    assert engine.story == [
        "stop run/T1/slot_1", "stop run/T1/slot_2", "wait for run/T1/slot_1", "wait for run/T1/slot_2",
    ]  # fmt: skip


async def test_a_database_that_cannot_be_read_does_not_keep_the_station_up(
    supervisor: Supervisor, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await database.close()

    await supervisor._stop_runs(cast("Client", Engine()))

    assert "not every run could be stopped" in caplog.text
