"""What numbers say of a process: yields with their uncertainty, capability, and control charts of single values."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from station.domain.distribution import CRITICAL, Bin, anderson_darling, chance_of, histogram
from station.domain.measurement import Limit, RangeLimit, WithinPercentLimit

Z95 = 1.959963984540054
"""Of the normal distribution: 95 % lie within."""
D2 = 1.128
"""Mean range of two values, in standard deviations."""
D4 = 3.267
"""Upper limit of such a range, in means of it."""
FEW = 30
"""Below so many values a capability is a guess."""
LARGEST = 1e150
"""Beyond it, squares overflow; no instrument measures that."""


@dataclass(frozen=True)
class Yield:
    """How many of some units passed, and between what the true share lies with 95 % confidence (Wilson).

    Attributes:
        value: The share, 0.0 to 1.0; None where there are no units.
    """

    passed: int
    total: int
    value: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Capability:
    """How a spread fits between limits; None where a limit is missing or there is no spread.

    Attributes:
        cp: Width of the limits against the short-term spread, that of neighbouring values.
        cpk: The same from the mean to the nearer limit.
        pp: As `cp`, against the spread of all values.
        ppk: As `cpk`, against the spread of all values.
    """

    cp: float | None = None
    cpk: float | None = None
    pp: float | None = None
    ppk: float | None = None


@dataclass(frozen=True)
class Chart:
    """A control chart of single values and their moving range (XmR).

    Attributes:
        centre: The mean.
        lower: Three standard deviations below it, as the moving range estimates them.
        upper: Three above it.
        range_centre: The mean moving range.
        range_upper: Its upper limit.
    """

    centre: float
    lower: float
    upper: float
    range_centre: float
    range_upper: float


@dataclass(frozen=True)
class RuleHit:
    """A pattern that chance hardly makes (Western Electric).

    Attributes:
        rule: 1: beyond 3 sigma; 2: two of three beyond 2 sigma; 3: four of five beyond 1 sigma; 4: eight on one side.
        index: The value that completes it.
    """

    rule: int
    index: int


@dataclass(frozen=True)
class Analysis:
    """What a series of values says, in the order they were measured.

    Attributes:
        sigma: Standard deviation of all values; None for a single one.
        sigma_within: Short-term standard deviation, from the moving range.
        chart: None below two values.
        normality: The Anderson-Darling statistic, adjusted for the number of values; above 0.752 they are hardly
            normal. None where it cannot be told.
        normality_p: How often normal values would be at least that far from normal, 0.0 to 1.0.
        histogram: How the values are spread, lowest first; empty below two values.
        warnings: few_values, not_normal, no_spread, too_large.
    """

    n: int
    mean: float | None = None
    sigma: float | None = None
    sigma_within: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    capability: Capability = Capability()
    chart: Chart | None = None
    hits: tuple[RuleHit, ...] = ()
    normality: float | None = None
    normality_p: float | None = None
    histogram: tuple[Bin, ...] = ()
    warnings: tuple[str, ...] = ()


def yield_of(passed: int, total: int, z: float = Z95) -> Yield:
    """Tell a share with its Wilson interval.

    Args:
        passed: How many, at most `total`.
        total: Of how many.
        z: How sure; 1.96 means 95 %.
    """
    if total == 0:
        return Yield(passed=0, total=0, value=None, low=0.0, high=1.0)
    share, square = passed / total, z * z
    centre = share + square / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    scale = 1 + square / total
    low = 0.0 if passed == 0 else (centre - half) / scale
    high = 1.0 if passed == total else (centre + half) / scale
    return Yield(passed, total, share, low, high)


def rolled_yield(yields: Iterable[Yield]) -> float | None:
    """Tell which share of units passes several tests one after the other, each at its first try: their product.

    Returns:
        0.0 to 1.0; None where there is no test, or one that has judged no unit.
    """
    shares = [one.value for one in yields]
    known = [share for share in shares if share is not None]
    return math.prod(known) if known and len(known) == len(shares) else None


def ends_of(limit: Limit | None) -> tuple[float | None, float | None]:
    """Tell between which numbers a limit is, where it is one about numbers."""
    match limit:
        case RangeLimit(low=low, high=high):
            ends = (low, high)
        case WithinPercentLimit(nominal=nominal, percent=percent):
            allowed = abs(nominal) * percent / 100
            ends = (nominal - allowed, nominal + allowed)
        case _:
            ends = (None, None)
    low, high = (end if end is not None and math.isfinite(end) else None for end in ends)
    return low, high


def analyse(values: Sequence[float], low: float | None = None, high: float | None = None) -> Analysis:
    """Judge a series of finite numbers, oldest first, against its limits.

    Args:
        values: In the order they were measured.
        low: Lower limit, where there is one.
        high: Upper limit, where there is one.
    """
    n = len(values)
    if n == 0:
        return Analysis(n=0, warnings=("few_values",))
    minimum, maximum = min(values), max(values)
    if max(-minimum, maximum) > LARGEST:
        return Analysis(n=n, minimum=minimum, maximum=maximum, warnings=("too_large",))
    mean = math.fsum(values) / n
    if n == 1:
        return Analysis(n=1, mean=mean, minimum=minimum, maximum=maximum, warnings=("few_values",))
    sigma = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    moving_range = math.fsum(abs(later - earlier) for earlier, later in pairwise(values)) / (n - 1)
    within = moving_range / D2
    normality = anderson_darling(values, mean, sigma)
    return Analysis(
        n=n,
        mean=mean,
        sigma=sigma,
        sigma_within=within,
        minimum=minimum,
        maximum=maximum,
        capability=_capability(mean, within, sigma, low, high),
        chart=Chart(mean, mean - 3 * within, mean + 3 * within, moving_range, D4 * moving_range),
        hits=rule_hits(values, mean, within),
        normality=normality,
        normality_p=None if normality is None else chance_of(normality),
        histogram=histogram(values, mean, sigma),
        warnings=_warnings(n, sigma, normality),
    )


def rule_hits(values: Sequence[float], centre: float, sigma: float) -> tuple[RuleHit, ...]:
    """Find what the Western Electric rules find; each value completes a rule at most once."""
    if sigma <= 0:
        return ()
    distances = [(value - centre) / sigma for value in values]
    hits = []
    for index in range(len(distances)):
        for rule, (needed, of, beyond) in enumerate(_RULES, 1):
            window = distances[max(0, index - of + 1) : index + 1]
            for side in (1, -1):
                outside = [side * distance > beyond for distance in window]
                if outside[-1] and sum(outside) >= needed:
                    hits.append(RuleHit(rule, index))
    return tuple(hits)


_RULES = ((1, 1, 3.0), (2, 3, 2.0), (4, 5, 1.0), (8, 8, 0.0))
"""So many of so many beyond so many standard deviations, on one side."""


def _capability(mean: float, within: float, overall: float, low: float | None, high: float | None) -> Capability:
    def width(sigma: float) -> float | None:
        if low is None or high is None or sigma == 0:
            return None
        return (high - low) / (6 * sigma)

    def nearer(sigma: float) -> float | None:
        distances = [mean - low] if low is not None else []
        distances += [high - mean] if high is not None else []
        return min(distances) / (3 * sigma) if distances and sigma else None

    return Capability(cp=width(within), cpk=nearer(within), pp=width(overall), ppk=nearer(overall))


def _warnings(n: int, sigma: float, normality: float | None) -> tuple[str, ...]:
    found = []
    if n < FEW:
        found.append("few_values")
    if sigma == 0:
        found.append("no_spread")
    if normality is not None and normality > CRITICAL:
        found.append("not_normal")
    return tuple(found)
