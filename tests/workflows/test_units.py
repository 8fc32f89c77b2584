"""A run goes on with the unit it began with; where another one lies in the slot, or nobody can tell, it asks."""

from typing import Any

import pytest

from station.domain.outcome import Outcome, RunState
from station.domain.plan import HardwarePolicy, Plan, RecoveryMode
from tests.workflows.fakes import Scene, cannot_open, dies, is_cut_off, until_released
from tests.workflows.stage import Stage, choose, ended, goto, plan, reaches, skip, step, stop, until

OFF = step("off", cleanup=True)
SWAPPED = "Second cannot go on: the unit in the slot is B; the run began with A; somebody must choose how to go on"


def two_steps(**policy: Any) -> Plan:
    return plan(step("first", rearm=True), step("second", title="Second"), OFF, **policy)


def cut_off_and_swapped(stage: Stage, unit: str = "B") -> Scene:
    """The process dies in the step; when the next one looks, another unit lies in the slot."""
    cut_off = is_cut_off()

    async def scene(*given: Any) -> Any:
        stage.slot.unit = unit
        return await cut_off(*given)

    return scene


async def test_with_the_unit_it_began_with_a_run_goes_on_by_itself(stage: Stage) -> None:
    stage.slot.unit = "A"
    stage.slot.scenes["second"] = [is_cut_off()]

    end = await stage.run(two_steps())

    assert end.outcome is Outcome.PASSED
    assert [note.reason for note in stage.recorder.recoveries] == ["the session was opened anew"]
    assert RunState.INTERRUPTED not in [change.state for change in stage.recorder.states]


async def test_of_a_unit_that_nobody_could_tell_at_first_nothing_is_compared(stage: Stage) -> None:
    stage.slot.scenes["second"] = [cut_off_and_swapped(stage), is_cut_off()]

    end = await stage.run(two_steps())

    assert end.outcome is Outcome.PASSED
    assert stage.recorder.result.recoveries == 2
    assert RunState.INTERRUPTED not in [change.state for change in stage.recorder.states]


@pytest.mark.parametrize(
    ("choice", "calls", "outcome"),
    [
        ("resume", ["open run", "first:2", "second:2", "off:1", "close"], Outcome.PASSED),
        ("full_restart", ["open run in round 2", "first:2", "second:2", "off:1", "close"], Outcome.PASSED),
        ("abort", ["open cleanup", "off:1", "close"], Outcome.ABORTED),
    ],
)
async def test_with_another_unit_nothing_is_set_up_before_somebody_has_chosen(
    stage: Stage, choice: str, calls: list[str], outcome: Outcome
) -> None:
    stage.slot.unit = "A"
    stage.slot.scenes["second"] = [cut_off_and_swapped(stage)]
    async with stage.engine(), stage.process():
        run = await stage.start(two_steps())
        asking = await reaches(run, RunState.INTERRUPTED)
        before = ["open run", "first:1", "second:1", "what of second:1", "open run"]
        assert stage.slot.calls == before

        await choose(run, choice, reason="I looked")
        end = await ended(run)

    assert asking.waiting_for == SWAPPED
    assert asking.waiting is not None
    assert asking.waiting.code == "UNIT_CHANGED"
    assert asking.choices == ("resume", "full_restart", "abort")
    assert stage.slot.calls == [*before, *calls]
    assert end.outcome is outcome
    chosen = stage.recorder.deeds[0]
    assert (chosen.actor, chosen.action, chosen.reason) == ("kim", "recover", "I looked")
    assert (chosen.data["choice"], chosen.data["asked"]) == (choice, SWAPPED)


async def test_a_unit_that_was_taken_in_its_place_is_written_down_and_is_the_runs_unit_from_then_on(
    stage: Stage,
) -> None:
    stage.slot.unit = "A"
    stage.slot.scenes["second"] = [cut_off_and_swapped(stage), is_cut_off(), cut_off_and_swapped(stage, "A")]
    async with stage.engine(), stage.process():
        run = await stage.start(two_steps())
        await reaches(run, RunState.INTERRUPTED)
        await choose(run, "resume")

        asking = await reaches(run, RunState.INTERRUPTED)
        await choose(run, "resume")
        end = await ended(run)

    assert "the unit in the slot is A; the run began with B" in asking.waiting_for
    assert end.outcome is Outcome.PASSED
    assert [note.reason for note in stage.recorder.recoveries] == [
        "the session was opened anew with B in the slot; the run began with A",
        "the session was opened anew",
        "the session was opened anew with A in the slot; the run began with B",
    ]


async def test_whoever_puts_the_first_unit_back_before_resuming_has_its_run_go_on(stage: Stage) -> None:
    stage.slot.unit = "A"
    stage.slot.scenes["second"] = [cut_off_and_swapped(stage)]
    async with stage.engine(), stage.process():
        run = await stage.start(two_steps())
        await reaches(run, RunState.INTERRUPTED)

        stage.slot.unit = "A"
        await choose(run, "resume")
        end = await ended(run)

    assert end.outcome is Outcome.PASSED
    assert [note.reason for note in stage.recorder.recoveries] == ["the session was opened anew"]


async def test_a_third_unit_is_asked_about_again(stage: Stage) -> None:
    stage.slot.unit = "A"
    stage.slot.scenes["second"] = [cut_off_and_swapped(stage)]
    async with stage.engine(), stage.process():
        run = await stage.start(two_steps())
        await reaches(run, RunState.INTERRUPTED)

        stage.slot.unit = "C"
        await choose(run, "resume")
        await until(lambda: stage.slot.calls.count("open run") == 3)
        asking = await reaches(run, RunState.INTERRUPTED)
        await choose(run, "abort")
        end = await ended(run)

    assert "the unit in the slot is C; the run began with A" in asking.waiting_for
    assert end.outcome is Outcome.ABORTED


async def test_a_unit_nobody_can_tell_any_more_is_asked_about_and_may_be_vouched_for(stage: Stage) -> None:
    stage.slot.unit = "A"
    stage.slot.scenes["second"] = [cut_off_and_swapped(stage, ""), cut_off_and_swapped(stage, "A")]
    async with stage.engine(), stage.process():
        run = await stage.start(two_steps())
        asking = await reaches(run, RunState.INTERRUPTED)

        await choose(run, "resume")
        end = await ended(run)

    assert "the run began with A" in asking.waiting_for
    assert end.outcome is Outcome.PASSED
    assert [note.reason for note in stage.recorder.recoveries] == [
        "the session was opened anew with a unit nobody can tell in the slot; the run began with A",
        "the session was opened anew",
    ]


async def test_an_answer_holds_although_the_process_dies_before_the_session_is_open(stage: Stage) -> None:
    stage.slot.unit = "A"
    stage.slot.scenes["second"] = [cut_off_and_swapped(stage)]
    async with stage.engine(), stage.process():
        run = await stage.start(two_steps())
        await reaches(run, RunState.INTERRUPTED)

        stage.slot.opening = [dies()]
        await choose(run, "resume")
        end = await ended(run)

    assert stage.slot.calls.count("open run") == 4
    assert end.outcome is Outcome.PASSED


async def test_a_run_that_begins_anew_by_the_stations_setting_does_so_with_its_own_unit(stage: Stage) -> None:
    stage.slot.unit = "A"
    stage.slot.scenes["second"] = [cut_off_and_swapped(stage)]
    async with stage.engine(), stage.process():
        run = await stage.start(two_steps(recovery_mode=RecoveryMode.FULL_RESTART))
        asking = await reaches(run, RunState.INTERRUPTED)

        await choose(run, "full_restart")
        end = await ended(run)

    assert "the unit in the slot is B; the run began with A" in asking.waiting_for
    assert stage.slot.calls[-5:] == ["open run in round 3", "first:2", "second:2", "off:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_run_that_is_stopped_while_it_asks_cleans_up(stage: Stage) -> None:
    stage.slot.unit = "A"
    stage.slot.scenes["second"] = [cut_off_and_swapped(stage)]
    async with stage.engine(), stage.process():
        run = await stage.start(two_steps())
        await reaches(run, RunState.INTERRUPTED)

        await stop(run)
        end = await ended(run)

    assert stage.slot.calls[-3:] == ["open cleanup", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED


async def test_a_step_that_is_left_out_while_the_run_asks_leaves_the_question_to_the_next_one(stage: Stage) -> None:
    stage.slot.unit = "A"
    stage.slot.scenes["second"] = [cut_off_and_swapped(stage)]
    async with stage.engine(), stage.process():
        run = await stage.start(plan(step("first"), step("second"), step("third"), OFF))
        await reaches(run, RunState.INTERRUPTED)

        await skip(run, "second")
        await until(lambda: stage.slot.calls.count("open run") == 3)
        asking = await reaches(run, RunState.INTERRUPTED)
        await choose(run, "resume")
        end = await ended(run)

    assert asking.waiting_for.startswith("third cannot go on")
    assert stage.slot.calls[-4:] == ["open run", "third:1", "off:1", "close"]
    assert end.outcome is Outcome.ABORTED


async def test_a_run_that_goes_back_looks_at_its_unit_too(stage: Stage) -> None:
    stage.slot.unit = "A"
    stage.slot.scenes["second"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(two_steps())
        await until(lambda: "second" in stage.slot.under_way)

        stage.slot.unit = "B"
        await goto(run, "second", reason="the probe had slipped")
        asking = await reaches(run, RunState.INTERRUPTED)
        await choose(run, "resume")
        end = await ended(run)

    assert asking.waiting_for == SWAPPED
    assert end.outcome is Outcome.PASSED


@pytest.mark.parametrize(("choice", "outcome"), [("resume", Outcome.PASSED), ("abort", Outcome.ABORTED)])
async def test_a_session_opened_anew_by_a_repair_is_for_the_same_unit(
    stage: Stage, choice: str, outcome: Outcome
) -> None:
    stage.slot.unit = "A"
    swapped = cut_off_and_swapped(stage)

    async def scene(*given: Any) -> Any:
        stage.slot.opening = [cannot_open()]
        return await swapped(*given)

    stage.slot.scenes["second"] = [scene]
    repairing = HardwarePolicy.model_validate({"attempts": 3, "delay": 0.01})
    async with stage.engine(), stage.process():
        run = await stage.start(two_steps(hardware_errors=repairing))
        asking = await reaches(run, RunState.INTERRUPTED)

        await choose(run, choice)
        end = await ended(run)

    assert asking.waiting_for == SWAPPED
    assert end.outcome is outcome
