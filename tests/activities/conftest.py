"""One slot with a real database and a small real package, and processes of it as a test needs them."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pytest
from temporalio.activity import ActivityCancellationDetails
from temporalio.testing import ActivityEnvironment

from activities.execution import Execution
from activities.feed import LiveFeed
from activities.hardware import Hardware, SlotSettings, SlotStores
from activities.live import LiveSteps
from station.contracts.messages import (
    CloseSessionRequest,
    OpenedSession,
    OpenSessionRequest,
    ReconcileRequest,
    SessionPurpose,
    StepRequest,
)
from station.domain.clock import Clock, SystemClock
from station.domain.events import EventType
from station.domain.plan import Plan, RetryPlan, RunPolicy
from station.domain.run import UnitUnderTest
from station.execution.files import FileStore
from station.execution.planning import make_plan
from station.execution.sharing import SharedLocks
from station.execution.store import PackageStore
from station.storage.batches import Batches
from station.storage.database import Database
from station.storage.events import Event, Events
from station.storage.journal import Journal
from station.storage.logs import Logs
from station.storage.migrate import migrate
from station.storage.runs import AcceptedRun, Runs
from station.storage.steps import StepKey, StepRecord

BATCH = "slot_1"
RUN = "RUN1"
PATIENCE = 10.0
"""Seconds after which something that was awaited counts as not happening."""
LOST = ActivityCancellationDetails(not_found=True)
"""The server has given up on the activity; nobody wishes anything to stop."""
STOPPED = ActivityCancellationDetails(cancel_requested=True)
SHUT_DOWN = ActivityCancellationDetails(worker_shutdown=True)

MANIFEST = """
name: demo
version: 1.0.0
entry_point: {module: sequence, class: Demo}
hardware:
  meter:
    display_name: Meter
    driver: ./drivers/meter.py
    class: Meter
    config_schema:
      folder: {type: string, required: true}
"""

DRIVER = '''
"""An instrument that writes down what it is told, and misbehaves when a file of that name is there."""

import asyncio
import time
from pathlib import Path

from station.sdk import Driver, HardwareConnectionError, HardwareError


class Meter(Driver):
    async def connect(self):
        self.folder = Path(self.config["folder"])
        self.note("connect")
        if self.asked("unreachable"):
            raise HardwareConnectionError("nobody answers")

    async def disconnect(self):
        self.note("disconnect")

    async def reset(self):
        self.note("reset")

    async def make_safe(self):
        self.note("make_safe")
        if self.asked("unsafe"):
            raise HardwareError("the output stays on")

    async def identify(self):
        return "METER 1"

    async def is_connected(self):
        return True

    async def linger(self):
        self.note("linger")
        try:
            await asyncio.sleep(60)
        finally:
            self.note("cut")

    async def waveform(self):
        return [0.5] * 10_000

    async def block(self):
        while not self.asked("go"):
            time.sleep(0.01)

    def asked(self, name):
        return (self.folder / name).exists()

    def note(self, line):
        with (self.folder / "calls").open("a") as calls:
            calls.write(line + "\\n")
'''

SEQUENCE = '''
"""Steps that wait for a file `go`, so that a test decides when they go on."""

import asyncio
import sqlite3
import time
from pathlib import Path

from station.sdk import StepContext, sequence, step


@sequence("demo")
class Demo:
    def __init__(self, meter):
        self.meter = meter

    async def identify_unit(self):
        unit = Path(self.meter.config["folder"]) / "unit"
        return unit.read_text() if unit.exists() else ""

    async def setup(self, ctx):
        self.meter.note("setup")
        while self.meter.asked("slow_setup"):
            await asyncio.sleep(0.01)
        if self.meter.asked("broken_setup"):
            raise ValueError("no fixture")

    @step(1)
    async def measure(self, ctx: StepContext):
        self.meter.note("measure")
        with sqlite3.connect(self.meter.folder / "station.db") as database:
            seen = database.execute("select status from step_results where step_name = 'measure'").fetchone()
        ctx.log("measuring")
        ctx.measure("volts", 5.0, "V", low=4.9, high=5.1)
        ctx.progress(0.5, "half")
        ctx.state["measured"] = True
        return {"seen": seen[0]}

    @step(2)
    async def gated(self, ctx: StepContext):
        self.meter.note("gated")
        ctx.log("waiting")
        while not self.meter.asked("go"):
            await asyncio.sleep(0.01)
        return {"before": ctx.state.get("measured", False)}

    @step(3)
    async def deaf(self, ctx: StepContext):
        self.meter.note("deaf")
        while not self.meter.asked("go"):
            time.sleep(0.01)

    @step(4)
    async def tenacious(self, ctx: StepContext):
        self.meter.note("tenacious")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            while not self.meter.asked("go"):
                await asyncio.sleep(0.01)
            raise

    @step(5, segment=100)
    async def soak(self, ctx: StepContext):
        self.meter.note("soak")
        async for tick in ctx.soak(200, 10):
            if tick.index == 5 and self.meter.asked("hiccup"):
                raise RuntimeError("the chamber did not answer")
            while tick.index == 5 and self.meter.asked("stuck") and not self.meter.asked("go"):
                time.sleep(0.01)
            ctx.state["ticks"] = ctx.state.get("ticks", 0) + 1
            if self.meter.asked("hold"):
                await asyncio.sleep(60)

    @step(6)
    async def talkative(self, ctx: StepContext):
        for number in range(1000):
            ctx.measure(f"value_{number:040}", number)

    @step(9, cleanup=True)
    async def tidy(self):
        self.meter.note("tidy")
'''

_OF_STEPS = {
    EventType.STEP_START, EventType.LOG, EventType.MEASUREMENT, EventType.STEP_PROGRESS, EventType.STEP_COMPLETE,
    EventType.STEP_INTERRUPTED,
}  # fmt: skip

T = TypeVar("T")
Request = TypeVar("Request")


class ProcessEnded(BaseException):
    """Stands for the end of the batch's process."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class LeapingClock:
    """Time that passes only where somebody waits for it, and then at once: hours pass alike on any machine.

    Attributes:
        held: Whoever waits, waits; so a step is surely under way when its process is lost.
    """

    def __init__(self) -> None:
        self.held = False
        self._began = datetime.now(UTC)
        self._seconds = 0.0

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._seconds

    def now(self) -> datetime:
        """The time of day."""
        return self._began + timedelta(seconds=self._seconds)

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        while self.held:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0)
        self.leap(timedelta(seconds=seconds))

    def leap(self, time: timedelta) -> None:
        """Let time pass while nobody waits for it."""
        self._seconds += time.total_seconds()


@dataclass
class Process:
    """One process of the slot; several can be alive, as zombies are."""

    execution: Execution
    plan: Plan
    open_runs: dict[str, bool | None] = field(default_factory=dict)

    @property
    def hardware(self) -> Hardware:
        return self.execution.hardware

    async def open(self, purpose: SessionPurpose = SessionPurpose.RUN, run_id: str = RUN) -> OpenedSession:
        return await call(self.hardware.open_session, self.opening(purpose, run_id))

    def opening(self, purpose: SessionPurpose = SessionPurpose.RUN, run_id: str = RUN) -> OpenSessionRequest:
        return OpenSessionRequest(run_id=run_id, batch=BATCH, plan=self.plan, purpose=purpose)

    def closing(self, token: str) -> CloseSessionRequest:
        return CloseSessionRequest(run_id=RUN, batch=BATCH, session=token)


@dataclass
class Slot:
    """The slot: what outlives its processes.

    Attributes:
        folder: Where the meter writes and where files tell package and driver what to do.
    """

    folder: Path
    database: Database
    plan: Plan
    packages: PackageStore
    _tokens: int = 0
    _processes: list[Process] = field(default_factory=list)

    def process(
        self,
        pid: int = 1,
        clock: Clock | None = None,
        lease: timedelta = timedelta(seconds=30),
        shared: Mapping[str, str] | None = None,
    ) -> Process:
        """Let a process come up."""
        opened: dict[str, bool | None] = {}

        async def is_run_open(run_id: str) -> bool | None:
            return opened.get(run_id, False)

        hardware = Hardware(
            settings=SlotSettings(BATCH, {"meter": {"folder": str(self.folder)}}, pid, lease, shared or {}),
            stores=SlotStores(
                self.journal, self.runs, self.batches, self.packages, FileStore(self.folder / "files")
            ),
            live=LiveSteps(timedelta(milliseconds=20)),
            feed=LiveFeed(Logs(self.database), BATCH),
            clock=clock or SystemClock(),
            new_token=self._new_token,
            is_run_open=is_run_open,
            locks=self.locks(BATCH, pid),
        )  # fmt: skip
        plan = self.plan.model_copy(update={"shared": dict(shared or {})})
        process = Process(Execution(hardware, _end), plan, opened)
        self._processes.append(process)
        return process

    def locks(self, batch: str, pid: int = 99) -> SharedLocks:
        """The locks of shared instruments as a process of that batch has them."""
        return SharedLocks(lambda name: self.folder / f"shared-{name}.lock", batch, pid)

    @property
    def journal(self) -> Journal:
        return Journal(self.database)

    @property
    def runs(self) -> Runs:
        return Runs(self.database)

    @property
    def batches(self) -> Batches:
        return Batches(self.database)

    @property
    def calls(self) -> list[str]:
        """What the meter was told, in order."""
        file = self.folder / "calls"
        return file.read_text().split() if file.exists() else []

    def tell(self, name: str) -> None:
        """Tell the package or its driver something."""
        (self.folder / name).touch()

    async def row(self, step: str, attempt: int = 1) -> StepRecord | None:
        """What the journal knows of an attempt."""
        return await self.journal.find(StepKey(RUN, step, attempt))

    async def events(self, kind: str) -> list[Event]:
        """The events of one kind, oldest first."""
        return [event for event in await Events(self.database).after(0) if event.type == kind]

    async def events_of_steps(self) -> list[Event]:
        """The events that steps cause, oldest first."""
        return [event for event in await Events(self.database).after(0) if event.type in _OF_STEPS]

    async def called(self, line: str, times: int = 1) -> None:
        """Wait until the meter was told something so often."""
        await until(lambda: self.calls.count(line) >= times, f"{times} times {line}")

    async def close(self) -> None:
        """End what the test's processes still run."""
        self.tell("go")
        for process in self._processes:
            held = process.hardware._held
            if held is not None:
                for name in ("unsafe", "slow_setup"):
                    (self.folder / name).unlink(missing_ok=True)
                await held.session.close()

    def _new_token(self) -> str:
        self._tokens += 1
        return f"token-{self._tokens}"


def step_request(step: str, session: str, attempt: int = 1, **more: Any) -> StepRequest:
    """Ask for an attempt of a step."""
    settings = {"timeout": timedelta(seconds=5), "grace": timedelta(seconds=2), **more}
    return StepRequest(run_id=RUN, batch=BATCH, session=session, step=step, attempt=attempt, **settings)


def reconcile_request(step: str, session: str, attempt: int = 1, segment: int = 1) -> ReconcileRequest:
    """Ask what became of an attempt."""
    return ReconcileRequest(run_id=RUN, batch=BATCH, session=session, step=step, attempt=attempt, segment=segment)


async def call(
    activity: Callable[[Request], Awaitable[T]], request: Request, environment: ActivityEnvironment | None = None
) -> T:
    """Run an activity as a worker does."""
    answer: T = await (environment or ActivityEnvironment()).run(activity, request)
    return answer


def begin(
    activity: Callable[[Request], Awaitable[T]], request: Request
) -> "tuple[asyncio.Task[T], ActivityEnvironment]":
    """Begin an activity; its environment can cancel it."""
    environment = ActivityEnvironment()
    return asyncio.create_task(call(activity, request, environment)), environment


async def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, f"it does not come to hold: {what}"
        await asyncio.sleep(0.005)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database and a store with the package in it, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("prepared")
    root = folder / "demo"
    for name, text in {"manifest.yaml": MANIFEST, "sequence.py": SEQUENCE, "drivers/meter.py": DRIVER}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.lstrip("\n"), encoding="utf-8")
    PackageStore(folder / "packages").publish(root)
    asyncio.run(migrate(f"sqlite:///{folder / 'station.db'}"))
    return folder


@pytest.fixture
async def slot(prepared: Path, tmp_path: Path) -> AsyncIterator[Slot]:
    """A slot whose run was accepted."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    packages = PackageStore(tmp_path / "packages")
    package = packages.load(packages.publish(tmp_path / "demo"))
    plan = make_plan(package, {}, RunPolicy(), timeout_step=timedelta(hours=1), retry=RetryPlan())
    async with Database(f"sqlite:///{tmp_path / 'station.db'}") as database:
        slot = Slot(tmp_path, database, plan, packages)
        await slot.runs.accept(AcceptedRun(RUN, BATCH, UnitUnderTest(), plan, f"run/T1/{BATCH}", datetime.now(UTC)))
        yield slot
        await slot.close()


def _end(code: int) -> NoReturn:
    raise ProcessEnded(code)
