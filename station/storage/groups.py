"""Which runs are summed up, and by what; and percentiles, which no database has in the same words."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from station.storage.expressions import epoch, plain
from station.storage.filters import conditions
from station.storage.tables import RUNS


class Grouping(StrEnum):
    """By what runs are summed up."""

    BATCH = "batch"
    SEQUENCE = "sequence"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    """From Monday."""


_SECONDS = {Grouping.HOUR: 3600, Grouping.DAY: 86_400, Grouping.WEEK: 7 * 86_400}
_MONDAY = -3 * 86_400
"""The first Monday before 1970, from its beginning."""


@dataclass(frozen=True)
class Span:
    """Which runs are summed up; what is left out does not narrow.

    Attributes:
        since: Accepted then or later, aware.
        until: Accepted before, aware.
    """

    batch: str | None = None
    sequence: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def runs_of(span: Span) -> list[ColumnElement[bool]]:
    """The runs of a span, as conditions; those that begin with a column have no index used for them."""
    return conditions(
        (plain(RUNS.c.batch_id), operator.eq, span.batch),
        (plain(RUNS.c.sequence_name), operator.eq, span.sequence),
        (RUNS.c.accepted_at, operator.ge, span.since),
        (RUNS.c.accepted_at, operator.lt, span.until),
    )


def group_of(by: Grouping | None, offset: timedelta) -> ColumnElement[Any]:
    """The group of a run, as a cell; `name_of` says what it stands for.

    Args:
        by: Into which groups; None: one of all.
        offset: Of the clock by which hours, days and weeks begin, from UTC.
    """
    match by:
        case None:
            return literal(0)
        case Grouping.BATCH:
            return RUNS.c.batch_id
        case Grouping.SEQUENCE:
            return RUNS.c.sequence_name
        case _:
            return (epoch(RUNS.c.accepted_at) + _shift(by, offset)) // _SECONDS[by]


def name_of(by: Grouping | None, group: Any, offset: timedelta) -> str | datetime | None:  # noqa: ANN401 - a cell
    """The batch, the sequence, or when the hour, day or week began; None: all runs."""
    if by is None:
        return None
    if by not in _SECONDS:
        return str(group)
    return began_of(by, int(group), offset)


def began_of(by: Grouping, group: int, offset: timedelta) -> datetime:
    """When an hour, day or week began, from its cell."""
    return datetime.fromtimestamp(group * _SECONDS[by] - _shift(by, offset), UTC)


def _shift(by: Grouping, offset: timedelta) -> int:
    return int(offset.total_seconds()) - (_MONDAY if by is Grouping.WEEK else 0)


async def percentiles(session: AsyncSession, timed: Select[Any], counts: Mapping[Any, int]) -> dict[Any, list[float]]:
    """The smallest times of each group that 50 and 95 percent of the group do not exceed.

    Args:
        session: Of the results database.
        timed: The times, as `seconds`, with their group, as `grouped`.
        counts: How many there are in each group.
    """
    places = {group: [-(-count * percent // 100) for percent in (50, 95)] for group, count in counts.items() if count}
    of = timed.subquery()
    place = func.row_number().over(partition_by=of.c.grouped, order_by=of.c.seconds)
    ranked = select(of.c.grouped, of.c.seconds, place.label("place")).subquery()
    wanted = {place for both in places.values() for place in both}
    rows = await session.execute(select(ranked).where(ranked.c.place.in_(wanted)))
    found = {(row.grouped, row.place): row.seconds for row in rows}
    return {group: [found[group, place] for place in both] for group, both in places.items()}
