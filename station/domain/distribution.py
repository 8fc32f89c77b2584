"""How values are spread: whether chance would spread them so if they were normal, and in which bins they fall."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, quantiles

NORMALITY_NEEDS = 8
CRITICAL = 0.752
"""Anderson-Darling with mean and deviation estimated: above it, 5 % of normal samples would be (Stephens 1986)."""
MOST_BINS = 40
"""More of them are no picture any more."""
_BEYOND = 10.0
"""From here on the chance is below what its formula is good for: none."""


@dataclass(frozen=True)
class Bin:
    """How many values lie in a part of their range.

    Attributes:
        low: Where it begins; a value there belongs to it.
        high: Where it ends; a value there belongs to the next one, of the last bin to it.
        expected: So many would, if all values were normal with their mean and deviation.
    """

    low: float
    high: float
    count: int
    expected: float


def anderson_darling(values: Sequence[float], mean: float, sigma: float) -> float | None:
    """Tell how far values are from normal, adjusted for their number (Stephens 1986).

    Args:
        values: In any order.
        mean: Of them.
        sigma: Their standard deviation.

    Returns:
        The statistic; None where there are too few values or no spread.
    """
    n = len(values)
    if n < NORMALITY_NEEDS or sigma == 0:
        return None
    below = NormalDist()
    ordered = sorted((value - mean) / sigma for value in values)
    total = math.fsum(
        (2 * number - 1) * (_log(below.cdf(low)) + _log(below.cdf(-high)))
        for number, (low, high) in enumerate(zip(ordered, reversed(ordered), strict=True), 1)
    )
    return (-n - total / n) * (1 + 0.75 / n + 2.25 / n**2)


def chance_of(statistic: float) -> float:
    """Tell how often normal values would be at least as far from normal (D'Agostino and Stephens 1986, table 4.9).

    Args:
        statistic: As `anderson_darling` gives it.
    """
    a = statistic
    if a > _BEYOND:
        return 0.0
    if a >= 0.6:
        return math.exp(1.2937 - 5.709 * a + 0.0186 * a * a)
    if a > 0.34:
        return math.exp(0.9177 - 4.279 * a - 1.38 * a * a)
    if a > 0.2:
        return 1 - math.exp(-8.318 + 42.796 * a - 59.938 * a * a)
    return 1 - math.exp(-13.436 + 101.14 * a - 223.73 * a * a)


def histogram(values: Sequence[float], mean: float, sigma: float) -> tuple[Bin, ...]:
    """Sort values into bins of equal width: by Freedman and Diaconis or by Sturges, whichever has more, 40 at most.

    Args:
        values: At least two, in any order.
        mean: Of them.
        sigma: Their standard deviation; 0: one bin has them all.
    """
    low, high = min(values), max(values)
    n = len(values)
    if sigma == 0 or low == high:
        return (Bin(low, high, n, float(n)),)
    bins = _bins(values, high - low)
    edges = [low + (high - low) * number / bins for number in range(bins)] + [high]
    counts = [0] * bins
    for value in values:
        counts[min(bisect_right(edges, value), bins) - 1] += 1
    normal = NormalDist(mean, sigma)
    shares = [normal.cdf(edge) for edge in edges]
    return tuple(
        Bin(edges[number], edges[number + 1], count, n * (shares[number + 1] - shares[number]))
        for number, count in enumerate(counts)
    )


def _bins(values: Sequence[float], width: float) -> int:
    sturges = math.ceil(math.log2(len(values))) + 1
    first, _, third = quantiles(values, n=4, method="inclusive")
    wide = 2 * (third - first) / len(values) ** (1 / 3)
    # Values that lie close together and one far out would need countless narrow bins.
    diaconis = math.ceil(min(width / wide, MOST_BINS)) if wide > 0 else 1
    return min(max(sturges, diaconis), MOST_BINS)


def _log(share: float) -> float:
    # So far out that a double has no digits for it: as far out as it can say.
    return math.log(max(share, 5e-324))
