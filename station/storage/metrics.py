"""What the metrics are counted from, and what was counted so far: both up to the same event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, delete, func, insert, select

from station.domain.events import EventType
from station.storage.database import Database
from station.storage.tables import EVENTS, METRIC_TOTALS, RUNS


@dataclass(frozen=True)
class CountedEvent:
    """An event that counts.

    Attributes:
        sequence: The package of the run it is about; empty where it is about none.
    """

    id: int
    type: str
    batch: str
    sequence: str
    data: dict[str, JsonValue]


@dataclass(frozen=True)
class Counted:
    """Totals, and the event up to which they count."""

    last_event_id: int
    totals: dict[str, Any]


class MetricRecords:
    """The events that count, and the totals.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, id: int, types: Sequence[EventType], limit: int) -> tuple[list[CountedEvent], int]:
        """The next events of these types, oldest first, and the event up to which there are no others.

        The second one is less than `id` where the database is another one than that of which `id` was told.
        """
        query = (
            select(EVENTS.c.id, EVENTS.c.type, EVENTS.c.batch_id, EVENTS.c.data, RUNS.c.sequence_name)
            .outerjoin(RUNS, RUNS.c.id == EVENTS.c.execution_id)
            .where(EVENTS.c.id > id, EVENTS.c.type.in_([one.value for one in types]))
            .order_by(EVENTS.c.id)
            .limit(limit)
        )
        async with self._database.read() as session:
            last = int(await session.scalar(select(func.max(EVENTS.c.id))) or 0)
            rows = (await session.execute(query)).all()
        events = [CountedEvent(row.id, row.type, row.batch_id or "", row.sequence_name or "", row.data) for row in rows]
        return events, events[-1].id if len(events) == limit else last

    async def load(self, name: str) -> Counted | None:
        """What was counted so far under a name; None: nothing yet."""
        query = select(METRIC_TOTALS).where(METRIC_TOTALS.c.name == name)
        async with self._database.read() as session:
            row = (await session.execute(query)).one_or_none()
        return None if row is None else Counted(row.last_event_id, row.totals)

    async def save(self, name: str, counted: Counted, at: datetime) -> None:
        """Keep what was counted, with the event up to which it counts, in one transaction."""
        values = {"name": name, "last_event_id": counted.last_event_id, "totals": counted.totals, "updated_at": at}

        def write(transaction: Connection) -> None:
            transaction.execute(delete(METRIC_TOTALS).where(METRIC_TOTALS.c.name == name))
            transaction.execute(insert(METRIC_TOTALS), values)

        await self._database.write(write)
