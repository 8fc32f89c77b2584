"""A stage for runs: a real Temporal server, the real workflow, and a fake slot and recorder behind the real names."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from station.config.model import TemporalSection
from station.contracts import search
from station.contracts.messages import PauseRequest, RecoverRequest, RunEnd, RunInput, StopRequest
from station.contracts.names import batch_queue, engine_queue, run_workflow_id
from station.contracts.prompts import AnswerRequest
from station.contracts.run import RunContract
from station.contracts.steering import GotoRequest, SkipRequest
from station.control.engine import find_binary
from station.domain.outcome import RunState
from station.domain.plan import PackageRef, Plan, RetryPlan, RunPolicy, StepPlan
from station.domain.run import RunStatus, UnitUnderTest
from tests.workflows.fakes import FakeRecorder, FakeSlot
from workflows.run import StationRun

BATCH = "slot_1"
PACKAGE = PackageRef(name="demo", version="1.2.3", content_hash="ab" * 32)
PATIENCE = 20.0
"""Seconds after which something that was awaited counts as not happening."""
LONG_HISTORY = 40
"""Events after which the test's server suggests a new history; the stock server says 4096."""

Handle = WorkflowHandle[Any, RunEnd]


def start_server(**settings: str) -> "AbstractAsyncContextManager[WorkflowEnvironment]":
    """Start the embedded engine as the station does, with shorter histories."""
    dynamic = {
        "history.transferProcessorMaxPollRPS": "100",
        "history.timerProcessorMaxPollRPS": "100",
        # The stock server fires a timer up to a second late.
        "history.timerProcessorMaxTimeShift": '"10ms"',
        "limit.historyCount.suggestContinueAsNew": str(LONG_HISTORY),
        **settings,
    }
    return _serving(
        WorkflowEnvironment.start_local(
            dev_server_existing_path=str(binary()),
            dev_server_extra_args=[
                word for key, value in dynamic.items() for word in ("--dynamic-config-value", f"{key}={value}")
            ],
            dev_server_startup_timeout=timedelta(seconds=60),
            search_attributes=search.ALL,
        )
    )


@asynccontextmanager
async def _serving(starting: Awaitable[WorkflowEnvironment]) -> AsyncIterator[WorkflowEnvironment]:
    async with await starting as environment:
        yield environment


def binary() -> Path:
    """Find the server's program."""
    return find_binary(TemporalSection())


async def connect(address: str) -> Client:
    """Connect as the station does."""
    return await Client.connect(address, data_converter=pydantic_data_converter)


def step(name: str, **settings: Any) -> StepPlan:
    """Plan one step; what is not said does not wait."""
    retry = settings.pop("retry", 0)
    quick = RetryPlan(retries=retry, backoff=timedelta(milliseconds=10), backoff_max=timedelta(milliseconds=40))
    return StepPlan.model_validate({"name": name, "retry": quick, **settings})


def plan(*steps: StepPlan, **policy: Any) -> Plan:
    """Plan a run."""
    numbered = tuple(one.model_copy(update={"index": index}) for index, one in enumerate(steps))
    return Plan(package=PACKAGE, steps=numbered, policy=RunPolicy.model_validate(policy))


@dataclass
class Stage:
    """One station with one batch, of which a test has the engine and the slot in its hands.

    Attributes:
        slot: Plays the batch's process.
        recorder: Plays the results database.
        batch: The slot's batch; several stages of one station are several slots, and one of them has the engine.
    """

    client: Client
    slot: FakeSlot = field(default_factory=FakeSlot)
    recorder: FakeRecorder = field(default_factory=FakeRecorder)
    station: str = field(default_factory=lambda: f"T{uuid4().hex[:8]}")
    batch: str = BATCH
    _runs: int = 0

    @asynccontextmanager
    async def engine(self, runner: WorkflowRunner | None = None, *, cached: int = 100) -> AsyncIterator[None]:
        """Let the engine's process live; without the sandbox, which hides from coverage what runs in it."""
        async with Worker(
            self.client,
            task_queue=engine_queue(self.station),
            workflows=[StationRun],
            activities=self.recorder.activities,
            workflow_runner=runner or UnsandboxedWorkflowRunner(),
            max_cached_workflows=cached,
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        ):
            yield

    @asynccontextmanager
    async def process(self) -> AsyncIterator[None]:
        """Let the batch's process live."""
        async with Worker(
            self.client,
            task_queue=batch_queue(self.station, self.batch),
            activities=self.slot.activities,
            max_heartbeat_throttle_interval=timedelta(milliseconds=100),
            default_heartbeat_throttle_interval=timedelta(milliseconds=100),
        ):
            yield

    async def start(self, plan: Plan, **more: Any) -> Handle:
        """Start a run."""
        self._runs += 1
        request = RunInput(
            run_id=f"RUN{self._runs}",
            station=self.station,
            batch=self.batch,
            plan=plan,
            unit=UnitUnderTest(wip="WIP-1", process=1, operator="kim"),
            started_by="test",
            accepted_at=datetime.now(UTC),
            **more,
        )
        return await self.client.start_workflow(
            RunContract.run,
            request,
            id=run_workflow_id(self.station, self.batch),
            task_queue=engine_queue(self.station),
            task_timeout=timedelta(seconds=5),
        )

    async def run(self, plan: Plan) -> RunEnd:
        """Take a run from its start to its end, with engine and process there all the time."""
        async with self.engine(), self.process():
            return await ended(await self.start(plan))


async def ended(handle: Handle) -> RunEnd:
    """Wait for the end of a run."""
    async with asyncio.timeout(PATIENCE * 2):
        return await handle.result()


async def status(handle: Handle) -> RunStatus:
    """Ask the run where it is."""
    return await handle.query(RunContract.status)


async def details(handle: Handle) -> str:
    """Read what Temporal's own UI shows of the run."""
    metadata: WorkflowMetadata = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return metadata.current_details


async def reaches(handle: Handle, state: RunState) -> RunStatus:
    """Wait until the run says that it is there."""
    return await shows(handle, lambda now: now.state is state)


async def shows(handle: Handle, holds: Callable[[RunStatus], bool]) -> RunStatus:
    """Wait until the run's own account of itself is such."""
    give_up = time.monotonic() + PATIENCE
    while True:
        now = await status(handle)
        if holds(now):
            return now
        assert time.monotonic() < give_up, f"the run does not come to show it: {now}"
        await asyncio.sleep(0.02)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, "it does not come to hold"
        await asyncio.sleep(0.01)


async def until_history(handle: Handle, *, timers_fired: int, activities_completed: int) -> None:
    """Wait until the server has written so much into the history, whether or not an engine is there to see it."""
    give_up = time.monotonic() + PATIENCE
    while True:
        events = (await handle.fetch_history()).events
        fired = sum(event.HasField("timer_fired_event_attributes") for event in events)
        completed = sum(event.HasField("activity_task_completed_event_attributes") for event in events)
        if fired >= timers_fired and completed >= activities_completed:
            return
        assert time.monotonic() < give_up, f"the history has {fired} timers and {completed} activities"
        await asyncio.sleep(0.02)


async def stop(handle: Handle, by: str = "kim", reason: str = "") -> None:
    """Stop the run."""
    await handle.signal(RunContract.stop, StopRequest(by=by, reason=reason))


async def pause(handle: Handle, by: str = "kim", reason: str = "") -> RunStatus:
    """Pause the run."""
    return await handle.execute_update(RunContract.pause, PauseRequest(by=by, reason=reason))


async def resume(handle: Handle) -> RunStatus:
    """Let the run go on."""
    return await handle.execute_update(RunContract.resume, PauseRequest(by="kim"))


async def skip(handle: Handle, step: str, reason: str = "", by: str = "kim") -> RunStatus:
    """Leave a step out."""
    return await handle.execute_update(RunContract.skip_step, SkipRequest(step=step, by=by, reason=reason))


async def goto(handle: Handle, step: str = "", reason: str = "", *, force: bool = False) -> RunStatus:
    """Go back to a step, or to the latest one."""
    return await handle.execute_update(
        RunContract.goto_step, GotoRequest(step=step, by="kim", reason=reason, force=force)
    )


async def choose(handle: Handle, choice: str, reason: str = "") -> RunStatus:
    """Answer an interrupted run."""
    return await handle.execute_update(RunContract.recover, RecoverRequest(choice=choice, by="kim", reason=reason))


async def answer(handle: Handle, prompt: str, by: str = "kim", **values: object) -> RunStatus:
    """Answer a prompt of the run."""
    wish = AnswerRequest.model_validate({"prompt": prompt, "values": values, "by": by})
    return await handle.execute_update(RunContract.answer_prompt, wish)
