"""One station with an aging chamber, all real and in this process, but for the time, which leaps."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from station.config.model import StationConfig, TemporalSection
from station.contracts import search
from station.contracts.messages import RunEnd
from station.contracts.names import run_workflow_id
from station.contracts.run import RunContract
from station.control.engine import find_binary
from station.control.layout import Layout
from station.control.starting import start_run
from station.domain.outcome import StepState
from station.domain.run import UnitUnderTest
from station.storage.database import Database
from station.storage.migrate import migrate
from station.storage.runs import Runs
from station.storage.steps import StepRecord
from station.testing.bench import Bench, BenchSettings
from tests.activities.conftest import LeapingClock, ProcessEnded
from worker import build
from worker.batch import make_slot_safe

PACKAGE = Path(__file__).parents[2] / "sequences" / "aging_test"
BATCH = "slot_1"
AWAY = timedelta(hours=1)
"""How long nobody is there when the batch's process is lost; the chamber grows cold meanwhile."""


@dataclass
class Oven:
    """The station; its batch's process can be lost and come anew."""

    client: Client
    config: StationConfig
    layout: Layout
    database: Database
    bench: Bench
    clock: LeapingClock
    _process: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def runs(self) -> Runs:
        return Runs(self.database)

    @property
    def handle(self) -> "WorkflowHandle[RunContract, RunEnd]":
        """The slot's run, under whatever history it is now."""
        return self.client.get_workflow_handle_for(RunContract.run, run_workflow_id("T1", BATCH))

    async def _connected(self) -> Client:
        return self.client

    async def start_process(self) -> None:
        """Let the batch's process come up, as `worker.batch` does it."""
        execution = build.slot(
            self._connected, self.config, self.layout, self.database, BATCH, self.clock, _end_process
        )
        if (claim := await execution.hardware.stores.journal.owner(BATCH)) is not None:
            await make_slot_safe(execution, claim)
        at_once = self.config.execution.model_copy(update={"grace_period": timedelta(milliseconds=10)})
        hasty = self.config.model_copy(update={"execution": at_once})
        await self._process.enter_async_context(build.batch_worker(self.client, hasty, BATCH, execution))

    async def end_process(self) -> None:
        """Let the batch's process end; nobody closes its session."""
        await self._process.aclose()

    async def lose_process(self, run_id: str, *, after_segments: int) -> None:
        """Take the batch's process away in the middle of a segment of the soak, and bring a new one."""
        await self.until(run_id, lambda steps: any(step.segments_done >= after_segments for step in _soaks(steps)))
        self.clock.held = True
        await self.until(run_id, lambda steps: any(_under_way(step) for step in _soaks(steps)))
        await self.end_process()
        self.clock.leap(AWAY)
        self.clock.held = False
        await self.start_process()

    async def start_run(self, **parameters: float) -> str:
        """Start a run; returns its id."""
        return await start_run(
            self.client, self.config, self.layout, self.runs, batch_id=BATCH, unit=UnitUnderTest(),
            parameters=parameters, started_by="test",
        )  # fmt: skip

    async def steps(self, run_id: str) -> list[StepRecord]:
        """Every attempt of the run's steps."""
        return await self.runs.steps(run_id)

    async def until(self, run_id: str, holds: Callable[[list[StepRecord]], bool]) -> None:
        """Wait until the journal is such."""
        give_up = time.monotonic() + 60
        while not holds(steps := await self.steps(run_id)):
            assert time.monotonic() < give_up, f"the journal does not come to be such: {steps}"
            await asyncio.sleep(0.01)

    async def end(self) -> RunEnd:
        """Wait for the end of the run, whatever history it is in by then."""
        async with asyncio.timeout(60):
            return await self.handle.result()


OvenMaker = Callable[..., AbstractAsyncContextManager[Oven]]


@pytest.fixture
def make_oven(tmp_path: Path) -> OvenMaker:
    """A way to build the station on a server with settings of the test's own."""

    @asynccontextmanager
    async def build_oven(**dynamic_settings: str) -> AsyncIterator[Oven]:
        dynamic = {
            "frontend.WorkflowTimeSkippingEnabled": "true",
            "history.transferProcessorMaxPollRPS": "100",
            "history.timerProcessorMaxPollRPS": "100",
            **dynamic_settings,
        }
        async with AsyncExitStack() as stack:
            environment = await stack.enter_async_context(
                await WorkflowEnvironment.start_time_skipping_v2(
                    data_converter=pydantic_data_converter,
                    search_attributes=search.ALL,
                    dev_server_existing_path=str(find_binary(TemporalSection())),
                    dev_server_extra_args=[
                        word for key, value in dynamic.items() for word in ("--dynamic-config-value", f"{key}={value}")
                    ],
                )
            )
            clock = LeapingClock()
            settings = BenchSettings(directory=tmp_path / "sim", slots=1, psu_port=0, opcua_port=0, control_port=0)
            bench = await stack.enter_async_context(Bench(settings, clock.monotonic))
            config = _config(bench)
            await migrate(config.database_url(tmp_path))
            database = await stack.enter_async_context(Database(config.database_url(tmp_path)))
            oven = Oven(environment.client, config, Layout.of(config, tmp_path), database, bench, clock)
            await stack.enter_async_context(build.engine_worker(environment.client, config, database))
            stack.push_async_callback(oven.end_process)
            await oven.start_process()
            yield oven

    return build_oven


def _config(bench: Bench) -> StationConfig:
    return StationConfig.model_validate(
        {
            "station": {"id": "T1", "name": "Oven"},
            "execution": {"grace_period": timedelta(seconds=5), "heartbeat_timeout": timedelta(seconds=30)},
            "batches": [
                {
                    "id": BATCH,
                    "sequence_package": str(PACKAGE),
                    "hardware": {"plc": {"endpoint": bench.ports.endpoint, "slot": "slot_1"}},
                    # Were anything counted twice after the interruption, nine hours would not be enough.
                    "resource_limits": {"timeout_sequence": timedelta(hours=9), "timeout_step": timedelta(hours=1)},
                }
            ],
        }
    )


def _soaks(steps: list[StepRecord]) -> list[StepRecord]:
    return [step for step in steps if step.key.step == "soak"]


def _under_way(step: StepRecord) -> bool:
    return step.status is StepState.RUNNING and step.segment > step.segments_done


def _end_process(code: int) -> NoReturn:
    raise ProcessEnded(code)
