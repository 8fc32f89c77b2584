"""What people did: who, when, what, why; written once, never changed."""

import builtins
import operator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select

from station.domain.audit import Deed
from station.storage.database import Database
from station.storage.expressions import bytewise
from station.storage.filters import conditions
from station.storage.tables import AUDIT


@dataclass(frozen=True)
class AuditRecord:
    """One entry as it is read.

    Attributes:
        id: Grows without a gap.
    """

    id: int
    deed: Deed


@dataclass(frozen=True)
class AuditFilter:
    """Which entries to list; what is left out does not narrow.

    Attributes:
        before: Only entries with a smaller id: the next page.
    """

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = field(default=100)


class Audit:
    """The audit of the station.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, deed: Deed) -> None:
        """Write what somebody did; a second time changes nothing."""
        await self._database.write(lambda transaction: record(transaction, deed))

    async def list(self, filter: AuditFilter = AuditFilter()) -> list[AuditRecord]:
        """The latest entries that pass the filter, newest first."""
        wanted = conditions(
            (AUDIT.c.actor, operator.eq, filter.actor),
            (AUDIT.c.action, operator.eq, filter.action),
            (AUDIT.c.target, operator.eq, filter.target),
            (AUDIT.c.time, operator.ge, filter.since),
            (AUDIT.c.time, operator.lt, filter.until),
            (AUDIT.c.id, operator.lt, filter.before),
        )
        query = select(AUDIT).where(*wanted).order_by(AUDIT.c.id.desc()).limit(filter.limit)
        async with self._database.read() as session:
            return [_record(row) for row in await session.execute(query)]

    async def of_run(self, run_id: str) -> builtins.list[AuditRecord]:
        """What was done to a run and to what is owed for it, oldest first; at most 1000 entries."""
        beginning = f"{run_id}/"
        of_run = or_(
            *(and_(text >= beginning, text < f"{run_id}0") for text in map(_text, (AUDIT.c.entry_id, AUDIT.c.target))),
            AUDIT.c.target == run_id,
        )
        query = select(AUDIT).where(of_run).order_by(AUDIT.c.id).limit(1000)
        async with self._database.read() as session:
            return [_record(row) for row in await session.execute(query)]


def _text(column: Any) -> ColumnElement[str]:  # noqa: ANN401 - a column
    return bytewise(column, type_=column.type)


def _record(row: Row[Any]) -> AuditRecord:
    deed = Deed(
        id=row.entry_id or "",
        at=row.time,
        actor=row.actor,
        action=row.action,
        target=row.target,
        reason=row.reason,
        data=row.data or {},
    )
    return AuditRecord(id=row.id, deed=deed)


def record(transaction: Connection, deed: Deed) -> bool:
    """Write what somebody did in somebody's transaction; tells whether it was not written yet."""
    known = select(AUDIT.c.id).where(AUDIT.c.entry_id == deed.id)
    if transaction.scalar(known) is not None:
        return False
    transaction.execute(insert(AUDIT), {"entry_id": deed.id, **_columns(deed)})
    return True


def _columns(deed: Deed) -> dict[str, JsonValue | datetime]:
    return {
        "time": deed.at,
        "actor": deed.actor,
        "action": deed.action,
        "target": deed.target,
        "reason": deed.reason,
        "data": deed.data,
    }
