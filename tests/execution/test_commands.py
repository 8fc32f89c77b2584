"""What can be told by hand: found in the drivers' methods, described by the manifest, and carried out."""

from datetime import timedelta
from typing import Any

import pytest

from station.domain.errors import HardwareError
from station.domain.manual import Command, CommandCategory
from station.domain.run import UnitUnderTest
from station.domain.values import ValueSpec
from station.execution.commands import commands_of
from station.execution.execution import StepUnresponsive
from station.execution.files import FileStore
from station.execution.package import inspect_package, load_package
from station.execution.session import Session
from tests.execution.conftest import DRIVER, Package

METHODS = '''

import asyncio
import time
from enum import Enum
from typing import Annotated, Literal

from pydantic import Field


class Range(Enum):
    LOW = "low"
    HIGH = "high"


class Source(Meter):
    """Has methods of every kind."""

    async def set_volts(
        self,
        volts: Annotated[float, Field(ge=0, le=30, description="Level", json_schema_extra={"unit": "V"})],
        range_: Range = Range.LOW,
        edge: Annotated[float | None, Field(gt=0, lt=1)] = None,
        anything=(),
    ) -> str:
        """Set the level.

        More of no interest.
        """
        return f"{volts} {range_.name}"

    def measure(self, mode: Literal["fast", "slow"], count: int | None = 3, *more: int, **others: int) -> float:
        return 1.5

    async def ramp(self, label: "Nowhere") -> None:
        """Has annotations that name nothing."""

    async def positional(self, x, /) -> None: ...

    @staticmethod
    def helper() -> None: ...

    async def _private(self) -> None: ...

    async def dawdle(self) -> None:
        await asyncio.sleep(60)

    async def block(self) -> None:
        time.sleep(3)

    constant = 3
'''
HARDWARE = """
hardware:
  src:
    driver: meter
    class: Source
    manual_commands:
      - name: set_volts
        display_name: Level
        category: Configuration
        confirm: true
        parameters:
          volts: {max: 12, default: 5}
          nobody_knows: {}
        returns: {type: text}
      - {name: measure, category: nonsense, parameters: [mode, {name: count, type: int, max: 2}], returns: V}
      - {name: measure, display_name: said twice}
      - {name: mesure}
manual_commands:
  - {name: src.ramp, description: Up and down, parameters: {label: str}}
  - {name: dawdle, hardware: src, parameters: null}
  - {name: dawdle, hardware: other}
  - {name: set_volts}
"""


@pytest.fixture
def source(package: Package) -> Package:
    package.write("drivers/meter.py", DRIVER + METHODS)
    return package.sequence("@step(1)\nasync def one(self): ...", HARDWARE)


def commands(source: Package) -> dict[str, Command]:
    return {one.name: one for one in commands_of(load_package(source.root))}


def test_declared_commands_come_first_then_those_every_driver_has_then_raw_ones(source: Package) -> None:
    listed = commands(source)

    assert list(listed) == [
        "set_volts", "measure", "ramp", "dawdle",
        "reset", "make_safe", "identify", "is_connected", "self_test",
        "block",
    ]  # fmt: skip
    assert [one.name for one in listed.values() if one.raw] == ["block"]
    assert listed["block"].confirm
    assert not listed["identify"].confirm
    assert listed["identify"].category is CommandCategory.DIAGNOSTIC


def test_what_may_be_given_follows_from_annotations_and_the_manifest_wins(source: Package) -> None:
    listed = commands(source)

    level, mode = listed["set_volts"], listed["measure"]
    edge = level.arguments["edge"]
    assert level.arguments["volts"] == ValueSpec(
        type="float", min=0, max=12, default=5, unit="V", description="Level", required=False
    )
    assert level.arguments["range_"] == ValueSpec(options=["low", "high"], default="low")
    assert edge.min is not None
    assert edge.max is not None
    assert 0 < edge.min < 1e-300
    assert 0.999 < edge.max < 1
    assert level.arguments["anything"] == ValueSpec()
    assert "nobody_knows" not in level.arguments
    assert mode.arguments["mode"] == ValueSpec(options=["fast", "slow"], required=True)
    # The method's own default lies outside of what the manifest allows, so something must be given.
    assert mode.arguments["count"] == ValueSpec(type="integer", max=2, required=True)
    assert list(mode.arguments) == ["mode", "count"]
    assert listed["ramp"].arguments["label"].type == "string"


def test_titles_categories_and_answers_are_for_people(source: Package) -> None:
    listed = commands(source)

    assert (listed["set_volts"].title, listed["set_volts"].description) == ("Level", "Set the level.")
    assert listed["set_volts"].category is CommandCategory.CONFIGURATION
    assert listed["set_volts"].returns == "text"
    assert listed["set_volts"].confirm
    assert (listed["measure"].category, listed["measure"].returns) == (CommandCategory.CONTROL, "V")
    assert listed["ramp"].description == "Up and down"
    assert (listed["identify"].title, listed["block"].returns) == ("Identify", "")


def test_a_declared_command_that_no_driver_has_is_named_and_found_by_lint(source: Package) -> None:
    package, findings = inspect_package(source.root)

    assert package is not None
    assert [(finding.code, finding.severity, finding.message) for finding in findings] == [
        ("UNKNOWN_COMMAND", "warning", "hardware.src.manual_commands: class Source has no method mesure")
    ]


def test_a_range_that_makes_no_sense_is_a_finding_with_its_line(package: Package) -> None:
    package.write("drivers/meter.py", DRIVER)
    package.sequence(
        "@step(1)\nasync def one(self): ...",
        """
        hardware:
          m:
            driver: meter
            class: Meter
            manual_commands:
              - {name: identify, parameters: {x: {min: 2, max: 1}}}
        """,
    )

    _, findings = inspect_package(package.root)

    assert [finding.code for finding in findings] == ["INVALID_SCHEMA"]
    assert findings[0].line is not None


async def opened(source: Package, tmp_path: Any) -> Session:
    session = Session(
        load_package(source.root), None, {"src": {}}, FileStore(tmp_path), UnitUnderTest(), "hand-1",
        instrument_patience=timedelta(seconds=1),
    )  # fmt: skip
    await session.open(setup=False)
    return session


async def test_a_command_gets_its_arguments_as_the_method_wants_them(source: Package, tmp_path: Any) -> None:
    session = await opened(source, tmp_path)

    answer = await session.command("src", "set_volts", {"volts": 5, "range_": "high"}, timedelta(seconds=5))
    direct = await session.command("src", "measure", {"mode": "fast"}, timedelta(seconds=5))
    await session.close()

    assert (answer, direct) == ("5 HIGH", 1.5)


async def test_a_command_that_takes_too_long_is_cut_off_and_the_session_lives(source: Package, tmp_path: Any) -> None:
    session = await opened(source, tmp_path)

    with pytest.raises(HardwareError, match="did not end within 0.05 s and was cut off"):
        await session.command("src", "dawdle", {}, timedelta(seconds=0.05))
    answer = await session.command("src", "identify", {}, timedelta(seconds=5))
    await session.close()

    assert answer == "METER src"


async def test_a_command_that_blocks_is_told_apart(source: Package, tmp_path: Any) -> None:
    session = await opened(source, tmp_path)

    with pytest.raises(StepUnresponsive, match=r"src\.block blocks and does not yield"):
        await session.command("src", "block", {}, timedelta(seconds=0.05))
    await session.close()
