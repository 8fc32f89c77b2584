"""Somebody has a run go back to a step: it and those after it are done again, and only the latest attempts count."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from station.domain.outcome import Outcome, RunState
from station.domain.plan import OnFail, RecoveryMode, RetryPlan
from tests.workflows.fakes import errs, fails, is_cut_off, passes, until_released
from tests.workflows.stage import (
    Handle,
    Stage,
    choose,
    ended,
    goto,
    pause,
    plan,
    reaches,
    resume,
    shows,
    skip,
    status,
    step,
    stop,
    until,
)

OFF = step("off", cleanup=True)
SLOWLY = RetryPlan.model_validate({"retries": 3, "backoff": 60, "backoff_max": 60})


async def refused(handle: Handle, name: str = "", reason: str = "", *, force: bool = False) -> tuple[str | None, str]:
    """What is answered to the wish to go back."""
    with pytest.raises(WorkflowUpdateFailedError) as refusal:
        await goto(handle, name, reason, force=force)
    assert isinstance(refusal.value.cause, ApplicationError)
    return refusal.value.cause.type, refusal.value.cause.message


async def test_the_step_and_those_after_it_are_done_again_with_new_attempts(stage: Stage) -> None:
    stage.slot.scenes["c"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("c"), OFF))
        await until(lambda: "c" in stage.slot.under_way)

        await goto(run, "b", reason="the probe had slipped")
        end = await ended(run)

    assert stage.slot.calls == [
        "open run", "a:1", "b:1", "c:1", "open run", "b:2", "c:2", "off:1", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED
    assert stage.recorder.recoveries == []
    assert stage.recorder.result.recoveries == 0
    assert [(one.step, one.given_up, one.by, one.reason) for one in stage.recorder.went_back] == [
        ("b", {"b": 1, "c": 1}, "kim", "the probe had slipped")
    ]
    assert [(deed.action, deed.reason, deed.data["step"], deed.data["force"]) for deed in stage.recorder.deeds] == [
        ("goto", "the probe had slipped", "b", False)
    ]


async def test_what_later_steps_stand_on_is_set_up_again_first(stage: Stage) -> None:
    stage.slot.scenes["c"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("on", rearm=True), step("b"), step("c")))
        await until(lambda: "c" in stage.slot.under_way)

        await goto(run, "b")
        end = await ended(run)

    assert stage.slot.calls == ["open run", "on:1", "b:1", "c:1", "open run", "on:2", "b:2", "c:2", "close"]
    assert stage.recorder.went_back[0].given_up == {"b": 1, "c": 1}
    assert end.outcome is Outcome.PASSED


async def test_a_run_cannot_go_on_where_what_it_stands_on_does_not_come_up_again(stage: Stage) -> None:
    stage.slot.scenes["on"] = [passes(), errs()]
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("on", rearm=True), step("b")))
        await until(lambda: "b" in stage.slot.under_way)

        await goto(run)
        end = await ended(run)

    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert end.reason.code == "REARM_FAILED"


async def test_steps_that_wait_for_a_repeated_one_are_repeated_too(stage: Stage) -> None:
    stage.slot.scenes["d"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(step("a", needs=("b",)), step("b", needs=()), step("c", needs=("a",)), step("d", needs=("c", "b")))
        )
        await until(lambda: "d" in stage.slot.under_way)

        await goto(run, "b")
        end = await ended(run)

    assert stage.recorder.went_back[0].given_up == {"a": 1, "b": 1, "c": 1, "d": 1}
    assert stage.slot.calls == [
        "open run", "b:1", "a:1", "c:1", "d:1", "open run", "b:2", "a:2", "c:2", "d:2", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


async def test_a_bad_value_that_was_given_up_does_not_count(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails("v", defects=("DEF1",))]
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", on_fail=OnFail.CONTINUE), step("b")))
        await until(lambda: "b" in stage.slot.under_way)
        before = await status(run)

        after = await goto(run, "a")
        end = await ended(run)

    assert before.reason is not None
    assert after.current == ("b",)
    assert (end.outcome, end.reason, end.defects) == (Outcome.PASSED, None, [])


async def test_a_bad_value_of_a_step_before_still_counts(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails("v")]
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", on_fail=OnFail.CONTINUE), step("b")))
        await until(lambda: "b" in stage.slot.under_way)

        await goto(run)
        end = await ended(run)

    assert end.outcome is Outcome.FAILED
    assert end.reason is not None
    assert end.reason.code == "STEP_FAILED"


async def test_the_step_under_way_is_repeated_where_none_is_named(stage: Stage) -> None:
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b")))
        await until(lambda: "b" in stage.slot.under_way)

        await goto(run)
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "b:1", "open run", "b:2", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_paused_run_repeats_its_last_step_when_it_is_resumed(stage: Stage) -> None:
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("c")))
        await until(lambda: "b" in stage.slot.under_way)
        await pause(run)
        stage.slot.released.set()
        await reaches(run, RunState.PAUSED)

        await goto(run)
        held = await shows(run, lambda now: now.steps[1].outcome is None)
        calls = list(stage.slot.calls)
        await goto(run, "a")
        await resume(run)
        end = await ended(run)

    assert held.state is RunState.PAUSED
    assert calls == ["open run", "a:1", "b:1"]
    assert stage.slot.calls[3:] == ["open run", "a:2", "b:2", "c:1", "close"]
    assert [change.state for change in stage.recorder.states] == ["paused", "running", "cleaning_up"]
    assert [one.given_up for one in stage.recorder.went_back] == [{"b": 1}, {"a": 1, "b": 1}]
    assert end.outcome is Outcome.PASSED


async def test_to_go_back_withdraws_the_question_of_an_interrupted_step(stage: Stage) -> None:
    stage.slot.scenes["b"] = [is_cut_off()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), recovery_mode=RecoveryMode.ASK))
        await reaches(run, RunState.INTERRUPTED)

        await goto(run, "a")
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "b:1", "what of b:1", "open run", "a:2", "b:2", "close"]
    assert stage.recorder.told == ["interrupted", "running", "recovery", "cleaning_up", "result"]
    assert end.outcome is Outcome.PASSED


async def test_a_step_beside_is_cut_off_and_done_again_unless_it_has_ended(stage: Stage) -> None:
    stage.slot.scenes["long"] = [until_released()]
    stage.slot.scenes["b"] = [until_released(stopped=passes())]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(step("long", needs=(), uses=()), step("b", needs=(), uses=()), step("c", needs=(), uses=()))
        )
        await until(lambda: stage.slot.under_way == {"long", "b"} and "c:1" in stage.slot.calls)
        await shows(run, lambda now: now.steps[2].outcome is Outcome.PASSED)

        await goto(run, "c")
        end = await ended(run)

    assert stage.recorder.went_back[0].given_up == {"long": 1, "c": 1}
    assert sorted(stage.slot.calls[4:]) == ["c:2", "close", "long:2", "open run"]
    assert end.outcome is Outcome.PASSED


async def test_a_step_that_halted_the_run_is_repeated_while_another_is_still_under_way(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs()]
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", needs=(), uses=()), step("b", needs=(), uses=()), step("c")))
        await shows(run, lambda now: now.steps[0].outcome is Outcome.ERROR and now.current == ("b",))

        await goto(run, "a")
        end = await ended(run)

    assert "c:1" in stage.slot.calls
    assert end.outcome is Outcome.PASSED


async def test_time_that_was_given_up_does_not_count_for_the_time_of_the_sequence(stage: Stage) -> None:
    stage.slot.scenes["a"] = [passes(elapsed=5)]
    stage.slot.scenes["b"] = [passes(elapsed=50), passes(elapsed=50)]
    stage.slot.scenes["c"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("c"), timeout_sequence=100))
        await until(lambda: "c" in stage.slot.under_way)
        await goto(run, "b")
        end = await ended(run)

    assert stage.slot.calls[-3:] == ["b:2", "c:2", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_step_that_was_left_out_is_done_when_the_run_goes_back(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("c"), step("d")))
        await until(lambda: "a" in stage.slot.under_way)
        await skip(run, "b")
        await skip(run, "c")
        await pause(run)
        stage.slot.released.set()
        await reaches(run, RunState.PAUSED)

        await goto(run, "a")
        await resume(run)
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "open run", "a:2", "b:1", "c:1", "d:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_what_must_not_be_repeated_needs_force_and_a_reason(stage: Stage) -> None:
    stage.slot.scenes["c"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("burn", repeatable=False), step("c")))
        await until(lambda: "c" in stage.slot.under_way)

        answers = [await refused(run, "a"), await refused(run, "a", force=True)]
        await goto(run, "a", reason="the fuse is still whole", force=True)
        end = await ended(run)

    assert answers == [
        (
            "STEP_NOT_REPEATABLE",
            "burn must not be repeated (repeatable=False); force it with a reason if you must.",
        ),
        ("REASON_MISSING", "Repeating a step that is not repeatable needs a reason."),
    ]
    assert "burn:2" in stage.slot.calls
    assert stage.recorder.deeds[0].data["force"] is True
    assert end.outcome is Outcome.PASSED


async def test_a_step_that_was_only_left_out_may_be_done_without_force(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("burn", repeatable=False), step("c")))
        await until(lambda: "a" in stage.slot.under_way)
        await skip(run, "burn")
        stage.slot.scenes["c"] = [until_released()]
        await pause(run)
        stage.slot.released.set()
        await reaches(run, RunState.PAUSED)
        await goto(run, "a")
        await resume(run)
        end = await ended(run)

    assert stage.slot.calls[-3:] == ["burn:1", "c:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_run_goes_only_to_where_it_has_been(stage: Stage) -> None:
    stage.slot.scenes["b"] = [until_released(stopped=until_released())]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("c"), OFF))
        await until(lambda: "b" in stage.slot.under_way)

        answers = [await refused(run, name) for name in ("x", "c", "off")]
        await goto(run, "b")
        answers.append(await refused(run, "a"))
        await stop(run)
        answers.append(await refused(run, "a"))
        stage.slot.released.set()
        end = await ended(run)

    assert answers == [
        ("STEP_NOT_FOUND", "The sequence has no step 'x'; it has a, b, c."),
        ("STEP_NOT_FINISHED", "Step c has not begun yet; the run can only go back."),
        ("STEP_IS_CLEANUP", "Step off is a cleanup step; those run at the end whatever happens."),
        ("RUN_GOING_BACK", "The run is going back to b already."),
        ("RUN_ENDING", "The run is ending; goto comes too late."),
    ]
    assert end.outcome is Outcome.ABORTED
    assert end.reason is not None
    assert end.reason.code == "STOPPED"


async def test_a_run_whose_first_step_has_not_begun_has_nothing_to_repeat(stage: Stage) -> None:
    async with stage.engine(), stage.process():
        stage.recorder.reachable.clear()
        run = await stage.start(plan(step("a")))
        early = await refused(run)
        await pause(run)
        stage.recorder.reachable.set()
        await reaches(run, RunState.PAUSED)
        paused = await refused(run)
        await resume(run)
        await ended(run)

    assert early == paused == ("STEP_NOT_FINISHED", "No step has begun yet; there is nothing to repeat.")


async def test_a_run_that_begins_anew_does_not_go_back_as_well(stage: Stage) -> None:
    stage.slot.scenes["b"] = [is_cut_off()]
    stage.slot.scenes["long"] = [until_released(stopped=until_released())]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(step("a"), step("b", needs=("a",), uses=()), step("long", needs=("a",), uses=()),
                 recovery_mode=RecoveryMode.ASK)
        )  # fmt: skip
        await until(lambda: "long" in stage.slot.under_way)
        await reaches(run, RunState.INTERRUPTED)
        await choose(run, "full_restart")
        answer = await refused(run, "a")
        stage.slot.released.set()
        end = await ended(run)

    assert answer == ("RUN_GOING_BACK", "The run is beginning again at its first step.")
    assert end.outcome is Outcome.PASSED


async def test_a_long_step_is_soaked_from_its_beginning_again(stage: Stage) -> None:
    stage.slot.scenes["soak"] = [passes(finished=False, elapsed=10), until_released(), passes(elapsed=20)]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("soak", segment=10), step("b")))
        await until(lambda: "soak:1.2" in stage.slot.calls and "soak" in stage.slot.under_way)

        await goto(run)
        end = await ended(run)

    assert stage.slot.calls == ["open run", "soak:1", "soak:1.2", "open run", "soak:2", "b:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_retry_that_waits_does_not_hold_the_way_back_up(stage: Stage) -> None:
    stage.slot.scenes["b"] = [errs()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b").model_copy(update={"retry": SLOWLY})))
        await shows(run, lambda now: now.steps[1].outcome is Outcome.ERROR)

        await goto(run, "a")
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "b:1", "open run", "a:2", "b:2", "close"]
    assert end.outcome is Outcome.PASSED
