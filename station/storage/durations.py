"""How long steps take: over all of the latest runs, and from day to day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from station.domain.outcome import Outcome
from station.storage.database import Database
from station.storage.expressions import plain
from station.storage.groups import Grouping, Span, began_of, group_of, percentiles, runs_of
from station.storage.steps import FINISHED
from station.storage.tables import RUNS, STEPS


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
class StepTrend:
    """How long a step took in one hour, day or week, by when its runs were accepted.

    Attributes:
        began: When the hour, day or week began.
        n: Attempts that ended with a result.
    """

    began: datetime
    n: int
    p50_s: float
    p95_s: float


class StepDurations:
    """Sums over the steps of the history.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def step_times(self, sequence: str, span: Span, runs: int) -> list[StepTimes]:
        """How long the steps of a sequence take, in the order of the sequence.

        Args:
            sequence: Name of the package.
            span: Which runs.
            runs: How many of them are looked at: the latest.
        """
        chosen = _latest(sequence, span, runs, RUNS.c.id).cte("latest")
        timed = (
            select(STEPS.c.step_name.label("grouped"), STEPS.c.elapsed_s.label("seconds"))
            .join(chosen, chosen.c.id == STEPS.c.execution_id)
            .where(*_ENDED)
        )
        ranked = timed.add_columns(STEPS.c.step_index).subquery()
        figures = select(
            ranked.c.grouped, func.count(), func.avg(ranked.c.seconds), func.max(ranked.c.seconds)
        ).group_by(ranked.c.grouped)
        async with self._database.read() as session:
            rows = list(await session.execute(figures.order_by(func.min(ranked.c.step_index))))
            times = await percentiles(session, timed, {step: n for step, n, _, _ in rows})
        return [
            StepTimes(step=step, n=n, mean_s=mean, p50_s=times[step][0], p95_s=times[step][1], max_s=most)
            for step, n, mean, most in rows
        ]

    async def trend(
        self, sequence: str, step: str, span: Span, by: Grouping, runs: int, offset: timedelta = timedelta()
    ) -> list[StepTrend]:
        """How long a step took from hour to hour, day to day or week to week, oldest first.

        Args:
            sequence: Name of the package.
            step: Name of the step.
            span: Which runs.
            by: An hour, a day or a week.
            runs: How many of them are looked at: the latest.
            offset: Of the clock by which hours, days and weeks begin, from UTC.
        """
        chosen = _latest(sequence, span, runs, RUNS.c.id, group_of(by, offset).label("grouped")).cte("latest")
        timed = (
            select(chosen.c.grouped, STEPS.c.elapsed_s.label("seconds"))
            .join(STEPS, STEPS.c.execution_id == chosen.c.id)
            .where(STEPS.c.step_name == step, *_ENDED)
        )
        counted = timed.subquery()
        query = (
            select(counted.c.grouped, func.count().label("n")).group_by(counted.c.grouped).order_by(counted.c.grouped)
        )
        async with self._database.read() as session:
            counts = {row.grouped: row.n for row in await session.execute(query)}
            times = await percentiles(session, timed, counts)
        return [StepTrend(began_of(by, group, offset), n, *times[group]) for group, n in counts.items()]


_ENDED = (STEPS.c.status.in_(FINISHED), STEPS.c.outcome != Outcome.SKIPPED, plain(STEPS.c.given_up).is_(False))


def _latest(sequence: str, span: Span, runs: int, *columns: ColumnElement[Any]) -> Select[Any]:
    wanted = (plain(RUNS.c.sequence_name) == sequence, plain(RUNS.c.outcome).is_not(None))
    return select(*columns).where(*runs_of(span), *wanted).order_by(RUNS.c.accepted_at.desc()).limit(runs)
