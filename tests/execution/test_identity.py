"""How a package is asked which unit lies in the slot."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from station.domain.errors import HardwareError, StationError, StepError
from station.domain.run import UnitUnderTest
from station.execution.files import FileStore
from station.execution.identity import FoundUnit
from station.execution.package import load_package
from station.execution.session import Session
from tests.execution.conftest import Package

SETUP = "async def setup(self, ctx):\n    ctx.state['set_up'] = True\n"
STEP = "@step(1)\nasync def one(self, ctx): return {}\n"


def fresh(package: Package, folder: Path) -> Session:
    return Session(
        load_package(package.root), None, {}, FileStore(folder), UnitUnderTest(), "run-1",
        setup_patience=timedelta(seconds=0.3),
    )  # fmt: skip


@asynccontextmanager
async def opening(package: Package, folder: Path, **more: Any) -> AsyncIterator[Session]:
    session = fresh(package, folder)
    await session.open(**more)
    try:
        yield session
    finally:
        await session.close()


def asked(package: Package, body: str, folder: Path, **more: Any) -> AbstractAsyncContextManager[Session]:
    package.sequence(f"{body}\n{SETUP}{STEP}")
    return opening(package, folder, **{"units": (), **more})


@pytest.mark.parametrize(
    ("body", "identity"),
    [
        ("async def identify_unit(self): return ' SN-7\\n'", "SN-7"),
        ("def identify_unit(self): return 'SN-7'", "SN-7"),
        ("async def identify_unit(self, ctx): return ctx.run_id", "run-1"),
        ("async def identify_unit(self): return None", ""),
        ("async def identify_unit(self): return ''", ""),
        ("identify_unit = None", ""),
        ("", ""),
    ],
)
async def test_what_a_package_says_is_the_units_identity(
    package: Package, tmp_path: Path, body: str, identity: str
) -> None:
    async with asked(package, body, tmp_path) as session:
        assert session.unit == FoundUnit(identity)
        assert not session.is_stranger


async def test_a_step_of_that_name_is_a_step(package: Package, tmp_path: Path) -> None:
    async with asked(
        package, "@step(2)\nasync def identify_unit(self): return {'serial': 'SN-7'}", tmp_path
    ) as session:
        assert session.unit == FoundUnit()


async def test_whoever_does_not_ask_is_told_nothing(package: Package, tmp_path: Path) -> None:
    async with asked(package, "def identify_unit(self): raise ValueError", tmp_path, units=None) as session:
        assert session.unit == FoundUnit()


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        ("return 7", StepError, "identify_unit returned a int; return text, empty where it cannot tell"),
        ("raise ValueError('no reader')", StepError, "identify_unit failed with ValueError: no reader"),
        ("raise HardwareError('no reader')", HardwareError, "no reader"),
        ("await asyncio.sleep(60)", HardwareError, "identify_unit did not end within 0.3 s; is the code blocking?"),
    ],
)
async def test_a_package_that_fails_to_say_cannot_begin_and_cannot_tell_later(
    package: Package, tmp_path: Path, body: str, error: type[StationError], message: str
) -> None:
    package.sequence(f"async def identify_unit(self):\n    {body}\n{SETUP}{STEP}")

    with pytest.raises(error) as caught:
        await fresh(package, tmp_path).open(units=())
    async with opening(package, tmp_path, units=("SN-7",)) as later:
        found, stranger = later.unit, later.is_stranger

    assert caught.value.message == message
    assert found == FoundUnit(problem=message)
    assert stranger


@pytest.mark.parametrize(("units", "set_up"), [(("SN-7",), True), (("SN-8",), False), (("SN-8", "SN-7"), True)])
async def test_for_a_stranger_nothing_is_set_up(
    package: Package, tmp_path: Path, units: tuple[str, ...], set_up: bool
) -> None:
    async with asked(package, "def identify_unit(self): return 'SN-7'", tmp_path, units=units) as session:
        assert session.is_stranger is not set_up
        assert session._state == ({"set_up": True} if set_up else {})
