"""Small packages on disk and sessions around them, for the tests of execution."""

import textwrap
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from station.domain.clock import Clock
from station.domain.measurement import Measurement
from station.domain.plan import Plan, RetryPlan, RunPolicy, StepPlan
from station.domain.run import StepResult, UnitUnderTest
from station.execution.files import FileStore
from station.execution.package import load_package
from station.execution.planning import make_plan
from station.execution.session import Restored, Session

MANIFEST = """
name: demo
version: 1.2.3
entry_point: {module: sequence, class: Demo}
"""

DRIVER = '''
"""An instrument that writes down what it is told."""

from station.sdk import Driver, HardwareError


class Meter(Driver):
    def __init__(self, name, config):
        super().__init__(name, config)
        self.calls = config.setdefault("calls", [])

    async def connect(self):
        self.calls.append("connect")

    async def disconnect(self):
        self.calls.append("disconnect")

    async def reset(self):
        self.calls.append("reset")

    async def make_safe(self):
        self.calls.append("make_safe")

    async def identify(self):
        return f"METER {self.name}"

    async def is_connected(self):
        return True
'''


class Package:
    """A package folder that a test fills."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, text: str) -> "Package":
        """Write a file of the package."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return self

    def sequence(self, body: str, manifest: str = "", name: str = "demo") -> "Package":
        """Write a manifest and a sequence class `Demo` with this body."""
        code = textwrap.indent(textwrap.dedent(body), "    ")
        imports = "import asyncio, math, sys, threading, time\nfrom station.sdk import *\n"
        head = f'{imports}\n\n@sequence("{name}")\nclass Demo:\n'
        self.write("sequence.py", head + code)
        return self.write("manifest.yaml", MANIFEST.replace("demo", name) + textwrap.dedent(manifest))


class Ear:
    """A listener that keeps everything."""

    def __init__(self) -> None:
        self.measurements: list[Measurement] = []
        self.logs: list[tuple[str, str, dict[str, Any]]] = []
        self.fractions: list[tuple[float, str]] = []
        self.checkpoints: list[tuple[timedelta, dict[str, Any]]] = []

    def measurement(self, measurement: Measurement) -> None:
        self.measurements.append(measurement)

    def log(self, level: str, message: str, data: Mapping[str, Any]) -> None:
        self.logs.append((level, message, dict(data)))

    def progress(self, fraction: float, text: str) -> None:
        self.fractions.append((fraction, text))

    def checkpoint(self, elapsed: timedelta, state: Mapping[str, Any]) -> None:
        self.checkpoints.append((elapsed, dict(state)))


class Bench:
    """An open session with its plan, and a short way to run its steps."""

    def __init__(self, session: Session, plan: Plan) -> None:
        self.session = session
        self.plan = plan
        self.ear = Ear()

    def step(self, name: str) -> StepPlan:
        return next(step for step in self.plan.steps if step.name == name)

    def start(self, name: str, *, timeout: float = 5.0, grace: float = 0.3, attempt: int = 1, **more: Any) -> Any:
        return self.session.start_step(
            self.step(name),
            attempt,
            self.ear,
            timeout=timedelta(seconds=timeout),
            grace=timedelta(seconds=grace),
            **more,
        )

    async def run(self, name: str, **more: Any) -> StepResult:
        result: StepResult = await self.start(name, **more).wait()
        return result


OpenBench = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture
def package(tmp_path: Path) -> Package:
    root = tmp_path / "demo"
    root.mkdir()
    return Package(root)


@pytest.fixture
def opened(package: Package, tmp_path: Path) -> OpenBench:
    """A way to load the test's package and open a session on it."""

    @asynccontextmanager
    async def open_bench(
        hardware: Mapping[str, Mapping[str, Any]] | None = None,
        parameters: Mapping[str, Any] | None = None,
        restored: Restored | None = None,
        clock: Clock | None = None,
    ) -> AsyncIterator[Bench]:
        loaded = load_package(package.root)
        plan = make_plan(
            loaded, parameters or {}, RunPolicy(), timeout_step=timedelta(hours=1), retry=RetryPlan(retries=3)
        )
        unit = UnitUnderTest(wip="WIP-1", operator="kim")
        session = Session(loaded, plan, hardware or {}, FileStore(tmp_path / "files"), unit, "run-1", clock)
        await session.open(restored)
        try:
            yield Bench(session, plan)
        finally:
            await session.close()

    return open_bench
