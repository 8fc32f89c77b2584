"""Somebody leaves a step out: the others go on, and nobody knows what the unit is worth."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from station.domain.outcome import Outcome, RunState, StepState
from station.domain.plan import OnFail, RecoveryMode, RetryPlan, StepPlan
from station.domain.run import StepFault
from tests.workflows.fakes import Scene, errs, fails, gives_up, is_cut_off, passes, until_released
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


def slowly(name: str) -> StepPlan:
    """A step that waits a minute before it is tried again."""
    return step(name).model_copy(update={"retry": SLOWLY})


async def refused(handle: Handle, name: str) -> tuple[str | None, str]:
    """What is answered to the wish to leave a step out."""
    with pytest.raises(WorkflowUpdateFailedError) as refusal:
        await skip(handle, name)
    assert isinstance(refusal.value.cause, ApplicationError)
    return refusal.value.cause.type, refusal.value.cause.message


async def test_a_step_whose_turn_is_to_come_is_left_out_then_and_the_run_is_aborted(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("c"), OFF))
        await until(lambda: "a" in stage.slot.under_way)

        shown = await skip(run, "b", reason="its fixture is broken")
        stage.slot.released.set()
        end = await ended(run)
        after = await status(run)

    fault = StepFault(code="STEP_SKIPPED", message="Left out by kim: its fixture is broken")
    assert stage.slot.calls == ["open run", "a:1", "c:1", "off:1", "close"]
    assert [(one.state, one.outcome, one.fault) for one in (shown.steps[1], after.steps[1])] == [
        (StepState.SKIPPED, None, fault),
        (StepState.SKIPPED, Outcome.SKIPPED, fault),
    ]
    assert end.outcome is Outcome.ABORTED
    assert end.reason is not None
    assert (end.reason.code, end.reason.message, end.reason.step) == ("STEP_SKIPPED", fault.message, "b")
    assert [(one.step, one.attempt, one.index, one.fault) for one in stage.recorder.skipped] == [("b", 1, 1, fault)]
    assert [(deed.actor, deed.action, deed.reason, deed.data["step"]) for deed in stage.recorder.deeds] == [
        ("kim", "skip", "its fixture is broken", "b")
    ]


async def test_a_step_under_way_is_asked_to_yield_and_the_run_goes_on(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), OFF))
        await until(lambda: "a" in stage.slot.under_way)

        await skip(run, "a", by="")
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "b:1", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED
    assert end.reason is not None
    assert end.reason.message == "Left out by somebody"
    assert [(one.step, one.attempt) for one in stage.recorder.skipped] == [("a", 2)]


async def test_only_the_step_that_is_left_out_yields(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", needs=(), uses=()), step("b", needs=(), uses=()), step("c")))
        await until(lambda: stage.slot.under_way == {"a", "b"})

        await skip(run, "a")
        await shows(run, lambda now: now.steps[0].outcome is Outcome.SKIPPED)
        under_way = set(stage.slot.under_way)
        stage.slot.released.set()
        end = await ended(run)
        steps = (await status(run)).steps

    assert under_way == {"b"}
    assert [one.outcome for one in steps] == [Outcome.SKIPPED, Outcome.PASSED, Outcome.PASSED]
    assert end.outcome is Outcome.ABORTED


async def test_steps_that_need_the_one_left_out_wait_for_its_turn(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(step("a", uses=()), step("b", needs=("a",), uses=()), step("c", needs=("b",), uses=()))
        )
        await until(lambda: "a" in stage.slot.under_way)
        await skip(run, "b")
        meanwhile = list(stage.slot.calls)
        stage.slot.released.set()
        await ended(run)

    assert meanwhile == ["open run", "a:1"]
    assert stage.slot.calls == ["open run", "a:1", "c:1", "close"]


@pytest.mark.parametrize(
    ("scene", "outcome"), [(passes(), Outcome.PASSED), (fails("v"), Outcome.FAILED), (errs(), Outcome.ERROR)]
)
async def test_what_a_step_came_to_before_it_could_yield_counts(stage: Stage, scene: Scene, outcome: Outcome) -> None:
    stage.slot.scenes["a"] = [until_released(stopped=scene)]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", on_fail=OnFail.CONTINUE)))
        await until(lambda: "a" in stage.slot.under_way)

        await skip(run, "a")
        end = await ended(run)

    assert stage.recorder.skipped == []
    assert end.outcome is outcome


async def test_a_fault_of_the_station_is_worse_than_a_step_left_out(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    stage.slot.scenes["c"] = [errs("BROKEN")]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("c")))
        await until(lambda: "a" in stage.slot.under_way)
        await skip(run, "b")
        stage.slot.released.set()
        end = await ended(run)

    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.step) == ("BROKEN", "c")


async def test_a_bad_value_does_not_make_a_verdict_where_a_step_is_left_out(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released(fails("v"))]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", on_fail=OnFail.CONTINUE), step("b"), step("c")))
        await until(lambda: "a" in stage.slot.under_way)
        await skip(run, "b")
        stage.slot.released.set()
        end = await ended(run)

    assert end.outcome is Outcome.ABORTED
    assert end.reason is not None
    assert end.reason.code == "STEP_SKIPPED"


async def test_a_step_that_is_tried_again_and_again_can_be_left_out_between_two_tries(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(slowly("a"), step("b")))
        await shows(run, lambda now: now.steps[0].outcome is Outcome.ERROR)

        await skip(run, "a")
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "b:1", "close"]
    assert [(one.step, one.attempt) for one in stage.recorder.skipped] == [("a", 2)]
    assert end.outcome is Outcome.ABORTED


async def test_a_step_that_would_be_tried_again_is_not_when_it_is_left_out(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released(stopped=errs())]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(slowly("a"), step("b")))
        await until(lambda: "a" in stage.slot.under_way)

        await skip(run, "a")
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "b:1", "close"]
    assert end.outcome is Outcome.ABORTED


@pytest.mark.parametrize("scene", [is_cut_off(), gives_up()], ids=["cut off", "without a word"])
async def test_a_step_whose_process_dies_while_it_yields_is_not_asked_about(stage: Stage, scene: Scene) -> None:
    stage.slot.scenes["a"] = [until_released(stopped=scene)]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), recovery_mode=RecoveryMode.ASK))
        await until(lambda: "a" in stage.slot.under_way)

        await skip(run, "a")
        end = await ended(run)

    assert [call for call in stage.slot.calls if call.startswith(("a", "b"))] == ["a:1", "b:1"]
    assert "interrupted" not in stage.recorder.told
    assert end.outcome is Outcome.ABORTED


async def test_to_leave_an_interrupted_step_out_answers_the_question(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), recovery_mode=RecoveryMode.ASK))
        await reaches(run, RunState.INTERRUPTED)

        await skip(run, "a")
        end = await ended(run)
        after = await status(run)

    assert stage.slot.calls == ["open run", "a:1", "what of a:1", "open run", "b:1", "close"]
    assert after.choices == ()
    assert stage.recorder.told == ["interrupted", "running", "recovery", "cleaning_up", "result"]
    assert end.outcome is Outcome.ABORTED


async def test_a_step_is_left_out_while_the_run_is_paused(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("c")))
        await until(lambda: "a" in stage.slot.under_way)
        await pause(run)
        stage.slot.released.set()
        await reaches(run, RunState.PAUSED)

        await skip(run, "b")
        held = await status(run)
        await resume(run)
        await ended(run)

    assert held.state is RunState.PAUSED
    assert stage.slot.calls == ["open run", "a:1", "c:1", "close"]


async def test_only_what_can_be_left_out_is(stage: Stage) -> None:
    stage.slot.scenes["b"] = [until_released(stopped=until_released())]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("c"), OFF))
        await until(lambda: "b" in stage.slot.under_way)

        answers = [await refused(run, name) for name in ("x", "a", "off")]
        await skip(run, "c")
        answers.append(await refused(run, "c"))
        await stop(run)
        answers.append(await refused(run, "b"))
        stage.slot.released.set()
        await ended(run)

    assert answers == [
        ("STEP_NOT_FOUND", "The sequence has no step 'x'; it has a, b, c."),
        ("STEP_FINISHED", "Step a has ended; there is nothing left to skip."),
        ("STEP_IS_CLEANUP", "Step off is a cleanup step; those run at the end whatever happens."),
        ("STEP_FINISHED", "Step c is left out already."),
        ("RUN_ENDING", "The run is ending; skip comes too late."),
    ]


async def test_a_run_that_goes_back_leaves_nothing_out_until_it_is_there(stage: Stage) -> None:
    stage.slot.scenes["b"] = [until_released(stopped=until_released()), until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("c"), OFF))
        await until(lambda: "b" in stage.slot.under_way)
        await goto(run, "b")
        answer = await refused(run, "b")
        stage.slot.released.set()
        end = await ended(run)

    assert answer == ("RUN_GOING_BACK", "The run is going back to b; leave the step out after that.")
    assert end.outcome is Outcome.PASSED


async def test_a_run_that_begins_anew_leaves_nothing_out(stage: Stage) -> None:
    stage.slot.scenes["b"] = [is_cut_off()]
    stage.slot.scenes["long"] = [until_released(stopped=until_released())]
    beside = plan(
        step("a"), step("b", needs=("a",), uses=()), step("long", needs=("a",), uses=()), recovery_mode=RecoveryMode.ASK
    )
    async with stage.engine(), stage.process():
        run = await stage.start(beside)
        await until(lambda: "long" in stage.slot.under_way)
        await reaches(run, RunState.INTERRUPTED)
        await choose(run, "full_restart")
        answer = await refused(run, "long")
        stage.slot.released.set()
        await ended(run)

    assert answer == ("RUN_GOING_BACK", "The run is beginning again at its first step.")


async def test_a_run_that_cleans_up_leaves_nothing_out(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails()]
    stage.slot.scenes["off"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), OFF))
        await until(lambda: "off" in stage.slot.under_way)

        answer = await refused(run, "b")
        stage.slot.released.set()
        await ended(run)

    assert answer[0] == "RUN_ENDING"


async def test_a_step_is_still_left_out_when_the_history_has_been_cut(stage: Stage) -> None:
    soaks = [passes(finished=number == 12, elapsed=10 * number) for number in range(2, 13)]
    stage.slot.scenes["soak"] = [until_released(passes(finished=False)), *soaks]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("soak", segment=10), step("b"), step("c")))
        await until(lambda: "soak" in stage.slot.under_way)
        await skip(run, "b")
        stage.slot.released.set()
        end = await ended(run)
        first = (await run.describe()).run_id != run.first_execution_run_id

    assert first
    assert "b:1" not in stage.slot.calls
    assert "c:1" in stage.slot.calls
    assert end.outcome is Outcome.ABORTED


async def test_the_first_step_is_left_out_before_anything_was_opened(stage: Stage) -> None:
    stage.recorder.reachable.clear()
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await skip(run, "a")
        stage.recorder.reachable.set()
        end = await ended(run)

    assert stage.slot.calls == []
    assert end.outcome is Outcome.ABORTED
