"""What is owed to the MES, as rows people can look at: written once, counted, ended, and told to whoever watches."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, update

from station.domain.delivery import Delivered, DeliveryState, MesAction, MesRefusal, OwedItem
from station.domain.events import EventType
from station.storage.database import Database
from station.storage.events import Event, Events
from station.storage.queue import SyncQueue, row_for
from station.storage.runs import Runs
from station.storage.tables import SYNC_QUEUE
from tests.storage.samples import T0, accepted, after, ended

START, COMPLETE = MesAction.START, MesAction.COMPLETE


def item(action: MesAction = START, run_id: str = "RUN1", **more: object) -> OwedItem:
    known = {"batch": "b1", "wip": "WIP-1", "process": 3, "operator": "5", "created_at": T0}
    return OwedItem.model_validate(
        {"item_id": f"{run_id or 'BY_HAND'}/{action}", "run_id": run_id, "action": action} | known | more
    )


def outcome(of: OwedItem, state: DeliveryState, refusal: MesRefusal | None = None) -> Delivered:
    return Delivered(item_id=of.item_id, state=state, refusal=refusal)


async def told(database: Database) -> list[Event]:
    return [event for event in await Events(database).after(0) if event.type == EventType.DELIVERY]


async def states(database: Database) -> list[tuple[object, object, object]]:
    return [
        (event.data["state"], event.data["retry_count"], event.data["last_error"]) for event in await told(database)
    ]


async def synced_at(database: Database, run_id: str = "RUN1") -> object:
    run = await Runs(database).get(run_id)
    assert run is not None
    return run.synced_at


async def test_an_item_is_owed_once_however_often_it_is_written(database: Database) -> None:
    await Runs(database).accept(accepted())
    queue = SyncQueue(database)

    await queue.owe(item(), after(1))
    await queue.owe(item(process=4), after(2))
    [row] = await queue.open()

    assert (row.item, row.state, row.attempts, row.last_error) == (item(), DeliveryState.PENDING, 0, "")
    assert (row.created_at, row.synced_at) == (after(1), None)
    assert await queue.get(item().item_id) == row
    assert await queue.get("nobody/start_process") is None
    assert [(event.batch, event.run_id, event.data) for event in await told(database)] == [
        (
            "b1",
            "RUN1",
            {
                "item_id": "RUN1/start_process",
                "action": "start_process",
                "wip": "WIP-1",
                "state": "pending",
                "retry_count": 0,
                "last_error": "",
            },
        )
    ]


async def test_an_item_of_no_run_and_no_batch_is_owed_too(database: Database) -> None:
    queue, by_hand = SyncQueue(database), item(MesAction.CONVERT, run_id="", batch="")
    await queue.owe(by_hand, after(1))

    await queue.ended(by_hand, outcome(by_hand, DeliveryState.DELIVERED), after(2))
    row = await queue.get(by_hand.item_id)

    assert row is not None
    assert (row.item, row.state, row.synced_at) == (by_hand, DeliveryState.DELIVERED, after(2))
    assert {(event.batch, event.run_id) for event in await told(database)} == {(None, None)}


async def test_every_call_counts_and_the_last_error_stays_until_it_is_delivered(database: Database) -> None:
    await Runs(database).accept(accepted())
    queue = SyncQueue(database)
    await queue.owe(item(), after(1))

    await queue.attempted(item(), "MES_UNAVAILABLE: it is away", after(2))
    await queue.attempted(item(), "MES_UNAVAILABLE: it is away still", after(3))
    [waiting] = await queue.open()
    await queue.ended(item(), outcome(item(), DeliveryState.DELIVERED), after(4))
    row = await queue.get(item().item_id)

    assert (waiting.attempts, waiting.last_error) == (2, "MES_UNAVAILABLE: it is away still")
    assert row is not None
    assert (row.state, row.attempts, row.last_error, row.synced_at) == (DeliveryState.DELIVERED, 3, "", after(4))
    assert await queue.open() == []
    assert await states(database) == [
        ("pending", 0, ""),
        ("pending", 1, "MES_UNAVAILABLE: it is away"),
        ("pending", 2, "MES_UNAVAILABLE: it is away still"),
        ("delivered", 3, ""),
    ]


async def test_a_parked_item_is_owed_until_a_person_has_it_tried_again_or_discards_it(database: Database) -> None:
    await Runs(database).accept(accepted())
    queue, refused = SyncQueue(database), item(COMPLETE, payload={"result": None})
    refusal = MesRefusal(code="NEEDS_DISPOSITION", message="decide")
    await queue.owe(refused, after(1))

    await queue.ended(refused, outcome(refused, DeliveryState.PARKED, refusal), after(2))
    [parked] = await queue.open()
    decided = refused.model_copy(update={"payload": {"result": "REWORK"}})
    await queue.reopened(decided, "kim", after(3))
    [again] = await queue.open([DeliveryState.PENDING])
    await queue.ended(refused, outcome(refused, DeliveryState.DISCARDED), after(4), reason="discarded by kim: scrapped")
    over = await queue.get(refused.item_id)

    assert (parked.state, parked.attempts, parked.synced_at) == (DeliveryState.PARKED, 1, None)
    assert parked.last_error == "NEEDS_DISPOSITION: decide"
    assert (again.item, again.last_error) == (decided, "tried again at the wish of kim")
    assert over is not None
    assert (over.state, over.attempts, over.synced_at) == (DeliveryState.DISCARDED, 1, after(4))
    assert over.last_error == "discarded by kim: scrapped"


async def test_a_start_that_was_refused_to_its_run_is_over_after_one_call(database: Database) -> None:
    await Runs(database).accept(accepted())
    queue = SyncQueue(database)
    await queue.owe(item(), after(1))

    refusal = MesRefusal(code="WIP_NOT_FOUND", message="nobody knows it")
    await queue.ended(item(), outcome(item(), DeliveryState.PARKED, refusal), after(2))
    await queue.ended(item(), outcome(item(), DeliveryState.REFUSED), after(3), reason="WIP_NOT_FOUND: nobody knows it")
    [row] = await queue.open([DeliveryState.REFUSED])

    assert (row.attempts, row.last_error, row.synced_at) == (1, "WIP_NOT_FOUND: nobody knows it", after(3))
    assert await queue.open() == []


async def test_a_run_is_synced_when_it_is_over_and_nothing_of_it_is_owed(database: Database) -> None:
    await Runs(database).accept(accepted())
    queue, complete = SyncQueue(database), item(COMPLETE)
    await queue.owe(item(), after(1))

    await queue.ended(item(), outcome(item(), DeliveryState.DELIVERED), after(2))
    while_it_goes_on = await synced_at(database)
    await Runs(database).finish(ended(), [row_for(complete)])
    when_it_is_over = await synced_at(database)
    await queue.ended(complete, outcome(complete, DeliveryState.DELIVERED), after(70))

    assert (while_it_goes_on, when_it_is_over) == (None, None)
    assert await synced_at(database) == after(70)


async def test_a_run_of_which_something_is_left_is_not_synced(database: Database) -> None:
    await Runs(database).accept(accepted())
    queue, complete = SyncQueue(database), item(COMPLETE)
    await queue.owe(item(), after(1))
    await Runs(database).finish(ended(), [row_for(complete)])

    await queue.ended(item(), outcome(item(), DeliveryState.DELIVERED), after(70))

    assert await synced_at(database) is None
    assert [row.item for row in await queue.open()] == [complete]


async def test_what_is_owed_comes_oldest_first_and_others_rows_are_left_alone(database: Database) -> None:
    queue = SyncQueue(database)
    runs = [f"RUN{number}" for number in range(3)]
    for number, run_id in enumerate(runs):
        await Runs(database).accept(
            accepted(run_id, f"b{number}", unit=accepted().unit.model_copy(update={"wip": run_id}))
        )
        await queue.owe(item(run_id=run_id), T0 + timedelta(seconds=10 - number))

    rows = await queue.open()
    nobodys = item(run_id="RUN9")
    await queue.attempted(nobodys, "it is not there", after(20))

    assert [row.item.run_id for row in rows] == runs
    assert len(await told(database)) == 3


async def test_an_item_that_cannot_be_read_holds_up_no_other_and_is_named(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await Runs(database).accept(accepted())
    queue, broken, other = SyncQueue(database), item(), item(COMPLETE)
    for one in (broken, other):
        await queue.owe(one, after(1))

    def spoil(transaction: Connection) -> None:
        rows = update(SYNC_QUEUE).where(SYNC_QUEUE.c.item_id == broken.item_id)
        transaction.execute(rows.values(payload={**broken.model_dump(mode="json"), "process": "three"}))

    await database.write(spoil)

    assert [row.item for row in await queue.open()] == [other]
    assert f"{broken.item_id} is left out: the row's payload cannot be read (process)" in caplog.text
    [row] = await queue.unreadable()
    assert (row.item.item_id, row.item.action, row.item.wip, row.state) == (
        broken.item_id, START, "WIP-1", DeliveryState.PARKED
    )  # fmt: skip
    assert await queue.get(broken.item_id) == row
