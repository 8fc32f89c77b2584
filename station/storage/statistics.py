"""Sums over runs, for the figures of a line: yields, failures, durations, series of a measurement.

Only runs that are over count. Filters are conditions for which no index is used (`+column`), so that SQLite walks the
narrow copy of the table in the order of time; see `station.storage.history`.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Row,
    case,
    func,
    literal_column,
    select,
)

from station.domain.measurement import Limit
from station.domain.outcome import Outcome, RunState
from station.storage.database import Database
from station.storage.expressions import plain
from station.storage.filters import conditions
from station.storage.groups import Grouping, Span, group_of, name_of, percentiles, runs_of
from station.storage.tables import EVENTS, EVENTS_OF_RUNS, FINDINGS, MEASUREMENTS, RUNS, STEPS

_LIMIT: TypeAdapter[Limit | None] = TypeAdapter(Limit | None)
_MOST_CAUSES = 500
_LATEST = 200
"""Runs whose measurements are offered to look at."""


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
class Stage:
    """One test that units go through: an MES process, or the runs of a sequence that belong to none.

    Attributes:
        process: None: `sequence` says which.
        first_passed: Units that passed when they were judged for the first time in it.
        first_judged: Units that were.
    """

    process: int | None
    sequence: str | None
    first_passed: int
    first_judged: int


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
        group = group_of(by, offset)
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
            .where(*runs_of(span))
            .group_by("grouped")
            .order_by("grouped")
        )
        timed = select(group.label("grouped"), RUNS.c.duration_s.label("seconds"))
        timed = timed.where(*runs_of(span), plain(RUNS.c.judged).is_not(None), RUNS.c.duration_s.is_not(None))
        async with self._database.read() as session:
            rows = [tuple(row) for row in await session.execute(query)]
            times = await percentiles(session, timed, {row[0]: row[-2] for row in rows})
        return [
            _sum(name_of(by, row[0], offset), row, times.get(row[0], [None, None])) for row in rows if row[1] or row[6]
        ]

    async def stages(self, span: Span) -> list[Stage]:
        """How units came through each test for the first time; tests that judged none are left out."""
        sequence = case((RUNS.c.process_id.is_(None), RUNS.c.sequence_name))
        judged = _count(RUNS.c.judged == 1).label("judged")
        passed = _count(RUNS.c.judged == 1, RUNS.c.outcome == Outcome.PASSED)
        query = (
            select(RUNS.c.process_id.label("process"), sequence.label("sequence"), passed, judged)
            .where(*runs_of(span))
            .group_by("process", "sequence")
            .order_by("process", "sequence")
        )
        async with self._database.read() as session:
            return [Stage(*row) for row in await session.execute(query) if row.judged]

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


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    first, *others = conditions
    for other in others:
        first &= other
    return func.coalesce(func.sum(case((first, 1), else_=0)), 0)


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
