"""From the outcomes of steps to the outcome of the run."""

import pytest

from station.domain.outcome import Outcome, RunState
from station.domain.plan import OnFail, Severity
from station.domain.run import StepFault
from tests.workflows.fakes import ends, errs, fails, passes
from tests.workflows.stage import Stage, ended, plan, status, step


async def test_a_run_whose_steps_all_pass_has_passed(stage: Stage) -> None:
    end = await stage.run(plan(step("a"), step("b"), step("off", cleanup=True)))

    assert stage.slot.calls == ["open run", "a:1", "b:1", "off:1", "close"]
    assert (end.run_id, end.outcome, end.reason, end.defects) == ("RUN1", Outcome.PASSED, None, [])
    assert [accepted.run_id for accepted in stage.recorder.accepted] == ["RUN1"]
    assert stage.recorder.told == ["cleaning_up", "result"]
    assert stage.recorder.result.hardware_safe


async def test_the_first_failed_step_ends_the_run_with_its_defects_after_cleanup(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails("v_out", "ripple", defects=("DEF1", "DEF2", "DEF1"))]

    end = await stage.run(plan(step("a"), step("b"), step("off", cleanup=True)))

    assert stage.slot.calls == ["open run", "a:1", "off:1", "close"]
    assert end.outcome is Outcome.FAILED
    assert end.reason is not None
    assert (end.reason.code, end.reason.message, end.reason.step) == (
        "STEP_FAILED",
        "a: out of limits: v_out, ripple",
        "a",
    )
    assert end.defects == ["DEF1", "DEF2"]


async def test_a_failed_step_may_let_the_others_run_and_its_reason_stays_the_first(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails(fault=StepFault(code="TEST_FAILURE", message="no boot"))]
    stage.slot.scenes["b"] = [fails(defects=("DEF2",))]

    end = await stage.run(plan(step("a", on_fail=OnFail.CONTINUE), step("b", on_fail=OnFail.CONTINUE), step("c")))

    assert stage.slot.calls == ["open run", "a:1", "b:1", "c:1", "close"]
    assert end.outcome is Outcome.FAILED
    assert end.reason is not None
    assert end.reason.message == "a: no boot"
    assert end.defects == ["DEF2"]


async def test_a_fault_of_the_station_outranks_a_bad_unit(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails()]
    stage.slot.scenes["b"] = [errs("HARDWARE_COMMUNICATION", Severity.CRITICAL)]

    end = await stage.run(plan(step("a", on_fail=OnFail.CONTINUE), step("b"), step("c")))

    assert stage.slot.calls == ["open run", "a:1", "b:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.step) == ("HARDWARE_COMMUNICATION", "b")


async def test_an_exception_is_followed_by_other_attempts_until_one_passes(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(), errs()]

    end = await stage.run(plan(step("a", retry=3)))

    assert stage.slot.calls == ["open run", "a:1", "a:2", "a:3", "close"]
    assert end.outcome is Outcome.PASSED


async def test_an_exception_that_stays_is_an_error_once_the_retries_are_used_up(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs() for _ in range(4)]

    end = await stage.run(plan(step("a", retry=2), step("b")))

    assert stage.slot.calls == ["open run", "a:1", "a:2", "a:3", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.message) == ("STEP_ERROR", "STEP_ERROR happened")


async def test_a_step_that_must_not_be_repeated_is_not_tried_again(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs()]

    end = await stage.run(plan(step("a", retry=3, repeatable=False)))

    assert stage.slot.calls == ["open run", "a:1", "close"]
    assert end.outcome is Outcome.ERROR


@pytest.mark.parametrize(
    ("declared", "raised"),
    [(Severity.WARNING, None), (None, Severity.WARNING), (Severity.CRITICAL, Severity.WARNING)],
)
async def test_a_warning_that_somebody_declared_does_not_count(
    stage: Stage, declared: Severity | None, raised: Severity | None
) -> None:
    stage.slot.scenes["a"] = [errs("STEP_WARNING", raised)]

    end = await stage.run(plan(step("a", on_error=declared, retry=2), step("b")))

    assert stage.slot.calls == ["open run", "a:1", "b:1", "close"]
    assert (end.outcome, end.reason) == (Outcome.PASSED, None)


async def test_the_stations_default_to_continue_lets_the_others_run_but_is_no_pass(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs("STEP_ERROR")]

    end = await stage.run(plan(step("a"), step("b"), default_severity=Severity.WARNING))

    assert stage.slot.calls == ["open run", "a:1", "b:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.step) == ("STEP_ERROR", "a")


async def test_a_skipped_step_does_not_count(stage: Stage) -> None:
    stage.slot.scenes["a"] = [ends(Outcome.SKIPPED)]

    end = await stage.run(plan(step("a"), step("b")))

    assert stage.slot.calls == ["open run", "a:1", "b:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_step_that_ends_aborted_by_itself_ends_the_run_and_nobody_knows(stage: Stage) -> None:
    stage.slot.scenes["a"] = [ends(Outcome.ABORTED)]

    end = await stage.run(plan(step("a"), step("b")))

    assert stage.slot.calls == ["open run", "a:1", "close"]
    assert end.outcome is Outcome.ABORTED
    assert end.reason is not None
    assert (end.reason.code, end.reason.step) == ("STEP_ERROR", "a")


async def test_a_plan_that_cannot_be_carried_through_has_not_passed(stage: Stage) -> None:
    end = await stage.run(plan(step("a"), step("b", needs=("nobody",))))

    assert stage.slot.calls == ["open run", "a:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.message) == ("INTERNAL_ERROR", "Not every step was run.")


async def test_a_plan_without_steps_opens_nothing_and_passes(stage: Stage) -> None:
    end = await stage.run(plan())

    assert stage.slot.calls == []
    assert end.outcome is Outcome.PASSED


async def test_all_steps_together_may_take_so_long_and_no_longer(stage: Stage) -> None:
    stage.slot.scenes["a"] = [passes(elapsed=40)]
    stage.slot.scenes["b"] = [errs(elapsed=15), passes(elapsed=10)]

    end = await stage.run(plan(step("a"), step("b", retry=1), step("c"), timeout_sequence=60))

    assert stage.slot.calls == ["open run", "a:1", "b:1", "b:2", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.step) == ("SEQUENCE_TIMEOUT", "c")
    assert end.reason.message == (
        "All steps together may take 60 s (resource_limits.timeout_sequence), and that is used up."
    )


async def test_time_in_which_nothing_is_powered_is_not_counted(stage: Stage) -> None:
    stage.slot.scenes["a"] = [passes(elapsed=0.5)]

    end = await stage.run(plan(step("a"), step("b"), timeout_sequence=0.6))

    assert end.outcome is Outcome.PASSED


async def test_steps_beside_each_other_share_the_time(stage: Stage) -> None:
    stage.slot.scenes["a"] = [passes(elapsed=40)]
    stage.slot.scenes["b"] = [passes(elapsed=40)]

    end = await stage.run(
        plan(step("a", needs=(), uses=("dmm",)), step("b", needs=(), uses=("psu",)), step("c"), timeout_sequence=60)
    )

    assert end.outcome is Outcome.PASSED


async def test_a_call_that_raises_is_a_fault_of_the_station_and_not_repeated(stage: Stage) -> None:
    async def broken(*_: object) -> None:
        raise LookupError("the plan has no step 'a'")

    stage.slot.scenes["a"] = [broken]  # type: ignore[list-item]

    end = await stage.run(plan(step("a", retry=3)))

    assert stage.slot.calls == ["open run", "a:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.message) == ("ACTIVITY_FAILED", "the plan has no step 'a'")


async def test_the_slot_is_free_for_the_next_run_when_one_has_ended(stage: Stage) -> None:
    async with stage.engine(), stage.process():
        first = await stage.start(plan(step("a")))
        await ended(first)

        second = await stage.start(plan(step("a")))
        end = await ended(second)

        assert end.run_id == "RUN2"
        assert (await status(second)).state is RunState.COMPLETED
