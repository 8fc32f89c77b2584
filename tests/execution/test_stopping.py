"""Timeouts and stops: code that yields has a result, code that does not is given up, the caller never waits."""

import asyncio
import time
from datetime import timedelta

import pytest

from station.domain.outcome import Outcome
from station.execution.session import StepUnresponsive
from tests.execution.conftest import OpenBench, Package

COOPERATIVE = """
@step(1)
async def one(self, ctx):
    ctx.measure("v", 1)
    await ctx.sleep(60)
@step(2)
def two(self, ctx):
    ctx.sleep_sync(60)
@step(3)
def three(self, ctx):
    while not ctx.stopping:
        time.sleep(0.005)
"""


@pytest.mark.parametrize("name", ["one", "two", "three"])
async def test_a_step_that_takes_too_long_is_stopped_and_an_error(
    package: Package, opened: OpenBench, name: str
) -> None:
    package.sequence(COOPERATIVE)

    async with opened() as bench:
        result = await bench.run(name, timeout=0.1)

    assert result.report.outcome is Outcome.ERROR
    assert result.report.fault is not None
    assert result.report.fault.code == "STEP_TIMEOUT"
    assert result.report.fault.severity is None


@pytest.mark.parametrize("name", ["one", "two", "three"])
async def test_a_step_that_is_stopped_is_aborted_with_the_reason(
    package: Package, opened: OpenBench, name: str
) -> None:
    package.sequence(COOPERATIVE)

    async with opened() as bench:
        execution = bench.start(name)
        await asyncio.sleep(0.05)
        execution.stop("operator")
        execution.stop("again")
        result = await execution.wait()

    assert execution.done
    assert result.report.outcome is Outcome.ABORTED
    assert result.report.fault is not None
    assert (result.report.fault.code, result.report.fault.message) == ("STEP_STOPPED", "operator")


async def test_what_was_measured_before_a_stop_is_kept(package: Package, opened: OpenBench) -> None:
    package.sequence(COOPERATIVE)

    async with opened() as bench:
        execution = bench.start("one")
        await asyncio.sleep(0.05)
        execution.stop("operator")
        result = await execution.wait()

    assert [measurement.name for measurement in result.measurements] == ["v"]


async def test_a_step_stopped_at_once_is_aborted(package: Package, opened: OpenBench) -> None:
    package.sequence("@step(1)\nasync def one(self, ctx):\n    await ctx.sleep(60)")

    async with opened() as bench:
        execution = bench.start("one")
        execution.stop("operator")
        result = await execution.wait()

    assert result.report.outcome is Outcome.ABORTED


async def test_what_code_raises_while_it_is_stopped_is_told(package: Package, opened: OpenBench) -> None:
    package.sequence(
        "@step(1)\nasync def one(self, ctx):\n    try:\n        await ctx.sleep(9)\n    finally:\n        1 / 0"
    )

    async with opened() as bench:
        result = await bench.run("one", timeout=0.05)

    assert result.report.fault is not None
    assert result.report.fault.code == "STEP_TIMEOUT"
    assert result.report.fault.details["raised"] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    "body",
    [
        "async def one(self):\n    time.sleep(1)",
        "def one(self):\n    time.sleep(1)",
        (
            "async def one(self, ctx):\n    for _ in range(10):\n        try:\n            await ctx.sleep(0.1)\n"
            "        except asyncio.CancelledError: pass"
        ),
    ],
)
async def test_code_that_does_not_yield_is_given_up_while_the_caller_goes_on(
    package: Package, opened: OpenBench, body: str
) -> None:
    package.sequence(f"@step(1)\n{body}")

    async with opened() as bench:
        execution = bench.start("one", timeout=0.1, grace=0.2)
        began = time.monotonic()
        naps = [await _nap() for _ in range(5)]
        with pytest.raises(StepUnresponsive) as caught:
            await execution.wait()
        took = time.monotonic() - began
        with pytest.raises(StepUnresponsive):
            await execution.wait()
        await asyncio.sleep(0.8)  # let the code end, so that the session can close

    assert caught.value.message == "step one did not yield within 0.2 s after its time was used up"
    assert caught.value.code == "STEP_UNRESPONSIVE"
    assert 0.25 < took < 0.6
    assert max(naps) < 0.15


async def test_a_blocking_step_that_ends_within_the_grace_has_a_result(package: Package, opened: OpenBench) -> None:
    package.sequence("@step(1)\nasync def one(self, ctx):\n    time.sleep(0.2)\n    await ctx.sleep(5)")

    async with opened() as bench:
        result = await bench.run("one", timeout=0.1, grace=2)

    assert result.report.fault is not None
    assert result.report.fault.code == "STEP_TIMEOUT"


async def test_a_blocking_sync_step_does_not_hold_up_async_ones(package: Package, opened: OpenBench) -> None:
    package.sequence(
        "@step(1)\ndef one(self):\n    time.sleep(0.5)\n"
        "@step(2, needs=[])\nasync def two(self, ctx):\n    await ctx.sleep(0.05)"
    )

    async with opened() as bench:
        slow, quick = bench.start("one"), bench.start("two")
        await quick.wait()

        assert not slow.done
        await slow.wait()


async def test_cancelling_a_waiter_does_not_touch_the_step(package: Package, opened: OpenBench) -> None:
    package.sequence("@step(1)\nasync def one(self, ctx):\n    await ctx.sleep(0.2)\n    return {'v': 1}")

    async with opened() as bench:
        execution = bench.start("one")
        first = asyncio.create_task(execution.wait())
        second = asyncio.create_task(execution.wait())
        await asyncio.sleep(0.05)
        first.cancel()
        result = await second

    assert result.values == {"v": 1}
    assert first.cancelled()


async def test_elapsed_is_the_time_the_attempt_took(package: Package, opened: OpenBench) -> None:
    package.sequence("@step(1)\nasync def one(self, ctx):\n    await ctx.sleep(0.1)")

    async with opened() as bench:
        result = await bench.run("one", elapsed=timedelta(seconds=10))

    assert timedelta(seconds=10.1) <= result.report.elapsed < timedelta(seconds=10.4)


async def _nap() -> float:
    began = time.monotonic()
    await asyncio.sleep(0.01)
    return time.monotonic() - began
