"""A stage for manual sessions: a real server, the real workflow, and a fake slot that is told things by hand."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from station.contracts.manual import (
    CommandOutcome,
    CommandWish,
    HandOver,
    ManualCommandRequest,
    ManualContract,
    ManualInput,
    ManualNote,
    ManualSessionRequest,
    ManualStepRequest,
    ManualTimes,
    SessionLook,
    StepOutcome,
    StepWish,
)
from station.contracts.messages import ClosedSession
from station.contracts.names import engine_queue, run_workflow_id
from station.domain.manual import Command, CommandAnswer, ManualEnd, ManualState, ManualStatus
from station.domain.measurement import Measurement
from station.domain.outcome import Outcome
from station.domain.prompt import Prompt
from station.domain.run import StepReport
from station.domain.values import ValueSpec
from tests.workflows.fakes import FakeRecorder, FakeSlot
from tests.workflows.stage import BATCH, PATIENCE, Stage, plan, step
from workflows.manual import ManualSession

MEASURE = Command(
    instrument="dmm", name="measure", arguments={"channel": ValueSpec(type="integer", min=1, max=4, required=True)}
)
OUTPUT_ON = Command(instrument="power", name="output_on", confirm=True)
HandHandle = WorkflowHandle[Any, ManualEnd]
Scene = Callable[["FakeHandSlot"], Awaitable[CommandOutcome]]


class FakeHandSlot(FakeSlot):
    """Plays the process of a batch that is in somebody's hand.

    Attributes:
        telling: Scenes of commands, by name; without one the answer is 1.5.
        safe: Scenes of `manual_safe`.
        watching: Scenes of what ends a watch; without one it ends when the session does.
    """

    def __init__(self) -> None:
        super().__init__()
        self.telling: defaultdict[str, list[Scene]] = defaultdict(list)
        self.safe: list[Callable[[], ClosedSession]] = []
        self.watching: list[Callable[[], None]] = []
        self.requests: list[ManualStepRequest] = []
        self.watches = 0
        self.prompt: Prompt | None = None
        """What the next step ends to ask."""
        self.dead = asyncio.Event()
        """Set: the process that held the session was killed."""

    @activity.defn(name="station.manual_command")
    async def manual_command(self, request: ManualCommandRequest) -> CommandOutcome:
        """Answer, or play the command's next scene."""
        self._note(f"{request.instrument}.{request.name}")
        self._must_own(request.session)
        scenes = self.telling[request.name]
        return await scenes.pop(0)(self) if scenes else CommandOutcome(value=1.5, elapsed=timedelta(seconds=0.1))

    @activity.defn(name="station.manual_step")
    async def manual_step(self, request: ManualStepRequest) -> StepOutcome:
        """Pass, or lose the session."""
        self._note(f"step {request.step}:{request.attempt}")
        self._must_own(request.session)
        self.requests.append(request)
        report = StepReport(
            step=request.step, attempt=request.attempt, outcome=Outcome.PASSED, finished=not self.prompt,
            prompt=self.prompt,
        )  # fmt: skip
        return StepOutcome(report=report, measurements=[Measurement(name="rail", value=5.0)], values={"a": 1})

    @activity.defn(name="station.manual_safe")
    async def manual_safe(self, request: ManualSessionRequest) -> ClosedSession:
        """Be safe, or do as the scene says."""
        self._note("make safe")
        return self.safe.pop(0)() if self.safe else ClosedSession()

    @activity.defn(name="station.manual_watch")
    async def manual_watch(self, request: ManualSessionRequest) -> None:
        """Stay while the session is held."""
        self.watches += 1
        if self.watching:
            self.watching.pop(0)()
            return
        looks = 0
        while self.session == request.session and not activity.is_worker_shutdown():
            looks += 1
            if looks % 25 == 0:  # one that is on its way when the activity ends is answered with a cancel for nobody
                activity.heartbeat()
            await asyncio.sleep(0.02)
            if self.dead.is_set():
                self.dead.clear()
                raise ApplicationError("was killed by SIGKILL", type="WORKER_CRASHED", non_retryable=True)
        self._must_own("")

    @property
    def activities(self) -> list[Callable[..., Awaitable[object]]]:
        """What its worker serves."""
        by_hand = [self.manual_command, self.manual_step, self.manual_safe, self.manual_watch]
        return [*super().activities, *by_hand]

    def _must_own(self, token: str) -> None:
        if not token or token != self.session:
            raise ApplicationError("the session is another one's", type="SESSION_LOST", non_retryable=True)


class FakeNotes:
    """Stands for the results database as a manual session sees it."""

    def __init__(self, slot: FakeHandSlot) -> None:
        self.notes: list[ManualNote] = []
        self.looks: list[SessionLook] = []
        self._slot = slot

    @activity.defn(name="station.record_manual")
    async def record_manual(self, request: ManualNote) -> None:
        """Keep it."""
        self.notes.append(request)

    @activity.defn(name="station.look_at_session")
    async def look_at_session(self, request: ManualSessionRequest) -> SessionLook:
        """Answer as told, or by what the slot holds; the last answer told stays."""
        if self.looks:
            return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return SessionLook(owned=self._slot.session == request.session, safe=True)

    @property
    def told(self) -> list[str]:
        """Who did what, in order."""
        return [f"{note.deed.actor}: {note.deed.action}" for note in self.notes]


@dataclass
class HandStage(Stage):
    """One station with one batch that somebody takes in hand."""

    slot: FakeHandSlot = field(default_factory=FakeHandSlot)
    recorder: FakeRecorder = field(default_factory=FakeRecorder)
    notes: FakeNotes = field(init=False)

    def __post_init__(self) -> None:
        self.notes = FakeNotes(self.slot)

    @asynccontextmanager
    async def engine(self, runner: WorkflowRunner | None = None, *, cached: int = 100) -> AsyncIterator[None]:
        """Let the engine's process live."""
        async with Worker(
            self.client,
            task_queue=engine_queue(self.station),
            workflows=[ManualSession],
            activities=[*self.recorder.activities, self.notes.record_manual, self.notes.look_at_session],
            workflow_runner=runner or UnsandboxedWorkflowRunner(),
            max_cached_workflows=cached,
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        ):
            yield

    async def take(self, **more: Any) -> HandHandle:
        """Take the slot in hand, and do not wait until it is open."""
        times = {"idle": timedelta(seconds=30), "client": timedelta(seconds=30), **more.pop("times", {})}
        steps = plan(step("rails", title="Rails"), step("off", cleanup=True), heartbeat_timeout=timedelta(seconds=2))
        request = ManualInput(
            session_id="HAND1",
            station=self.station,
            batch=BATCH,
            plan=more.pop("plan", steps),
            commands=[MEASURE, OUTPUT_ON],
            parameters={"volts": ValueSpec(type="float", max=16)},
            by="kim",
            opened_at=datetime.now(UTC),
            times=ManualTimes(**times),
            **more,
        )
        return await self.client.start_workflow(
            ManualContract.run,
            request,
            id=run_workflow_id(self.station, BATCH),
            task_queue=engine_queue(self.station),
            task_timeout=timedelta(seconds=5),
        )

    async def open(self, **more: Any) -> HandHandle:
        """Take the slot in hand and wait until it is open."""
        handle = await self.take(**more)
        await in_state(handle, ManualState.OPEN)
        return handle


async def look(handle: HandHandle) -> ManualStatus:
    """Ask the session where it is."""
    return await handle.query(ManualContract.status)


async def in_state(handle: HandHandle, state: ManualState) -> ManualStatus:
    """Wait until the session says that it is there."""
    async with asyncio.timeout(PATIENCE):
        while (now := await look(handle)).state is not state:
            await asyncio.sleep(0.02)
    return now


async def tell(handle: HandHandle, name: str = "dmm.measure", by: str = "kim", **arguments: Any) -> CommandAnswer:
    """Tell an instrument something, confirmed."""
    instrument, _, command = name.partition(".")
    wish = CommandWish(instrument=instrument, name=command, arguments=arguments, by=by, confirmed=True)
    return await handle.execute_update(ManualContract.command, wish)


async def do_step(handle: HandHandle, name: str = "rails", **parameters: Any) -> CommandAnswer:
    """Run a step."""
    return await handle.execute_update(ManualContract.run_step, StepWish(step=name, parameters=parameters, by="kim"))


async def make_safe(handle: HandHandle, by: str = "lee") -> CommandAnswer:
    """Make safe."""
    return await handle.execute_update(ManualContract.make_safe, HandOver(by=by, reason="hand in the fixture"))


async def leave(handle: HandHandle, by: str = "kim") -> ManualEnd:
    """Leave, and wait for the end."""
    end = await handle.execute_update(ManualContract.leave, HandOver(by=by))
    assert await over(handle) == end
    return end


async def over(handle: HandHandle) -> ManualEnd:
    """Wait for the end."""
    async with asyncio.timeout(PATIENCE * 2):
        return await handle.result()


async def refusal(call: Awaitable[object]) -> tuple[str | None, str]:
    """Hear why something was refused."""
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await call
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    return cause.type, cause.message


def until_cut_off(slot_asks: asyncio.Event | None = None) -> Scene:
    """The command goes on until it is cut off, or until the event."""

    async def scene(slot: FakeHandSlot) -> CommandOutcome:
        while slot_asks is None or not slot_asks.is_set():
            activity.heartbeat()
            await asyncio.sleep(0.02)
        return CommandOutcome(value="released")

    return scene
