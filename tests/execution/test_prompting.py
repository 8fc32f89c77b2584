"""Prompts within a step: what ends its part, what the next part finds, and what is refused."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from station.domain.measurement import EqualsLimit
from station.domain.outcome import Outcome
from station.domain.plan import Severity
from station.domain.prompt import Answer, AnsweredPrompt, Prompt, check_answer
from station.domain.run import StepResult
from station.testing.clock import FastClock
from tests.execution.conftest import Bench, OpenBench, Package

AT = datetime(2026, 1, 2, tzinfo=UTC)


def answered(prompt: Prompt, values: Mapping[str, object], step: str = "a") -> AnsweredPrompt:
    answer = Answer(values=check_answer(prompt, values), by="kim", at=AT)
    return AnsweredPrompt(id="P:1", step=step, key=prompt.key, kinds=prompt.kinds, answer=answer)


async def parts(bench: Bench, *answers: object, step: str = "a") -> list[StepResult]:
    """Run a step through its parts, each prompt answered with the next of `answers`."""
    results: list[StepResult] = []
    given: list[AnsweredPrompt] = []
    waiting = list(answers)
    while not results or not results[-1].report.finished:
        last = results[-1] if results else None
        results.append(
            await bench.run(
                step,
                segment=len(results) + 1,
                state=last.state if last else None,
                elapsed=last.report.elapsed if last else timedelta(),
                answers=given,
            )
        )
        prompt = results[-1].report.prompt
        if prompt is not None:
            said = waiting.pop(0)
            given = [*given, answered(prompt, said if isinstance(said, dict) else {prompt.fields[0].name: said})]
    return results


def values(result: StepResult) -> dict[str, Any]:
    return {one.name: one.value for one in result.measurements}


async def test_a_prompt_ends_the_part_and_the_next_one_has_the_answer(package: Package, opened: OpenBench) -> None:
    package.sequence("""
        @step(1)
        async def a(self, ctx):
            ctx.state["parts"] = ctx.state.get("parts", 0) + 1
            ctx.measure("before", ctx.segment)
            color = await ctx.prompt({"ko": "색?", "en": "Color?"}, ask.choice("color", ["red", "green"]), key="color")
            ok = await ctx.prompt("Sure?")
            return {"color_seen": color, "ok": ok, "asked": list(ctx.answers)}
    """)
    async with opened(package) as bench:
        first, second, last = await parts(bench, "red", "no")

    assert first.report.prompt is not None
    assert (first.report.outcome, first.report.finished) == (Outcome.PASSED, False)
    assert (first.report.prompt.key, first.report.prompt.message.ko) == ("color", "색?")
    assert second.report.prompt is not None
    assert second.report.prompt.key == "prompt_2"
    assert last.report.prompt is None
    assert last.report.outcome is Outcome.PASSED
    assert values(last) == {
        "before": 3, "color": "red", "prompt_2": False, "color_seen": "red", "ok": False,
    }  # fmt: skip
    assert last.values["asked"] == ["color", "prompt_2"]
    assert last.state["parts"] == 3
    (made,) = [one for one in last.measurements if one.name == "color"]
    assert (made.by, made.at, made.limit) == ("kim", AT, None)


async def test_a_sync_step_asks_too(package: Package, opened: OpenBench) -> None:
    package.sequence("""
        @step(1)
        def a(self, ctx):
            form = ctx.prompt_sync("?", ask.number("n"), ask.text("t"), key="form")
            ctx.measure("double", form["n"] * 2)
    """)
    async with opened(package) as bench:
        *_, last = await parts(bench, {"n": 4, "t": "x"})

    assert values(last) == {"form.n": 4.0, "form.t": "x", "double": 8.0}


async def test_all_kinds_of_field_can_be_asked(package: Package, opened: OpenBench) -> None:
    package.sequence("""
        @step(1)
        async def a(self, ctx):
            return await ctx.prompt(
                "?", ask.text("t", "T", pattern="[a-z]+"), ask.number("n", min=0, max=5, unit="V"),
                ask.choice("c", ["x", {"value": "y", "label": {"ko": "와이", "en": "Y"}}]),
                ask.multi_choice("m", ["x", "y"], default=["x"]), ask.confirm("ok"), ask.pass_fail("p"),
                ask.checklist("l", ["x", "y"], default=["x", "y"]), key="form",
            )
    """)
    said = {"t": "abc", "n": "1.5", "c": "와이", "m": "x,y", "ok": "yes", "p": "fail", "l": "all"}
    async with opened(package) as bench:
        *_, last = await parts(bench, said)

    assert last.values["form.c"] == "y"
    assert {name: last.values[name] for name in said} == {
        "t": "abc", "n": 1.5, "c": "y", "m": ["x", "y"], "ok": True, "p": False, "l": ["x", "y"],
    }  # fmt: skip
    assert last.report.outcome is Outcome.PASSED


async def test_a_value_measured_again_replaces_the_one_before_the_prompt(package: Package, opened: OpenBench) -> None:
    package.sequence("""
        @step(1)
        async def a(self, ctx):
            ctx.measure("v", ctx.segment, low=2)
            if ctx.segment == 1:
                ctx.measure("once", 0, low=1)
            ctx.attach(str(ctx.segment).encode(), "log.txt")
            await ctx.prompt("?", key="q")
            if ctx.segment == 2:
                await ctx.prompt("again?", key="r")
    """)
    async with opened(package) as bench:
        first, second, last = await parts(bench, "yes", "yes")

    assert first.report.failures == ("v", "once")
    assert second.report.failures == ("once",)
    assert last.report.failures == ("once",)
    assert last.report.outcome is Outcome.FAILED
    assert [one.name for one in last.attachments] == ["log.txt"]


async def test_the_step_may_judge_the_answer_under_the_prompts_own_name(package: Package, opened: OpenBench) -> None:
    package.sequence("""
        @step(1)
        async def a(self, ctx):
            n = await ctx.prompt("?", ask.number(), key="n")
            ctx.measure("n", n, high=3)
    """)
    async with opened(package) as bench:
        *_, last = await parts(bench, 4)

    (made,) = last.measurements
    assert (made.name, made.outcome, made.by) == ("n", Outcome.FAILED, "")


async def test_what_was_measured_is_not_covered_by_an_answer(package: Package, opened: OpenBench) -> None:
    package.sequence("""
        @step(1)
        async def a(self, ctx):
            ctx.measure("n", 1)
            await ctx.prompt("?", ask.number(), key="n")
    """)
    async with opened(package) as bench:
        *_, last = await parts(bench, 4)

    assert values(last) == {"n": 1}


async def test_a_soak_goes_on_where_it_was_and_its_failures_stay(package: Package, opened: OpenBench) -> None:
    package.sequence("""
        @step(1, segment=100, timeout=200)
        async def a(self, ctx):
            await ctx.prompt("begin?", key="begin")
            await ctx.sleep(7)
            async for tick in ctx.soak(30, 10):
                ctx.state["ticks"] = ctx.state.get("ticks", []) + [tick.index]
                ctx.measure(f"t{tick.index}", tick.index, high=0 if tick.index == 1 else 9)
                if tick.index == 2:
                    await ctx.prompt("still alive?", key="alive")
    """)
    async with opened(package, clock=FastClock(50)) as bench:
        first, second, last = await parts(bench, "yes", "yes")

    assert first.report.elapsed.total_seconds() < 5
    assert second.report.prompt is not None
    assert second.report.prompt.key == "alive"
    assert last.state["ticks"] == [0, 1, 2, 2, 3]
    assert last.report.failures == ("t1",)
    assert 30 <= last.report.elapsed.total_seconds() < 35


async def test_a_declared_prompts_answer_is_there_and_is_measured(package: Package, opened: OpenBench) -> None:
    package.sequence(
        """
        @step(1)
        async def a(self, ctx):
            ctx.measure("seen", ctx.answers["prompt"])
        """,
        "steps: [{name: a, prompt: {message: Seated, kind: pass_fail}}]",
    )
    async with opened(package) as bench:
        (step,) = bench.plan.steps
        assert step.prompt is not None
        result = await bench.run("a", answers=[answered(step.prompt, {"answer": "pass"})])

    assert values(result) == {"prompt": True, "seen": True}
    assert result.measurements[0].limit == EqualsLimit(expected=True)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('await ctx.prompt("?", key="q"); await ctx.prompt("?", key="q")', "asks q twice"),
        ('await ctx.prompt("?", ask.number() if ctx.segment > 1 else ask.text(), key="q")',
         "was answered as text answer and asks for number answer now"),
        ('await ctx.prompt("?", ask.text(), ask.text())', "two fields are called answer"),
        ('await ctx.prompt("?", timeout=5, on_timeout="default")', "needs a default for answer"),
        ('await ctx.prompt("?", picture="led.png")', "the package has no picture led.png"),
        ('await ctx.prompt("?", picture="../secret.png")', "the package has no picture"),
        ('await ctx.prompt("?", key="9")', "should match pattern"),
    ],
)  # fmt: skip
async def test_a_prompt_that_makes_no_sense_is_an_error_of_the_step(
    package: Package, opened: OpenBench, body: str, why: str
) -> None:
    package.sequence(f"""
        @step(1)
        async def a(self, ctx):
            {body}
    """)
    async with opened(package) as bench:
        *_, last = await parts(bench, "yes")

    assert last.report.outcome is Outcome.ERROR
    assert last.report.fault is not None
    assert why in last.report.fault.message


async def test_a_picture_is_a_file_of_the_package_or_one_the_step_kept(package: Package, opened: OpenBench) -> None:
    package.sequence("""
        @step(1)
        async def a(self, ctx):
            await ctx.prompt("?", key="one", picture="pictures/led.png")
            await ctx.prompt("?", key="two", picture=ctx.attach(b"png", "now.png"))
    """)
    package.write("pictures/led.png", "png")
    async with opened(package) as bench:
        first, second, _ = await parts(bench, "yes", "yes")

    assert first.report.prompt is not None
    assert first.report.prompt.picture == "pictures/led.png"
    assert second.report.prompt is not None
    assert second.report.prompt.picture == second.attachments[0].sha256


async def test_a_step_that_catches_its_prompt_is_told(package: Package, opened: OpenBench) -> None:
    package.sequence("""
        @step(1)
        async def a(self, ctx):
            try:
                await ctx.prompt("?")
            except BaseException:
                pass
    """)
    async with opened(package) as bench:
        result = await bench.run("a")

    assert result.report.outcome is Outcome.ERROR
    assert result.report.fault is not None
    assert "caught its prompt" in result.report.fault.message
    assert result.report.prompt is None


async def test_two_prompts_at_the_same_time_are_asked_one_after_the_other(package: Package, opened: OpenBench) -> None:
    package.sequence("""
        @step(1)
        async def a(self, ctx):
            return {"both": await asyncio.gather(ctx.prompt("1?", key="one"), ctx.prompt("2?", key="two"))}
    """)
    async with opened(package) as bench:
        *_, last = await parts(bench, "yes", "no")

    assert last.values["both"] == [True, False]


async def test_nobody_is_asked_where_everything_must_end_by_itself(package: Package, opened: OpenBench) -> None:
    package.sequence("""
        @step(1)
        async def a(self, ctx): ...
        @step(9, cleanup=True)
        async def off(self, ctx):
            await ctx.prompt("?")
    """)
    async with opened(package) as bench:
        result = await bench.run("off")

    assert result.report.fault is not None
    assert "must end without anybody" in result.report.fault.message
    assert result.report.fault.severity is not Severity.CRITICAL
