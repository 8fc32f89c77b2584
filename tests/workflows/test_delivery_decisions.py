"""What people decide about what is parked for them, and what a unit that is tested again makes of it."""

import asyncio

import pytest

from station.contracts.delivery import Decision
from station.domain.delivery import OwedItem
from tests.workflows.desk import (
    COMPLETE,
    CONVERT,
    DELIVERED,
    DISCARDED,
    LONG,
    PENDING,
    START,
    Desk,
    away,
    delivers,
    held,
    item,
    refuses,
    without_result,
)
from tests.workflows.stage import until

# A person decides


async def test_a_retry_with_a_result_is_written_down_and_then_sent(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes["R1/complete_process"] = [refuses()]
    async with desk.engine():
        await desk.submit(end)
        await desk.parks(end)
        status = await desk.decide(end, "retry", result="REWORK")
        await desk.nothing_is_owed()

    assert [one.outcome for one in status.queue] == [None]
    assert desk.mes.decisions == [Decision(item_id=end.item_id, action="retry", by="kim", result="REWORK")]
    assert [queued.item.payload["result"] for queued in desk.mes.seen] == [None, "REWORK"]


async def test_a_discard_lets_what_comes_after_it_pass(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [refuses()]
    async with desk.engine():
        await desk.submit(item())
        await desk.parks(item())
        await desk.submit(item(COMPLETE))
        await desk.decide(item(), "discard", reason="a wrong label")
        again = await desk.submit(item(), LONG)
        await desk.nothing_is_owed()

    assert desk.mes.decisions == [
        Decision(item_id="R1/start_process", action="discard", by="kim", reason="a wrong label")
    ]
    assert again.state in {DISCARDED, DELIVERED}  # the delivery that knew of it may be over already
    assert desk.mes.calls[:2] == ["R1/start_process", "R1/complete_process"]


async def test_a_decision_that_cannot_be_taken_is_refused_with_its_reason(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [refuses()]
    async with desk.engine():
        await desk.submit(item())
        await desk.parks(item())
        await desk.submit(item(COMPLETE))

        wrong_action = await desk.refused(item(), "burn")
        wrong_result = await desk.refused(item(), "retry", result="GOOD")
        no_reason = await desk.refused(item(), "discard", reason=" ")
        not_parked = await desk.refused(item(COMPLETE), "retry")
        unknown = await desk.refused(item(CONVERT), "retry")

    assert wrong_action == ("INVALID_CHOICE", "'burn' is not a decision; choose retry or discard.")
    assert wrong_result == ("INVALID_CHOICE", "'GOOD' is not a result; choose one of PASS, FAIL, REWORK.")
    assert no_reason == ("REASON_MISSING", "Discarding needs a reason: the MES will never hear of this item.")
    nobody_waits = "does not wait for a person; it may have been decided already."
    assert not_parked == ("ITEM_NOT_PARKED", f"Item R1/complete_process {nobody_waits}")
    assert unknown == ("ITEM_NOT_PARKED", f"Item R1/convert_to_serial {nobody_waits}")
    assert desk.mes.decisions == []


async def test_the_first_of_two_decisions_counts(desk: Desk) -> None:
    desk.mes.scenes["R1/start_process"] = [refuses()]
    desk.mes.may_record.clear()
    async with desk.engine():
        await desk.submit(item())
        await desk.parks(item())
        first = asyncio.create_task(desk.decide(item(), "discard", reason="a wrong label"))
        await until(lambda: desk.mes.recording == 1)
        second = await desk.refused(item(), "retry")
        desk.mes.may_record.set()
        await first
        await desk.nothing_is_owed()

    assert second[0] == "ITEM_NOT_PARKED"
    assert [decision.action for decision in desk.mes.decisions] == ["discard"]
    assert desk.mes.calls == ["R1/start_process"]


# A unit that is tested again


async def test_a_unit_that_is_tested_again_needs_no_disposition(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes[end.item_id] = [refuses()]
    async with desk.engine():
        await desk.submit(end)
        await desk.parks(end)
        answer = await desk.submit(item(START, "R2"), LONG)
        await desk.nothing_is_owed()

    assert answer.state is DELIVERED
    assert [(one.action, one.by, one.reason) for one in desk.mes.decisions] == [
        ("discard", "station", "the unit is tested again by run R2")
    ]
    assert desk.mes.calls == [end.item_id, "R2/start_process"]


async def test_a_unit_that_was_tested_again_while_the_mes_was_away_needs_no_disposition_either(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes["R1/start_process"] = [away(LONG)]
    desk.mes.scenes[end.item_id] = [refuses()]
    async with desk.engine():
        for owed in (item(), end, item(START, "R2"), item(COMPLETE, "R2")):
            await desk.submit(owed)
        await until(lambda: bool(desk.mes.calls))
        await desk.send_now()
        await desk.nothing_is_owed()

    assert desk.mes.calls[-3:] == [end.item_id, "R2/start_process", "R2/complete_process"]
    assert [one.reason for one in desk.mes.decisions] == ["the unit is tested again by run R2"]


@pytest.mark.parametrize(
    ("parked", "again"),
    [
        (without_result(process=2), item(START, "R2")),
        (item(COMPLETE), item(START, "R2")),
        (item(CONVERT), item(START, "R2")),
        (without_result(), item(CONVERT, "R2")),
    ],
    ids=["of another process", "with a result", "a conversion", "by no start"],
)
async def test_nothing_else_is_superseded(desk: Desk, parked: OwedItem, again: OwedItem) -> None:
    desk.mes.scenes[parked.item_id] = [refuses()]
    async with desk.engine():
        await desk.submit(parked)
        await desk.parks(parked)
        answer = await desk.submit(again, LONG)

    assert answer.state is PENDING
    assert desk.mes.decisions == []


async def test_a_disposition_that_is_being_taken_is_not_superseded(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes[end.item_id] = [refuses()]
    desk.mes.may_record.clear()
    async with desk.engine():
        await desk.submit(end)
        await desk.parks(end)
        decision = asyncio.create_task(desk.decide(end, "discard", reason="scrapped"))
        await until(lambda: desk.mes.recording == 1)
        await desk.submit(item(START, "R2"))
        desk.mes.may_record.set()
        await decision
        await desk.nothing_is_owed()

    assert [(one.by, one.reason) for one in desk.mes.decisions] == [("kim", "scrapped")]
    assert desk.mes.calls == [end.item_id, "R2/start_process"]


async def test_an_item_that_comes_twice_while_it_supersedes_is_taken_once(desk: Desk) -> None:
    end = without_result()
    desk.mes.scenes[end.item_id] = [refuses()]
    desk.mes.scenes["R2/start_process"] = [held(desk, delivers())]
    async with desk.engine():
        await desk.submit(end)
        await desk.parks(end)
        desk.mes.may_record.clear()
        first = asyncio.create_task(desk.submit(item(START, "R2")))
        await until(lambda: desk.mes.recording == 1)
        await desk.submit(item(START, "R2"))
        queue = (await desk.owed()).queue
        desk.mes.may_record.set()
        desk.mes.released.set()
        await first
        await desk.nothing_is_owed()

    assert [one.item.item_id for one in queue] == ["R2/start_process"]
    assert desk.mes.calls == [end.item_id, "R2/start_process"]
