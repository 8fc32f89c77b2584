"""Live events: rows with an ever growing id, which a watcher follows and resumes from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Row, func, insert, select

from station.domain.events import EventType
from station.storage.database import Database
from station.storage.tables import EVENTS, IDENTITY

_INSERT = insert(EVENTS).inline()


@dataclass(frozen=True)
class NewEvent:
    """An event that has not been written yet.

    Attributes:
        time: When it happened, aware.
        batch: The batch it is about; None: the station.
        run_id: The run it is about, if any.
        data: See `station.domain.events.EventType`.
    """

    time: datetime
    type: EventType
    batch: str | None = None
    run_id: str | None = None
    data: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """An event as everybody sees it; ids grow in the order in which events become visible."""

    id: int
    time: datetime
    batch: str | None
    run_id: str | None
    type: str
    data: dict[str, JsonValue]


class Events:
    """The live events of the station.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, id: int, limit: int = 500, batches: Collection[str] | None = None) -> list[Event]:
        """The next events after this id, oldest first.

        Args:
            id: The last id seen; 0 for the beginning.
            limit: At most so many.
            batches: Only events of these batches; None: all, and those of the station itself.
        """
        query = select(EVENTS).where(EVENTS.c.id > id).order_by(EVENTS.c.id).limit(limit)
        if batches is not None:
            query = query.where(EVENTS.c.batch_id.in_(batches))
        async with self._database.read() as session:
            return [_event(row) for row in await session.execute(query)]

    async def of_run(self, run_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        """The next events of a run after this id, oldest first."""
        of_run = (EVENTS.c.execution_id == run_id, EVENTS.c.id > after)
        query = select(EVENTS).where(*of_run).order_by(EVENTS.c.id).limit(limit)
        async with self._database.read() as session:
            return [_event(row) for row in await session.execute(query)]

    async def serial_of(self, run_id: str) -> str | None:
        """The serial number that the MES gave a unit with this run; None where it gave none."""
        of_run = (EVENTS.c.execution_id == run_id, EVENTS.c.type == EventType.DELIVERY.value)
        query = select(EVENTS.c.data).where(*of_run).order_by(EVENTS.c.id.desc())
        async with self._database.read() as session:
            told = [data.get("serial") for data in await session.scalars(query)]
        return next((str(serial) for serial in told if serial), None)

    async def last_id(self) -> int:
        """The id of the latest event; 0 where there is none."""
        async with self._database.read() as session:
            return int(await session.scalar(select(func.max(EVENTS.c.id))) or 0)

    async def epoch(self) -> str:
        """Which database the ids belong to; another one has another epoch, a copy of this one the same."""
        async with self._database.read() as session:
            return str(await session.scalar(select(IDENTITY.c.epoch).limit(1)))

    async def append(self, *events: NewEvent) -> None:
        """Write events that announce nothing else in the database."""

        def write(transaction: Connection) -> None:
            insert_events(transaction, events)

        await self._database.write(write)


def insert_events(transaction: Connection, events: Sequence[NewEvent]) -> None:
    """Write events in the transaction of what they announce."""
    if not events:
        return
    rows = [_row(event) for event in events]
    transaction.execute(_INSERT, rows[0] if len(rows) == 1 else rows)


def _row(event: NewEvent) -> dict[str, Any]:
    return {
        "time": event.time,
        "batch_id": event.batch,
        "execution_id": event.run_id,
        "type": event.type.value,
        "data": event.data,
    }


def _event(row: Row[Any]) -> Event:
    return Event(row.id, row.time, row.batch_id, row.execution_id, row.type, row.data)
