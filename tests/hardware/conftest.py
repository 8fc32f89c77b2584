"""One simulated bench per test module, healed before every test."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from station.hardware.simulation.bench import Bench
from station.hardware.simulation.settings import BenchSettings


def settings(directory: Path, **more: object) -> BenchSettings:
    """A bench on ports that the system chooses."""
    facts: dict[str, object] = {"slots": 2, "psu_port": 0, "opcua_port": 0, "control_port": 0}
    return BenchSettings.model_validate({"directory": directory, **facts, **more})


BUSY = 2.0
"""Seconds for which the processor may be somebody else's; timings are asserted by the benchmarks, as ratios."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    async with Bench(settings(tmp_path_factory.mktemp("bench"), units={"slot_2": "bad"})) as bench:
        yield bench


@pytest_asyncio.fixture(loop_scope="module")
async def bench(running_bench: Bench) -> AsyncIterator[Bench]:
    yield running_bench
    await running_bench.control.heal()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """The block does not hang: it takes this long, and what a busy machine may add.

    What tells a lost link from a timeout is the kind of the error and its text, which each test asserts.
    """
    start = time.monotonic()
    yield
    assert time.monotonic() - start <= seconds + BUSY
