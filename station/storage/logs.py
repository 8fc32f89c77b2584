"""The log lines of runs and batches; each is a live event too."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Row, insert, select

from station.domain.events import EventType
from station.storage.columns import storable
from station.storage.database import Database
from station.storage.events import NewEvent, insert_events
from station.storage.filters import conditions, one_of
from station.storage.tables import LOGS

_INSERT = insert(LOGS).inline()


@dataclass(frozen=True)
class LogLine:
    """One line of the log.

    Attributes:
        level: debug, info, warning, error or critical.
        data: What the line carries besides its message.
        id: Given by the database; None while it is not there.
    """

    time: datetime
    batch: str
    level: str
    message: str
    run_id: str | None = None
    step: str | None = None
    data: dict[str, JsonValue] = field(default_factory=dict)
    id: int | None = None


@dataclass(frozen=True)
class LogFilter:
    """Which lines to list; what is left out does not narrow.

    Attributes:
        levels: Any of these.
        since: From then on, aware.
        before: Only lines with a smaller id: the next page.
        limit: At most so many.
    """

    batch: str | None = None
    run_id: str | None = None
    step: str | None = None
    levels: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 200


class Logs:
    """The log of the station.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, lines: Sequence[LogLine], progress_events: Sequence[NewEvent] = ()) -> None:
        """Write lines, their events and other events that wait, in one transaction."""
        if not lines and not progress_events:
            return

        def write(transaction: Connection) -> None:
            insert_lines(transaction, lines)
            insert_events(transaction, progress_events)

        await self._database.write(write)

    async def list(self, filter: LogFilter = LogFilter()) -> list[LogLine]:
        """The latest lines that pass the filter, oldest first."""
        wanted = conditions(
            (LOGS.c.batch_id, operator.eq, filter.batch),
            (LOGS.c.execution_id, operator.eq, filter.run_id),
            (LOGS.c.step_name, operator.eq, filter.step),
            (LOGS.c.level, one_of, filter.levels),
            (LOGS.c.timestamp, operator.ge, filter.since),
            (LOGS.c.timestamp, operator.lt, filter.until),
            (LOGS.c.id, operator.lt, filter.before),
        )
        query = select(LOGS).where(*wanted).order_by(LOGS.c.id.desc()).limit(filter.limit)
        async with self._database.read() as session:
            return [_line(row) for row in await session.execute(query)][::-1]


def insert_lines(transaction: Connection, lines: Sequence[LogLine]) -> None:
    """Write lines and the events that announce them in somebody's transaction."""
    if not lines:
        return
    transaction.execute(_INSERT, [_row(line) for line in lines])
    insert_events(transaction, [_announcement(line) for line in lines])


def _row(line: LogLine) -> dict[str, Any]:
    return {
        "batch_id": line.batch,
        "execution_id": line.run_id,
        "step_name": line.step,
        "level": line.level,
        "message": line.message,
        "data": line.data or None,
        "timestamp": line.time,
    }


def _announcement(line: LogLine) -> NewEvent:
    data: dict[str, JsonValue] = {"level": line.level, "message": storable(line.message), "step": line.step}
    if line.data:
        data["data"] = line.data
    return NewEvent(line.time, EventType.LOG, line.batch, line.run_id, data)


def _line(row: Row[Any]) -> LogLine:
    return LogLine(
        row.timestamp, row.batch_id, row.level, row.message, row.execution_id, row.step_name, row.data or {}, row.id
    )
