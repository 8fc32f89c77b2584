"""The simulated bench for the tests of a sequence package: real serial lines, sockets and an OPC UA server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from station.hardware.simulation.bench import Bench
from station.hardware.simulation.control import BenchControl
from station.hardware.simulation.settings import BenchPorts, BenchSettings

__all__ = ["Bench", "BenchControl", "BenchPorts", "BenchSettings", "running_bench"]


@asynccontextmanager
async def running_bench(
    directory: Path, unit: str = "good", slots: int = 1, time_scale: float = 1.0
) -> AsyncIterator[Bench]:
    """Run a bench on ports the system chooses, for one test.

    Args:
        directory: Where its serial lines and its log go.
        unit: `good` or `bad`; what lies in every slot.
        slots: How many slots it has.
        time_scale: How much faster than time its chambers heat.
    """
    settings = BenchSettings.model_validate(
        {
            "directory": directory,
            "unit": unit,
            "slots": slots,
            "psu_port": 0,
            "opcua_port": 0,
            "control_port": 0,
            "time_scale": time_scale,
        }
    )
    async with Bench(settings) as bench:
        yield bench
