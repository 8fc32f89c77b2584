"""Eight hours of aging in seconds: the real package, chamber, activities, journal and server, and one fast clock.

The hours pass inside activities, where a server that skips time waits like everybody else; so the clock that the
steps and the chamber live by is fast, and the server is the ordinary one.
"""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from temporalio.worker import Worker

from activities.execution import Execution
from activities.feed import LiveFeed
from activities.hardware import Hardware, SlotSettings, SlotStores
from activities.live import LiveSteps
from station.contracts.names import batch_queue, run_workflow_id
from station.domain.outcome import Outcome, StepState
from station.domain.plan import Plan, RetryPlan, RunPolicy
from station.domain.run import UnitUnderTest
from station.execution.files import FileStore
from station.execution.planning import make_plan
from station.execution.store import PackageStore
from station.hardware.simulation.bench import Bench
from station.hardware.simulation.settings import BenchSettings
from station.hardware.simulation.witness import energised, read_log
from station.storage.batches import Batches
from station.storage.database import Database
from station.storage.journal import Journal, StepKey
from station.storage.logs import Logs
from station.storage.migrate import migrate
from station.storage.runs import AcceptedRun, Runs
from station.testing.clock import FastClock
from tests.workflows.stage import BATCH, Stage, ended, shows

ROOT = Path(__file__).parents[2]
SPEED = 3600
"""An hour passes in a second, for the steps and for the chamber."""
HOUR = timedelta(hours=1)
RUN = "RUN1"


@dataclass
class Chamber:
    """A burn-in slot whose process can be replaced in the middle of a run."""

    stage: Stage
    bench: Bench
    clock: FastClock
    database: Database
    packages: PackageStore
    folder: Path
    _pids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(4711))

    def plan(self) -> Plan:
        package = self.packages.load(self.packages.publish(ROOT / "sequences" / "aging_test"))
        # Heating up twice and eight hours of soaking fit into this once, and not if any hour were counted twice.
        policy = RunPolicy(timeout_sequence=8.5 * HOUR)
        parameters = {"soak_hours": 8.0, "sample_seconds": 60.0, "temperature": 40.0}
        plan = make_plan(package, parameters, policy, timeout_step=HOUR, retry=RetryPlan())
        # At this speed the package's ten minutes are over before anything could happen in them.
        longer = [step.model_copy(update={"segment": HOUR}) if step.name == "soak" else step for step in plan.steps]
        return plan.model_copy(update={"steps": tuple(longer)})

    async def accept(self, plan: Plan) -> None:
        """Write the run's row, as the recorder of a station does."""
        workflow_id = run_workflow_id(self.stage.station, BATCH)
        unit = UnitUnderTest(wip="WIP-1")
        await Runs(self.database).accept(AcceptedRun(RUN, BATCH, unit, plan, workflow_id, datetime.now(UTC)))

    @asynccontextmanager
    async def process(self) -> AsyncIterator[None]:
        """Let a process of the batch live; when it ends, what it runs is cut off."""
        execution = self._execution(next(self._pids))
        hardware = execution.hardware
        async with Worker(
            self.stage.client,
            task_queue=batch_queue(self.stage.station, BATCH),
            activities=[
                hardware.open_session,
                hardware.close_session,
                execution.run_step,
                execution.cleanup,
                execution.reconcile,
            ],
            max_heartbeat_throttle_interval=timedelta(milliseconds=200),
            default_heartbeat_throttle_interval=timedelta(milliseconds=200),
        ):
            yield
        await hardware.let_go("the process ends", interrupted=True)

    def _execution(self, pid: int) -> Execution:
        tokens = itertools.count(1)

        async def is_run_open(run_id: str) -> bool | None:
            return run_id == RUN

        def end_process(code: int) -> NoReturn:
            raise AssertionError(f"the process ended itself with {code}")

        settings = {"plc": {"endpoint": self.bench.ports.endpoint, "slot": "slot_1"}}
        hardware = Hardware(
            settings=SlotSettings(batch=BATCH, hardware=settings, pid=pid),
            stores=SlotStores(
                journal=Journal(self.database),
                runs=Runs(self.database),
                batches=Batches(self.database),
                packages=self.packages,
                files=FileStore(self.folder / "files"),
            ),
            live=LiveSteps(timedelta(milliseconds=200)),
            feed=LiveFeed(Logs(self.database), BATCH),
            clock=self.clock,
            new_token=lambda: f"{pid}-{next(tokens)}",
            is_run_open=is_run_open,
        )
        return Execution(hardware, end_process)


@pytest.fixture
async def chamber(stage: Stage, tmp_path: Path) -> AsyncIterator[Chamber]:
    """A burn-in slot with a good unit in it."""
    clock = FastClock(SPEED)
    settings = BenchSettings(directory=tmp_path / "sim", slots=1, psu_port=0, opcua_port=0, control_port=0)
    url = f"sqlite:///{tmp_path / 'station.db'}"
    await migrate(url)
    async with Bench(settings, clock.monotonic) as bench, Database(url) as database:
        yield Chamber(stage, bench, clock, database, PackageStore(tmp_path / "packages"), tmp_path)


async def test_eight_hours_that_are_cut_off_in_the_middle_are_eight_hours(chamber: Chamber) -> None:
    plan = chamber.plan()
    await chamber.accept(plan)

    async with chamber.stage.engine():
        async with chamber.process():
            run = await chamber.stage.start(plan)
            await shows(run, lambda now: now.current == ("soak",))
            await _until_elapsed(chamber, 4.25 * HOUR)
        async with chamber.process():
            end = await ended(run)

    journal = Journal(chamber.database)
    first, second = await journal.find(StepKey(RUN, "soak", 1)), await journal.find(StepKey(RUN, "soak", 2))
    assert (end.outcome, end.reason) == (Outcome.PASSED, None)
    assert chamber.stage.recorder.result.recoveries == 1
    assert first is not None
    assert first.status is StepState.INTERRUPTED
    assert 4.25 * HOUR <= first.elapsed < 8 * HOUR
    assert second is not None
    assert second.result is not None
    assert second.elapsed == 8 * HOUR
    assert first.segments_done >= 4
    # One sample a minute; a few may come too late at this speed, and none is taken twice.
    assert 400 < int(str(second.result.values["samples"])) <= 481
    again = await journal.find(StepKey(RUN, "heat_up", 2))
    assert again is not None
    assert again.status is StepState.COMPLETED
    assert [span.end for span in energised(read_log(chamber.folder / "sim" / "bench.log"), "slot_1")].count(None) == 0


async def _until_elapsed(chamber: Chamber, least: timedelta) -> None:
    journal = Journal(chamber.database)
    for _ in range(2000):
        record = await journal.find(StepKey(RUN, "soak", 1))
        if record is not None and record.elapsed >= least:
            return
        await chamber.clock.sleep(0.01 * SPEED)
    raise AssertionError("the soak does not get that far")
