"""What people did: who, when, what, why; written once, never changed."""

import operator
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import Connection, insert, select

from station.domain.audit import Deed
from station.storage.database import Database
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
            return [
                AuditRecord(
                    id=row.id,
                    deed=Deed(
                        id=row.entry_id or "",
                        at=row.time,
                        actor=row.actor,
                        action=row.action,
                        target=row.target,
                        reason=row.reason,
                        data=row.data or {},
                    ),
                )
                for row in await session.execute(query)
            ]


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
