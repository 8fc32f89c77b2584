"""What steps are given, under which condition they run, and what becomes of everything they raise."""

import asyncio
from typing import Any

import pytest

from station.domain.outcome import Outcome
from station.domain.plan import Severity
from station.execution.files import FileStore
from station.execution.session import Restored
from tests.execution.conftest import OpenBench, Package

# --- what steps are given ---


async def test_a_step_sees_the_run_the_unit_the_parameters_and_the_results_before(
    package: Package, opened: OpenBench
) -> None:
    package.sequence(
        """
        @parameter("volts")
        def volts(self): return getattr(self, "_param_volts", 5.0)
        @step(1)
        async def one(self): return {"serial": "S1"}
        @step(2)
        async def two(self, ctx):
            return {"all": [ctx.run_id, ctx.unit.wip, ctx.attempt, ctx.parameters["volts"], self.volts,
                            ctx.results["one"]["serial"], ctx.step]}
        """,
        "parameters:\n  volts: {type: float, default: 3.0}\n",
    )

    async with opened(parameters={"volts": 4.0}) as bench:
        await bench.run("one")
        result = await bench.run("two", attempt=2)

    assert result.values == {"all": ["run-1", "WIP-1", 2, 4.0, 4.0, "S1", "two"]}


async def test_results_are_read_only(package: Package, opened: OpenBench) -> None:
    package.sequence("@step(1)\nasync def one(self, ctx):\n    ctx.results['one'] = 1")

    async with opened() as bench:
        result = await bench.run("one")

    assert result.report.fault is not None
    assert result.report.fault.message == "TypeError: 'mappingproxy' object does not support item assignment"


async def test_what_finished_steps_left_behind_is_there_again_after_a_crash(
    package: Package, opened: OpenBench
) -> None:
    package.sequence(
        "@step(2)\nasync def two(self, ctx):\n    return {'sum': ctx.state['n'] + ctx.results['one']['v']}"
    )
    restored = Restored(values={"one": {"v": 2}}, state={"n": 40})

    async with opened(restored=restored) as bench:
        result = await bench.run("two")

    assert result.values == {"sum": 42}
    assert result.state == {"n": 40}


async def test_parallel_steps_keep_each_others_state(package: Package, opened: OpenBench) -> None:
    package.sequence(
        """
        @step(1)
        async def one(self, ctx):
            await ctx.sleep(0.2)
            ctx.state["one"] = 1
        @step(2, needs=[])
        async def two(self, ctx):
            await ctx.sleep(0.1)
            ctx.state["two"] = 2
        """
    )

    async with opened() as bench:
        began = asyncio.get_running_loop().time()
        first, second = bench.start("one"), bench.start("two")
        results = await asyncio.gather(first.wait(), second.wait())
        took = asyncio.get_running_loop().time() - began

    assert results[0].state == {"one": 1, "two": 2}
    assert results[1].state == {"two": 2}
    assert took < 0.3


async def test_a_failed_attempt_leaves_the_state_as_it_was(package: Package, opened: OpenBench) -> None:
    package.sequence(
        "@step(1)\nasync def one(self, ctx):\n    ctx.state['list'].append(1)\n    raise ValueError\n"
        "@step(2)\nasync def two(self, ctx): return {'n': len(ctx.state['list'])}"
    )

    async with opened(restored=Restored(state={"list": []})) as bench:
        first = await bench.run("one")
        second = await bench.run("two")

    assert first.state == {"list": []}
    assert second.values == {"n": 0}


async def test_what_a_step_says_is_heard_on_the_callers_loop_before_its_result(
    package: Package, opened: OpenBench
) -> None:
    package.sequence(
        """
        @step(1)
        def one(self, ctx):
            ctx.log("hello", "warning", port=1, where={1, })
            ctx.progress(2.0, "there")
            ctx.measure("v", 1.0)
            return {"w": 2}
        """
    )

    async with opened() as bench:
        await bench.run("one")

        assert bench.ear.logs == [("warning", "hello", {"port": 1, "where": "{1}"})]
        assert bench.ear.fractions == [(1.0, "there")]
        assert [made.name for made in bench.ear.measurements] == ["v", "w"]


async def test_a_file_is_kept_by_its_content(package: Package, opened: OpenBench, tmp_path: Any) -> None:
    package.sequence("@step(1)\nasync def one(self, ctx):\n    ctx.attach(b'a,b', name='w.csv')")

    async with opened() as bench:
        result = await bench.run("one")

    (kept,) = result.attachments
    assert (kept.name, kept.size, kept.media_type) == ("w.csv", 3, "text/csv")
    with FileStore(tmp_path / "files").open(kept.sha256) as stream:
        assert stream.read() == b"a,b"


# --- conditions ---


@pytest.mark.parametrize(
    ("condition", "hot", "outcome"),
    [
        ("hot", True, Outcome.PASSED),
        ("hot", False, Outcome.SKIPPED),
        ("!hot", False, Outcome.PASSED),
        ("is_hot", True, Outcome.PASSED),
        ("!is_hot", True, Outcome.SKIPPED),
    ],
)
async def test_a_step_runs_if_its_condition_holds(
    package: Package, opened: OpenBench, condition: str, hot: bool, outcome: Outcome
) -> None:
    package.sequence(
        f"async def is_hot(self, ctx): return ctx.parameters['hot']\n"
        f"@step(1, condition={condition!r})\nasync def one(self): ...",
        "parameters: {hot: {type: boolean}}\n",
    )

    async with opened(parameters={"hot": hot}) as bench:
        result = await bench.run("one")

    assert result.report.outcome is outcome
    if outcome is Outcome.SKIPPED:
        assert result.report.fault is not None
        assert result.report.fault.code == "CONDITION_NOT_MET"
        assert result.report.fault.message == f"the condition {condition} does not hold"


# --- what exceptions come to ---


@pytest.mark.parametrize("kind", ["async def", "def"])
@pytest.mark.parametrize(
    ("code", "outcome", "fault"),
    [
        ("raise TestFailure('dead', actual=1)", Outcome.FAILED, ("TEST_FAILURE", "dead", None)),
        ("raise TestSkipped('not fitted')", Outcome.SKIPPED, ("TEST_SKIPPED", "not fitted", None)),
        ("raise CriticalError('fire')", Outcome.ERROR, ("STEP_CRITICAL", "fire", Severity.CRITICAL)),
        ("raise RecoverableError('again')", Outcome.ERROR, ("STEP_RECOVERABLE", "again", Severity.RECOVERABLE)),
        ("raise WarningError('hm')", Outcome.ERROR, ("STEP_WARNING", "hm", Severity.WARNING)),
        ("raise StepError('plain')", Outcome.ERROR, ("STEP_ERROR", "plain", None)),
        ("raise HardwareError('h')", Outcome.ERROR, ("HARDWARE_ERROR", "h", None)),
        ("raise HardwareConnectionError('c')", Outcome.ERROR, ("HARDWARE_NOT_CONNECTED", "c", None)),
        ("raise CommunicationError('x')", Outcome.ERROR, ("HARDWARE_COMMUNICATION", "x", None)),
        ("raise asyncio.TimeoutError", Outcome.ERROR, ("STEP_EXCEPTION", "TimeoutError", None)),
        ("raise ValueError('v')", Outcome.ERROR, ("STEP_EXCEPTION", "ValueError: v", None)),
        ("raise asyncio.CancelledError", Outcome.ERROR, ("STEP_EXCEPTION", "CancelledError", None)),
        (
            "sys.exit(1)",
            Outcome.ERROR,
            ("STEP_EXCEPTION", "the step asked the process to end (SystemExit); raise CriticalError instead", None),
        ),
        (
            "raise KeyboardInterrupt",
            Outcome.ERROR,
            (
                "STEP_EXCEPTION",
                "the step asked the process to end (KeyboardInterrupt); raise CriticalError instead",
                None,
            ),
        ),
        (
            "raise MemoryError",
            Outcome.ERROR,
            ("MEMORY_LIMIT", "the step needed more memory than the batch has", Severity.CRITICAL),
        ),
        (
            "raise ExceptionGroup('g', [TestFailure('dead'), HardwareError('h')])",
            Outcome.ERROR,
            ("HARDWARE_ERROR", "h", None),
        ),
    ],
)
async def test_every_exception_becomes_a_result(
    package: Package, opened: OpenBench, kind: str, code: str, outcome: Outcome, fault: tuple[Any, ...]
) -> None:
    package.sequence(f"@step(1)\n{kind} one(self):\n    {code}\n@step(2)\nasync def two(self): ...")

    async with opened() as bench:
        result = await bench.run("one")
        after = await bench.run("two")

    assert result.report.outcome is outcome
    assert result.report.fault is not None
    assert (result.report.fault.code, result.report.fault.message, result.report.fault.severity) == fault
    assert after.report.outcome is Outcome.PASSED


async def test_an_exception_tells_its_class_and_where_it_was_raised(package: Package, opened: OpenBench) -> None:
    package.sequence("@step(1)\nasync def one(self):\n    raise ValueError('v')")

    async with opened() as bench:
        fault = (await bench.run("one")).report.fault

    assert fault is not None
    assert fault.details["exception"] == "ValueError"
    assert fault.details["traceback"] == [
        f'  File "{package.root}/sequence.py", line 9, in one',
        "    raise ValueError('v')",
    ]


async def test_a_stopiteration_of_a_sync_step_does_not_hang(package: Package, opened: OpenBench) -> None:
    package.sequence("@step(1)\ndef one(self):\n    next(iter([]))")

    async with opened() as bench:
        result = await bench.run("one")

    assert result.report.fault is not None
    assert result.report.fault.code == "STEP_EXCEPTION"


async def test_a_task_that_asks_the_process_to_end_does_not_end_the_session(
    package: Package, opened: OpenBench
) -> None:
    package.sequence(
        """
        @step(1)
        async def one(self):
            async def bad(): sys.exit(1)
            self.task = asyncio.create_task(bad())
            await asyncio.sleep(0.05)
            self.task.exception()
        """
    )

    async with opened() as bench:
        result = await bench.run("one")

    assert result.report.outcome is Outcome.PASSED
