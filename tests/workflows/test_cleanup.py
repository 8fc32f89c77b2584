"""Cleanup runs until it is known to have ended, and what could not be made safe is said."""

from station.contracts.messages import Cause, ClosedSession
from station.domain.outcome import Outcome
from station.domain.plan import Severity
from tests.workflows.fakes import (
    breaks,
    cannot_open,
    dies,
    errs,
    fails,
    is_cut_off,
    is_lost_before_it_begins,
    is_lost_unreported,
    opens,
)
from tests.workflows.stage import Stage, plan, step

OFF = step("off", cleanup=True)


async def test_every_cleanup_step_runs_whatever_the_one_before_came_to(stage: Stage) -> None:
    stage.slot.scenes["load_off"] = [fails()]

    end = await stage.run(plan(step("a"), step("load_off", cleanup=True), step("supply_off", cleanup=True)))

    assert stage.slot.calls == ["open run", "a:1", "load_off:1", "supply_off:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert end.reason.model_dump() == {
        "code": "CLEANUP_FAILED",
        "message": "Cleanup step load_off ended FAILED.",
        "step": "load_off",
    }


async def test_a_fault_in_cleanup_outranks_the_verdict_on_the_unit(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails()]
    stage.slot.scenes["off"] = [errs() for _ in range(3)]

    end = await stage.run(plan(step("a"), OFF))

    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert end.reason.code == "CLEANUP_FAILED"


async def test_cleanup_that_errs_is_tried_three_times(stage: Stage) -> None:
    stage.slot.scenes["off"] = [errs() for _ in range(3)]

    end = await stage.run(plan(step("a"), OFF))

    assert stage.slot.calls == ["open run", "a:1", "off:1", "off:2", "off:3", "close"]
    assert end.outcome is Outcome.ERROR


async def test_cleanup_that_passes_in_the_end_leaves_no_trace_in_the_verdict(stage: Stage) -> None:
    stage.slot.scenes["off"] = [errs(), errs()]

    end = await stage.run(plan(step("a"), OFF))

    assert stage.slot.calls == ["open run", "a:1", "off:1", "off:2", "off:3", "close"]
    assert (end.outcome, end.reason) == (Outcome.PASSED, None)


async def test_a_warning_in_cleanup_is_not_the_reason_of_a_failed_run(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails("v_out")]
    stage.slot.scenes["off"] = [errs(severity=Severity.WARNING) for _ in range(3)]

    end = await stage.run(plan(step("a"), OFF))

    assert end.outcome is Outcome.FAILED
    assert end.reason is not None
    assert end.reason.code == "STEP_FAILED"


async def test_cleanup_that_is_cut_off_is_repeated_as_often_as_it_takes(stage: Stage) -> None:
    stage.slot.scenes["off"] = [is_cut_off() for _ in range(7)]

    end = await stage.run(plan(step("a"), OFF))

    assert stage.slot.calls.count("open cleanup") == 7
    assert stage.slot.calls[-2:] == ["off:8", "close"]
    assert end.outcome is Outcome.PASSED


async def test_cleanup_that_never_began_is_given_out_again(stage: Stage) -> None:
    stage.slot.scenes["off"] = [is_lost_before_it_begins()]

    end = await stage.run(plan(step("a"), OFF))

    assert stage.slot.calls == ["open run", "a:1", "off:1", "what of off:1", "open cleanup", "off:2", "close"]
    assert end.outcome is Outcome.PASSED


async def test_cleanup_that_finished_and_could_not_say_so_is_not_repeated(stage: Stage) -> None:
    stage.slot.scenes["off"] = [is_lost_unreported()]

    end = await stage.run(plan(step("a"), OFF))

    assert stage.slot.calls == ["open run", "a:1", "off:1", "what of off:1", "open cleanup", "close"]
    assert end.outcome is Outcome.PASSED


async def test_cleanup_that_kills_its_own_process_is_tried_three_times(stage: Stage) -> None:
    stage.slot.scenes["off"] = [is_cut_off(Cause.STEP, "crashed", report=Outcome.ERROR) for _ in range(3)]

    end = await stage.run(plan(step("a"), OFF))

    assert [call for call in stage.slot.calls if call.startswith("off")] == ["off:1", "off:2", "off:3"]
    assert stage.slot.calls[-2:] == ["open cleanup", "close"]
    assert end.outcome is Outcome.ERROR


async def test_cleanup_that_is_cut_off_again_and_again_without_a_cause_is_given_up_and_the_rest_made_safe(
    stage: Stage,
) -> None:
    stage.slot.scenes["load_off"] = [is_cut_off(Cause.UNKNOWN, "nobody saw it") for _ in range(6)]

    end = await stage.run(plan(step("a"), step("load_off", cleanup=True), step("supply_off", cleanup=True)))

    assert stage.slot.calls[-4:] == ["what of load_off:6", "open cleanup", "supply_off:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.step) == ("CLEANUP_FAILED", "load_off")


async def test_instruments_that_cannot_be_reached_for_cleanup_are_not_safe(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]
    stage.slot.opening = [opens(), *(cannot_open() for _ in range(7))]

    end = await stage.run(plan(step("a"), OFF))

    assert stage.slot.calls == [
        "open run", "a:1", "what of a:1", "open run", *["open cleanup"] * 6,
    ]  # fmt: skip
    assert end.outcome is Outcome.ERROR
    assert not stage.recorder.result.hardware_safe


async def test_instruments_that_answer_at_the_second_try_are_cleaned_up(stage: Stage) -> None:
    stage.slot.scenes["off"] = [is_cut_off()]
    stage.slot.opening = [opens(), cannot_open(), dies()]

    end = await stage.run(plan(step("a"), OFF))

    assert stage.slot.calls[3:] == ["what of off:1", "open cleanup", "open cleanup", "open cleanup", "off:2", "close"]
    assert (end.outcome, stage.recorder.result.hardware_safe) == (Outcome.PASSED, True)


async def test_an_instrument_that_is_not_safe_after_closing_makes_the_run_an_error_and_says_which(stage: Stage) -> None:
    stage.slot.closing = [lambda: ClosedSession(safe=False, problems=["psu does not answer", "plc does not answer"])]

    end = await stage.run(plan(step("a")))

    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.message) == ("HARDWARE_NOT_SAFE", "psu does not answer; plc does not answer")
    assert not stage.recorder.result.hardware_safe


async def test_a_closing_that_says_nothing_is_not_safe_either(stage: Stage) -> None:
    stage.slot.closing = [lambda: ClosedSession(safe=False)]

    end = await stage.run(plan(step("a")))

    assert end.reason is not None
    assert end.reason.message == "The safe state could not be confirmed."


async def test_a_closing_that_raises_is_not_safe(stage: Stage) -> None:
    stage.slot.closing = [breaks("STORAGE_FAILED")]

    end = await stage.run(plan(step("a")))

    assert end.reason is not None
    assert (end.reason.code, end.reason.message) == ("HARDWARE_NOT_SAFE", "the journal cannot be read")


async def test_a_process_that_dies_while_closing_is_closed_by_the_next_one(stage: Stage) -> None:
    stage.slot.closing = [dies()]

    end = await stage.run(plan(step("a"), OFF))

    assert stage.slot.calls == ["open run", "a:1", "off:1", "close", "open cleanup", "close"]
    assert (end.outcome, stage.recorder.result.hardware_safe) == (Outcome.PASSED, True)
