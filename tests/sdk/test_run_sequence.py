"""What authors get from run_sequence: verdicts, retries, warnings, cleanup, and why nothing ran."""

from pathlib import Path

import pytest

from station.domain.errors import AnswerError
from station.domain.outcome import Outcome
from station.domain.prompt import OpenPrompt
from station.testing.answering import Answers
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


ASKING = """
@step(1)
async def insert(self): ...
@step(2)
async def look(self, ctx):
    color = await ctx.prompt("Color?", ask.choice("color", ["red", "green"]), key="color")
    form = await ctx.prompt("More?", ask.number("n"), ask.confirm("ok"), key="form", timeout=5)
    return {"seen": color, "n": form["n"]}
@step(3, condition="never")
async def left_out(self): ...
@step(9, cleanup=True)
async def off(self): ...
"""
DECLARED = """
parameters: {never: {type: boolean, default: false}}
steps:
  - {name: insert, prompt: {message: Seated?, kind: pass_fail, timeout: 5, on_timeout: default, default: false}}
  - {name: left_out, prompt: {message: Anybody?}}
"""


async def asked(folder: Path, answers: Answers) -> SequenceOutcome:
    root = folder / "demo"
    root.mkdir()
    Package(root).sequence(ASKING, DECLARED.replace("?", ""))
    return await run_sequence(root, answers=answers)


async def test_prompts_are_answered_by_key_or_by_step_and_key(tmp_path: Path) -> None:
    outcome = await asked(tmp_path, {"prompt": "pass", "look.color": "red", "form": {"n": 3, "ok": "no"}})

    assert outcome.outcome is Outcome.PASSED
    assert outcome.steps["look"].values == {
        "color": "red", "form.n": 3.0, "form.ok": False, "seen": "red", "n": 3.0,
    }  # fmt: skip
    assert outcome.steps["look"].segments == 3


async def test_prompts_are_answered_by_whoever_is_called(tmp_path: Path) -> None:
    def answer(asked: OpenPrompt) -> object:
        return {"prompt": True, "color": "green", "form": {"n": 1, "ok": True}}[asked.prompt.key]

    outcome = await asked(tmp_path, answer)

    assert outcome.steps["look"].values["seen"] == "green"


async def test_a_prompt_nobody_answers_takes_its_default_or_ends_the_run(tmp_path: Path) -> None:
    outcome = await asked(tmp_path, {"prompt": None})

    assert (outcome.outcome, list(outcome.steps)) == (Outcome.FAILED, ["insert", "off"])
    fault = outcome.steps["insert"].fault
    assert fault is not None
    assert fault.message == "Seated: answer=False (answered by timeout)"
    assert outcome.steps["insert"].failures == ("prompt",)


async def test_a_prompt_in_a_step_nobody_answers_ends_the_run(tmp_path: Path) -> None:
    outcome = await asked(tmp_path, {"prompt": True, "color": "red", "form": None})

    assert (outcome.outcome, list(outcome.steps)) == (Outcome.ABORTED, ["insert", "look", "off"])
    fault = outcome.steps["look"].fault
    assert fault is not None
    assert fault.code == "PROMPT_TIMEOUT"


async def test_a_test_that_does_not_say_what_to_answer_hears_it(tmp_path: Path) -> None:
    with pytest.raises(AnswerError, match="give run_sequence answers={'color': ...}"):
        await asked(tmp_path, {"prompt": True})
