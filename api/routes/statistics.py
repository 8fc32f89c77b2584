"""What many runs say together: yields, causes of failure, series of a measurement, durations.

Answers are kept until another run is accepted, refused or over; then they are found anew.
"""

from datetime import timedelta
from itertools import pairwise
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.requests import HTTPConnection

from api.access.roles import Permission
from api.cache import Cache
from api.guard import needs
from api.schemas.durations import StepsAsked, StepTimesView, StepTrendView, TrendAsked
from api.schemas.statistics import (
    CauseView,
    Failures,
    FailuresAsked,
    Group,
    LimitChange,
    MeasuredView,
    MeasurementsAsked,
    Point,
    RolledYield,
    Series,
    SeriesAsked,
    Summary,
    SummaryAsked,
)
from api.services import Station
from station.domain.statistics import analyse, ends_of
from station.storage.durations import StepDurations
from station.storage.groups import Grouping
from station.storage.statistics import Statistics

router = APIRouter(prefix="/api/statistics", tags=["statistics"], dependencies=[needs(Permission.WATCH)])


def _cache(connection: HTTPConnection, services: Station) -> Cache:
    state = connection.app.state
    if not hasattr(state, "statistics"):
        state.statistics = Cache(Statistics(services.database).stand)
    cache: Cache = state.statistics
    return cache


Kept = Annotated[Cache, Depends(_cache)]


@router.get("/summary")
async def summary(asked: Annotated[SummaryAsked, Query()], services: Station, cache: Kept) -> Summary:
    """Tell how many runs came to what, first-pass, final and rolled yield, and how long runs take."""
    span, offset = asked.span(), timedelta(minutes=asked.utc_offset)

    async def find() -> Summary:
        statistics = Statistics(services.database)
        sums = await statistics.sums(span, asked.group_by, offset)
        rolled = RolledYield.of(await statistics.stages(span))
        return Summary(since=span.since, until=span.until, groups=[Group.of(one) for one in sums], rolled_yield=rolled)

    return await cache.get_or_compute(("summary", span, asked.group_by, offset), find)


@router.get("/failures")
async def failures(asked: Annotated[FailuresAsked, Query()], services: Station, cache: Kept) -> Failures:
    """Tell why steps failed, the most frequent cause first, with shares and cumulative shares (Pareto)."""
    span = asked.span()

    async def find() -> Failures:
        causes = await Statistics(services.database).causes(span)
        total, so_far, told = sum(cause.count for cause in causes), 0, []
        for cause in causes[: asked.limit]:
            so_far += cause.count
            told.append(
                CauseView(
                    step=cause.step,
                    kind=cause.kind,
                    name=cause.name,
                    count=cause.count,
                    share=cause.count / total,
                    cumulative=so_far / total,
                )
            )
        return Failures(since=span.since, until=span.until, total=total, causes=told)

    return await cache.get_or_compute(("failures", span, asked.limit), find)


@router.get("/measurements")
async def measurements(
    asked: Annotated[MeasurementsAsked, Query()], services: Station, cache: Kept
) -> list[MeasuredView]:
    """List the measurements of a sequence whose values are numbers, as its latest runs made them."""

    async def find() -> list[MeasuredView]:
        found = await Statistics(services.database).measured(asked.sequence_name)
        return [MeasuredView(step=one.step, measurement=one.name, unit=one.unit) for one in found]

    return await cache.get_or_compute(("measurements", asked.sequence_name), find)


@router.get("/series")
async def series(asked: Annotated[SeriesAsked, Query()], services: Station, cache: Kept) -> Series:
    """Give the values of one measurement, its capability and its control chart (XmR, Western Electric rules)."""
    span = asked.span()

    async def find() -> Series:
        return await _series(services, asked)

    key = ("series", span, asked.step, asked.measurement, asked.limit)
    return await cache.get_or_compute(key, find)


@router.get("/steps")
async def steps(asked: Annotated[StepsAsked, Query()], services: Station, cache: Kept) -> list[StepTimesView]:
    """Tell how long the steps of a sequence take, in their order."""
    span = asked.span()

    async def find() -> list[StepTimesView]:
        found = await StepDurations(services.database).step_times(asked.sequence_name, span, asked.runs)
        return [StepTimesView.of(one) for one in found]

    return await cache.get_or_compute(("steps", span, asked.runs), find)


@router.get("/steps/trend")
async def step_trend(asked: Annotated[TrendAsked, Query()], services: Station, cache: Kept) -> list[StepTrendView]:
    """Tell how long a step took from hour to hour, day to day or week to week."""
    span, by, offset = asked.span(), Grouping(asked.group_by), timedelta(minutes=asked.utc_offset)

    async def find() -> list[StepTrendView]:
        durations = StepDurations(services.database)
        found = await durations.trend(asked.sequence_name, asked.step, span, by, asked.runs, offset)
        return [StepTrendView.of(one) for one in found]

    return await cache.get_or_compute(("trend", span, asked.step, by, offset, asked.runs), find)


async def _series(services: Station, asked: SeriesAsked) -> Series:
    values = await Statistics(services.database).series(
        asked.sequence_name, asked.step, asked.measurement, asked.span(), asked.limit + 1
    )
    truncated = len(values) > asked.limit
    values = values[-asked.limit :]
    limits = [LimitChange.of(0, values[0].limit)] if values else []
    limits += [
        LimitChange.of(index, later.limit)
        for index, (earlier, later) in enumerate(pairwise(values), 1)
        if later.limit != earlier.limit
    ]
    low, high = ends_of(values[-1].limit) if values else (None, None)
    found = analyse([value.value for value in values], low, high)
    return Series(
        sequence_name=asked.sequence_name,
        step=asked.step,
        measurement=asked.measurement,
        points=[Point.of(value) for value in values],
        limits=limits,
        truncated=truncated,
        n=found.n,
        mean=found.mean,
        sigma=found.sigma,
        sigma_within=found.sigma_within,
        minimum=found.minimum,
        maximum=found.maximum,
        capability=found.capability,
        chart=found.chart,
        rule_hits=list(found.hits),
        normality=found.normality,
        normality_p=found.normality_p,
        histogram=list(found.histogram),
        warnings=[*found.warnings, *(["limits_changed"] if len(limits) > 1 else [])],
    )
