"""Long tests: ticks, checkpoints, segments, and going on after a crash; eight hours in seconds."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from station.domain.outcome import Outcome
from station.domain.run import StepResult
from station.execution.soak import SegmentEnd, Soak, Tick
from station.testing.clock import FastClock
from tests.execution.conftest import Bench, OpenBench, Package


class ManualClock:
    """Moves when it is told."""

    def __init__(self) -> None:
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await asyncio.sleep(0)


class Run:
    """A soak driven by hand on a clock that only moves when the soak waits or its body works."""

    def __init__(self, start: float = 0, segment: float | None = None, body: float = 0) -> None:
        self.clock = ManualClock()
        self.kept: list[float] = []
        self.body = body
        self.soak = Soak(
            self.clock,
            timedelta(seconds=start),
            None if segment is None else timedelta(seconds=segment),
            lambda elapsed: self.kept.append(elapsed.total_seconds()),
            lambda fraction, text: None,
        )

    def ticks(self, duration: float, every: float) -> Iterator[Tick]:
        for tick, wait in self.soak.ticks(duration, every):
            self.clock.time += max(0.0, wait)
            if tick is not None:
                yield tick
                self.clock.time += self.body

    def until_segment_end(self, duration: float, every: float) -> list[float]:
        ticks = []
        try:
            for tick in self.ticks(duration, every):
                ticks.append(tick.elapsed_s)
        except SegmentEnd:
            return ticks
        raise AssertionError


def test_ticks_come_at_the_beginning_at_every_interval_and_at_the_end() -> None:
    run = Run()

    ticks = [(tick.index, tick.elapsed_s, tick.last) for tick in run.ticks(25, 10)]

    assert ticks == [(0, 0, False), (1, 10, False), (2, 20, False), (3, 25, True)]


def test_each_tick_is_a_checkpoint_and_zero_is_never_kept() -> None:
    run = Run()

    for _ in run.ticks(20, 10):
        pass

    assert run.kept == [0.001, 10, 20]


def test_ticks_that_come_too_late_are_left_out() -> None:
    run = Run(body=25)

    ticks = [tick.elapsed_s for tick in run.ticks(100, 10)]

    assert ticks == [0, 25, 50, 75, 100]


def test_a_soak_goes_on_where_it_was() -> None:
    run = Run(start=12)

    ticks = [(tick.index, tick.elapsed_s) for tick in run.ticks(30, 10)]

    assert ticks == [(2, 20), (3, 30)]


def test_a_soak_that_was_over_has_no_more_ticks() -> None:
    run = Run(start=30)

    ticks = list(run.ticks(30, 10))

    assert ticks == []


def test_a_segment_ends_between_two_ticks_too() -> None:
    run = Run(segment=15)

    ticks = run.until_segment_end(3600, 600)

    assert ticks == [0]
    assert run.soak.elapsed == timedelta(seconds=15)


def test_a_segment_ends_after_the_tick_at_its_end() -> None:
    run = Run(segment=20)

    ticks = run.until_segment_end(3600, 10)

    assert ticks == [0, 10, 20]
    assert run.soak.elapsed == timedelta(seconds=20)


@pytest.mark.parametrize(("segment", "every", "body"), [(600, 10, 0), (600, 10, 3), (7, 10, 0), (13, 10, 25)])
def test_segments_together_are_the_whole_soak(segment: float, every: float, body: float) -> None:
    elapsed = 0.0
    indices: list[int] = []
    for _ in range(100_000):
        run = Run(start=elapsed, segment=segment, body=body)
        try:
            indices += [tick.index for tick in run.ticks(7200, every)]
        except SegmentEnd:
            assert run.soak.elapsed is not None
            assert run.soak.elapsed.total_seconds() > elapsed
            elapsed = run.soak.elapsed.total_seconds()
        else:
            break

    assert indices == sorted(set(indices))
    assert indices[-1] == 7200 / every


SOAK = """
@step(1, segment=600)
async def one(self, ctx):
    async for tick in ctx.soak(ctx.parameters["hours"] * 3600, 60):
        ctx.state["samples"] = ctx.state.get("samples", 0) + 1
    ctx.measure("samples", ctx.state["samples"])
@step(2, segment=600)
def two(self, ctx):
    for tick in ctx.soak_sync(1800, 60):
        ctx.state["sync"] = tick.elapsed_s
@step(3, segment=10)
async def greedy(self, ctx):
    try:
        async for tick in ctx.soak(100, 1): pass
    except BaseException: pass
@step(4)
async def twice(self, ctx):
    async for tick in ctx.soak(1, 1): pass
    async for tick in ctx.soak(1, 1): pass
@step(5)
async def backwards(self, ctx):
    async for tick in ctx.soak(-1, 1): pass
@step(6, segment=10)
async def grouped(self, ctx):
    async with asyncio.TaskGroup() as group:
        group.create_task(self.watch(ctx))
async def watch(self, ctx):
    async for tick in ctx.soak(30, 1): pass
"""


async def segments_of(bench: Bench, name: str) -> list[StepResult]:
    """Run a step as the station does: again and again, with what the last segment left."""
    results: list[StepResult] = []
    more: dict[str, Any] = {}
    while not results or not results[-1].report.finished:
        result = await bench.run(name, segment=len(results) + 1, **more)
        more = {"elapsed": result.report.elapsed, "state": result.state}
        results.append(result)
        assert result.report.outcome is Outcome.PASSED, result.report.fault
    return results


async def test_eight_hours_pass_in_segments_of_ten_minutes(package: Package, opened: OpenBench) -> None:
    package.sequence(SOAK, "parameters: {hours: {type: float, default: 8}}\n")

    async with opened(clock=ManualClock()) as bench:
        results = await segments_of(bench, "one")

    assert len(results) == 48
    assert [result.report.finished for result in results] == [False] * (len(results) - 1) + [True]
    assert results[-1].report.elapsed == timedelta(hours=8)
    assert [measurement.name for measurement in results[-1].measurements] == ["samples"]
    assert not any(result.measurements for result in results[:-1])
    assert results[-1].state == {"samples": 481}
    assert bench.ear.checkpoints[-1] == (timedelta(hours=8), {"samples": 481})


async def test_eight_hours_pass_on_a_fast_clock_in_seconds(package: Package, opened: OpenBench) -> None:
    package.sequence(SOAK, "parameters: {hours: {type: float, default: 8}}\n")

    async with opened(clock=FastClock(20_000)) as bench:
        results = await segments_of(bench, "one")

    assert results[-1].report.elapsed == timedelta(hours=8)
    assert 2 < len(results) <= 48


async def test_a_sync_step_soaks_too(package: Package, opened: OpenBench) -> None:
    package.sequence(SOAK, "parameters: {hours: {type: float, default: 8}}\n")

    async with opened(clock=ManualClock()) as bench:
        results = await segments_of(bench, "two")

    assert len(results) == 3
    assert results[-1].state == {"sync": 1800.0}


async def test_a_crashed_soak_goes_on_from_its_last_checkpoint(package: Package, opened: OpenBench) -> None:
    package.sequence(SOAK, "parameters: {hours: {type: float, default: 0.5}}\n")

    async with opened(clock=FastClock(2_000)) as bench:
        execution = bench.start("one")
        await asyncio.sleep(0.2)
        execution.stop("as if the power was cut")
        await execution.wait()
        elapsed, state = bench.ear.checkpoints[-1]
    async with opened(clock=FastClock(2_000)) as bench:
        await bench.run("one", elapsed=elapsed, state=state)
        first_after = bench.ear.checkpoints[0]

    assert elapsed > timedelta(seconds=60)
    assert first_after[0] > elapsed
    assert first_after[1]["samples"] == state["samples"] + 1


async def test_a_soak_can_be_stopped_at_any_time(package: Package, opened: OpenBench) -> None:
    package.sequence(SOAK, "parameters: {hours: {type: float, default: 8}}\n")

    async with opened() as bench:
        executions = [bench.start("one"), bench.start("two")]
        await asyncio.sleep(0.1)
        for execution in executions:
            execution.stop("operator")
        results = [await execution.wait() for execution in executions]

    assert [result.report.outcome for result in results] == [Outcome.ABORTED, Outcome.ABORTED]


async def test_a_segment_ends_within_a_task_group(package: Package, opened: OpenBench) -> None:
    package.sequence(SOAK, "parameters: {hours: {type: float, default: 8}}\n")

    async with opened(clock=ManualClock()) as bench:
        results = await segments_of(bench, "grouped")

    assert len(results) == 3
    assert results[-1].report.elapsed == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "greedy",
            "the step caught the end of its segment; let BaseException through (`except Exception`, no bare except)",
        ),
        ("twice", "a step can soak once, because one elapsed time is kept for it; make a second step"),
        ("backwards", "ctx.soak(-1, 1): both times must be above 0 seconds"),
    ],
)
async def test_a_soak_that_makes_no_sense_is_an_error(
    package: Package, opened: OpenBench, name: str, message: str
) -> None:
    package.sequence(SOAK, "parameters: {hours: {type: float, default: 8}}\n")

    async with opened(clock=ManualClock()) as bench:
        result = await bench.run(name)

    assert result.report.outcome is Outcome.ERROR
    assert result.report.fault is not None
    assert result.report.fault.message == message


async def test_what_failed_in_the_first_segment_fails_the_step_also_after_a_crash(
    package: Package, opened: OpenBench
) -> None:
    package.sequence(
        """
        @step(1, segment=10)
        async def one(self, ctx):
            async for tick in ctx.soak(30, 5):
                if tick.index == 0:
                    ctx.measure("early", 5, high=1)
                    ctx.defect("DEF1")
                    ctx.attach(b"trace", name="early.csv")
            ctx.measure("late", 1, high=5)
        @step(2)
        async def two(self, ctx):
            return {"early": ctx.results["one"]["early"], "keys": len(ctx.state)}
        """
    )

    async with opened(clock=ManualClock()) as bench:
        first = await bench.run("one")
    async with opened(clock=ManualClock()) as bench:
        second = await bench.run("one", elapsed=first.report.elapsed, state=first.state, segment=2)
        _, checkpoint = bench.ear.checkpoints[0]
        last = await bench.run("one", elapsed=timedelta(seconds=21), state=checkpoint, segment=3)
        after = await bench.run("two")

    assert not first.report.finished
    assert not second.report.finished
    assert last.report.finished
    assert last.report.outcome is Outcome.FAILED
    assert (last.report.failures, last.report.defects) == (("early",), ("DEF1",))
    assert [kept.name for kept in last.attachments] == ["early.csv"]
    assert [measurement.name for measurement in last.measurements] == ["late"]
    assert after.values == {"early": 5, "keys": 0}
    assert last.state == {}
