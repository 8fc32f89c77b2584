"""What is owed to the MES for one WIP: once, in order, as long as it takes, parked where it is refused."""

import asyncio
from datetime import UTC, datetime, timedelta

from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from station.contracts.delivery import Decision
from station.domain.delivery import Delivered
from tests.workflows.desk import (
    COMPLETE,
    CONVERT,
    DELIVERED,
    LONG,
    PARKED,
    PENDING,
    REFUSAL,
    REFUSED,
    START,
    WIP,
    Desk,
    away,
    delivers,
    dies,
    held,
    item,
    refuses,
    without_result,
)
from tests.workflows.stage import until
from worker import build

# Once, and in order


async def test_an_item_is_delivered_and_whoever_owes_it_hears_so(desk: Desk) -> None:
    async with desk.engine():
        answer = await desk.submit(item(), LONG)
        await desk.nothing_is_owed()

    assert answer == Delivered(item_id="R1/start_process", state=DELIVERED, wip_status="IN_PROGRESS")
    assert desk.mes.calls == ["R1/start_process"]


async def test_the_same_item_is_taken_once_while_it_waits_and_after_it_is_done(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [held(desk, delivers())]
    async with desk.engine():
        first, again = (asyncio.create_task(desk.submit(item(), LONG)) for _ in range(2))
        await until(lambda: desk.mes.calls == ["R1/start_process"])
        await desk.submit(item(COMPLETE))
        waiting = await desk.submit(item())
        owed = await desk.owed()
        desk.mes.scenes["R1/complete_process"] = [refuses()]
        desk.mes.released.set()
        answers = [await first, await again]
        await desk.parks(item(COMPLETE))
        late = await desk.submit(item())

    assert waiting == Delivered(item_id="R1/start_process", state=PENDING)
    assert [one.item.item_id for one in owed.queue] == ["R1/start_process", "R1/complete_process"]
    assert [answer.state for answer in [*answers, late]] == [DELIVERED] * 3
    assert desk.mes.calls == ["R1/start_process", "R1/complete_process"]


async def test_when_the_next_try_is_can_be_asked_while_it_is_waited_for(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [away(LONG), held(desk, delivers())]
    async with desk.engine():
        await desk.submit(item(), LONG)
        waiting = await desk.owed()
        await desk.send_now()
        await until(lambda: len(desk.mes.calls) == 2)
        trying = await desk.owed()
        desk.mes.released.set()
        await desk.nothing_is_owed()

    assert waiting.next_try is not None
    assert abs(waiting.next_try - datetime.now(UTC)) < timedelta(seconds=60)
    assert trying.next_try is None


async def test_start_comes_before_complete_and_the_conversion_before_whatever_was_owed_since(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [held(desk, delivers())]
    desk.mes.scenes["R1/complete_process"] = [delivers(item(CONVERT))]
    async with desk.engine():
        await asyncio.gather(desk.submit(item()), until(lambda: bool(desk.mes.calls)))
        await desk.submit(item(COMPLETE))
        await desk.submit(item(START, "R2"))
        desk.mes.released.set()
        await desk.nothing_is_owed()

    assert desk.mes.calls == [
        "R1/start_process", "R1/complete_process", "R1/convert_to_serial", "R2/start_process",
    ]  # fmt: skip


async def test_a_start_does_not_overtake_an_end_that_its_run_has_not_handed_over_yet(desk: Desk) -> None:
    end, start = item(COMPLETE), item(START, "R2", process=2)
    desk.mes.scenes[end.item_id] = [held(desk, delivers())]
    async with desk.engine():
        await desk.submit(start, before=[end])
        late = asyncio.create_task(desk.submit(end, LONG))
        await asyncio.gather(late, until(lambda: bool(desk.mes.calls)), _release(desk))
        await desk.nothing_is_owed()

    assert desk.mes.calls == [end.item_id, start.item_id]
    assert [queued.unknown for queued in desk.mes.seen] == [True, False]
    assert late.result().state is DELIVERED


async def test_a_conversion_that_is_owed_already_is_not_owed_twice(desk: Desk) -> None:
    desk.mes.scenes["R1/complete_process"] = [held(desk, delivers(item(CONVERT)))]
    async with desk.engine():
        await desk.submit(item(COMPLETE))
        await desk.submit(item(CONVERT), unknown=True)
        desk.mes.released.set()
        await desk.nothing_is_owed()

    assert desk.mes.calls == ["R1/complete_process", "R1/convert_to_serial"]
    assert [queued.unknown for queued in desk.mes.seen] == [False, True]


async def test_a_conversion_that_is_done_already_is_not_owed_again(desk: Desk) -> None:
    desk.mes.scenes["R1/convert_to_serial"] = [held(desk, delivers())]
    desk.mes.scenes["R1/complete_process"] = [delivers(item(CONVERT))]
    async with desk.engine():
        await desk.submit(item(CONVERT))
        await desk.submit(item(COMPLETE))
        desk.mes.released.set()
        await desk.nothing_is_owed()

    assert desk.mes.calls == ["R1/convert_to_serial", "R1/complete_process"]


async def _release(desk: Desk) -> None:
    await asyncio.sleep(0.1)
    desk.mes.released.set()


# The MES is away


async def test_a_run_goes_on_after_the_first_try_that_came_to_nothing(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [away(LONG)]
    async with desk.engine():
        start = await desk.submit(item(), LONG)
        complete = await desk.submit(item(COMPLETE), LONG)
        status = await desk.owed()
        await desk.send_now()
        await desk.nothing_is_owed()

    assert start == Delivered(item_id="R1/start_process", state=PENDING, error="it is away")
    assert complete == Delivered(item_id="R1/complete_process", state=PENDING, error="it is away")
    assert (status.wip, status.last_error, [one.attempts for one in status.queue]) == (WIP, "it is away", [1, 0])
    assert desk.mes.calls == ["R1/start_process", "R1/start_process", "R1/complete_process"]


async def test_a_run_goes_on_when_its_patience_ends_before_the_call_does(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [held(desk, refuses())]
    async with desk.engine():
        answer = await desk.submit(item(), timedelta(milliseconds=100))
        desk.mes.released.set()
        await desk.parks(item())

    assert answer == Delivered(item_id="R1/start_process", state=PENDING)
    assert desk.mes.decisions == []


async def test_it_is_tried_again_by_itself_after_the_pause_the_mes_asks_for_or_a_growing_one(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [away(), away(None)]
    async with desk.engine():
        await desk.submit(item())
        await desk.nothing_is_owed()
        history = await desk.handle().fetch_history()

    pauses = [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        for event in history.events
        if event.HasField("timer_started_event_attributes")
    ]
    assert desk.mes.calls == ["R1/start_process"] * 3
    assert [queued.attempts for queued in desk.mes.seen] == [0, 1, 2]
    assert timedelta(milliseconds=10) in pauses
    assert any(timedelta(seconds=1) <= pause <= timedelta(seconds=2) for pause in pauses)


async def test_a_wish_to_send_now_is_not_lost_on_a_call_that_is_under_way(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [held(desk, away(LONG))]
    async with desk.engine():
        await desk.submit(item())
        await until(lambda: bool(desk.mes.calls))
        await desk.send_now()
        desk.mes.released.set()
        await desk.nothing_is_owed()

    assert desk.mes.calls == ["R1/start_process"] * 2


async def test_whoever_may_have_called_before_has_it_asked_for_until_it_is_over(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [away(), away(unknown=True), away()]
    async with desk.engine():
        await desk.submit(item())
        await desk.submit(item(COMPLETE), unknown=True)
        await desk.nothing_is_owed()

    assert [queued.unknown for queued in desk.mes.seen] == [False, False, True, True, True]


async def test_an_engine_that_dies_in_a_call_leaves_it_unknown(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [dies()]
    async with desk.engine():
        answer = await desk.submit(item(), LONG)
        await desk.nothing_is_owed()

    # A run that waits does not take the engine's death for an MES that is away: it hears of the next call.
    assert (answer.state, answer.error) == (DELIVERED, "")
    assert [queued.unknown for queued in desk.mes.seen] == [False, True]


async def test_a_start_is_refused_also_where_the_engine_died_in_the_first_call(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [dies(), refuses()]
    async with desk.engine():
        answer = await desk.submit(item(), LONG)
        await desk.nothing_is_owed()

    assert (answer.state, answer.refusal) == (REFUSED, REFUSAL)


async def test_what_waits_behind_a_call_that_was_lost_with_its_engine_waits_for_the_next_one(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [dies(), away(LONG)]
    async with desk.engine():
        await desk.submit(item())
        answer = await desk.submit(item(COMPLETE), LONG)
        status = await desk.owed()
        await desk.send_now()
        await desk.nothing_is_owed()

    assert answer == Delivered(item_id="R1/complete_process", state=PENDING, error="it is away")
    assert [(one.attempts, one.lost) for one in status.queue] == [(2, 1), (0, 0)]


# The MES says no


async def test_a_start_that_is_refused_while_its_run_waits_is_over(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [refuses()]
    async with desk.engine():
        answer = await desk.submit(item(), LONG)
        await desk.nothing_is_owed()

    assert answer == Delivered(item_id="R1/start_process", state=REFUSED, refusal=REFUSAL)
    assert desk.mes.decisions == [Decision(item_id="R1/start_process", action="refused", by="station")]


async def test_an_end_that_is_refused_waits_for_a_person_though_somebody_waits_for_it(desk: Desk) -> None:
    desk.mes.scenes["R1/complete_process"] = [refuses()]
    async with desk.engine():
        answer = await desk.submit(item(COMPLETE), LONG)
        [parked] = (await desk.owed()).queue

    assert answer == parked.outcome == Delivered(item_id="R1/complete_process", state=PARKED, refusal=REFUSAL)


async def test_what_is_parked_holds_up_its_own_wip_and_no_other(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [refuses()]
    async with desk.engine():
        await desk.submit(item())
        await desk.parks(item())
        behind = await desk.submit(item(COMPLETE), LONG)
        other = await desk.submit(item(START, "R2", wip="WIP-2"), LONG)
        await desk.send_now()
        owed = await desk.owed()

    assert behind.state is PENDING
    assert other.state is DELIVERED
    assert [one.item.item_id for one in owed.queue] == ["R1/start_process", "R1/complete_process"]
    assert desk.mes.calls == ["R1/start_process", "R2/start_process"]


# A long history, a new engine


async def test_a_history_that_grows_long_is_cut_and_forgets_nothing(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [held(desk, delivers())]
    desk.mes.scenes["R1/complete_process"] = [away(unknown=True), *(away() for _ in range(12)), away(LONG)]
    async with desk.engine():
        await desk.submit(item())
        await desk.submit(item(COMPLETE))
        desk.mes.released.set()
        await until(lambda: len(desk.mes.calls) == 15)
        known = await desk.submit(item(), LONG)
        [queued] = (await desk.owed()).queue
        was_cut = await _was_cut(desk)
        await desk.send_now()
        await desk.nothing_is_owed()

    assert known.state is DELIVERED
    assert (queued.item.item_id, queued.attempts, queued.unknown) == ("R1/complete_process", 14, True)
    assert was_cut
    assert desk.mes.calls.count("R1/start_process") == 1
    assert desk.mes.calls.count("R1/complete_process") == 15


async def test_what_comes_while_something_is_still_written_down_does_not_wait_for_it(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes["R1/start_process"] = [away() for _ in range(8)]
    desk.mes.scenes[end.item_id] = [refuses()]
    async with desk.engine():
        await desk.submit(item())
        await desk.submit(end)
        await desk.parks(end)
        desk.mes.may_record.clear()
        again = asyncio.create_task(desk.submit(item(START, "R2"), LONG))
        await until(lambda: "R2/start_process" in desk.mes.calls and desk.mes.recording == 1)
        answer = await desk.submit(item(COMPLETE, "R2"), LONG)
        desk.mes.may_record.set()
        started = await again
        await desk.nothing_is_owed()

    assert (started.state, answer.state) == (DELIVERED, DELIVERED)
    assert desk.mes.calls[-2:] == ["R2/start_process", "R2/complete_process"]


async def test_what_a_delivery_did_is_replayed_as_it_was(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes["R1/start_process"] = [away()]
    desk.mes.scenes[end.item_id] = [refuses()]
    async with desk.engine(max_cached_workflows=0):
        await desk.submit(item())
        await desk.submit(end)
        await desk.parks(end)
        await desk.decide(end, "retry", result="FAIL")
        await desk.nothing_is_owed()
        history = await desk.handle().fetch_history()

    await Replayer(
        workflows=build.WORKFLOWS,
        data_converter=desk.client.data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    ).replay_workflow(history)


async def _was_cut(desk: Desk) -> bool:
    """Whether the delivery goes on under a new history."""
    first = (await desk.handle().fetch_history()).events[0].workflow_execution_started_event_attributes
    return bool(first.continued_execution_run_id)
