"""What is owed to the MES, as rows people can look at; what a lost engine's deliveries are rebuilt from."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue, ValidationError
from sqlalchemy import Connection, Row, Update, bindparam, func, select, update

from station.domain.delivery import Delivered, DeliveryState, MesAction, OwedItem
from station.domain.events import EventType
from station.domain.outcome import RunState
from station.storage.database import Database
from station.storage.events import NewEvent, insert_events
from station.storage.runs import OwedItem as OwedRow
from station.storage.runs import owe
from station.storage.tables import RUNS, SYNC_QUEUE

logger = logging.getLogger(__name__)

ENTITY = "wip_process"
"""`entity_type` of the source documents for everything the MES is told of a WIP."""

_ITEM: Update = update(SYNC_QUEUE).where(SYNC_QUEUE.c.item_id == bindparam("item"))


@dataclass(frozen=True)
class QueueRecord:
    """One row of the queue.

    Attributes:
        attempts: Calls made so far.
        last_error: Why it is still owed, or why it is parked.
        readable: False: the item is only what the row's own columns tell, and cannot be sent.
        server_failures: How often in a row the MES failed at it with a 500, by now.
    """

    item: OwedItem
    state: DeliveryState
    attempts: int
    last_error: str
    created_at: datetime
    synced_at: datetime | None
    readable: bool = True
    server_failures: int = 0


def row_for(item: OwedItem) -> OwedRow:
    """Give an item the shape its row has, for a transaction that writes it beside a run's result."""
    return OwedRow(
        item_id=item.item_id,
        entity_type=ENTITY,
        entity_id=item.wip,
        action=item.action.value,
        payload=item.model_dump(mode="json"),
    )


class SyncQueue:
    """The queue of what is owed to the MES.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def owe(self, item: OwedItem, at: datetime) -> None:
        """Write an item down before anything is sent; a second time changes nothing."""

        def write(transaction: Connection) -> None:
            if owe(transaction, row_for(item), item.run_id or None, at):
                insert_events(transaction, [_event(item, at, DeliveryState.PENDING, 0, "")])

        await self._database.write(write)

    async def attempted(self, item: OwedItem, error: str, at: datetime, *, server_failed: bool = False) -> None:
        """Write down a call that came to nothing, and whether the MES failed at it with a 500."""
        failures = SYNC_QUEUE.c.server_failures + 1 if server_failed else 0

        def write(transaction: Connection) -> None:
            values = {"retry_count": SYNC_QUEUE.c.retry_count + 1, "last_error": error, "server_failures": failures}
            transaction.execute(_ITEM.values(**values), {"item": item.item_id})
            self._tell(transaction, item, at, error)

        await self._database.write(write)

    async def ended(self, item: OwedItem, outcome: Delivered, at: datetime, *, reason: str = "") -> None:
        """Write down what became of an item: delivered, parked for a person, discarded by one, or refused."""
        over = outcome.state is not DeliveryState.PARKED
        refusal = f"{outcome.refusal.code}: {outcome.refusal.message}" if outcome.refusal else reason
        values: dict[str, Any] = {"state": outcome.state.value, "last_error": refusal or None}
        if over:
            values["synced_at"] = at
        if outcome.state in {DeliveryState.DELIVERED, DeliveryState.PARKED}:
            values["retry_count"] = SYNC_QUEUE.c.retry_count + 1

        def write(transaction: Connection) -> None:
            transaction.execute(_ITEM.values(**values), {"item": item.item_id})
            told = {
                name: text for name, text in (("wip_status", outcome.wip_status), ("serial", outcome.serial)) if text
            }
            self._tell(transaction, item, at, refusal, told)
            if over and item.run_id:
                self._stamp_run(transaction, item.run_id, at)

        await self._database.write(write)

    async def reopened(self, item: OwedItem, by: str, at: datetime) -> None:
        """Write down that a person wants a parked item tried again, as it is now: its result may be the person's."""

        def write(transaction: Connection) -> None:
            values = {
                "state": DeliveryState.PENDING.value,
                "last_error": f"tried again at the wish of {by}",
                "server_failures": 0,
                "payload": item.model_dump(mode="json"),
            }
            transaction.execute(_ITEM.values(**values), {"item": item.item_id})
            self._tell(transaction, item, at, "")

        await self._database.write(write)

    async def get(self, item_id: str) -> QueueRecord | None:
        """One item; None where it was never owed."""
        async with self._database.read() as session:
            query = select(SYNC_QUEUE).where(SYNC_QUEUE.c.item_id == item_id)
            row = (await session.execute(query)).one_or_none()
        return None if row is None else _record(row)

    async def open(self, states: Collection[DeliveryState] = (), *, wip: str = "") -> list[QueueRecord]:
        """What is owed, oldest first: pending and parked items, or those of the states given; of one WIP, or of all.

        What cannot be read is left out, with an error in the log: it must not hold up everything else.
        """
        records = await self._open(states, wip)
        for record in records:
            if not record.readable:
                logger.error("%s is left out: %s", record.item.item_id, record.last_error)
        return [record for record in records if record.readable]

    async def sizes(self) -> dict[DeliveryState, int]:
        """How many items are pending, and how many parked."""
        states = (DeliveryState.PENDING, DeliveryState.PARKED)
        query = (
            select(SYNC_QUEUE.c.state, func.count().label("owed"))
            .where(SYNC_QUEUE.c.item_id.is_not(None), SYNC_QUEUE.c.state.in_([state.value for state in states]))
            .group_by(SYNC_QUEUE.c.state)
        )
        async with self._database.read() as session:
            counted = {row.state: row.owed for row in await session.execute(query)}
        return {state: counted.get(state.value, 0) for state in states}

    async def unreadable(self) -> list[QueueRecord]:
        """What is owed, but cannot be read, and waits for a person; oldest first."""
        return [record for record in await self._open() if not record.readable]

    async def _open(self, states: Collection[DeliveryState] = (), wip: str = "") -> list[QueueRecord]:
        wanted = states or (DeliveryState.PENDING, DeliveryState.PARKED)
        query = (
            select(SYNC_QUEUE)
            .where(SYNC_QUEUE.c.item_id.is_not(None), SYNC_QUEUE.c.state.in_([state.value for state in wanted]))
            .order_by(SYNC_QUEUE.c.id)
        )
        if wip:
            query = query.where(SYNC_QUEUE.c.entity_id == wip)
        async with self._database.read() as session:
            return [_record(row) for row in await session.execute(query)]

    def _stamp_run(self, transaction: Connection, run_id: str, at: datetime) -> None:
        """A run is synced when it is over and nothing of it is owed any more."""
        left = select(func.count()).where(SYNC_QUEUE.c.execution_id == run_id, SYNC_QUEUE.c.synced_at.is_(None))
        if transaction.scalar(left) == 0:
            over = (RUNS.c.id == run_id, RUNS.c.state == RunState.COMPLETED.value)
            transaction.execute(update(RUNS).where(*over).values(synced_at=at))

    def _tell(
        self,
        transaction: Connection,
        item: OwedItem,
        at: datetime,
        error: str,
        more: Mapping[str, JsonValue] | None = None,
    ) -> None:
        query = select(SYNC_QUEUE.c.state, SYNC_QUEUE.c.retry_count).where(SYNC_QUEUE.c.item_id == item.item_id)
        row = (transaction.execute(query)).one_or_none()
        if row is not None:
            event = _event(item, at, DeliveryState(row.state), row.retry_count, error, more or {})
            insert_events(transaction, [event])


def _event(
    item: OwedItem,
    at: datetime,
    state: DeliveryState,
    attempts: int,
    error: str,
    more: Mapping[str, JsonValue] | None = None,
) -> NewEvent:
    data: dict[str, JsonValue] = {
        "item_id": item.item_id,
        "action": item.action.value,
        "wip": item.wip,
        "state": state.value,
        "retry_count": attempts,
        "last_error": error,
        **(more or {}),
    }
    return NewEvent(at, EventType.DELIVERY, item.batch or None, item.run_id or None, data)


def _record(row: Row[Any]) -> QueueRecord:
    try:
        item = OwedItem.model_validate(row.payload)
    except ValidationError as error:
        return _unreadable(row, error)
    return QueueRecord(
        item=item,
        state=DeliveryState(row.state),
        attempts=row.retry_count,
        last_error=row.last_error or "",
        created_at=row.created_at,
        synced_at=row.synced_at,
        server_failures=row.server_failures,
    )


def _unreadable(row: Row[Any], error: ValidationError) -> QueueRecord:
    """What can be told of an item whose payload is none: a person must look at it."""
    wrong = ", ".join(".".join(map(str, one["loc"])) or one["msg"] for one in error.errors())
    item = OwedItem(
        item_id=row.item_id,
        run_id=row.execution_id or "",
        action=MesAction(row.action),
        wip=row.entity_id,
        created_at=row.created_at,
    )
    owed = row.state in {DeliveryState.PENDING, DeliveryState.PARKED}
    return QueueRecord(
        item=item,
        state=DeliveryState.PARKED if owed else DeliveryState(row.state),
        attempts=row.retry_count,
        last_error=f"the row's payload cannot be read ({wrong})",
        created_at=row.created_at,
        synced_at=row.synced_at,
        readable=False,
    )
