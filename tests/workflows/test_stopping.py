"""A run can be stopped at every moment, and cleans up whenever it had anything in its hands."""

import pytest

from station.domain.outcome import Outcome, RunState
from station.domain.plan import RecoveryMode, RetryPlan
from tests.workflows.fakes import (
    Scene,
    cannot_open,
    errs,
    fails,
    gives_up,
    is_cut_off,
    is_lost_before_it_begins,
    passes,
    until_released,
)
from tests.workflows.stage import Stage, ended, plan, reaches, shows, status, step, stop, until, until_history

OFF = step("off", cleanup=True)
SLOWLY = RetryPlan.model_validate({"retries": 3, "backoff": 60, "backoff_max": 60})


async def test_a_step_under_way_is_asked_to_yield_and_cleanup_runs(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), OFF))
        await until(lambda: "a" in stage.slot.under_way)

        await stop(run, by="kim", reason="wrong board")
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED
    assert end.reason is not None
    assert end.reason.model_dump() == {"code": "STOPPED", "message": "Stopped by kim: wrong board", "step": None}
    assert stage.recorder.told == ["cleaning_up", "result"]


async def test_a_pause_between_attempts_is_cut_short(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a").model_copy(update={"retry": SLOWLY}), OFF))
        await shows(run, lambda now: now.steps[0].outcome is Outcome.ERROR)

        await stop(run)
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED


async def test_a_run_that_asks_can_be_stopped(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), OFF, recovery_mode=RecoveryMode.ASK))
        await reaches(run, RunState.INTERRUPTED)

        await stop(run)
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "what of a:1", "open cleanup", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED


async def test_a_run_that_has_not_been_written_down_yet_is_stopped_without_touching_anything(stage: Stage) -> None:
    stage.recorder.reachable.clear()
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), OFF))
        await stop(run)
        assert (await status(run)).state is RunState.ACCEPTED

        stage.recorder.reachable.set()
        end = await ended(run)

    assert stage.slot.calls == []
    assert end.outcome is Outcome.ABORTED
    assert end.reason is not None
    assert end.reason.message == "Stopped by kim"
    assert stage.recorder.told == ["result"]


async def test_a_run_whose_process_never_came_is_stopped_without_waiting_for_it(stage: Stage) -> None:
    async with stage.engine():
        run = await stage.start(plan(step("a"), OFF))
        await reaches(run, RunState.WAITING_FOR_WORKER)

        await stop(run)
        end = await ended(run)

    assert stage.slot.calls == []
    assert end.outcome is Outcome.ABORTED
    assert stage.recorder.result.hardware_safe


async def test_a_run_that_is_stopped_while_it_opens_closes_what_it_opened(stage: Stage) -> None:
    stage.slot.may_open.clear()
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), OFF))
        await until(lambda: "open run" in stage.slot.calls)

        await stop(run)
        stage.slot.may_open.set()
        end = await ended(run)

    assert stage.slot.calls == ["open run", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED


async def test_instruments_that_do_not_open_while_the_run_is_stopped_are_a_fault_all_the_same(stage: Stage) -> None:
    stage.slot.opening = [cannot_open()]
    stage.slot.may_open.clear()
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", retry=3), OFF))
        await until(lambda: "open run" in stage.slot.calls)

        await stop(run)
        stage.slot.may_open.set()
        end = await ended(run)

    assert stage.slot.calls == ["open run", "open cleanup", "off:1", "close"]
    assert end.outcome is Outcome.ERROR


async def test_a_stop_during_cleanup_is_ignored(stage: Stage) -> None:
    stage.slot.scenes["off"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), OFF))
        await until(lambda: "off" in stage.slot.under_way)

        await stop(run)
        await run.cancel()
        stage.slot.released.set()
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "off:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_stop_while_cleanup_waits_for_its_process_does_not_change_the_verdict(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine():
        async with stage.process():
            run = await stage.start(plan(step("a"), OFF))
            await until(lambda: "a" in stage.slot.under_way)
            stage.slot.released.set()
            await until(lambda: "a" not in stage.slot.under_way)
        before = await reaches(run, RunState.WAITING_FOR_WORKER)
        await stop(run)
        async with stage.process():
            end = await ended(run)

    assert before.steps[0].outcome is Outcome.PASSED
    assert end.outcome is Outcome.PASSED


async def test_only_the_first_stop_counts(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await until(lambda: "a" in stage.slot.under_way)

        await stop(run, by="kim", reason="first")
        await stop(run, by="lee", reason="second")
        end = await ended(run)

    assert end.reason is not None
    assert end.reason.message == "Stopped by kim: first"
    assert [(deed.actor, deed.action, deed.reason) for deed in stage.recorder.deeds] == [("kim", "stop", "first")]


async def test_a_cancel_in_temporals_own_tools_is_a_stop_with_cleanup(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), OFF))
        await until(lambda: "a" in stage.slot.under_way)

        await run.cancel()
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED
    assert end.reason is not None
    assert end.reason.message == "Stopped by temporal: the workflow was cancelled"


@pytest.mark.parametrize("scene", [is_cut_off(), is_lost_before_it_begins()], ids=["cut off", "never began"])
async def test_a_step_whose_process_dies_while_it_is_stopped_is_not_repeated(stage: Stage, scene: Scene) -> None:
    stage.slot.scenes["a"] = [until_released(stopped=scene)]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), OFF))
        await until(lambda: "a" in stage.slot.under_way)

        await stop(run)
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "what of a:1", "open cleanup", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED


async def test_a_step_that_ends_without_a_word_when_it_is_stopped_is_asked_about(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released(stopped=gives_up())]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), OFF))
        await until(lambda: "a" in stage.slot.under_way)

        await stop(run)
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "what of a:1", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED


@pytest.mark.parametrize(
    ("scene", "outcome"), [(passes(), Outcome.ABORTED), (fails(), Outcome.ABORTED), (errs(), Outcome.ERROR)]
)
async def test_what_a_step_comes_to_while_it_is_stopped_counts(stage: Stage, scene: Scene, outcome: Outcome) -> None:
    stage.slot.scenes["a"] = [until_released(stopped=scene)]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", retry=1), step("b")))
        await until(lambda: "a" in stage.slot.under_way)

        await stop(run)
        end = await ended(run)

    assert stage.slot.calls == ["open run", "a:1", "close"]
    assert end.outcome is outcome


@pytest.mark.parametrize("first", ["session", "cancel"])
async def test_a_cancel_that_arrives_together_with_the_opened_session_still_cleans_up(stage: Stage, first: str) -> None:
    stage.slot.may_open.clear()
    async with stage.process():
        async with stage.engine():
            run = await stage.start(plan(step("a"), OFF))
            await until(lambda: "open run" in stage.slot.calls)
        if first == "cancel":
            await run.cancel()
        stage.slot.may_open.set()
        await until_history(run, timers_fired=0, activities_completed=2)
        if first == "session":
            await run.cancel()

        async with stage.engine():
            end = await ended(run)

    assert stage.slot.calls == ["open run", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED
