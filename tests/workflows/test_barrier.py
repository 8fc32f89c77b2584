"""Runs that were started together meet before a step: nobody begins alone, nobody waits for one who never comes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest
from temporalio.client import Client

from station.contracts.barrier import Barrier, BarrierNote, News
from station.contracts.run import RunContract
from station.domain.outcome import Outcome, RunState
from station.domain.plan import Plan, Severity
from tests.workflows.fakes import (
    cannot_open,
    errs,
    fails,
    is_cut_off,
    is_lost_unreported,
    opens,
    passes,
    until_released,
)
from tests.workflows.stage import (
    Handle,
    Stage,
    choose,
    ended,
    goto,
    pause,
    plan,
    resume,
    shows,
    skip,
    status,
    step,
    stop,
    until,
)
from workflows import policies

GROUP = "G1"
NAMES = ("slot_1", "slot_2", "slot_3")
TWO = plan(step("a"), step("meet"))


def barrier(*members: str, steps: Sequence[str] = ("meet",), group: str = GROUP) -> Barrier:
    return Barrier(group=group, members=list(members), steps=list(steps))


@asynccontextmanager
async def slots(client: Client, *names: str) -> AsyncIterator[list[Stage]]:
    """Several slots of one station, with their processes."""
    first = Stage(client, batch=names[0])
    others = [Stage(client, recorder=first.recorder, station=first.station, batch=name) for name in names[1:]]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(first.engine())
        for stage in (first, *others):
            await stack.enter_async_context(stage.process())
        yield [first, *others]


async def start(
    stages: Sequence[Stage],
    what: Plan = TWO,
    *,
    steps: Sequence[str] = ("meet",),
    told: bool = True,
) -> list[Handle]:
    """Start a run on each slot, and say that they have gathered."""
    members = [stage.batch for stage in stages]
    runs = [await stage.start(what, barrier=barrier(*members, steps=steps)) for stage in stages]
    if told:
        for run in runs:
            await tell(run, News.GATHERED, members=members)
    return runs


async def tell(run: Handle, news: News, **more: object) -> None:
    note = BarrierNote.model_validate({"group": GROUP, "news": news, **more})
    await run.signal(RunContract.meet, note)


def begun(stage: Stage, step: str = "meet") -> bool:
    return f"{step}:1" in stage.slot.calls


async def test_nobody_begins_the_step_before_all_have_come_to_it(stage: Stage) -> None:
    async with slots(stage.client, *NAMES) as (one, two, three):
        three.slot.scenes["a"] = [until_released()]
        runs = await start([one, two, three])
        waiting = [await shows(run, lambda now: now.waiting_for == "slot_3 at meet") for run in runs[:2]]
        early = begun(one) or begun(two)
        three.slot.released.set()
        ends = [await ended(run) for run in runs]

    assert [(now.state, now.current) for now in waiting] == [(RunState.RUNNING, ())] * 2
    assert [now.waiting and now.waiting.params for now in waiting] == [{"others": "slot_3", "step": "meet"}] * 2
    assert not early
    assert [end.outcome for end in ends] == [Outcome.PASSED] * 3


async def test_the_wait_is_told_to_watchers_and_takes_none_of_the_runs_time(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        two.slot.scenes["a"] = [until_released()]
        short = plan(step("a"), step("meet"), timeout_sequence=timedelta(seconds=0.3))
        runs = await start([one, two], short)
        await shows(runs[0], lambda now: now.waiting_for == "slot_2 at meet")
        two.slot.released.set()
        ends = [await ended(run) for run in runs]

    assert (RunState.RUNNING, "slot_2 at meet") in [(told.state, told.waiting_for) for told in one.recorder.states]
    assert ends[0].outcome is Outcome.PASSED


async def test_a_run_without_a_barrier_meets_nobody(stage: Stage) -> None:
    end = await stage.run(TWO)

    assert end.outcome is Outcome.PASSED


async def test_one_that_fails_before_is_not_waited_for(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        two.slot.scenes["a"] = [until_released(fails())]
        runs = await start([one, two])
        await shows(runs[0], lambda now: now.waiting_for == "slot_2 at meet")
        two.slot.released.set()
        ends = [await ended(run) for run in runs]

    assert [end.outcome for end in ends] == [Outcome.PASSED, Outcome.FAILED]


async def test_one_that_has_ended_long_ago_is_not_waited_for(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        one.slot.scenes["a"] = [until_released()]
        two.slot.scenes["a"] = [fails()]
        runs = await start([one, two])
        await ended(runs[1])
        one.slot.released.set()
        end = await ended(runs[0])

    assert end.outcome is Outcome.PASSED


async def test_one_that_was_never_started_is_not_waited_for(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        plan_of_three = barrier(*NAMES)
        runs = [await each.start(TWO, barrier=plan_of_three) for each in (one, two)]
        await shows(runs[0], lambda now: now.waiting_for == "slot_3 at meet")
        for run in runs:
            await tell(run, News.GATHERED, members=["slot_1", "slot_2"])
        ends = [await ended(run) for run in runs]

    assert [end.outcome for end in ends] == [Outcome.PASSED] * 2


async def test_one_that_is_started_late_is_waited_for(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        first = await one.start(TWO, barrier=barrier("slot_1", "slot_2"))
        waiting = await shows(first, lambda now: now.waiting_for == "slot_2 at meet")
        second = await two.start(TWO, barrier=barrier("slot_1", "slot_2"))
        for run in (first, second):
            await tell(run, News.GATHERED, members=["slot_1", "slot_2"])
        ends = [await ended(run) for run in (first, second)]

    assert waiting.state is RunState.RUNNING
    assert [end.outcome for end in ends] == [Outcome.PASSED] * 2


async def test_even_where_all_have_come_they_wait_for_the_word_that_nobody_else_will(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        runs = await start([one, two], told=False)
        waiting = [await shows(run, lambda now: now.waiting_for == "the start of the others at meet") for run in runs]
        for run in runs:
            await tell(run, News.GATHERED, members=["slot_1", "slot_2"])
        ends = [await ended(run) for run in runs]

    assert len(waiting) == 2
    assert [end.outcome for end in ends] == [Outcome.PASSED] * 2


async def test_a_starter_that_dies_is_not_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "GATHERED_WITHIN", timedelta(seconds=1))
    monkeypatch.setattr(policies, "ASKED_AGAIN_AFTER", timedelta(seconds=0.5))
    async with slots(stage.client, "slot_1") as (one,):
        run = await one.start(TWO, barrier=barrier("slot_1", "slot_2"))
        end = await ended(run)

    assert end.outcome is Outcome.PASSED


async def test_one_whose_workflow_was_ended_from_outside_is_missed_at_last(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "ASKED_AGAIN_AFTER", timedelta(seconds=0.5))
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        two.slot.scenes["a"] = [until_released()]
        runs = await start([one, two])
        await shows(runs[0], lambda now: now.waiting_for == "slot_2 at meet")
        await runs[1].terminate()
        end = await ended(runs[0])
        two.slot.released.set()

    assert end.outcome is Outcome.PASSED


async def test_another_run_on_the_slot_of_one_that_is_gone_says_that_it_is_not_the_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "ASKED_AGAIN_AFTER", timedelta(seconds=0.5))
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        two.slot.scenes["a"] = [until_released(), until_released()]
        runs = await start([one, two])
        await shows(runs[0], lambda now: now.waiting_for == "slot_2 at meet")
        await runs[1].terminate()
        other = await two.start(TWO)
        end = await ended(runs[0])
        two.slot.released.set()
        await ended(other)

    assert end.outcome is Outcome.PASSED


async def test_news_of_another_group_changes_nothing(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        two.slot.scenes["a"] = [until_released()]
        runs = await start([one, two])
        await shows(runs[0], lambda now: now.waiting_for == "slot_2 at meet")
        await runs[0].signal(RunContract.meet, BarrierNote(group="G0", news=News.LEFT, member="slot_2"))
        still = (await status(runs[0])).waiting_for
        two.slot.released.set()
        await ended(runs[0])

    assert still == "slot_2 at meet"


async def test_a_stop_ends_the_wait_and_the_others_go_on(stage: Stage) -> None:
    async with slots(stage.client, *NAMES) as (one, two, three):
        three.slot.scenes["a"] = [until_released()]
        runs = await start([one, two, three], plan(step("a"), step("meet"), step("again")), steps=("meet", "again"))
        await shows(runs[0], lambda now: now.waiting_for == "slot_3 at meet")
        await stop(runs[0])
        stopped = await ended(runs[0])
        still = not begun(two)
        three.slot.released.set()
        ends = [await ended(run) for run in runs[1:]]

    assert stopped.outcome is Outcome.ABORTED
    assert not begun(one)
    assert still
    assert [end.outcome for end in ends] == [Outcome.PASSED] * 2


async def test_paused_at_the_barrier_the_others_begin_and_this_one_after_the_pause(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        two.slot.scenes["a"] = [until_released()]
        runs = await start([one, two])
        await shows(runs[0], lambda now: now.waiting_for == "slot_2 at meet")
        await pause(runs[0])
        two.slot.released.set()
        await ended(runs[1])
        paused = await shows(runs[0], lambda now: now.state is RunState.PAUSED)
        held = not begun(one)
        await resume(runs[0])
        end = await ended(runs[0])

    assert held
    assert paused.waiting_for == "paused by kim"
    assert end.outcome is Outcome.PASSED


async def test_one_that_begins_again_does_not_meet_again(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        one.slot.scenes["meet"] = [is_cut_off(), passes()]
        what = plan(step("a"), step("meet", repeatable=False), step("after"))
        runs = await start([one, two], what)
        await ended(runs[1])
        await shows(runs[0], lambda now: now.state is RunState.INTERRUPTED)
        await choose(runs[0], "full_restart")
        end = await ended(runs[0])

    assert end.outcome is Outcome.PASSED
    assert one.slot.calls.count("open run in round 2") == 1


async def test_one_that_is_past_the_step_without_having_begun_it_is_not_waited_for(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        two.slot.scenes["a"] = [is_lost_unreported()]
        two.slot.opening = [opens(), cannot_open(Severity.WARNING)]
        two.slot.scenes["long"] = [until_released()]
        runs = await start([one, two], plan(step("a"), step("meet"), step("long")))
        end = await ended(runs[0])
        far = (await status(runs[1])).current
        two.slot.released.set()
        await ended(runs[1])

    assert far == ("long",)
    assert not begun(two)
    assert end.outcome is Outcome.PASSED


async def test_a_step_that_was_tried_again_is_met_once(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        one.slot.scenes["meet"] = [errs(), passes()]
        runs = await start([one, two], plan(step("a"), step("meet", retry=1)))
        ends = [await ended(run) for run in runs]

    assert "meet:2" in one.slot.calls
    assert [end.outcome for end in ends] == [Outcome.PASSED] * 2


async def test_what_is_known_of_the_others_outlives_the_history(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        one.slot.scenes["a"] = [*(passes(finished=False) for _ in range(12)), passes()]
        runs = await start([one, two], plan(step("a", segment=timedelta(seconds=1)), step("meet")))
        ends = [await ended(run) for run in runs]

    assert [end.outcome for end in ends] == [Outcome.PASSED] * 2


async def test_a_run_that_is_refused_is_not_waited_for(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        one.recorder.refused = {"slot_2"}
        runs = await start([one, two])
        ends = [await ended(run) for run in runs]

    assert [end.outcome for end in ends] == [Outcome.PASSED, Outcome.ABORTED]


async def test_the_others_get_what_one_at_the_barrier_would_keep_from_them(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        what = plan(step("a", uses=("dmm",)), step("meet", uses=()), step("b", uses=("dmm",)))
        two.slot.scenes["a"] = [until_released()]
        runs = await start([one, two], what.model_copy(update={"shared": {"dmm": "D"}}))
        await until(lambda: one.slot.calls[-1:] == ["keep nothing"])
        two.slot.released.set()
        ends = [await ended(run) for run in runs]

    assert one.slot.calls == [
        "open run", "take dmm", "a:1", "keep nothing", "meet:1", "take dmm", "b:1", "keep nothing", "close",
    ]  # fmt: skip
    assert [end.outcome for end in ends] == [Outcome.PASSED] * 2


async def test_a_step_that_is_left_out_at_the_barrier_is_waited_for_by_nobody(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        two.slot.scenes["a"] = [until_released()]
        runs = await start([one, two], plan(step("a"), step("meet"), step("after")))
        await shows(runs[0], lambda now: now.waiting_for == "slot_2 at meet")
        await skip(runs[0], "meet")
        first = await ended(runs[0])
        two.slot.released.set()
        second = await ended(runs[1])

    assert "after:1" in one.slot.calls
    assert not begun(one)
    assert [first.outcome, second.outcome] == [Outcome.ABORTED, Outcome.PASSED]


async def test_one_that_goes_back_from_the_barrier_comes_to_it_again(stage: Stage) -> None:
    async with slots(stage.client, *NAMES[:2]) as (one, two):
        two.slot.scenes["a"] = [until_released()]
        runs = await start([one, two])
        await shows(runs[0], lambda now: now.waiting_for == "slot_2 at meet")
        await goto(runs[0], "a")
        await until(lambda: "a:2" in one.slot.calls)
        again = await shows(runs[0], lambda now: now.waiting_for == "slot_2 at meet")
        two.slot.released.set()
        ends = [await ended(run) for run in runs]

    assert again.state is RunState.RUNNING
    assert [end.outcome for end in ends] == [Outcome.PASSED] * 2
