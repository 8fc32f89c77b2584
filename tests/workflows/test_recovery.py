"""What becomes of a run whose batch process dies, at every moment it can."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from station.contracts.messages import Cause, Finding, Reconciled
from station.domain.outcome import Outcome, RunState, StepState
from station.domain.plan import RecoveryMode
from tests.workflows.fakes import (
    breaks,
    dies,
    fails,
    is_cut_off,
    is_lost_before_it_begins,
    is_lost_unreported,
    passes,
    until_released,
)
from tests.workflows.stage import Stage, choose, ended, plan, reaches, status, step, until

OFF = step("off", cleanup=True)


async def test_an_interrupted_step_is_repeated_as_its_next_attempt_in_a_new_session(stage: Stage) -> None:
    stage.slot.scenes["b"] = [is_cut_off()]

    end = await stage.run(plan(step("a"), step("b"), OFF))

    assert stage.slot.calls == [
        "open run", "a:1", "b:1", "what of b:1", "open run", "b:2", "off:1", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED
    assert [(note.recoveries, note.reason) for note in stage.recorder.recoveries] == [
        (1, "the session was opened anew")
    ]
    assert stage.recorder.result.recoveries == 1


async def test_a_step_that_never_began_is_given_out_again_as_the_same_attempt(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_lost_before_it_begins()]

    end = await stage.run(plan(step("a", repeatable=False)))

    assert stage.slot.calls == ["open run", "a:1", "what of a:1", "open run", "a:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_step_that_finished_and_could_not_say_so_is_not_repeated(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_lost_unreported(Outcome.FAILED)]

    end = await stage.run(plan(step("a"), step("b"), OFF))

    assert stage.slot.calls == ["open run", "a:1", "what of a:1", "open cleanup", "off:1", "close"]
    assert end.outcome is Outcome.FAILED


async def test_a_step_that_killed_its_own_process_is_an_error_and_not_repeated(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off(Cause.STEP, "crashed with SIGSEGV", report=Outcome.ERROR)]

    end = await stage.run(plan(step("a", retry=3), OFF))

    assert stage.slot.calls == ["open run", "a:1", "what of a:1", "open cleanup", "off:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.message) == ("WORKER_CRASHED", "crashed with SIGSEGV")


async def test_a_session_that_is_another_ones_is_opened_anew_before_the_step_begins(stage: Stage) -> None:
    async def loses_its_session(*_: object) -> None:
        stage.slot.session = "somebody else's"
        raise ApplicationError("this process does not hold the session", type="SESSION_LOST", non_retryable=True)

    stage.slot.scenes["a"] = [loses_its_session]  # type: ignore[list-item]

    end = await stage.run(plan(step("a")))

    assert stage.slot.calls == ["open run", "a:1", "what of a:1", "open run", "a:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_call_lost_while_the_process_lives_keeps_its_session(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off(process_lives=True)]

    end = await stage.run(plan(step("a")))

    assert stage.slot.calls == ["open run", "a:1", "what of a:1", "a:2", "close"]
    assert (end.outcome, stage.recorder.result.recoveries) == (Outcome.PASSED, 0)


async def test_a_silent_step_is_taken_for_lost(stage: Stage) -> None:
    async def says_nothing(*_: object) -> None:
        await stage.slot.released.wait()

    stage.slot.scenes["a"] = [says_nothing]  # type: ignore[list-item]
    stage.slot.finding["a"] = [lambda: Reconciled(finding=Finding.INTERRUPTED, cause=Cause.KILLED)]

    end = await stage.run(plan(step("a"), heartbeat_timeout=1))

    assert stage.slot.calls == ["open run", "a:1", "what of a:1", "a:2", "close"]
    assert end.outcome is Outcome.PASSED


async def test_what_became_of_a_step_is_asked_until_somebody_answers(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    stage.slot.finding["a"] = [dies()]

    end = await stage.run(plan(step("a")))

    assert stage.slot.calls == ["open run", "a:1", "what of a:1", "what of a:1", "open run", "a:2", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_process_that_cannot_say_what_became_of_a_step_is_not_asked_for_ever(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    stage.slot.finding["a"] = [breaks(), breaks(), breaks()]

    end = await stage.run(plan(step("a")))

    assert stage.slot.calls == ["open run", "a:1", *["what of a:1"] * 3, "open run", "a:2", "close"]
    assert end.outcome is Outcome.PASSED


async def test_the_number_of_recoveries_is_part_of_the_status(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off(), until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await until(lambda: "a:2" in stage.slot.calls)

        recoveries = (await status(run)).recoveries
        stage.slot.released.set()
        await ended(run)

    assert recoveries == 1


# Recovery modes


async def test_left_out_by_the_stations_setting_an_interrupted_step_makes_the_run_an_error(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]

    end = await stage.run(plan(step("a"), step("b"), recovery_mode=RecoveryMode.SKIP_FAILED))

    assert stage.slot.calls == ["open run", "a:1", "what of a:1", "open run", "b:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert end.reason.model_dump() == {
        "code": "STEP_SKIPPED_BY_RECOVERY",
        "message": "It was cut off (was killed by SIGKILL) and left out.",
        "step": "a",
    }


async def test_begun_anew_by_the_stations_setting_the_run_repeats_everything(stage: Stage) -> None:
    stage.slot.scenes["a"] = [passes(elapsed=40)]
    stage.slot.scenes["b"] = [is_cut_off()]

    end = await stage.run(
        plan(step("a"), step("b"), OFF, recovery_mode=RecoveryMode.FULL_RESTART, timeout_sequence=40.5)
    )

    assert stage.slot.calls == [
        "open run", "a:1", "b:1", "what of b:1", "open run in round 2", "a:2", "b:2", "off:1", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED
    assert [(note.round, note.recoveries) for note in stage.recorder.recoveries] == [(2, 1)]


async def test_a_verdict_of_a_round_that_was_given_up_does_not_count(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails(defects=("DEF1",))]
    stage.slot.scenes["b"] = [is_cut_off()]

    end = await stage.run(plan(step("a", on_fail="continue"), step("b"), recovery_mode=RecoveryMode.FULL_RESTART))

    assert (end.outcome, end.reason, end.defects) == (Outcome.PASSED, None, [])


@pytest.mark.parametrize(
    ("choice", "calls", "outcome"),
    [
        ("resume", ["open run", "a:2", "b:1", "off:1", "close"], Outcome.PASSED),
        ("full_restart", ["open run in round 2", "a:2", "b:1", "off:1", "close"], Outcome.PASSED),
        ("skip_failed", ["open run", "b:1", "off:1", "close"], Outcome.ERROR),
        ("abort", ["open cleanup", "off:1", "close"], Outcome.ABORTED),
    ],
)
async def test_an_interrupted_run_that_asks_does_what_was_chosen(
    stage: Stage, choice: str, calls: list[str], outcome: Outcome
) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", title="Power on"), step("b"), OFF, recovery_mode=RecoveryMode.ASK))
        asking = await reaches(run, RunState.INTERRUPTED)

        await choose(run, choice)
        end = await ended(run)

    assert asking.waiting_for == "Power on was cut off (was killed by SIGKILL); somebody must choose how to go on"
    assert asking.waiting is not None
    assert (asking.waiting.code, asking.waiting.params) == (
        "STEP_CUT_OFF",
        {"step": "Power on", "said": "was killed by SIGKILL"},
    )
    assert asking.choices == ("resume", "full_restart", "skip_failed", "abort")
    assert ([view.state for view in asking.steps], asking.current) == ([StepState.INTERRUPTED, None, None], ())
    assert stage.slot.calls == ["open run", "a:1", "what of a:1", *calls]
    assert end.outcome is outcome
    asked = stage.recorder.states[0]
    assert (asked.state, asked.waiting_for, tuple(asked.choices)) == (
        RunState.INTERRUPTED,
        asking.waiting_for,
        asking.choices,
    )


async def test_an_abort_chosen_by_a_person_is_a_stop_with_that_reason(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), recovery_mode=RecoveryMode.ASK))
        await reaches(run, RunState.INTERRUPTED)

        await choose(run, "abort", "the board smokes")
        end = await ended(run)

    assert end.reason is not None
    assert (end.reason.code, end.reason.message) == ("STOPPED", "Stopped by kim: the board smokes")


async def test_a_step_that_must_not_be_repeated_is_asked_about(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a", repeatable=False)))
        await reaches(run, RunState.INTERRUPTED)

        await choose(run, "resume")
        end = await ended(run)

    assert end.outcome is Outcome.PASSED


async def test_a_package_may_wish_to_be_asked_before_it_resumes(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), confirm_resume=True))
        await reaches(run, RunState.INTERRUPTED)

        await choose(run, "resume")
        end = await ended(run)

    assert end.outcome is Outcome.PASSED


async def test_after_five_interruptions_nobody_can_explain_somebody_is_asked(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off(Cause.UNKNOWN, "nobody saw it") for _ in range(6)]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a")))
        await reaches(run, RunState.INTERRUPTED)
        attempts = [call for call in stage.slot.calls if call.startswith("a:")]

        await choose(run, "resume")
        end = await ended(run)

    assert attempts == ["a:1", "a:2", "a:3", "a:4", "a:5", "a:6"]
    assert end.outcome is Outcome.PASSED


async def test_an_answer_is_taken_once_and_only_where_there_is_a_question(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("a"), step("b"), recovery_mode=RecoveryMode.ASK))
        await reaches(run, RunState.INTERRUPTED)

        with pytest.raises(WorkflowUpdateFailedError) as unknown:
            await choose(run, "explode")
        await choose(run, "resume")
        with pytest.raises(WorkflowUpdateFailedError) as late:
            await choose(run, "abort")
        stage.slot.released.set()
        end = await ended(run)

    assert _refusal(unknown.value) == (
        "INVALID_CHOICE",
        "'explode' is not a choice; choose one of resume, full_restart, skip_failed, abort.",
    )
    assert _refusal(late.value) == (
        "RUN_NOT_INTERRUPTED",
        "The run does not ask what to do; it may have been answered already.",
    )
    assert end.outcome is Outcome.PASSED


def _refusal(error: WorkflowUpdateFailedError) -> tuple[str | None, str]:
    assert isinstance(error.cause, ApplicationError)
    return error.cause.type, error.cause.message
