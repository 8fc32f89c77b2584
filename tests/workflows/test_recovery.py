"""What becomes of a run whose batch process dies, at every moment it can."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from station.contracts.messages import Cause, Finding, Reconciled
from station.domain.outcome import Outcome, RunState
from station.domain.plan import RecoveryMode, Severity
from tests.workflows.fakes import (
    Scene,
    breaks,
    cannot_open,
    dies,
    errs,
    fails,
    is_cut_off,
    is_lost_before_it_begins,
    is_lost_unreported,
    passes,
    until_released,
)
from tests.workflows.stage import Stage, choose, ended, plan, reaches, status, step, stop, until

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
    assert asking.choices == ("resume", "full_restart", "skip_failed", "abort")
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


# Sessions


async def test_steps_that_others_stand_on_are_repeated_in_a_new_session(stage: Stage) -> None:
    stage.slot.scenes["measure"] = [is_cut_off()]

    end = await stage.run(
        plan(step("supply_on", rearm=True), step("look"), step("load_on", rearm=True), step("measure"))
    )

    assert stage.slot.calls == [
        "open run", "supply_on:1", "look:1", "load_on:1", "measure:1", "what of measure:1",
        "open run", "supply_on:2", "load_on:2", "measure:2", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


async def test_all_segments_of_a_step_that_others_stand_on_are_repeated(stage: Stage) -> None:
    heating = [passes(finished=False), passes()]
    stage.slot.scenes["heat_up"] = [*heating, *heating]
    stage.slot.scenes["measure"] = [is_cut_off()]

    end = await stage.run(plan(step("heat_up", rearm=True, segment=240), step("measure")))

    assert stage.slot.calls == [
        "open run", "heat_up:1", "heat_up:1.2", "measure:1", "what of measure:1",
        "open run", "heat_up:2", "heat_up:2.2", "measure:2", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "scene",
    [is_cut_off(), is_lost_before_it_begins(), is_lost_unreported(), is_cut_off(process_lives=True)],
    ids=["cut off", "never began", "finished unreported", "call lost, process alive"],
)
async def test_a_repeated_step_that_is_cut_off_itself_is_repeated_from_the_first_one(
    stage: Stage, scene: object
) -> None:
    stage.slot.scenes["supply_on"] = [passes()]
    stage.slot.scenes["load_on"] = [passes(), scene]
    stage.slot.scenes["measure"] = [is_cut_off()]

    end = await stage.run(plan(step("supply_on", rearm=True), step("load_on", rearm=True), step("measure")))

    assert stage.slot.calls == [
        "open run", "supply_on:1", "load_on:1", "measure:1", "what of measure:1",
        "open run", "supply_on:2", "load_on:2", "what of load_on:2",
        "open run", "supply_on:3", "load_on:3", "measure:2", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


async def test_a_repeated_step_found_finished_by_the_living_process_counts_as_repeated(stage: Stage) -> None:
    stage.slot.scenes["supply_on"] = [passes(), is_lost_unreported(process_lives=True)]
    stage.slot.scenes["measure"] = [is_cut_off()]

    end = await stage.run(plan(step("supply_on", rearm=True), step("measure")))

    assert stage.slot.calls == [
        "open run", "supply_on:1", "measure:1", "what of measure:1",
        "open run", "supply_on:2", "what of supply_on:2", "measure:2", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "scene",
    [fails(), errs(), is_cut_off(Cause.STEP, "crashed", report=Outcome.ERROR)],
    ids=["fails", "errs", "kills its process"],
)
async def test_a_run_cannot_go_on_where_a_step_others_stand_on_does_not_pass_again(stage: Stage, scene: Scene) -> None:
    stage.slot.scenes["supply_on"] = [passes(), scene]
    stage.slot.scenes["measure"] = [is_cut_off()]

    end = await stage.run(plan(step("supply_on", rearm=True), step("measure", retry=3), OFF))

    assert "measure:2" not in stage.slot.calls
    assert stage.slot.calls[-3:] == ["open cleanup", "off:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.message) == (
        "REARM_FAILED",
        "After the interruption, supply_on did not pass again: the run cannot go on.",
    )


async def test_a_repeated_step_that_is_cut_off_again_and_again_is_given_up(stage: Stage) -> None:
    stage.slot.scenes["supply_on"] = [passes(), *(is_cut_off(Cause.UNKNOWN) for _ in range(6))]
    stage.slot.scenes["measure"] = [is_cut_off()]

    end = await stage.run(plan(step("supply_on", rearm=True), step("measure")))

    assert [call for call in stage.slot.calls if call.startswith("supply_on")][-1] == "supply_on:7"
    assert end.reason is not None
    assert end.reason.code == "REARM_FAILED"


async def test_a_stop_while_a_step_is_repeated_is_a_stop_and_not_a_fault(stage: Stage) -> None:
    stage.slot.scenes["supply_on"] = [passes(), until_released()]
    stage.slot.scenes["measure"] = [is_cut_off()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("supply_on", rearm=True), step("measure"), OFF))
        await until(lambda: "supply_on:2" in stage.slot.calls)

        await stop(run)
        end = await ended(run)

    assert stage.slot.calls[-3:] == ["supply_on:2", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED


async def test_a_stop_between_two_segments_of_a_repeated_step_is_a_stop_too(stage: Stage) -> None:
    stage.slot.scenes["heat_up"] = [passes(), until_released(stopped=passes(finished=False))]
    stage.slot.scenes["measure"] = [is_cut_off()]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("heat_up", rearm=True, segment=240), step("measure"), OFF))
        await until(lambda: "heat_up" in stage.slot.under_way and "heat_up:2" in stage.slot.calls)

        await stop(run)
        end = await ended(run)

    assert stage.slot.calls[-3:] == ["heat_up:2", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED


async def test_instruments_that_do_not_answer_at_the_start_are_tried_again_and_then_an_error(stage: Stage) -> None:
    stage.slot.opening = [cannot_open() for _ in range(3)]

    end = await stage.run(plan(step("a", retry=2), step("b")))

    assert stage.slot.calls == ["open run", "open run", "open run", "open cleanup", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert (end.reason.code, end.reason.step) == ("HARDWARE_NOT_CONNECTED", "a")
    assert stage.recorder.result.hardware_safe


async def test_instruments_that_answer_at_the_second_try_are_good_enough(stage: Stage) -> None:
    stage.slot.opening = [cannot_open()]

    end = await stage.run(plan(step("a", retry=2)))

    assert stage.slot.calls == ["open run", "open run", "a:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_instruments_whose_settings_are_wrong_are_not_tried_again(stage: Stage) -> None:
    stage.slot.opening = [cannot_open(Severity.CRITICAL)]

    end = await stage.run(plan(step("a", retry=2)))

    assert stage.slot.calls == ["open run", "open cleanup", "close"]
    assert end.outcome is Outcome.ERROR


@pytest.mark.parametrize(("kind", "code"), [("STORAGE_FAILED", "STORAGE_FAILED"), (None, "ACTIVITY_FAILED")])
async def test_an_opening_that_raises_is_an_error(stage: Stage, kind: str | None, code: str) -> None:
    stage.slot.opening = [breaks(kind)]

    end = await stage.run(plan(step("a", retry=2)))

    assert stage.slot.calls == ["open run", "open cleanup", "close"]
    assert end.reason is not None
    assert end.reason.code == code


async def test_a_process_that_dies_while_opening_opens_again(stage: Stage) -> None:
    stage.slot.opening = [dies()]

    end = await stage.run(plan(step("a")))

    assert stage.slot.calls == ["open run", "open run", "a:1", "close"]
    assert (end.outcome, stage.recorder.result.recoveries) == (Outcome.PASSED, 1)


# Segments


async def test_a_long_step_goes_on_segment_by_segment(stage: Stage) -> None:
    stage.slot.scenes["soak"] = [
        passes(finished=False, elapsed=10),
        passes(finished=False, elapsed=20),
        passes(elapsed=25),
    ]

    end = await stage.run(plan(step("soak", segment=10), step("after"), timeout_sequence=25.5))

    assert stage.slot.calls == ["open run", "soak:1", "soak:1.2", "soak:1.3", "after:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_long_step_that_is_cut_off_goes_on_in_another_attempt_and_its_time_is_counted_once(
    stage: Stage,
) -> None:
    stage.slot.scenes["soak"] = [
        passes(finished=False, elapsed=10),
        is_cut_off(),
        passes(finished=False, elapsed=20),  # it has taken up what the first attempt had done
        passes(elapsed=30),
    ]

    end = await stage.run(plan(step("soak", segment=10), step("after"), timeout_sequence=30.5))

    assert stage.slot.calls == [
        "open run", "soak:1", "soak:1.2", "what of soak:1", "open run", "soak:2", "soak:2.2", "after:1", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


async def test_a_long_step_that_raised_goes_on_in_another_attempt_and_its_time_is_counted_once(stage: Stage) -> None:
    stage.slot.scenes["soak"] = [
        passes(finished=False, elapsed=10),
        errs(elapsed=15),
        passes(finished=False, elapsed=25),  # it has taken up what the first attempt had done
        passes(elapsed=30),
    ]

    end = await stage.run(plan(step("soak", segment=10, retry=1), step("after"), timeout_sequence=30.5))

    assert stage.slot.calls == ["open run", "soak:1", "soak:1.2", "soak:2", "soak:2.2", "after:1", "close"]
    assert end.outcome is Outcome.PASSED


@pytest.mark.parametrize("settings", [{}, {"segment": 10, "rearm": True}])
async def test_a_step_that_raised_and_begins_anew_takes_its_time_again(
    stage: Stage, settings: dict[str, object]
) -> None:
    stage.slot.scenes["a"] = [errs(elapsed=20), passes(elapsed=20)]

    end = await stage.run(plan(step("a", retry=1, **settings), step("b"), timeout_sequence=30))

    assert stage.slot.calls == ["open run", "a:1", "a:2", "close"]
    assert end.reason is not None
    assert end.reason.code == "SEQUENCE_TIMEOUT"


async def test_a_segment_that_ended_and_could_not_say_so_is_not_repeated(stage: Stage) -> None:
    stage.slot.scenes["soak"] = [is_lost_unreported(finished=False, elapsed=10)]

    end = await stage.run(plan(step("soak", segment=10)))

    assert stage.slot.calls == ["open run", "soak:1", "what of soak:1", "open run", "soak:1.2", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_long_step_may_not_take_longer_than_all_steps_together_may(stage: Stage) -> None:
    stage.slot.scenes["soak"] = [passes(finished=False, elapsed=30), passes(finished=False, elapsed=60)]

    end = await stage.run(plan(step("soak", segment=30), timeout_sequence=60))

    assert stage.slot.calls == ["open run", "soak:1", "soak:1.2", "close"]
    assert end.reason is not None
    assert end.reason.code == "SEQUENCE_TIMEOUT"


async def test_a_long_step_whose_instruments_are_away_for_a_while_is_taken_up_as_the_next_attempt(stage: Stage) -> None:
    stage.slot.scenes["soak"] = [passes(finished=False, elapsed=10), is_cut_off(), passes(elapsed=20)]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("soak", segment=10, retry=1), recovery_mode=RecoveryMode.ASK))
        await reaches(run, RunState.INTERRUPTED)
        stage.slot.opening = [cannot_open()]

        await choose(run, "resume")
        end = await ended(run)

    assert stage.slot.calls[2:] == ["soak:1.2", "what of soak:1", "open run", "open run", "soak:2", "close"]
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


def _refusal(error: WorkflowUpdateFailedError) -> tuple[str | None, str]:
    assert isinstance(error.cause, ApplicationError)
    return error.cause.type, error.cause.message
