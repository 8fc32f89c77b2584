"""Sums over runs, for the figures of a line: yields, failures, durations, series of a measurement.

Only runs that are over count. Filters are conditions for which no index is used (`+column`), so that SQLite walks the
narrow copy of the table in the order of time; see `station.storage.history`.
"""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    case,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from station.domain.measurement import Limit
from station.domain.outcome import Outcome, RunState
from station.storage.database import Database
from station.storage.expressions import epoch, plain
from station.storage.filters import conditions
from station.storage.steps import FINISHED
from station.storage.tables import EVENTS, EVENTS_OF_RUNS, FINDINGS, MEASUREMENTS, RUNS, STEPS

_LIMIT: TypeAdapter[Limit | None] = TypeAdapter(Limit | None)
_MOST_CAUSES = 500
_LATEST = 200
"""Runs whose measurements are offered to look at."""


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


@dataclass(frozen=True)
class Sum:
    """What the runs of one group came to.

    Attributes:
        group: The batch, the sequence, or when the hour, day or week began; None: all runs.
        runs: How many, those under way and refused starts left out.
        first_passed: Units that passed when they were judged for the first time in this process.
        first_judged: Units that were.
        last_passed: Units that passed when they were judged for the last time so far.
        last_judged: Units that were.
        mean_s: Mean duration of runs that judged their unit; None where there is none.
        p50_s: Half of them took no longer.
        p95_s: 95 % of them took no longer.
    """

    group: str | datetime | None
    runs: int
    passed: int
    failed: int
    error: int
    aborted: int
    refused: int
    first_passed: int
    first_judged: int
    last_passed: int
    last_judged: int
    mean_s: float | None = None
    p50_s: float | None = None
    p95_s: float | None = None


@dataclass(frozen=True)
class Cause:
    """Why steps failed, and how often.

    Attributes:
        kind: measurement: out of limits; fault: any other reason.
        name: The measurement, or the fault's code.
    """

    step: str
    kind: str
    name: str
    count: int


@dataclass(frozen=True)
class Value:
    """One value of a measurement's series."""

    run_id: str
    wip: str | None
    measured_at: datetime
    value: float
    limit: Limit | None
    outcome: Outcome


@dataclass(frozen=True)
class StepTimes:
    """How long a step takes.

    Attributes:
        n: Attempts that ended with a result.
    """

    step: str
    n: int
    mean_s: float
    p50_s: float
    p95_s: float
    max_s: float


@dataclass(frozen=True)
class Measured:
    """A measurement that recent runs made."""

    step: str
    name: str
    unit: str


class Statistics:
    """Sums over the history.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def stand(self) -> int:
        """A number that grows whenever a run was accepted, refused or completed: what was summed up before is old."""
        query = select(func.max(EVENTS.c.id)).where(literal_column(EVENTS_OF_RUNS))
        async with self._database.read() as session:
            return int(await session.scalar(query) or 0)

    async def sums(self, span: Span, by: Grouping | None = None, offset: timedelta = timedelta()) -> list[Sum]:
        """Sum runs up, by group; groups without runs are left out.

        Args:
            span: Which runs.
            by: Into which groups; None: one of all.
            offset: Of the clock by which hours, days and weeks begin, from UTC.
        """
        group = _group(by, offset)
        counts = [
            _count(RUNS.c.outcome.is_not(None)),
            *(_count(RUNS.c.outcome == outcome) for outcome in _VERDICTS),
            _count(RUNS.c.refused.is_(True)),
            _count(RUNS.c.judged == 1, RUNS.c.outcome == Outcome.PASSED),
            _count(RUNS.c.judged == 1),
            _count(RUNS.c.judged.is_not(None), RUNS.c.superseded.is_(False), RUNS.c.outcome == Outcome.PASSED),
            _count(RUNS.c.judged.is_not(None), RUNS.c.superseded.is_(False)),
        ]
        judged = case((RUNS.c.judged.is_not(None), RUNS.c.duration_s))
        query = (
            select(group.label("grouped"), *counts, func.count(judged), func.avg(judged))
            .where(*_of(span))
            .group_by("grouped")
            .order_by("grouped")
        )
        timed = select(group.label("grouped"), RUNS.c.duration_s.label("seconds"))
        timed = timed.where(*_of(span), plain(RUNS.c.judged).is_not(None), RUNS.c.duration_s.is_not(None))
        async with self._database.read() as session:
            rows = [tuple(row) for row in await session.execute(query)]
            times = await _percentiles(session, timed, {row[0]: row[-2] for row in rows})
        return [
            _sum(_named(by, row[0], offset), row, times.get(row[0], [None, None])) for row in rows if row[1] or row[6]
        ]

    async def causes(self, span: Span) -> list[Cause]:
        """Why steps of runs failed, the most frequent cause first; at most 500."""
        same = (FINDINGS.c.step_name, FINDINGS.c.kind, FINDINGS.c.name)
        count = func.count().label("count")
        wanted = conditions(
            (FINDINGS.c.batch_id, operator.eq, span.batch),
            (FINDINGS.c.sequence_name, operator.eq, span.sequence),
            (FINDINGS.c.accepted_at, operator.ge, span.since),
            (FINDINGS.c.accepted_at, operator.lt, span.until),
        )
        query = (
            select(*same, count)
            .where(FINDINGS.c.kind.in_(("measurement", "fault")), *wanted)
            .group_by(*same)
            .order_by(count.desc(), *same)
            .limit(_MOST_CAUSES)
        )
        async with self._database.read() as session:
            return [Cause(*row) for row in await session.execute(query)]

    async def series(self, sequence: str, step: str, measurement: str, span: Span, limit: int) -> list[Value]:
        """The latest values of a measurement that are numbers, oldest first; of attempts that count.

        Args:
            sequence: Name of the package.
            step: Name of the step.
            measurement: Name of the measurement.
            span: Of which batch, measured when.
            limit: At most so many.
        """
        wanted = conditions(
            (MEASUREMENTS.c.measured_at, operator.ge, span.since),
            (MEASUREMENTS.c.measured_at, operator.lt, span.until),
            (plain(RUNS.c.batch_id), operator.eq, span.batch),
        )
        query = (
            select(MEASUREMENTS, RUNS.c.wip_id)
            .join(RUNS, RUNS.c.id == MEASUREMENTS.c.execution_id)
            .join(STEPS, STEPS.c.id == MEASUREMENTS.c.step_result_id)
            .where(
                MEASUREMENTS.c.sequence_name == sequence,
                MEASUREMENTS.c.step_name == step,
                MEASUREMENTS.c.name == measurement,
                MEASUREMENTS.c.number.is_not(None),
                plain(STEPS.c.given_up).is_(False),
                plain(RUNS.c.state) == RunState.COMPLETED.value,
                *wanted,
            )
            .order_by(MEASUREMENTS.c.measured_at.desc(), MEASUREMENTS.c.id.desc())
            .limit(limit)
        )
        async with self._database.read() as session:
            return [_value(row) for row in await session.execute(query)][::-1]

    async def step_times(self, sequence: str, span: Span, runs: int) -> list[StepTimes]:
        """How long the steps of a sequence take, in the order of the sequence.

        Args:
            sequence: Name of the package.
            span: Which runs.
            runs: How many of them are looked at: the latest.
        """
        wanted = (plain(RUNS.c.sequence_name) == sequence, plain(RUNS.c.outcome).is_not(None))
        latest = select(RUNS.c.id).where(*_of(span), *wanted).order_by(RUNS.c.accepted_at.desc()).limit(runs)
        chosen = latest.cte("latest")
        timed = (
            select(STEPS.c.step_name.label("grouped"), STEPS.c.elapsed_s.label("seconds"))
            .join(chosen, chosen.c.id == STEPS.c.execution_id)
            .where(STEPS.c.status.in_(FINISHED), STEPS.c.outcome != Outcome.SKIPPED, plain(STEPS.c.given_up).is_(False))
        )
        ranked = timed.add_columns(STEPS.c.step_index).subquery()
        figures = select(
            ranked.c.grouped, func.count(), func.avg(ranked.c.seconds), func.max(ranked.c.seconds)
        ).group_by(ranked.c.grouped)
        async with self._database.read() as session:
            rows = list(await session.execute(figures.order_by(func.min(ranked.c.step_index))))
            times = await _percentiles(session, timed, {step: n for step, n, _, _ in rows})
        return [
            StepTimes(step=step, n=n, mean_s=mean, p50_s=times[step][0], p95_s=times[step][1], max_s=most)
            for step, n, mean, most in rows
        ]

    async def measured(self, sequence: str) -> list[Measured]:
        """The measurements of a sequence's latest runs that are numbers."""
        of_sequence = (RUNS.c.sequence_name == sequence, plain(RUNS.c.outcome).is_not(None))
        latest = select(RUNS.c.id).where(*of_sequence).order_by(RUNS.c.accepted_at.desc()).limit(_LATEST).cte("latest")
        same = (MEASUREMENTS.c.step_name, MEASUREMENTS.c.name, MEASUREMENTS.c.unit)
        query = (
            select(*same)
            .join(latest, latest.c.id == MEASUREMENTS.c.execution_id)
            .where(MEASUREMENTS.c.number.is_not(None))
            .group_by(*same)
            .order_by(*same)
        )
        async with self._database.read() as session:
            return [Measured(*row) for row in await session.execute(query)]


_VERDICTS = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.ABORTED)


def _of(span: Span) -> list[ColumnElement[bool]]:
    return conditions(
        (plain(RUNS.c.batch_id), operator.eq, span.batch),
        (plain(RUNS.c.sequence_name), operator.eq, span.sequence),
        (RUNS.c.accepted_at, operator.ge, span.since),
        (RUNS.c.accepted_at, operator.lt, span.until),
    )


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    first, *others = conditions
    for other in others:
        first &= other
    return func.coalesce(func.sum(case((first, 1), else_=0)), 0)


def _group(by: Grouping | None, offset: timedelta) -> ColumnElement[Any]:
    match by:
        case None:
            return literal(0)
        case Grouping.BATCH:
            return RUNS.c.batch_id
        case Grouping.SEQUENCE:
            return RUNS.c.sequence_name
        case _:
            return (epoch(RUNS.c.accepted_at) + _shift(by, offset)) // _SECONDS[by]


def _named(by: Grouping | None, group: Any, offset: timedelta) -> str | datetime | None:  # noqa: ANN401 - a cell
    if by is None:
        return None
    if by not in _SECONDS:
        return str(group)
    return datetime.fromtimestamp(group * _SECONDS[by] - _shift(by, offset), UTC)


def _sum(group: str | datetime | None, row: tuple[Any, ...], times: Sequence[float | None]) -> Sum:
    runs, passed, failed, error, aborted, refused, *units = map(int, row[1:-2])
    first_passed, first_judged, last_passed, last_judged = units
    return Sum(
        group=group,
        runs=runs,
        passed=passed,
        failed=failed,
        error=error,
        aborted=aborted,
        refused=refused,
        first_passed=first_passed,
        first_judged=first_judged,
        last_passed=last_passed,
        last_judged=last_judged,
        mean_s=row[-1],
        p50_s=times[0],
        p95_s=times[1],
    )


def _shift(by: Grouping, offset: timedelta) -> int:
    return int(offset.total_seconds()) - (_MONDAY if by is Grouping.WEEK else 0)


async def _percentiles(session: AsyncSession, timed: Select[Any], counts: Mapping[Any, int]) -> dict[Any, list[float]]:
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


def _value(row: Row[Any]) -> Value:
    limit: dict[str, JsonValue] | None = row.limit
    return Value(
        run_id=row.execution_id,
        wip=row.wip_id,
        measured_at=row.measured_at,
        value=row.number,
        limit=_LIMIT.validate_python(limit),
        outcome=Outcome(row.outcome),
    )
