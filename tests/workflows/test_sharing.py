"""Instruments that other batches use too: taken together before the first step that needs one, given back after."""

from datetime import timedelta

from station.contracts.messages import StepRequest
from station.contracts.sharing import Acquired, Released
from station.domain.outcome import Outcome, RunState
from station.domain.plan import Plan, RecoveryMode, Severity, StepPlan
from station.domain.run import StepFault, StepReport
from tests.workflows.fakes import OCCUPIED, FakeSlot, breaks, dies, errs, fails, is_cut_off, passes, until_released
from tests.workflows.stage import (
    Stage,
    choose,
    details,
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

DMM, PSU, OWN = ("dmm",), ("psu",), ("relay",)
SHARED = {"dmm": "D", "psu": "A"}


def sharing(*steps: StepPlan, shared: dict[str, str] = SHARED, **policy: object) -> Plan:
    return plan(*steps, **policy).model_copy(update={"shared": shared})


def busy() -> Acquired:
    return Acquired(fault=StepFault(code="SHARED_INSTRUMENT_BUSY", message="too long", severity=Severity.CRITICAL))


def silent() -> Acquired:
    fault = StepFault(code="HARDWARE_NOT_CONNECTED", message="dmm does not answer", severity=Severity.RECOVERABLE)
    return Acquired(fault=fault)


# Taken and given back


async def test_taken_before_the_first_step_that_uses_it_and_given_back_after_the_last(stage: Stage) -> None:
    end = await stage.run(
        sharing(step("a", uses=OWN), step("b", uses=DMM), step("c", uses=OWN), step("d", uses=DMM), step("e", uses=OWN))
    )

    assert stage.slot.calls == ["open run", "a:1", "take dmm", "b:1", "c:1", "d:1", "keep nothing", "e:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_all_that_is_needed_from_here_on_is_taken_together_in_the_order_of_the_names(stage: Stage) -> None:
    await stage.run(sharing(step("a", uses=DMM), step("b", uses=PSU), step("off", uses=DMM, cleanup=True)))

    assert stage.slot.calls == ["open run", "take psu dmm", "a:1", "b:1", "keep dmm", "off:1", "close"]


async def test_a_step_that_does_not_say_what_it_uses_takes_every_shared_one(stage: Stage) -> None:
    await stage.run(sharing(step("a"), step("b", uses=OWN)))

    assert stage.slot.calls == ["open run", "take psu dmm", "a:1", "keep nothing", "b:1", "close"]


async def test_a_run_without_shared_instruments_asks_for_none(stage: Stage) -> None:
    await stage.run(plan(step("a"), step("off", cleanup=True)))

    assert stage.slot.calls == ["open run", "a:1", "off:1", "close"]


async def test_held_through_the_attempts_and_segments_of_a_step(stage: Stage) -> None:
    stage.slot.scenes["a"] = [errs(), passes(finished=False), passes()]

    end = await stage.run(sharing(step("a", uses=DMM, retry=1, segment=timedelta(seconds=1))))

    calls = ["open run", "take dmm", "a:1", "a:2", "a:2.2", "keep nothing", "close"]
    # Under a new history it is asked for again, and held already.
    assert stage.slot.calls in (calls, [*calls[:4], "take dmm", *calls[4:]])
    assert end.outcome is Outcome.PASSED


async def test_two_steps_beside_each_other_take_once_and_the_last_gives_back(stage: Stage) -> None:
    stage.slot.scenes["a"] = [until_released()]
    stage.slot.scenes["b"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(sharing(step("a", needs=(), uses=DMM), step("b", needs=(), uses=PSU)))
        await until(lambda: stage.slot.under_way == {"a", "b"})
        stage.slot.released.set()
        await ended(run)

    assert stage.slot.calls[:2] == ["open run", "take psu dmm"]
    assert [call for call in stage.slot.calls if call.startswith("take")] == ["take psu dmm"]
    assert stage.slot.calls[-2:] == ["keep nothing", "close"]


async def test_after_a_failed_step_only_what_the_cleanup_needs_is_kept(stage: Stage) -> None:
    stage.slot.scenes["a"] = [fails()]

    await stage.run(sharing(step("a", uses=DMM), step("b", uses=DMM), step("off", uses=PSU, cleanup=True)))

    assert stage.slot.calls == ["open run", "take psu dmm", "a:1", "keep psu", "off:1", "close"]


async def test_one_that_only_the_cleanup_uses_is_taken_for_it(stage: Stage) -> None:
    await stage.run(sharing(step("a", uses=OWN), step("off", uses=PSU, cleanup=True)))

    assert stage.slot.calls == ["open run", "a:1", "take psu", "off:1", "close"]


# Waiting


async def test_a_run_shows_who_has_it_and_waits_without_using_up_its_time(stage: Stage) -> None:
    stage.slot.free.clear()
    async with stage.engine(), stage.process():
        run = await stage.start(sharing(step("a", uses=DMM), timeout_sequence=timedelta(seconds=0.2)))
        shown = await shows(run, lambda now: bool(now.waiting_for))
        told = await details(run)
        await until(lambda: stage.slot.calls.count("take dmm") == 2)
        stage.slot.free.set()
        end = await ended(run)

    assert shown.waiting_for == OCCUPIED
    assert shown.waiting is not None
    assert shown.waiting.code == "INSTRUMENT_AWAITED"
    assert (shown.state, shown.current) == (RunState.RUNNING, ())
    assert OCCUPIED in told
    assert end.outcome is Outcome.PASSED
    waited = [(change.state, change.waiting_for) for change in stage.recorder.states]
    assert waited == [(RunState.RUNNING, OCCUPIED), (RunState.CLEANING_UP, "")]


async def test_stopped_while_it_waits_the_step_never_begins(stage: Stage) -> None:
    stage.slot.free.clear()
    async with stage.engine(), stage.process():
        run = await stage.start(sharing(step("a", uses=DMM), step("off", uses=OWN, cleanup=True)))
        await shows(run, lambda now: bool(now.waiting_for))
        await until(lambda: stage.slot.calls.count("take dmm") == 2)
        await stop(run)
        end = await ended(run)

    assert end.outcome is Outcome.ABORTED
    assert "a:1" not in stage.slot.calls
    assert stage.slot.calls[-3:] == ["keep nothing", "off:1", "close"]


async def test_paused_while_it_waits_the_step_begins_after_the_pause(stage: Stage) -> None:
    stage.slot.free.clear()
    async with stage.engine(), stage.process():
        run = await stage.start(sharing(step("a", uses=DMM)))
        await shows(run, lambda now: bool(now.waiting_for))
        await pause(run)
        paused = await reaches(run, RunState.PAUSED)
        stage.slot.free.set()
        await shows(run, lambda now: not now.current and now.state is RunState.PAUSED)
        begun = "a:1" in stage.slot.calls
        await resume(run)
        end = await ended(run)

    assert paused.waiting_for == "paused by kim"
    assert not begun
    assert end.outcome is Outcome.PASSED


async def test_steps_that_need_none_go_on_while_one_waits(stage: Stage) -> None:
    stage.slot.free.clear()
    async with stage.engine(), stage.process():
        run = await stage.start(sharing(step("a", needs=(), uses=DMM), step("b", needs=(), uses=OWN)))
        await shows(run, lambda now: bool(now.waiting_for) and now.progress == 0.5)
        stage.slot.free.set()
        await ended(run)

    assert [call for call in stage.slot.calls if call in {"b:1", "a:1"}] == ["b:1", "a:1"]


async def test_the_cleanup_waits_for_what_it_does_not_hold_but_not_for_ever(stage: Stage) -> None:
    stage.slot.taking = [busy]

    end = await stage.run(
        sharing(step("a", uses=OWN), step("off", uses=PSU, cleanup=True), step("last", uses=OWN, cleanup=True))
    )

    assert stage.slot.calls == ["open run", "a:1", "take psu", "last:1", "close"]
    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert end.reason.code == "CLEANUP_FAILED"


# What does not answer


async def test_one_that_does_not_answer_is_an_error_that_is_tried_again(stage: Stage) -> None:
    stage.slot.taking = [silent]

    end = await stage.run(sharing(step("a", uses=DMM, retry=1)))

    assert stage.slot.calls == ["open run", "take dmm", "take dmm", "a:1", "keep nothing", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_call_that_breaks_ends_the_step(stage: Stage) -> None:
    stage.slot.taking = [breaks()]  # type: ignore[list-item]

    end = await stage.run(sharing(step("a", uses=DMM)))

    assert stage.slot.calls == ["open run", "take dmm", "keep nothing", "close"]
    assert end.outcome is Outcome.ERROR


async def test_giving_back_that_breaks_holds_nobody_up(stage: Stage) -> None:
    stage.slot.giving_back = [breaks(), lambda: Released(problems=["the output stays on"])]  # type: ignore[list-item]

    end = await stage.run(sharing(step("a", uses=DMM), step("b", uses=PSU), step("c", uses=OWN)))

    assert stage.slot.calls == ["open run", "take psu dmm", "a:1", "keep psu", "b:1", "keep nothing", "c:1", "close"]
    assert end.outcome is Outcome.PASSED


# Processes that die


async def test_a_lost_call_is_made_again(stage: Stage) -> None:
    stage.slot.taking = [dies()]  # type: ignore[list-item]

    end = await stage.run(sharing(step("a", uses=DMM)))

    assert stage.slot.calls == ["open run", "take dmm", "take dmm", "a:1", "keep nothing", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_lost_gift_is_made_again(stage: Stage) -> None:
    stage.slot.giving_back = [dies()]  # type: ignore[list-item]

    end = await stage.run(sharing(step("a", uses=DMM), step("b", uses=OWN)))

    assert stage.slot.calls == ["open run", "take dmm", "a:1", "keep nothing", "keep nothing", "b:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_new_process_opens_the_session_and_takes_them_anew(stage: Stage) -> None:
    stage.slot.scenes["a"] = [is_cut_off()]

    end = await stage.run(sharing(step("a", uses=DMM)))

    assert stage.slot.calls == [
        "open run", "take dmm", "a:1", "what of a:1", "open run", "take dmm", "a:2", "keep nothing", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


async def test_a_process_that_dies_while_it_takes_is_noticed_by_the_next_call(stage: Stage) -> None:
    def loses_the_session() -> Acquired:
        stage.slot.session = ""
        return dies()()

    stage.slot.taking = [loses_the_session]

    end = await stage.run(sharing(step("a", uses=DMM)))

    assert stage.slot.calls == [
        "open run", "take dmm", "take dmm", "open run", "take dmm", "a:1", "keep nothing", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


async def test_a_process_that_dies_before_it_gives_back_has_given_back(stage: Stage) -> None:
    async def passes_and_dies(slot: FakeSlot, request: StepRequest) -> StepReport:
        slot.session = ""
        return await passes()(slot, request)

    stage.slot.scenes["a"] = [passes_and_dies]

    end = await stage.run(sharing(step("a", uses=DMM), step("b", uses=OWN)))

    assert stage.slot.calls == ["open run", "take dmm", "a:1", "keep nothing", "open run", "b:1", "close"]
    assert end.outcome is Outcome.PASSED


async def test_a_process_that_dies_while_cleanup_takes_is_waited_for(stage: Stage) -> None:
    def loses_the_session() -> Acquired:
        stage.slot.session = ""
        return dies()()

    stage.slot.taking = [dies(), loses_the_session]  # type: ignore[list-item]

    end = await stage.run(sharing(step("a", uses=OWN), step("off", uses=PSU, cleanup=True)))

    assert stage.slot.calls == [
        "open run", "a:1", "take psu", "take psu", "take psu", "open cleanup", "take psu", "off:1", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


async def test_a_step_that_is_repeated_for_those_after_it_takes_what_it_uses(stage: Stage) -> None:
    stage.slot.scenes["b"] = [is_cut_off()]

    end = await stage.run(sharing(step("a", uses=PSU, rearm=True), step("b", uses=DMM)))

    assert stage.slot.calls == [
        "open run", "take psu dmm", "a:1", "b:1", "what of b:1",
        "open run", "take psu dmm", "a:2", "b:2", "keep nothing", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


async def test_a_step_that_cannot_be_repeated_for_want_of_its_instrument_ends_the_run(stage: Stage) -> None:
    async def dies_for_good(slot: FakeSlot, request: StepRequest) -> StepReport:
        slot.taking = [silent]
        return await is_cut_off()(slot, request)

    stage.slot.scenes["b"] = [dies_for_good]

    end = await stage.run(sharing(step("a", uses=PSU, rearm=True), step("b", uses=OWN)))

    assert end.outcome is Outcome.ERROR
    assert end.reason is not None
    assert end.reason.code == "REARM_FAILED"


async def test_a_process_that_dies_while_it_takes_for_a_repetition_is_opened_again(stage: Stage) -> None:
    def loses_the_session() -> Acquired:
        stage.slot.session = ""
        return dies()()

    async def dies_twice(slot: FakeSlot, request: StepRequest) -> StepReport:
        slot.taking = [loses_the_session]
        return await is_cut_off()(slot, request)

    stage.slot.scenes["b"] = [dies_twice]

    end = await stage.run(sharing(step("a", uses=PSU, rearm=True), step("b", uses=OWN)))

    assert stage.slot.calls[stage.slot.calls.index("what of b:1") + 1 :] == [
        "open run", "take psu", "take psu", "open run", "take psu", "a:3", "b:2", "keep nothing", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


async def test_one_more_is_taken_only_when_no_step_uses_what_is_held(stage: Stage) -> None:
    """After a full restart of what came before, the first instrument is asked for while a later one is held."""
    stage.slot.scenes["b"] = [is_cut_off(), passes()]

    async with stage.engine(), stage.process():
        run = await stage.start(
            sharing(
                step("a", uses=PSU), step("b", uses=DMM, repeatable=False), step("c", uses=OWN),
                recovery_mode=RecoveryMode.RESUME,
            )
        )  # fmt: skip
        await reaches(run, RunState.INTERRUPTED)
        await choose(run, "full_restart")
        end = await ended(run)

    assert stage.slot.calls == [
        "open run", "take psu dmm", "a:1", "keep dmm", "b:1", "what of b:1",
        "open run in round 2", "take psu dmm", "a:2", "keep dmm", "b:2", "keep nothing", "c:1", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED


async def test_a_long_run_goes_on_under_a_new_history_with_what_it_holds(stage: Stage) -> None:
    stage.slot.scenes["soak"] = [*(passes(finished=False) for _ in range(20)), passes()]

    async with stage.engine(), stage.process():
        run = await stage.start(sharing(step("soak", uses=DMM, segment=timedelta(seconds=1)), step("b", uses=OWN)))
        end = await ended(run)
        now = await status(run)

    takes = [call for call in stage.slot.calls if call.startswith(("take", "keep"))]
    assert len(takes) > 2
    assert set(takes) == {"take dmm", "keep nothing"}
    assert takes.count("keep nothing") == 1
    assert now.state is RunState.COMPLETED
    assert end.outcome is Outcome.PASSED


async def test_a_step_that_is_left_out_while_it_waits_waits_no_more(stage: Stage) -> None:
    stage.slot.free.clear()
    async with stage.engine(), stage.process():
        run = await stage.start(sharing(step("a", uses=DMM), step("b", uses=OWN)))
        await shows(run, lambda now: bool(now.waiting_for))
        await until(lambda: stage.slot.calls.count("take dmm") == 2)
        await skip(run, "a")
        end = await ended(run)

    assert "a:1" not in stage.slot.calls
    assert stage.slot.calls[-3:] == ["keep nothing", "b:1", "close"]
    assert end.outcome is Outcome.ABORTED


async def test_a_run_that_goes_back_takes_anew_what_it_needs(stage: Stage) -> None:
    stage.slot.scenes["c"] = [until_released()]
    async with stage.engine(), stage.process():
        run = await stage.start(sharing(step("a", uses=PSU), step("b", uses=DMM), step("c", uses=OWN)))
        await until(lambda: stage.slot.under_way == {"c"})
        await goto(run, "a")
        end = await ended(run)

    assert stage.slot.calls == [
        "open run", "take psu dmm", "a:1", "keep dmm", "b:1", "keep nothing", "c:1",
        "open run", "take psu dmm", "a:2", "keep dmm", "b:2", "keep nothing", "c:2", "close",
    ]  # fmt: skip
    assert end.outcome is Outcome.PASSED
