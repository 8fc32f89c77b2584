"""What is said of many runs together."""

from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import BaseModel, Field

from api.schemas.common import Asked, Text, Time
from station.domain.distribution import Bin
from station.domain.measurement import Limit, describe_limit
from station.domain.outcome import Outcome
from station.domain.statistics import Capability, Chart, RuleHit, Yield, ends_of, rolled_yield, yield_of
from station.storage.groups import Grouping, Span
from station.storage.statistics import Stage, Sum, Value

USUAL = timedelta(days=30)
"""How far back is looked where nobody says."""


class SpanAsked(Asked):
    """Which runs; what is left out does not narrow.

    Attributes:
        since: Accepted then or later; left out: from the beginning of the day (UTC) thirty days ago.
        until: Accepted before.
    """

    batch_id: Text | None = None
    sequence_name: Text | None = None
    since: Time | None = None
    until: Time | None = None

    def span(self) -> Span:
        """Translate what is asked."""
        since = self.since or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - USUAL
        return Span(batch=self.batch_id, sequence=self.sequence_name, since=since, until=self.until)


class SummaryAsked(SpanAsked):
    """Which runs, and by what they are grouped.

    Attributes:
        group_by: Left out: one group of all.
        utc_offset: Minutes of the clock by which hours, days and weeks begin; 540 in Korea.
    """

    group_by: Grouping | None = None
    utc_offset: int = Field(default=0, ge=-1440, le=1440)


class FailuresAsked(SpanAsked):
    """Which runs, and how many causes are told.

    Attributes:
        limit: At most so many.
    """

    limit: int = Field(default=20, ge=1, le=500)


class SeriesAsked(SpanAsked):
    """Which measurement, and of when its values are.

    Attributes:
        since: Measured then or later; left out: from the beginning of the day (UTC) thirty days ago.
        until: Measured before.
        limit: The latest so many.
    """

    sequence_name: Text
    step: Text
    measurement: Text
    limit: int = Field(default=1000, ge=1, le=10_000)


class MeasurementsAsked(Asked):
    """Of which sequence."""

    sequence_name: Text


class YieldView(BaseModel):
    """A share of units, with what is known of it.

    Attributes:
        value: 0.0 to 1.0; null where there are no units.
        low: The true share is between here, with 95 % confidence (Wilson),
        high: and here.
    """

    passed: int
    total: int
    value: float | None
    low: float
    high: float

    @classmethod
    def of(cls, found: Yield) -> Self:
        """Translate a yield."""
        return cls(passed=found.passed, total=found.total, value=found.value, low=found.low, high=found.high)


class Group(BaseModel):
    """What the runs of one group came to.

    Attributes:
        group: The batch, the sequence, or when the hour, day or week began; null: all.
        runs: Runs that are over; refused starts are not among them.
        first_pass_yield: Of units that were judged (PASSED or FAILED) for the first time in their process: how many
            passed. A unit without a WIP is one of its own in each run. ERROR and ABORTED say nothing about a unit.
        final_yield: Of units that were judged for the last time so far: how many passed.
        duration_mean: Seconds of runs that judged their unit, without waiting for answers; null where there is none.
        duration_p50: Half of them took no longer.
        duration_p95: 95 % of them took no longer.
    """

    group: str | datetime | None
    runs: int
    outcomes: dict[Outcome, int]
    refused: int
    first_pass_yield: YieldView
    final_yield: YieldView
    duration_mean: float | None
    duration_p50: float | None
    duration_p95: float | None

    @classmethod
    def of(cls, found: Sum) -> Self:
        """Translate a sum."""
        return cls(
            group=found.group,
            runs=found.runs,
            outcomes={
                Outcome.PASSED: found.passed,
                Outcome.FAILED: found.failed,
                Outcome.ERROR: found.error,
                Outcome.ABORTED: found.aborted,
            },
            refused=found.refused,
            first_pass_yield=YieldView.of(yield_of(found.first_passed, found.first_judged)),
            final_yield=YieldView.of(yield_of(found.last_passed, found.last_judged)),
            duration_mean=found.mean_s,
            duration_p50=found.p50_s,
            duration_p95=found.p95_s,
        )


class StageView(BaseModel):
    """One test that units go through.

    Attributes:
        process_id: The MES process; null: the runs of a sequence that belong to none.
        sequence_name: null where the process says which test it is.
    """

    process_id: int | None
    sequence_name: str | None
    first_pass_yield: YieldView

    @classmethod
    def of(cls, found: Stage) -> Self:
        """Translate a test."""
        return cls(
            process_id=found.process,
            sequence_name=found.sequence,
            first_pass_yield=YieldView.of(yield_of(found.first_passed, found.first_judged)),
        )


class RolledYield(BaseModel):
    """Which share of units passes every test at its first try.

    Attributes:
        value: The product of the tests' first-pass yields, 0.0 to 1.0; null where nothing was judged.
        stages: The tests.
    """

    value: float | None
    stages: list[StageView]

    @classmethod
    def of(cls, found: list[Stage]) -> Self:
        """Multiply the tests' yields."""
        value = rolled_yield([yield_of(one.first_passed, one.first_judged) for one in found])
        return cls(value=value, stages=[StageView.of(one) for one in found])


class Summary(BaseModel):
    """What runs came to, by group.

    Attributes:
        since: From when they are.
        rolled_yield: Of all of them, whatever they are grouped by.
    """

    since: datetime | None
    until: datetime | None
    groups: list[Group]
    rolled_yield: RolledYield


class CauseView(BaseModel):
    """Why steps failed.

    Attributes:
        kind: measurement: out of limits; fault: any other reason.
        name: The measurement, or the fault's code.
        share: Of all causes, 0.0 to 1.0.
        cumulative: This one's share and those before it.
    """

    step: str
    kind: str
    name: str
    count: int
    share: float
    cumulative: float


class Failures(BaseModel):
    """Causes, the most frequent first (Pareto).

    Attributes:
        total: Of all causes, also of those that are not listed.
    """

    since: datetime | None
    until: datetime | None
    total: int
    causes: list[CauseView]


class Point(BaseModel):
    """One value of a series."""

    execution_id: str
    wip_id: str | None
    measured_at: datetime
    value: float
    outcome: Outcome

    @classmethod
    def of(cls, value: Value) -> Self:
        """Translate a value."""
        return cls(
            execution_id=value.run_id,
            wip_id=value.wip,
            measured_at=value.measured_at,
            value=value.value,
            outcome=value.outcome,
        )


class LimitChange(BaseModel):
    """From which value on another limit was in force.

    Attributes:
        index: The first value judged against it.
        low: The least number it lets pass; null where it has no such end.
        high: The greatest.
    """

    index: int
    limit: Limit | None
    limit_text: str
    low: float | None
    high: float | None

    @classmethod
    def of(cls, index: int, limit: Limit | None) -> Self:
        """Write a limit down, for machines and for people."""
        low, high = ends_of(limit)
        return cls(index=index, limit=limit, limit_text=describe_limit(limit), low=low, high=high)


class Series(BaseModel):
    """The values of one measurement, oldest first, and what they say.

    The figures are of exactly the values that are listed.

    Attributes:
        limits: The limit of the first value, and every change of it; the last one is what the figures are against.
        truncated: Whether there are older values in the time that was asked for.
        sigma: Standard deviation of all values.
        sigma_within: Short-term standard deviation, from the moving range.
        rule_hits: What the Western Electric rules find: 1: beyond 3 sigma; 2: two of three beyond 2 sigma; 3: four of
            five beyond 1 sigma; 4: eight on one side.
        normality: The Anderson-Darling statistic; above 0.752 the values are hardly normal (5 %).
        normality_p: How often normal values would be at least that far from normal, 0.0 to 1.0; null where it cannot
            be told.
        histogram: How the values are spread, and how they would be if they were normal; lowest first.
        warnings: few_values: fewer than 30; not_normal: the capability means little; no_spread; limits_changed;
            too_large: nothing can be reckoned with them.
    """

    sequence_name: str
    step: str
    measurement: str
    points: list[Point]
    limits: list[LimitChange]
    truncated: bool
    n: int
    mean: float | None
    sigma: float | None
    sigma_within: float | None
    minimum: float | None
    maximum: float | None
    capability: Capability
    chart: Chart | None
    rule_hits: list[RuleHit]
    normality: float | None
    normality_p: float | None
    histogram: list[Bin]
    warnings: list[str]


class MeasuredView(BaseModel):
    """A measurement whose values can be looked at."""

    step: str
    measurement: str
    unit: str
