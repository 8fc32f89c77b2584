"""The figures, against published ones, and what must hold for any numbers."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.measurement import EqualsLimit, Limit, RangeLimit, WithinPercentLimit
from station.domain.statistics import Analysis, Capability, RuleHit, analyse, ends_of, rule_hits, yield_of

NIST_FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
"""NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2: ten batches on an individuals control chart."""

numbers = st.floats(-1e9, 1e9)


@pytest.mark.parametrize(
    ("passed", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_newcombe_1998(passed: int, total: int, low: float, high: float) -> None:
    found = yield_of(passed, total)

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.value == passed / total


def test_of_no_units_nothing_is_known() -> None:
    found = yield_of(0, 0)

    assert (found.value, found.low, found.high) == (None, 0.0, 1.0)


@given(st.integers(1, 10_000), st.data())
def test_a_share_lies_in_its_interval_and_mirrors_that_of_its_opposite(total: int, data: st.DataObject) -> None:
    passed = data.draw(st.integers(0, total))

    found, opposite = yield_of(passed, total), yield_of(total - passed, total)

    assert found.value is not None
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    assert found.low == pytest.approx(1 - opposite.high, abs=1e-12)


def test_the_control_chart_is_that_of_nist() -> None:
    found = analyse(NIST_FLOW)

    assert found.chart is not None
    assert found.mean == pytest.approx(50.81)
    assert found.chart.range_centre == pytest.approx(1.8778, abs=5e-5)
    # The handbook prints 55.8041 and 45.8159, from the range rounded to 1.8778.
    assert (found.chart.upper, found.chart.lower) == (
        pytest.approx(55.8041, abs=2e-4),
        pytest.approx(45.8159, abs=2e-4),
    )
    assert found.chart.range_upper == pytest.approx(3.267 * 16.9 / 9)
    assert found.hits == ()
    assert found.warnings == ("few_values",)


def test_capability_compares_the_limits_with_both_spreads() -> None:
    values = [9.0, 10.0, 11.0, 10.0, 9.0, 10.0, 11.0, 10.0]
    sigma, within = math.sqrt(4 / 7), 1.0 / 1.128

    found = analyse(values, 7.0, 14.0)

    assert (found.sigma, found.sigma_within) == (pytest.approx(sigma), pytest.approx(within))
    assert found.capability == Capability(
        cp=pytest.approx(7 / (6 * within)),
        cpk=pytest.approx(3 / (3 * within)),
        pp=pytest.approx(7 / (6 * sigma)),
        ppk=pytest.approx(3 / (3 * sigma)),
    )


def test_with_one_limit_only_the_distance_to_it_is_known() -> None:
    values = [9.0, 10.0, 11.0, 10.0]

    below, above, none = analyse(values, low=7.0), analyse(values, high=12.0), analyse(values)

    assert (below.capability.cp, below.capability.cpk) == (None, pytest.approx(3 / (3 / 1.128)))
    assert (above.capability.pp, above.capability.cpk) == (None, pytest.approx(2 / (3 / 1.128)))
    assert none.capability == Capability()


def test_values_that_are_all_the_same_have_no_capability() -> None:
    found = analyse([5.0] * 40, 4.0, 6.0)

    assert (found.sigma, found.capability, found.normality) == (0.0, Capability(), None)
    assert (found.hits, found.warnings) == ((), ("no_spread",))


def test_a_single_value_and_none_at_all_have_no_spread() -> None:
    assert analyse([]) == Analysis(n=0, warnings=("few_values",))
    assert analyse([5.0], 4.0, 6.0) == Analysis(1, 5.0, minimum=5.0, maximum=5.0, warnings=("few_values",))


def test_numbers_that_nothing_can_be_reckoned_with_are_said_so() -> None:
    found = analyse([1.0, -1e300, 1e300])

    assert (found.n, found.mean, found.minimum, found.warnings) == (3, None, -1e300, ("too_large",))


@pytest.mark.parametrize(
    ("values", "hits"),
    [
        ([0.0, 3.1], [RuleHit(1, 1)]),
        ([0.0, 2.9], []),
        ([2.1, 0.0, 2.1], [RuleHit(2, 2)]),
        ([2.1, 0.0, -2.1], []),
        ([-2.1, -2.1], [RuleHit(2, 1)]),
        ([1.1, 1.1, -0.5, 1.1, 1.1], [RuleHit(3, 4)]),
        ([1.1, 1.1, -0.5, -0.5, 1.1, 1.1], []),
        ([0.1] * 9, [RuleHit(4, 7), RuleHit(4, 8)]),
        ([0.1] * 7 + [-0.1], []),
        ([-3.5, -2.5], [RuleHit(1, 0), RuleHit(2, 1)]),
    ],
)
def test_western_electric_rules(values: list[float], hits: list[RuleHit]) -> None:
    assert list(rule_hits(values, 0.0, 1.0)) == hits


def test_normality_is_that_of_the_definition() -> None:
    """A squared = -n - 1/n sum (2i-1) (ln F(x_i) + ln(1 - F(x_n+1-i))), with (1 + 0.75/n + 2.25/n^2) for n values."""
    found = analyse(NIST_FLOW)
    mean, n = 50.81, 10
    sigma = math.sqrt(sum((value - mean) ** 2 for value in NIST_FLOW) / 9)
    shares = [0.5 * (1 + math.erf((value - mean) / sigma / math.sqrt(2))) for value in sorted(NIST_FLOW)]
    squared = -n - sum((2 * i - 1) * (math.log(shares[i - 1]) + math.log(1 - shares[n - i])) for i in range(1, 11)) / n

    assert found.normality == pytest.approx(squared * (1 + 0.75 / n + 2.25 / n**2))
    assert found.normality is not None
    assert found.normality < 0.752
    assert analyse(NIST_FLOW[:7]).normality is None


def test_values_in_two_heaps_and_one_far_out_are_hardly_normal() -> None:
    assert analyse([1.0, 1.1] * 20 + [2.0, 2.1] * 20).warnings == ("not_normal",)
    assert analyse([0.0, 1.0] * 5000 + [1e6]).warnings == ("not_normal",)


@pytest.mark.parametrize(
    ("limit", "ends"),
    [
        (None, (None, None)),
        (EqualsLimit(expected=5), (None, None)),
        (RangeLimit(low=1.0), (1.0, None)),
        (RangeLimit(low=-math.inf, high=2.0), (None, 2.0)),
        (WithinPercentLimit(nominal=-20.0, percent=10.0), (-22.0, -18.0)),
    ],
)
def test_the_ends_of_limits(limit: Limit | None, ends: tuple[float | None, float | None]) -> None:
    assert ends_of(limit) == ends


@given(st.lists(numbers, min_size=2, max_size=60), st.floats(-1e6, 1e6))
def test_moving_all_values_moves_the_chart_and_nothing_else(values: list[float], shift: float) -> None:
    found, moved = analyse(values), analyse([value + shift for value in values])

    assert found.chart is not None
    assert moved.chart is not None
    assert moved.chart.centre == pytest.approx(found.chart.centre + shift, rel=1e-6, abs=1e-3)
    assert moved.chart.range_centre == pytest.approx(found.chart.range_centre, rel=1e-6, abs=1e-3)
    assert found.chart.range_centre == pytest.approx(
        sum(abs(b - a) for a, b in pairwise(values)) / (len(values) - 1), rel=1e-9, abs=1e-9
    )
