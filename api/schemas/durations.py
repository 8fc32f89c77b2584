"""What is said of how long steps take."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from api.schemas.common import Text
from api.schemas.statistics import SpanAsked
from station.storage.durations import StepTimes, StepTrend


class StepsAsked(SpanAsked):
    """Which sequence, and how many of its runs are looked at.

    Attributes:
        runs: The latest so many.
    """

    sequence_name: Text
    runs: int = Field(default=1000, ge=1, le=10_000)


class TrendAsked(StepsAsked):
    """Which step, and by what its attempts are grouped.

    Attributes:
        utc_offset: Minutes of the clock by which hours, days and weeks begin; 540 in Korea.
    """

    step: Text
    group_by: Literal["hour", "day", "week"] = "day"
    utc_offset: int = Field(default=0, ge=-1440, le=1440)


class StepTimesView(BaseModel):
    """How long a step takes, in seconds.

    Attributes:
        n: Attempts that ended with a result.
    """

    step: str
    n: int
    mean: float
    p50: float
    p95: float
    maximum: float

    @classmethod
    def of(cls, found: StepTimes) -> Self:
        """Translate a step's times."""
        return cls(step=found.step, n=found.n, mean=found.mean_s, p50=found.p50_s, p95=found.p95_s, maximum=found.max_s)


class StepTrendView(BaseModel):
    """How long a step took in one hour, day or week, in seconds.

    Attributes:
        began: When the hour, day or week began.
        n: Attempts that ended with a result, of runs that were accepted in it.
        p50: Half of them took no longer.
        p95: 95 % of them took no longer.
    """

    began: datetime
    n: int
    p50: float
    p95: float

    @classmethod
    def of(cls, found: StepTrend) -> Self:
        """Translate a step's times."""
        return cls(began=found.began, n=found.n, p50=found.p50_s, p95=found.p95_s)
