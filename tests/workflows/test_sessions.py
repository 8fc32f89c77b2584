"""What becomes of a session that is lost or does not open, and of what was done in it: set-up steps, segments."""

import pytest

from station.contracts.messages import Cause
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
from tests.workflows.stage import Stage, choose, ended, plan, reaches, step, stop, until

OFF = step("off", cleanup=True)


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
