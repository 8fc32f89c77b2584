"""A slot with a real results database and a real package; its lamp is a file, and its processes are objects."""

import asyncio
import itertools
import shutil
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
import pytest_asyncio
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
from station.domain.plan import Plan, RetryPlan, RunPolicy
from station.domain.run import StepReport, UnitUnderTest
from station.execution.clock import SystemClock
from station.execution.files import FileStore
from station.execution.planning import make_plan
from station.execution.store import PackageStore
from station.storage.batches import Batches, ExitKind, ProcessExit
from station.storage.database import Database
from station.storage.journal import Journal, StepKey, StepRecord
from station.storage.logs import Logs
from station.storage.migrate import migrate
from station.storage.runs import AcceptedRun, Runs

BATCH, RUN = "slot_1", "RUN1"
UNIT = UnitUnderTest(wip="WIP-1", process=1, operator="kim")

MANIFEST = """
name: demo
version: 1.0.0
entry_point: {module: sequence, class: Demo}
modes: {automatic: true}
hardware:
  lamp:
    display_name: Lamp
    driver: ./drivers/lamp.py
    class: Lamp
    config_schema:
      folder: {type: string, required: true}
"""

DRIVER = '''
"""A lamp: a file says whether it is on, and another whether it can be reached."""

from pathlib import Path

from station.sdk import Driver, HardwareConnectionError, HardwareError


class Lamp(Driver):
    def __init__(self, name, config):
        super().__init__(name, config)
        self.folder = Path(config["folder"])

    async def connect(self):
        if (self.folder / "unplugged").exists():
            raise HardwareConnectionError("the lamp does not answer")

    async def disconnect(self):
        """Nothing to let go of."""

    async def is_connected(self):
        return True

    async def reset(self):
        await self.make_safe()

    async def identify(self):
        return "LAMP 1"

    async def make_safe(self):
        if (self.folder / "stuck").exists():
            raise HardwareError("the lamp cannot be switched off")
        (self.folder / "on").unlink(missing_ok=True)

    def switch_on(self):
        (self.folder / "on").touch()
'''

SEQUENCE = """
import asyncio

from station.sdk import RecoverableError, StepContext, sequence, step


@sequence("demo")
class Demo:
    def __init__(self, lamp):
        self.lamp = lamp

    async def setup(self):
        while (self.lamp.folder / "slow_setup").exists():
            await asyncio.sleep(0.01)

    @step(10)
    async def quick(self, ctx: StepContext):
        with (self.lamp.folder / "quick").open("a") as file:
            file.write("x")
        ctx.log("measuring")
        ctx.measure("volts", 5.0, "V", low=4.9, high=5.1)
        ctx.state["seen"] = True
        return {"answer": 42}

    @step(20)
    async def slow(self, ctx: StepContext):
        with (self.lamp.folder / "slow").open("a") as file:
            file.write("x")
        self.lamp.switch_on()
        while not (self.lamp.folder / "go").exists():
            await asyncio.sleep(0.01)

    @step(30)
    async def stubborn(self):
        (self.lamp.folder / "stubborn").touch()
        while not (self.lamp.folder / "go").exists():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                pass

    @step(40, segment=0.2)
    async def soak(self, ctx: StepContext):
        async for tick in ctx.soak(0.5, 0.05):
            ctx.state["ticks"] = ctx.state.get("ticks", 0) + 1
            while (self.lamp.folder / "hold").exists() and tick.index == 2:
                await asyncio.sleep(0.01)

    @step(50, segment=0.2, rearm=True)
    async def heat(self, ctx: StepContext):
        async for tick in ctx.soak(0.5, 0.05):
            while (self.lamp.folder / "hold").exists() and tick.index == 2:
                await asyncio.sleep(0.01)

    @step(60)
    async def broken(self):
        raise RecoverableError("it does not work")

    @step(90, cleanup=True)
    async def off(self):
        await self.lamp.make_safe()
"""


class ProcessEnded(BaseException):
    """A process of the test has ended itself; the real one is gone at this point."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Process:
    """One process of the batch, as its activities see it."""

    pid: int
    execution: Execution
    open_runs: set[str] = field(default_factory=lambda: {RUN})

    @property
    def hardware(self) -> Hardware:
        return self.execution.hardware

    async def open(self, plan: Plan, purpose: SessionPurpose = SessionPurpose.RUN, round_: int = 1) -> OpenedSession:
        request = OpenSessionRequest(run_id=RUN, batch=BATCH, plan=plan, unit=UNIT, round=round_, purpose=purpose)
        return await ActivityEnvironment().run(self.hardware.open_session, request)

    async def close(self, session: str) -> object:
        request = CloseSessionRequest(run_id=RUN, batch=BATCH, session=session)
        return await ActivityEnvironment().run(self.hardware.close_session, request)

    async def run(self, request: StepRequest) -> StepReport:
        return await ActivityEnvironment().run(self.execution.run_step, request)

    async def reconcile(self, request: StepRequest) -> object:
        question = ReconcileRequest(
            run_id=request.run_id,
            batch=request.batch,
            session=request.session,
            step=request.step,
            attempt=request.attempt,
            segment=request.segment,
        )
        return await ActivityEnvironment().run(self.execution.reconcile, question)


@dataclass
class Call:
    """An activity under way, which a test can have stopped, lost or shut down."""

    environment: ActivityEnvironment
    task: "asyncio.Task[StepReport]"

    def stop(self) -> None:
        self.environment.cancel(ActivityCancellationDetails(cancel_requested=True))

    def lose(self) -> None:
        self.environment.cancel(ActivityCancellationDetails(timed_out=True))

    def shut_down(self) -> None:
        self.environment.cancel(ActivityCancellationDetails(worker_shutdown=True))


@dataclass
class Bay:
    """The slot: its database, its package, and the folder its lamp lives in."""

    database: Database
    folder: Path
    packages: PackageStore
    plan: Plan
    _pids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(4711))

    @property
    def journal(self) -> Journal:
        return Journal(self.database)

    @property
    def runs(self) -> Runs:
        return Runs(self.database)

    @property
    def batches(self) -> Batches:
        return Batches(self.database)

    def process(self, *, lease: float = 30.0) -> Process:
        """Start another process of the batch; those before are not told."""
        pid = next(self._pids)
        tokens = itertools.count(1)
        open_runs = {RUN}

        async def is_run_open(run_id: str) -> bool | None:
            return run_id in open_runs

        def end_process(code: int) -> NoReturn:
            raise ProcessEnded(code)

        hardware = Hardware(
            settings=SlotSettings(BATCH, {"lamp": {"folder": str(self.folder)}}, pid, timedelta(seconds=lease)),
            stores=SlotStores(self.journal, self.runs, self.batches, self.packages, FileStore(self.folder / "files")),
            live=LiveSteps(timedelta(seconds=0.05)),
            feed=LiveFeed(Logs(self.database), BATCH),
            clock=SystemClock(),
            new_token=lambda: f"{pid}-{next(tokens)}",
            is_run_open=is_run_open,
        )
        return Process(pid, Execution(hardware, end_process), open_runs)

    def request(self, opened: OpenedSession, step: str, **more: object) -> StepRequest:
        return StepRequest.model_validate(
            {
                "run_id": RUN,
                "batch": BATCH,
                "session": opened.token,
                "step": step,
                "timeout": timedelta(seconds=20),
                "grace": timedelta(seconds=0.3),
                **more,
            }
        )

    def begin(self, process: Process, request: StepRequest) -> Call:
        environment = ActivityEnvironment()
        return Call(environment, asyncio.ensure_future(environment.run(process.execution.run_step, request)))

    async def dies(self, process: Process, kind: ExitKind, message: str = "was killed by SIGKILL") -> None:
        """Let the supervisor have seen how the process ended."""
        await self.batches.process_exited(
            BATCH, process.pid, ProcessExit(kind=kind, message=message, pid=process.pid), now()
        )

    async def find(self, step: str, attempt: int = 1) -> StepRecord:
        record = await self.journal.find(StepKey(RUN, step, attempt))
        assert record is not None
        return record

    def touch(self, name: str) -> None:
        (self.folder / name).touch()

    def untouch(self, name: str) -> None:
        (self.folder / name).unlink()

    def times(self, step: str) -> int:
        """How often the step's code ran."""
        file = self.folder / step
        return len(file.read_text()) if file.exists() else 0

    async def until_there(self, name: str) -> None:
        await until((self.folder / name).exists)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that nobody announces."""
    give_up = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < give_up, "it does not come to hold"
        await asyncio.sleep(0.005)


def now() -> datetime:
    return datetime.now(UTC)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results database as it is on the first day, made once."""
    file = tmp_path_factory.mktemp("database") / "station.db"
    await migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
async def bay(tmp_path: Path, empty_database: Path) -> AsyncIterator[Bay]:
    """A slot with an accepted run."""
    root = tmp_path / "demo"
    for name, text in {"manifest.yaml": MANIFEST, "sequence.py": SEQUENCE, "drivers/lamp.py": DRIVER}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.lstrip("\n"), encoding="utf-8")
    (root / "drivers" / "__init__.py").touch()
    (root / "__init__.py").touch()
    packages = PackageStore(tmp_path / "packages")
    package = packages.load(packages.publish(root))
    plan = make_plan(package, {}, RunPolicy(), timeout_step=timedelta(minutes=5), retry=RetryPlan())
    folder = tmp_path / "slot"
    folder.mkdir()
    shutil.copyfile(empty_database, tmp_path / "station.db")
    async with Database(f"sqlite:///{tmp_path / 'station.db'}") as database:
        bay = Bay(database, folder, packages, plan)
        await bay.runs.accept(AcceptedRun(RUN, BATCH, UNIT, plan, f"run/T1/{BATCH}", now()))
        yield bay
        bay.touch("go")
