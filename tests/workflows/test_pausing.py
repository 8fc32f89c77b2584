"""A run holds before its next step, and only a run that can is paused or resumed."""

import asyncio

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from station.contracts.messages import StepRequest
from station.domain.outcome import Outcome, RunState
from station.domain.plan import OnFail, RecoveryMode
from station.domain.run import StepReport
from tests.workflows.fakes import FakeSlot, fails, is_cut_off, passes, until_released
from tests.workflows.stage import (
    Stage,
    choose,
    ended,
    pause,
    plan,
    reaches,
    resume,
    shows,
    step,
    stop,
    until,
)


async def test_a_paused_run_holds_before_its_next_step_and_says_who_wished_it(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b")))
        await until(lambda: "a" in stage.slot.under_way)

        meanwhile = await pause(run, reason="lunch")
        stage.slot.released.set()
        held = await reaches(run, RunState.PAUSED)
        calls = list(stage.slot.calls)
        await resume(run)
        end = await ended(run)

    assert (meanwhile.state, meanwhile.waiting_for) == (RunState.RUNNING, "paused by kim: lunch")
    assert (held.waiting_for, held.current, held.progress) == ("paused by kim: lunch", (), 0.5)
    assert calls == ["open run", "a:1"]
    assert end.outcome is Outcome.PASSED
    assert [(change.state, change.waiting_for) for change in stage.recorder.states] == [
        (RunState.PAUSED, "paused by kim: lunch"),
        (RunState.RUNNING, ""),
        (RunState.CLEANING_UP, ""),
    ]
    assert [(deed.actor, deed.action, deed.target, deed.reason) for deed in stage.recorder.deeds] == [
        ("kim", "pause", "slot_1", "lunch"),
        ("kim", "resume", "slot_1", ""),
    ]
    assert len({deed.id for deed in stage.recorder.deeds}) == 2


async def test_a_run_paused_by_nobody_in_particular_says_so(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await until(lambda: "a" in stage.slot.under_way)

        paused = await pause(run, by="")
        await resume(run)
        stage.slot.released.set()
        await ended(run)

    assert paused.waiting_for == "paused by somebody"


async def test_a_paused_run_can_be_stopped_and_is_not_paused_any_more(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b")))
        await until(lambda: "a" in stage.slot.under_way)
        await pause(run)
        stage.slot.released.set()
        await reaches(run, RunState.PAUSED)

        await stop(run)
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "close"]
    assert end.outcome is Outcome.ABORTED
    assert [change.waiting_for for change in stage.recorder.states if change.state is not RunState.PAUSED] == ["", ""]


async def test_a_run_that_is_over_does_not_hold_for_a_pause(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released(fails())]
    stage.slot.scenes["off"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), step("off", cleanup=True)))
        await until(lambda: "a" in stage.slot.under_way)
        await pause(run)
        stage.slot.released.set()
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "off:1", "close"]
    assert end.outcome is Outcome.FAILED
    assert [(change.state, change.waiting_for) for change in stage.recorder.states] == [(RunState.CLEANING_UP, "")]


async def test_steps_beside_each_other_go_on_at_once_when_the_run_is_resumed(stage: Stage) -> None:
    stage.slot.scenes["long"] = [until_released()]
    stage.slot.scenes["short"] = [until_released(passes())]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(step("short"), step("long", needs=("short",), uses=()), step("next", needs=("short",), uses=()))
        )
        await until(lambda: "short" in stage.slot.under_way)
        await pause(run)
        stage.slot.released.set()
        await reaches(run, RunState.PAUSED)
        stage.slot.released.clear()

        await resume(run)
        await until(lambda: "long" in stage.slot.under_way and "next:1" in stage.slot.calls)
        stage.slot.released.set()
        end = await ended(run)

    assert end.outcome is Outcome.PASSED


async def test_a_run_resumed_while_a_long_step_goes_on_does_not_wait_for_its_end(stage: Stage) -> None:
    finish_short = asyncio.Event()

    async def short(slot: FakeSlot, request: StepRequest) -> StepReport:
        await finish_short.wait()
        return await passes()(slot, request)

    stage.slot.scenes["long"] = [until_released()]
    stage.slot.scenes["short"] = [short]
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(
                step("long", needs=(), uses=()),
                step("short", needs=(), uses=()),
                step("next", needs=("short",), uses=()),
            )
        )
        await until(lambda: stage.slot.under_way == {"long", "short"})
        await pause(run)
        finish_short.set()
        await shows(run, lambda now: now.current == ("long",))

        await resume(run)
        await until(lambda: "next:1" in stage.slot.calls)
        still_under_way = "long" in stage.slot.under_way
        stage.slot.released.set()
        end = await ended(run)

    assert still_under_way
    assert end.outcome is Outcome.PASSED


async def test_a_pause_does_not_hide_the_question_of_an_interrupted_run(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), recovery_mode=RecoveryMode.ASK))
        await reaches(run, RunState.INTERRUPTED)

        asking = await pause(run)
        await choose(run, "skip_failed")
        held = await reaches(run, RunState.PAUSED)
        await resume(run)
        await ended(run)

    assert asking.waiting_for.startswith("a was cut off")
    assert held.waiting_for == "paused by kim"
    assert held.waiting is not None
    assert (held.waiting.code, held.waiting.params) == ("PAUSED_BY", {"by": "kim", "said": ""})


async def test_only_a_run_that_goes_on_can_be_paused_and_only_a_paused_one_resumed(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released(stopped=until_released())]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", on_fail=OnFail.CONTINUE), step("off", cleanup=True)))
        await until(lambda: "a" in stage.slot.under_way)

        with pytest.raises(WorkflowUpdateFailedError) as not_paused:
            await resume(run)
        await pause(run)
        with pytest.raises(WorkflowUpdateFailedError) as paused_already:
            await pause(run)
        await stop(run)
        with pytest.raises(WorkflowUpdateFailedError) as ending:
            await pause(run)
        stage.slot.released.set()
        await ended(run)

    assert [_refusal(error.value) for error in (not_paused, paused_already, ending)] == [
        ("RUN_NOT_PAUSED", "The run is not paused; there is nothing to resume."),
        ("RUN_PAUSED", "The run is paused already."),
        ("RUN_ENDING", "The run is ending; pause comes too late."),
    ]


async def test_a_paused_run_is_still_paused_after_it_began_anew(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), recovery_mode=RecoveryMode.ASK))
        await reaches(run, RunState.INTERRUPTED)
        await pause(run)

        await choose(run, "full_restart")
        await reaches(run, RunState.PAUSED)
        calls = list(stage.slot.calls)
        await resume(run)
        end = await ended(run)

    assert end.outcome is Outcome.PASSED
    assert calls == ["open run", "a:1", "what of a:1"]
    assert stage.slot.calls[3:] == ["open run in round 2", "a:2", "close"]


def _refusal(error: WorkflowUpdateFailedError) -> tuple[str | None, str]:
    assert isinstance(error.cause, ApplicationError)
    return error.cause.type, error.cause.message
