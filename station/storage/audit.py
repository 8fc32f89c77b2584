"""What people did: who, when, what, why; written once, never changed."""

import builtins
import json
import operator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from station.domain.audit import Deed
from station.storage.chain import FIRST, hash_of
from station.storage.columns import dump_json, storable
from station.storage.database import Database
from station.storage.expressions import bytewise
from station.storage.filters import conditions
from station.storage.tables import AUDIT, AUDIT_HEAD

_AT_ONCE = 500
"""Entries that are verified without a pause; about 10 ms."""


@dataclass(frozen=True)
class AuditRecord:
    """One entry as it is read.

    Attributes:
        id: Grows without a gap.
    """

    id: int
    deed: Deed


@dataclass(frozen=True)
class AuditVerdict:
    """Whether the audit is whole.

    Attributes:
        entries: How many were looked at.
        head_id: The last entry; 0 where there is none.
        head_hash: Its hash; whoever notes both elsewhere can ask later whether they still stand.
        broken_id: The first entry at which the chain breaks; None where it does not.
        problem: What is wrong there, in words.
    """

    entries: int
    head_id: int
    head_hash: str
    broken_id: int | None = None
    problem: str = ""

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return self.broken_id is None


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

    async def verify(self, known: tuple[int, str] | None = None) -> AuditVerdict:
        """Follow the chain from the first entry to the last.

        Args:
            known: The id and the hash of an entry, noted elsewhere; it must still stand.
        """
        chain = AuditVerdict(entries=0, head_id=0, head_hash=FIRST)
        met = known is None or known == (0, FIRST)
        after, at_once = None, _AT_ONCE
        async with self._database.read() as session:
            head = (await session.execute(select(AUDIT_HEAD))).one_or_none()
            while True:
                page = select(AUDIT).order_by(AUDIT.c.id).limit(at_once)
                page = page if after is None else page.where(AUDIT.c.id > after)
                try:
                    rows = (await session.execute(page)).all()
                except (ValueError, TypeError):  # somebody wrote there what the station never would
                    if at_once == 1:
                        unreadable = await session.scalar(page.with_only_columns(AUDIT.c.id))
                        return replace(chain, broken_id=unreadable, problem="it cannot be read")
                    at_once = 1
                    continue
                for row in rows:
                    after = row.id
                    if row.hash != hash_of(chain.head_hash, row._asdict()):
                        text = "it was changed or put in, or what stood before it was taken away"
                        return replace(chain, broken_id=row.id, problem=text)
                    chain = AuditVerdict(chain.entries + 1, row.id, row.hash)
                    met = met or known == (row.id, row.hash)
                if len(rows) < at_once:
                    break
        if known is not None and not met:
            return replace(chain, broken_id=known[0], problem="it is not the entry that was noted")
        return _end_of(chain, head)


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


def _end_of(chain: AuditVerdict, head: Row[Any] | None) -> AuditVerdict:
    """Hold the end of an unbroken chain against where the audit is known to end."""
    if head is None:
        return replace(chain, broken_id=chain.head_id, problem="where the audit ends is not known any more")
    if head.last_id > chain.head_id:
        text = f"entries were taken from the end: {head.last_id} was the last one"
        return replace(chain, broken_id=chain.head_id + 1, problem=text)
    if (head.last_id, head.last_hash) != (chain.head_id, chain.head_hash):
        text = f"it was not written by the station: {head.last_id} was the last one"
        return replace(chain, broken_id=chain.head_id, problem=text)
    return chain


def record(transaction: Connection, deed: Deed) -> bool:
    """Write what somebody did in somebody's transaction; tells whether it was not written yet."""
    known = select(AUDIT.c.id).where(AUDIT.c.entry_id == deed.id)
    if transaction.scalar(known) is not None:
        return False
    head = transaction.execute(select(AUDIT_HEAD)).one_or_none()
    # From the head and not from the last entry: what was taken from the end would be forgotten with the next deed.
    before = head.last_hash if head is not None else FIRST
    last = transaction.scalar(select(func.max(AUDIT.c.id))) or 0
    row = {"id": max(last, head.last_id if head is not None else 0) + 1, "entry_id": deed.id, **_columns(deed)}
    row["hash"] = hash_of(before, row)
    transaction.execute(insert(AUDIT), row)
    values = {"last_id": row["id"], "last_hash": row["hash"]}
    if head is None:
        transaction.execute(insert(AUDIT_HEAD), {"id": 1, **values})
    else:
        transaction.execute(update(AUDIT_HEAD).values(values))
    return True


def _columns(deed: Deed) -> dict[str, Any]:
    """The columns of an entry, in the words in which the database gives them back."""
    return {
        "time": deed.at,
        "actor": storable(deed.actor),
        "action": deed.action,
        "target": storable(deed.target),
        "reason": storable(deed.reason),
        "data": json.loads(dump_json(deed.data)),
    }
