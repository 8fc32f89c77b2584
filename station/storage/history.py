"""Which runs pass a filter, newest first, page after page, however many there are.

Every index of runs ends in the order of the history, so a page is read where it stands. Of several things asked at once
the rarest decides which index is walked; where none of them is rare, a narrow copy of the table is: the index
`ix_execution_results_history`. SQLite keeps no count of how rare a value is, so it is told: a condition on `+column`
is one that no index may be used for. PostgreSQL keeps count and decides itself.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from station.domain.outcome import Outcome
from station.storage.columns import UtcDateTime
from station.storage.expressions import bytewise, plain
from station.storage.filters import conditions
from station.storage.run_rows import RunRecord, record, without_plan
from station.storage.tables import FINDINGS, RUNS, SYNC_QUEUE

RARE = 20_000
"""Up to so many rows an index is walked although each must be looked up in the table."""

_LAST_CHARACTER = chr(0x10FFFF)
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True)
class RunFilter:
    """Which runs to list; what is left out does not narrow.

    Attributes:
        outcomes: Any of these.
        sequence: Name of the package.
        version: Its version.
        wip: The unit's identity in the MES.
        wip_prefix: What the identity begins with.
        process: The MES operation.
        operator: Who started it.
        status: running, completed, failed or stopped.
        failed_step: A step that ended FAILED or ERROR, in a run that is over.
        defect: A defect's code, in a run that is over.
        synced: True: the MES has been told everything; False: something is still owed to it. Runs of which it is
            never told are neither.
        refused: True: refused starts only; False: none of them.
        since: Accepted then or later, aware.
        until: Accepted before, aware.
    """

    batch: str | None = None
    outcomes: tuple[Outcome, ...] = ()
    sequence: str | None = None
    version: str | None = None
    wip: str | None = None
    wip_prefix: str | None = None
    process: int | None = None
    operator: str | None = None
    status: str | None = None
    failed_step: str | None = None
    defect: str | None = None
    synced: bool | None = None
    refused: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERY_RUN = RunFilter()


class Position(NamedTuple):
    """Where a page ended: its last run."""

    accepted_at: datetime
    run_id: str


class _Asked(NamedTuple):
    """One thing that is asked of runs.

    Attributes:
        indexed: The condition as an index can be used for it.
        plain: The same condition, for which none can.
        in_order: Whether its index gives the runs in the order of the history.
    """

    indexed: ColumnElement[bool]
    plain: ColumnElement[bool]
    in_order: bool = True


class _Found(NamedTuple):
    """A finding that is asked for."""

    kind: str
    step: str
    name: str


async def runs_of(
    session: AsyncSession, filter: RunFilter, limit: int, after: Position | None = None, *, rare: int = RARE
) -> list[RunRecord]:
    """A page of the runs that pass, newest first, without their plans.

    Args:
        session: Of the results database.
        filter: Which runs.
        limit: At most so many.
        after: Where the page before ended.
        rare: Up to so many rows are few.
    """
    query = await page_query(session, filter, limit, after, rare=rare)
    ids = list(await session.scalars(query))
    if not ids:
        return []
    rows = {row.id: row for row in await session.execute(without_plan().where(RUNS.c.id.in_(ids)))}
    return [record(rows[run_id]) for run_id in ids]


async def page_query(
    session: AsyncSession, filter: RunFilter, limit: int, after: Position | None = None, *, rare: int = RARE
) -> Select[tuple[str]]:
    """The query of a page's ids, made so that it walks the best index there is."""
    asked, findings = _asked(filter), _findings(filter)
    if session.get_bind().dialect.name != "sqlite":
        everything = [one.indexed for one in asked] + [_has(found) for found in findings]
        return _walk(filter, after, everything).limit(limit)
    counts = await _counts(session, filter, asked, findings, rare)
    rarest = min(counts, default=rare + 1)
    which = counts.index(rarest) if counts else 0
    if findings and (which >= len(asked) or rarest > rare):
        driving = findings[which - len(asked)] if which >= len(asked) else findings[0]
        others = [one.plain for one in _asked(replace(filter, batch=None, sequence=None))]
        others += [_has(found) for found in findings if found != driving]
        return _walk_findings(filter, after, driving, others).limit(limit)
    others = [_has(found) for found in findings]
    if rarest > rare:
        return _walk(filter, after, [one.plain for one in asked] + others).limit(limit)
    wanted = [one.indexed if number == which else one.plain for number, one in enumerate(asked)]
    in_order = all(one.in_order for number, one in enumerate(asked) if number == which)
    return _walk(filter, after, wanted + others, in_order=in_order).limit(limit)


async def _counts(
    session: AsyncSession, filter: RunFilter, asked: Sequence[_Asked], findings: Sequence[_Found], rare: int
) -> list[int]:
    """How many runs each thing that is asked leaves, counted no further than is needed to choose."""
    if len(asked) + len(findings) == 1 and all(one.in_order for one in asked):
        return [0]
    counts = []
    for one in asked:
        some = _between(select(literal(1)).select_from(RUNS), RUNS.c.accepted_at, filter)
        counts.append(await _count(session, some.where(one.indexed), rare))
    for found in findings:
        some = _between(select(literal(1)).select_from(FINDINGS), FINDINGS.c.accepted_at, filter)
        counts.append(await _count(session, some.where(*_same(found)), rare))
    return counts


async def _count(session: AsyncSession, some: Select[Any], rare: int) -> int:
    limited = some.limit(rare + 1).subquery()
    return int(await session.scalar(select(func.count()).select_from(limited)) or 0)


def _walk(
    filter: RunFilter, after: Position | None, wanted: Sequence[ColumnElement[bool]], *, in_order: bool = True
) -> Select[tuple[str]]:
    query = _between(select(RUNS.c.id), RUNS.c.accepted_at, filter).where(*wanted)
    # What an index gives in another order is sorted: no index in the right order may tempt the planner away from it.
    at, run_id = (RUNS.c.accepted_at, RUNS.c.id) if in_order else (plain(RUNS.c.accepted_at), plain(RUNS.c.id))
    if after is not None:
        query = query.where(_behind(at, run_id, after))
    return query.order_by(at.desc(), run_id.desc())


def _walk_findings(
    filter: RunFilter, after: Position | None, driving: _Found, others: Sequence[ColumnElement[bool]]
) -> Select[tuple[str]]:
    known = conditions(
        (FINDINGS.c.batch_id, operator.eq, filter.batch), (FINDINGS.c.sequence_name, operator.eq, filter.sequence)
    )
    query = _between(select(FINDINGS.c.execution_id), FINDINGS.c.accepted_at, filter).where(*_same(driving), *known)
    if others:
        query = query.join(RUNS, RUNS.c.id == FINDINGS.c.execution_id).where(*others)
    if after is not None:
        query = query.where(_behind(FINDINGS.c.accepted_at, FINDINGS.c.execution_id, after))
    return query.order_by(FINDINGS.c.accepted_at.desc(), FINDINGS.c.execution_id.desc())


def _asked(filter: RunFilter) -> list[_Asked]:
    equal = {
        RUNS.c.batch_id: filter.batch,
        RUNS.c.sequence_name: filter.sequence,
        RUNS.c.sequence_version: filter.version,
        RUNS.c.wip_id: filter.wip,
        RUNS.c.process_id: filter.process,
        RUNS.c.operator_id: filter.operator,
        RUNS.c.status: filter.status,
        RUNS.c.refused: filter.refused,
    }
    asked = [_Asked(column == value, plain(column) == value) for column, value in equal.items() if value is not None]
    if filter.outcomes:
        outcomes = [outcome.value for outcome in dict.fromkeys(filter.outcomes)]
        if len(outcomes) == 1:
            asked.append(_Asked(RUNS.c.outcome == outcomes[0], plain(RUNS.c.outcome) == outcomes[0]))
        else:
            asked.append(_Asked(RUNS.c.outcome.in_(outcomes), plain(RUNS.c.outcome).in_(outcomes), in_order=False))
    if filter.wip_prefix:
        asked.append(_beginning(filter.wip_prefix))
    if filter.synced is not None:
        asked.append(_synced(filter.synced))
    return asked


def _beginning(prefix: str) -> _Asked:
    """What begins with it lies between it and the next text that does not."""
    exact = func.substr(RUNS.c.wip_id, 1, len(prefix)) == prefix
    end = _next(prefix)
    text = bytewise(RUNS.c.wip_id, type_=RUNS.c.wip_id.type)
    inside = [text >= prefix] + ([text < end] if end else [])
    beginning = func.substr(plain(RUNS.c.wip_id), 1, len(prefix))
    return _Asked(and_(exact, *inside), beginning == prefix, in_order=False)


def _next(prefix: str) -> str:
    """The first text after all that begin with it; empty where there is none."""
    kept = prefix.rstrip(_LAST_CHARACTER)
    if not kept:
        return ""
    code = ord(kept[-1]) + 1
    return kept[:-1] + chr(_SURROGATES.stop if code in _SURROGATES else code)


def _synced(wanted: bool) -> _Asked:
    if wanted:
        return _Asked(RUNS.c.synced_at.is_not(None), plain(RUNS.c.synced_at).is_not(None))
    owed = select(SYNC_QUEUE.c.execution_id).where(
        SYNC_QUEUE.c.synced_at.is_(None), SYNC_QUEUE.c.execution_id.is_not(None)
    )
    return _Asked(RUNS.c.id.in_(owed), plain(RUNS.c.id).in_(owed), in_order=False)


def _findings(filter: RunFilter) -> list[_Found]:
    findings = []
    if filter.failed_step is not None:
        findings.append(_Found("step", filter.failed_step, ""))
    if filter.defect is not None:
        findings.append(_Found("defect", "", filter.defect))
    return findings


def _has(found: _Found) -> ColumnElement[bool]:
    return exists().where(FINDINGS.c.execution_id == RUNS.c.id, *_same(found)).correlate(RUNS)


def _same(found: _Found) -> tuple[ColumnElement[bool], ...]:
    return (FINDINGS.c.kind == found.kind, FINDINGS.c.step_name == found.step, FINDINGS.c.name == found.name)


def _between(query: Select[Any], column: ColumnElement[datetime], filter: RunFilter) -> Select[Any]:
    if filter.since is not None:
        query = query.where(column >= filter.since)
    if filter.until is not None:
        query = query.where(column < filter.until)
    return query


def _behind(at: ColumnElement[datetime], run_id: ColumnElement[str], after: Position) -> ColumnElement[bool]:
    return tuple_(at, run_id) < tuple_(literal(after.accepted_at, UtcDateTime()), literal(after.run_id))
