"""What authors get from run_sequence: verdicts, retries, warnings, cleanup, and why nothing ran."""

from pathlib import Path

import pytest

from station.domain.outcome import Outcome
from station.testing.run_sequence import SequenceOutcome, run_sequence
from tests.execution.conftest import Package


async def outcome_of(folder: Path, body: str, manifest: str = "") -> SequenceOutcome:
    root = folder / "demo"
    root.mkdir()
    Package(root).sequence(body, manifest)
    return await run_sequence(root)


async def test_steps_run_in_the_order_they_need_each_other(tmp_path: Path) -> None:
    outcome = await outcome_of(
        tmp_path,
        """
        @step(1, needs=["b"])
        async def a(self): ...
        @step(2, needs=[])
        async def b(self): ...
        @step(9, cleanup=True)
        async def off(self): ...
        """,
    )

    assert list(outcome.steps) == ["b", "a", "off"]
    assert outcome.outcome is Outcome.PASSED
    assert outcome.hardware_safe


@pytest.mark.parametrize(
    ("on_fail", "verdict", "steps"),
    [("stop", Outcome.FAILED, ["a", "off"]), ("continue", Outcome.FAILED, ["a", "b", "off"])],
)
async def test_a_failed_step_stops_the_run_unless_it_says_otherwise(
    tmp_path: Path, on_fail: str, verdict: Outcome, steps: list[str]
) -> None:
    outcome = await outcome_of(
        tmp_path,
        f"""
        @step(1, on_fail={on_fail!r})
        async def a(self, ctx):
            ctx.measure("v", 1, high=0)
            ctx.defect("DEF1")
        @step(2)
        async def b(self): ...
        @step(9, cleanup=True)
        async def off(self): ...
        """,
    )

    assert outcome.outcome is verdict
    assert list(outcome.steps) == steps
    assert outcome.defects == ("DEF1",)


async def test_an_exception_is_tried_again_and_then_an_error(tmp_path: Path) -> None:
    outcome = await outcome_of(
        tmp_path,
        """
        @step(1, retry=1)
        async def a(self, ctx):
            if ctx.attempt == 1:
                raise ValueError("once")
            ctx.log("again")
        @step(2)
        async def b(self):
            raise ValueError("always")
        """,
    )

    assert (outcome.steps["a"].outcome, outcome.steps["a"].attempts) == (Outcome.PASSED, 2)
    assert outcome.steps["a"].logs == [("info", "again")]
    assert outcome.outcome is Outcome.ERROR


async def test_a_warning_is_written_down_and_does_not_count(tmp_path: Path) -> None:
    outcome = await outcome_of(
        tmp_path,
        """
        @step(1)
        async def a(self):
            raise WarningError("no printer")
        @step(2)
        async def b(self): ...
        """,
    )

    assert outcome.steps["a"].outcome is Outcome.ERROR
    assert outcome.outcome is Outcome.PASSED


async def test_a_cleanup_that_fails_leaves_the_verdict_and_says_so(tmp_path: Path) -> None:
    outcome = await outcome_of(
        tmp_path,
        """
        @step(1)
        async def a(self): ...
        @step(2, cleanup=True)
        async def off(self):
            raise HardwareError("still on")
        """,
    )

    assert outcome.outcome is Outcome.PASSED
    assert not outcome.hardware_safe


async def test_a_setup_that_fails_says_why_nothing_ran(tmp_path: Path) -> None:
    outcome = await outcome_of(
        tmp_path,
        """
        async def setup(self):
            raise CriticalError("no air")
        @step(1)
        async def a(self): ...
        """,
    )

    assert outcome.outcome is Outcome.ERROR
    assert outcome.fault is not None
    assert (outcome.fault.code, outcome.fault.message) == ("STEP_CRITICAL", "no air")
    assert outcome.steps == {}


async def test_a_long_step_that_raised_goes_on_where_it_was_as_on_a_station(tmp_path: Path) -> None:
    outcome = await outcome_of(
        tmp_path,
        """
        @step(1, retry=1, segment=0.2)
        async def soak(self, ctx):
            async for tick in ctx.soak(0.3, 0.1):
                ctx.state.setdefault("seen", []).append([ctx.attempt, tick.index])
                if tick.index == 2 and ctx.attempt == 1:
                    raise RuntimeError("the chamber did not answer")
        @step(9, cleanup=True)
        async def off(self): ...
        """,
    )

    assert outcome.outcome is Outcome.PASSED
    assert outcome.steps["soak"].attempts == 2
    assert outcome.steps["soak"].state == {"seen": [[1, 0], [1, 1], [2, 2], [2, 3]]}


async def test_a_step_that_must_not_be_repeated_is_not_tried_again_as_on_a_station(tmp_path: Path) -> None:
    outcome = await outcome_of(
        tmp_path,
        """
        @step(1, retry=2, repeatable=False)
        async def burn(self):
            raise RuntimeError("no fuse")
        """,
    )

    assert outcome.steps["burn"].attempts == 1
