"""The log lines of runs and batches; each is a live event too."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import JsonValue
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Tuple,
    func,
    insert,
    literal,
    literal_column,
    select,
    tuple_,
)

from station.domain.events import EventType
from station.storage.columns import UtcDateTime, storable
from station.storage.database import Database
from station.storage.events import NewEvent, insert_events
from station.storage.filters import conditions, one_of
from station.storage.tables import LOGS, NOTABLE_LOGS

LOOKED_AT = 50_000
"""Lines that are looked at for one page."""
_NOTABLE = frozenset({"warning", "error", "critical"})
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
        until: Before then, aware.
        text: What the message holds, in upper or lower case.
    """

    batch: str | None = None
    run_id: str | None = None
    step: str | None = None
    levels: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


class LogPosition(NamedTuple):
    """Where a page ended: the last line that was looked at."""

    time: datetime
    id: int


@dataclass(frozen=True)
class LogPage:
    """A page of lines, newest first.

    Attributes:
        lines: They may be fewer than were asked for, even none, and yet not the last.
        next: Where the next page begins; None: this is the last one.
    """

    lines: list[LogLine]
    next: LogPosition | None


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

    async def list(self, filter: LogFilter = LogFilter(), limit: int = 200) -> list[LogLine]:
        """The latest lines that pass the filter, oldest first."""
        lines: list[LogLine] = []
        position = None
        while True:
            page = await self.page(filter, limit - len(lines), position)
            lines += page.lines
            position = page.next
            if position is None or len(lines) >= limit:
                return lines[::-1]

    async def page(self, filter: LogFilter, limit: int, after: LogPosition | None = None) -> LogPage:
        """Lines that pass the filter, newest first.

        Only so many lines are looked at for one page: who searches the lines of a year for a word goes on with the
        next page until there is none.

        Args:
            filter: Which lines.
            limit: At most so many.
            after: Where the page before ended.
        """
        looked_at, within = _looked_at(filter, after), _within(filter)
        newest_first = (LOGS.c.timestamp.desc(), LOGS.c.id.desc())
        async with self._database.read() as session:
            end = None
            if within:
                last = select(LOGS.c.timestamp, LOGS.c.id).where(*looked_at).order_by(*newest_first)
                end = (await session.execute(last.limit(1).offset(LOOKED_AT - 1))).one_or_none()
                if end is not None:
                    looked_at.append(_position(LogPosition(*end)) <= _HERE)
            query = select(LOGS).where(*looked_at, *within).order_by(*newest_first).limit(limit)
            lines = [_line(row) for row in await session.execute(query)]
        if len(lines) == limit:
            return LogPage(lines, LogPosition(lines[-1].time, lines[-1].id or 0))
        return LogPage(lines, None if end is None else LogPosition(*end))


_HERE = tuple_(LOGS.c.timestamp, LOGS.c.id)


def _position(at: LogPosition) -> Tuple:
    return tuple_(literal(at.time, UtcDateTime()), literal(at.id))


def _looked_at(filter: LogFilter, after: LogPosition | None) -> list[ColumnElement[bool]]:
    """What an index narrows by, in the order of the lines."""
    wanted = conditions(
        (LOGS.c.batch_id, operator.eq, filter.batch),
        (LOGS.c.execution_id, operator.eq, filter.run_id),
        (LOGS.c.timestamp, operator.ge, filter.since),
        (LOGS.c.timestamp, operator.lt, filter.until),
    )
    if filter.levels and _NOTABLE.issuperset(filter.levels):
        wanted.append(literal_column(NOTABLE_LOGS))  # without a type: as a Boolean it would become `(...) = 1`
    if after is not None:
        wanted.append(_position(after) > _HERE)
    return wanted


def _within(filter: LogFilter) -> list[ColumnElement[bool]]:
    """What is looked for among them."""
    wanted = conditions((LOGS.c.step_name, operator.eq, filter.step), (LOGS.c.level, one_of, filter.levels))
    if filter.text:
        wanted.append(func.lower(LOGS.c.message).contains(filter.text.lower(), autoescape=True))
    return wanted


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
