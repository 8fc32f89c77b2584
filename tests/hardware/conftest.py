"""One simulated bench per test module, healed before every test."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from station.hardware.simulation.bench import Bench
from station.hardware.simulation.settings import BenchSettings
from tests.heap import settle_heap


def settings(directory: Path, **more: object) -> BenchSettings:
    """A bench on ports that the system chooses."""
    facts: dict[str, object] = {"slots": 2, "psu_port": 0, "opcua_port": 0, "control_port": 0}
    return BenchSettings.model_validate({"directory": directory, **facts, **more})


PATIENCE = timedelta(seconds=30)
"""Timeout of a transport whose instrument answers, or is lost: nothing of that may end by a timeout."""

SOON = 5.0
"""Seconds: far from `PATIENCE`, and from the time a slow instrument takes for an answer; enough for a busy machine."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    async with Bench(settings(tmp_path_factory.mktemp("bench"), units={"slot_2": "bad"})) as bench:
        settle_heap()  # the PLC's address space alone is 400,000 objects
        yield bench
    settle_heap()


@pytest_asyncio.fixture(loop_scope="module")
async def bench(running_bench: Bench) -> AsyncIterator[Bench]:
    yield running_bench
    await running_bench.control.heal()


@contextmanager
def soon() -> Iterator[None]:
    """The block ends long before a patient transport's timeout, so it was not the timeout that ended it.

    Around a transport that is not patient it shows that the timeout is kept, and that nothing waits for the instrument.
    """
    start = time.monotonic()
    yield
    assert time.monotonic() - start < SOON
