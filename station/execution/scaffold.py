"""Writes a new sequence package that works as it is: manifest, sequence, simulated driver, README and a test."""

from pathlib import Path

from station.domain.errors import PackageError
from station.storage.durable import sync_folder

MANIFEST_TEXT = """\
name: {name}
version: 1.0.0
author: ""
description: What this sequence tests, in one sentence

entry_point:
  module: sequence
  class: {cls}

hardware:
  meter:
    display_name: Multimeter
    driver: ./drivers/meter.py
    class: Meter
    config_schema:
      volts: {{type: float, default: 5.0, description: What the simulated meter shows}}

parameters:
  settle_time: {{type: float, default: 0.05, min: 0, max: 10, unit: s, description: Pause before measuring}}

limits:
  voltage: {{low: 4.9, high: 5.1, unit: V}}

defects:
  DEF001: Supply voltage out of limits
"""

SEQUENCE_TEXT = '''\
"""What this sequence tests, in one sentence."""

from station.sdk import StepContext, parameter, sequence, step

from .drivers.meter import Meter


@sequence("{name}")
class {cls}:
    """Keep what a later step needs in `ctx.state`; attributes on `self` do not survive a crash."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    @parameter("settle_time", unit="s")
    def settle_time(self) -> float:
        """Pause before measuring."""
        return float(getattr(self, "_param_settle_time", 0.05))

    @step(10)
    async def supply(self, ctx: StepContext) -> None:
        await ctx.sleep(self.settle_time)
        if not ctx.measure("voltage", await self.meter.measure()):
            ctx.defect("DEF001")

    @step(90, cleanup=True)
    async def power_down(self) -> None:
        await self.meter.make_safe()
'''

DRIVER_TEXT = '''\
"""A simulated multimeter; put the real one in its place."""

from station.sdk import Driver


class Meter(Driver):
    """Shows the voltage its settings say."""

    async def connect(self) -> None:
        """Open the way to the instrument."""

    async def disconnect(self) -> None:
        """Close it."""

    async def reset(self) -> None:
        """Switch everything off."""

    async def identify(self) -> str:
        """Say who it is."""
        return "SIMULATED,METER,0,1.0"

    async def is_connected(self) -> bool:
        """Tell whether it answers."""
        return True

    async def measure(self) -> float:
        """Measure the voltage, in V."""
        return float(str(self.config["volts"]))
'''

TEST_TEXT = '''\
"""The package from beginning to end: a good unit passes, a bad one fails with its defect code."""

import asyncio
from pathlib import Path

import pytest

from station.testing.run_sequence import run_sequence

PACKAGE = Path(__file__).parent


@pytest.mark.parametrize(("volts", "verdict", "defects"), [(5.0, "PASSED", ()), (4.0, "FAILED", ("DEF001",))])
def test_the_supply_decides(volts: float, verdict: str, defects: tuple[str, ...]) -> None:
    outcome = asyncio.run(run_sequence(PACKAGE, {{"meter": {{"volts": volts}}}}))

    assert outcome.outcome.value == verdict
    assert outcome.defects == defects
    assert outcome.hardware_safe
'''

README_TEXT = """\
# {name}

What it tests, on which unit, with which instruments.

    station lint sequences/{name}
    pytest sequences/{name}

| file | what for |
|---|---|
| `manifest.yaml` | name, version, instruments, parameters, limits, defect codes |
| `sequence.py` | the steps |
| `drivers/` | one file per instrument |
| `test_sequence.py` | proves that it works, without a station |
"""


def new_package(name: str, parent: Path) -> Path:
    """Write a package that passes its own test.

    Args:
        name: An identifier in lower case, such as `pcb_test`; the folder is called so.
        parent: Where the folder goes.

    Returns:
        The new folder.

    Raises:
        PackageError: If the name cannot be one, or the folder is there already.
    """
    if not name.isidentifier() or name != name.lower():
        msg = f"{name!r} cannot be a package's name; use lower case letters, digits and `_`, as in pcb_test"
        raise PackageError(msg)
    root = parent / name
    if root.exists():
        msg = f"{root} is there already; choose another name"
        raise PackageError(msg)
    cls = "".join(part.capitalize() for part in name.split("_")) or "Sequence"
    for file, text in {
        "manifest.yaml": MANIFEST_TEXT,
        "sequence.py": SEQUENCE_TEXT,
        "drivers/meter.py": DRIVER_TEXT,
        "test_sequence.py": TEST_TEXT,
        "README.md": README_TEXT,
    }.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(name=name, cls=cls), encoding="utf-8")
    sync_folder(root)
    return root
