"""A long run goes on under a new history and forgets nothing."""

from station.domain.outcome import Outcome, RunState
from station.domain.plan import OnFail
from tests.workflows.fakes import Scene, errs, fails, passes, until_released
from tests.workflows.stage import Handle, Stage, ended, pause, plan, reaches, resume, step, until

SEGMENTS = 12
"""Enough of them to fill the test's short histories more than once."""


def soaks(segments: int = SEGMENTS) -> list[Scene]:
    """A long step of so many segments, ten seconds each."""
    return [passes(finished=number == segments, elapsed=10 * number) for number in range(1, segments + 1)]


async def test_a_long_run_keeps_its_attempts_results_session_and_time(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(), passes(elapsed=5)]
    stage.slot.scenes["soak"] = soaks()
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(
                step("a", retry=1),
                step("soak", segment=10),
                step("after"),
                step("off", cleanup=True),
                timeout_sequence=5 + 10 * SEGMENTS + 0.5,
            )
        )
        end = await ended(run)
        histories = await _histories(run)

    assert histories > 1
    assert stage.slot.calls == [
        "open run", "a:1", "a:2", "soak:1", *(f"soak:1.{number}" for number in range(2, SEGMENTS + 1)),
        "after:1", "off:1", "close",
    ]  # fmt: skip
    assert (end.run_id, end.outcome) == ("RUN1", Outcome.PASSED)
    assert len(stage.recorder.accepted) == 1
    assert stage.recorder.result.started_at < stage.recorder.result.completed_at
    assert stage.recorder.result.recoveries == 0


async def test_what_failed_before_the_new_history_is_still_the_reason(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails("v_out", defects=("DEF1",))]
    stage.slot.scenes["soak"] = soaks()
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", on_fail=OnFail.CONTINUE), step("soak", segment=10)))
        end = await ended(run)
        histories = await _histories(run)

    assert histories > 1
    assert (end.outcome, end.defects) == (Outcome.FAILED, ["DEF1"])
    assert end.reason is not None
    assert (end.reason.code, end.reason.message) == ("STEP_FAILED", "a: out of limits: v_out")


async def test_a_step_that_failed_beside_a_long_one_still_ends_the_run(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails("v_out")]
    stage.slot.scenes["soak"] = soaks()
    async with stage.engine(), stage.process():
        run = await stage.start(
            plan(step("a", needs=(), uses=()), step("soak", needs=(), uses=(), segment=10), step("after"))
        )
        end = await ended(run)
        histories = await _histories(run)

    assert histories > 1
    assert "after:1" not in stage.slot.calls
    assert end.outcome is Outcome.FAILED


async def test_a_pause_is_not_forgotten_with_the_old_history(stage: Stage) -> None:
    stage.slot.scenes["soak"] = [until_released(passes(finished=False)), *soaks()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("soak", segment=10), step("after")))
        await until(lambda: "soak" in stage.slot.under_way)
        await pause(run)
        stage.slot.released.set()
        held = await reaches(run, RunState.PAUSED)
        calls = list(stage.slot.calls)
        await resume(run)
        end = await ended(run)

    assert "after:1" not in calls
    assert held.waiting_for == "paused by kim"
    assert end.outcome is Outcome.PASSED


async def test_two_long_steps_beside_each_other_keep_the_history_until_one_has_ended(stage: Stage) -> None:
    stage.slot.scenes["one"] = soaks()
    stage.slot.scenes["two"] = soaks(3)

    end = await stage.run(plan(step("one", needs=(), uses=(), segment=10), step("two", needs=(), uses=(), segment=10)))

    assert len([call for call in stage.slot.calls if call.startswith(("one", "two"))]) == SEGMENTS + 3
    assert end.outcome is Outcome.PASSED


async def _histories(run: Handle) -> int:
    """Count the histories a run has had, from the last one back."""
    count, run_id = 1, (await run.describe()).run_id
    while True:
        history = await run._client.get_workflow_handle(run.id, run_id=run_id).fetch_history()
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        if not run_id:
            return count
        count += 1
