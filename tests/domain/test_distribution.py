"""How values are spread, against scipy and numpy, and the published table of Anderson and Darling's statistic."""

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from station.domain.distribution import Bin, anderson_darling, chance_of, histogram
from station.domain.statistics import analyse, rolled_yield, yield_of

STEPHENS = [(0.561, 0.15), (0.631, 0.10), (0.752, 0.05), (0.873, 0.025), (1.035, 0.01), (1.159, 0.005)]
"""Stephens 1986, table 4.7, case 3: statistic and the share of normal samples beyond it."""


def normal(n: int, seed: int, mean: float = 5.0, sigma: float = 0.05) -> list[float]:
    chance = random.Random(seed)
    return [chance.gauss(mean, sigma) for _ in range(n)]


def skewed(n: int, seed: int) -> list[float]:
    chance = random.Random(seed)
    return [chance.expovariate(1.0) for _ in range(n)]


SAMPLES = [normal(8, 1), normal(30, 2), normal(500, 3, mean=-1e6, sigma=1e-3), skewed(50, 4), [0.0, 1.0] * 20]


@pytest.mark.parametrize("values", SAMPLES)
def test_the_statistic_is_scipys_adjusted_for_the_number_of_values(values: list[float]) -> None:
    n = len(values)
    reference = stats.goodness_of_fit(
        stats.norm, values, statistic="ad", n_mc_samples=1, rng=np.random.default_rng(1)
    ).statistic
    sample = np.asarray(values)

    found = anderson_darling(values, float(sample.mean()), float(sample.std(ddof=1)))

    assert found == pytest.approx(reference * (1 + 0.75 / n + 2.25 / n**2), rel=1e-6)


@pytest.mark.parametrize(("statistic", "share"), STEPHENS)
def test_the_chance_is_that_of_the_published_table(statistic: float, share: float) -> None:
    assert chance_of(statistic) == pytest.approx(share, rel=0.04)


def test_the_chance_falls_from_one_to_none_without_a_jump() -> None:
    chances = [chance_of(step / 1000) for step in range(1, 15_000)]

    assert all(0.0 <= chance <= 1.0 for chance in chances)
    # The pieces of the published formula meet within 0.002.
    assert all(later <= earlier + 0.003 for earlier, later in pairwise(chances))
    assert all(earlier - later < 0.01 for earlier, later in pairwise(chances))
    assert chances[0] > 0.999
    assert chances[-1] == 0.0


def test_as_many_normal_samples_are_refused_as_the_level_says() -> None:
    """Two thousand samples: 5 % of them, give or take four standard deviations."""
    refused = sum("not_normal" in analyse(normal(40, seed)).warnings for seed in range(2000))

    assert refused == pytest.approx(100, abs=4 * math.sqrt(2000 * 0.05 * 0.95))


def test_scipy_sees_the_same_samples_as_not_normal() -> None:
    for values in (skewed(60, 7), [*normal(200, 8), 9.0], [1.0, 1.1] * 20 + [2.0, 2.1] * 20):
        assert analyse(values).warnings == ("not_normal",)
        assert stats.shapiro(values).pvalue < 0.01


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=300))
def test_bins_are_counted_as_numpy_counts_them(values: list[float]) -> None:
    sample = np.asarray(values)
    bins = histogram(values, float(sample.mean()), float(sample.std(ddof=1)))

    edges = [one.low for one in bins] + [bins[-1].high]

    assert sum(one.count for one in bins) == len(values)
    assert (edges[0], edges[-1]) == (min(values), max(values))
    if len(set(edges)) == len(edges):
        assert [one.count for one in bins] == list(np.histogram(sample, bins=edges)[0])


@pytest.mark.parametrize("values", [normal(20, 1), normal(200, 2), skewed(400, 3)])
def test_there_are_as_many_bins_as_numpy_makes(values: list[float]) -> None:
    sample = np.asarray(values)
    sturges, diaconis = (len(np.histogram_bin_edges(sample, rule)) - 1 for rule in ("sturges", "fd"))

    found = histogram(values, float(sample.mean()), float(sample.std(ddof=1)))

    assert len(found) == min(max(sturges, diaconis), 40)


def test_one_value_far_out_makes_no_more_bins_than_a_picture_can_show() -> None:
    assert len(analyse([*normal(300, 1), 1e9]).histogram) == 40


def test_values_that_are_all_the_same_lie_in_one_bin() -> None:
    assert analyse([5.0] * 3).histogram == (Bin(5.0, 5.0, 3, 3.0),)
    assert histogram([1.0] * 9 + [2.0], 1.1, 0.3)[0].count == 9
    assert analyse([5.0]).histogram == ()


def test_a_bin_says_how_many_values_a_normal_spread_would_have_there() -> None:
    values = normal(400, 11)
    found = analyse(values)

    reference = stats.norm(found.mean, found.sigma)

    for one in found.histogram:
        assert one.expected == pytest.approx(400 * (reference.cdf(one.high) - reference.cdf(one.low)), abs=1e-9)


@pytest.mark.parametrize("values", SAMPLES)
def test_the_figures_are_those_of_numpy(values: list[float]) -> None:
    low, high = min(values) - 1, max(values) + 1
    sample = np.asarray(values)
    sigma, within = sample.std(ddof=1), np.abs(np.diff(sample)).mean() / 1.128

    found = analyse(values, low, high)

    assert found.chart is not None
    assert (found.mean, found.sigma, found.sigma_within) == (
        pytest.approx(sample.mean(), rel=1e-9), pytest.approx(sigma, rel=1e-6), pytest.approx(within, rel=1e-6)
    )  # fmt: skip
    assert found.capability.pp == pytest.approx((high - low) / (6 * sigma), rel=1e-6)
    assert found.capability.ppk == pytest.approx(min(high - sample.mean(), sample.mean() - low) / (3 * sigma), rel=1e-6)
    assert found.capability.cpk == pytest.approx(
        min(high - sample.mean(), sample.mean() - low) / (3 * within), rel=1e-6
    )
    assert (found.chart.lower, found.chart.upper) == (
        pytest.approx(sample.mean() - 3 * within), pytest.approx(sample.mean() + 3 * within)
    )  # fmt: skip


@given(st.integers(1, 400), st.data())
def test_wilson_is_scipys(total: int, data: st.DataObject) -> None:
    passed = data.draw(st.integers(0, total))
    reference = stats.binomtest(passed, total).proportion_ci(0.95, method="wilson")

    found = yield_of(passed, total)

    assert (found.low, found.high) == (pytest.approx(reference.low, abs=1e-9), pytest.approx(reference.high, abs=1e-9))


def test_a_unit_passes_every_test_as_often_as_the_product_says() -> None:
    assert rolled_yield([yield_of(9, 10), yield_of(1, 2), yield_of(4, 4)]) == pytest.approx(0.45)
    assert rolled_yield([yield_of(0, 5), yield_of(4, 4)]) == 0.0
    assert rolled_yield([yield_of(9, 10), yield_of(0, 0)]) is None
    assert rolled_yield([]) is None
