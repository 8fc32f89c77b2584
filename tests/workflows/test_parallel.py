"""Steps beside each other: needs, instruments, interruptions, and a hundred at once."""

import asyncio
from datetime import timedelta

from station.contracts.messages import StepRequest
from station.domain.outcome import Outcome, RunState
from station.domain.plan import RecoveryMode
from station.domain.run import StepReport
from tests.workflows.fakes import FakeSlot, errs, fails, is_cut_off, passes, until_released
from tests.workflows.stage import Stage, choose, ended, plan, reaches, shows, status, step, stop, until, until_history

DMM, PSU, PLC = ("dmm",), ("psu",), ("plc",)


async def test_steps_that_share_nothing_run_beside_each_other(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", needs=(), uses=DMM), step("b", needs=(), uses=PSU), step("c")))
        await until(lambda: stage.slot.under_way == {"a", "b"})

        current = (await status(run)).current
        stage.slot.released.set()
        end = await ended(run)

    assert current == ("a", "b")
    assert stage.slot.calls[0] == "open run"
    assert sorted(stage.slot.calls[1:3]) == ["a:1", "b:1"]
    assert stage.slot.calls[3:] == ["c:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_an_instrument_is_used_by_one_step_at_a_time(stage: Stage) -> None:
    together: list[set[str]] = []

    async def looks_around(slot: FakeSlot, request: StepRequest) -> StepReport:
        together.append(set(slot.under_way))
        return await passes()(slot, request)

    for name in "abc":
        stage.slot.scenes[name] = [looks_around]

    await stage.run(
        plan(step("a", needs=(), uses=("dmm", "psu")), step("b", needs=(), uses=PSU), step("c", needs=("a",), uses=DMM))
    )

    assert not [seen for seen in together if {"a", "b"} <= seen or {"a", "c"} <= seen]


async def test_a_step_that_is_tried_again_has_not_ended_for_those_that_need_it(stage: Stage) -> None:
    again = asyncio.Event()

    async def ends_after_the_second_try_has_begun(slot: FakeSlot, request: StepRequest) -> StepReport:
        await again.wait()
        return await passes()(slot, request)

    stage.slot.scenes["a"] = [errs(), until_released()]
    stage.slot.scenes["b"] = [ends_after_the_second_try_has_begun]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(
                step("a", needs=(), uses=DMM, retry=1),
                step("b", needs=(), uses=PSU),
                step("c", needs=("a",), uses=PLC),
                step("d", needs=("b",), uses=PSU),
            )
        )
        await until(lambda: "a:2" in stage.slot.calls)
        again.set()
        now = await shows(run, lambda now: now.current == ("a",) and now.steps[3].outcome is Outcome.PASSED)
        stage.slot.released.set()
        end = await ended(run)

    assert now.progress == 0.5
    assert stage.slot.calls[-3:] == ["d:1", "c:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_failed_step_lets_those_beside_it_finish_and_nothing_else_begin(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails()]
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(step("a", needs=(), uses=DMM), step("b", needs=(), uses=PSU), step("c", needs=(), uses=DMM))
        )
        await until(lambda: stage.slot.under_way == {"b"} and "a:1" in stage.slot.calls)
        stage.slot.released.set()
        end = await ended(run)

    assert "c:1" not in stage.slot.calls
    assert end.outcome is Outcome.FAILED


async def test_one_process_dies_under_three_steps_and_each_goes_on(stage: Stage) -> None:
    dying = asyncio.Event()

    async def dies_with_the_others(slot: FakeSlot, request: StepRequest) -> StepReport:
        if len(slot.under_way) == 3:
            dying.set()
        await dying.wait()
        return await is_cut_off()(slot, request)

    for name in "abc":
        stage.slot.scenes[name] = [dies_with_the_others]

    end = await stage.run(
        plan(step("a", needs=(), uses=DMM), step("b", needs=(), uses=PSU), step("c", needs=(), uses=PLC))
    )

    assert sorted(call for call in stage.slot.calls if call[:2] in {"a:", "b:", "c:"}) == [
        "a:1",
        "a:2",
        "b:1",
        "b:2",
        "c:1",
        "c:2",
    ]
    assert stage.slot.calls.count("open run") == 2
    assert end.outcome is Outcome.PASSED
    assert stage.recorder.result.recoveries == 1


async def test_one_interrupted_step_among_three_is_repeated_alone(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    stage.slot.scenes["b"] = [is_cut_off(process_lives=True)]
    stage.slot.scenes["c"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(step("a", needs=(), uses=DMM), step("b", needs=(), uses=PSU), step("c", needs=(), uses=PLC))
        )
        await until(lambda: "b:2" in stage.slot.calls)
        stage.slot.released.set()
        end = await ended(run)

    assert sorted(call for call in stage.slot.calls if call[:2] in {"a:", "b:", "c:"}) == ["a:1", "b:1", "b:2", "c:1"]
    assert end.outcome is Outcome.PASSED


async def test_a_run_that_begins_anew_first_lets_the_steps_beside_end(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    stage.slot.scenes["b"] = [is_cut_off(process_lives=True)]

    end = await stage.run(
        plan(
            step("a", needs=(), uses=DMM),
            step("b", needs=(), uses=PSU),
            step("c"),
            recovery_mode=RecoveryMode.FULL_RESTART,
        )
    )

    second_round = stage.slot.calls.index("open run in round 2")
    assert sorted(stage.slot.calls[second_round + 1 :]) == ["a:2", "b:2", "c:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_run_that_begins_anew_waits_for_the_slowest_step_to_yield(stage: Stage) -> None:
    yielding = asyncio.Event()

    async def yields_slowly(slot: FakeSlot, request: StepRequest) -> StepReport:
        await yielding.wait()
        return await passes()(slot, request)

    dying = asyncio.Event()

    async def dies(slot: FakeSlot, request: StepRequest) -> StepReport:
        await dying.wait()
        return await is_cut_off(process_lives=True)(slot, request)

    stage.slot.scenes["a"] = [until_released()]
    stage.slot.scenes["b"] = [dies]
    stage.slot.scenes["c"] = [until_released(stopped=yields_slowly)]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(
                step("a", needs=(), uses=DMM),
                step("b", needs=(), uses=PSU),
                step("c", needs=(), uses=PLC),
                recovery_mode=RecoveryMode.ASK,
            )
        )
        await until(lambda: stage.slot.under_way == {"a", "b", "c"})
        dying.set()
        await reaches(run, RunState.INTERRUPTED)
        await choose(run, "full_restart")
        await shows(run, lambda now: now.current == ("c",))
        calls = list(stage.slot.calls)
        yielding.set()
        end = await ended(run)

    assert "open run in round 2" not in calls
    assert end.outcome is Outcome.PASSED


async def test_a_run_that_begins_anew_calls_off_a_step_that_is_only_just_given_out(stage: Stage) -> None:
    slowly = step("b", needs=(), uses=PSU, retry=1)
    pause = timedelta(seconds=0.4)
    slowly = slowly.model_copy(
        update={"retry": slowly.retry.model_copy(update={"backoff": pause, "backoff_max": pause})}
    )
    stage.slot.scenes["a"] = [is_cut_off(process_lives=True)]
    stage.slot.scenes["b"] = [errs()]
    stage.slot.scenes["c"] = [until_released()]
    stage.slot.may_answer.clear()
    async with stage.process():
        async with stage.engine():
            run = await stage.start(
                plan(
                    step("a", needs=(), uses=DMM),
                    slowly,
                    step("c", needs=(), uses=PLC),
                    step("off", cleanup=True),
                    recovery_mode=RecoveryMode.FULL_RESTART,
                )
            )
            await shows(run, lambda now: now.steps[1].fault is not None)
            await until(lambda: "what of a:1" in stage.slot.calls)
            stage.slot.released.set()
            await shows(run, lambda now: now.current == ("a", "b"))
        # While no engine is there, the pause ends and the answer comes: the next engine sees both at once.
        stage.slot.may_answer.set()
        await until_history(run, timers_fired=1, activities_completed=5)
        async with stage.engine():
            end = await ended(run)

    assert stage.slot.calls[-2:] == ["off:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_two_interrupted_steps_are_asked_about_one_after_the_other(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off(process_lives=True)]
    stage.slot.scenes["b"] = [is_cut_off(process_lives=True)]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(step("a", needs=(), uses=DMM), step("b", needs=(), uses=PSU), recovery_mode=RecoveryMode.ASK)
        )
        first = await reaches(run, RunState.INTERRUPTED)
        # Accepted, opened, asked what became of both, written that it asks: the second step waits for its turn.
        await until_history(run, timers_fired=0, activities_completed=5)
        await choose(run, "skip_failed")
        second = await reaches(run, RunState.INTERRUPTED)
        await choose(run, "resume")
        end = await ended(run)

    assert {first.waiting_for[0], second.waiting_for[0]} == {"a", "b"}
    assert end.outcome is Outcome.ERROR
    assert [change.state for change in stage.recorder.states] == [
        RunState.INTERRUPTED,
        RunState.RUNNING,
        RunState.INTERRUPTED,
        RunState.RUNNING,
        RunState.CLEANING_UP,
    ]


async def test_nobody_is_asked_about_a_second_step_once_the_run_is_given_up(stage: Stage) -> None:
    for choice, outcome in (("abort", Outcome.ABORTED), ("full_restart", Outcome.PASSED)):
        stage.slot.scenes["a"] = [is_cut_off(process_lives=True)]
        stage.slot.scenes["b"] = [is_cut_off(process_lives=True)]
        stage.recorder.states.clear()
        async with stage.engine(), stage.process():
            run = await stage.start(
                plan(step("a", needs=(), uses=DMM), step("b", needs=(), uses=PSU), recovery_mode=RecoveryMode.ASK)
            )
            await reaches(run, RunState.INTERRUPTED)
            await until(lambda: len([call for call in stage.slot.calls if call.startswith("what")]) % 2 == 0)

            await choose(run, choice)
            end = await ended(run)

        assert end.outcome is outcome
        assert [change.state for change in stage.recorder.states].count(RunState.INTERRUPTED) == 1


async def test_a_stop_reaches_every_step_under_way(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", needs=(), uses=DMM), step("b", needs=(), uses=PSU)))
        await until(lambda: stage.slot.under_way == {"a", "b"})

        await stop(run)
        end = await ended(run)

    assert end.outcome is Outcome.ABORTED
    assert stage.slot.calls[-1] == "close"


async def test_a_graph_of_a_hundred_steps_is_carried_through(stage: Stage) -> None:
    first = [step(f"s{number}", needs=(), uses=()) for number in range(50)]
    second = [step(f"s{number + 50}", needs=(f"s{number}",), uses=()) for number in range(50)]

    end = await stage.run(plan(*first, *second))

    assert len(stage.slot.calls) == 102
    assert end.outcome is Outcome.PASSED
