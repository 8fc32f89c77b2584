"""Judging: what passes a limit, what never does, and how a limit reads."""

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from station.domain.measurement import (
    EqualsLimit,
    Limit,
    Measurement,
    OneOfLimit,
    RangeLimit,
    RegexLimit,
    WithinPercentLimit,
    describe_limit,
    judge,
)
from station.domain.outcome import Outcome

NUMBERS = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers())
SCALARS = st.one_of(NUMBERS, st.text(), st.booleans(), st.none())
DECIMALS = st.decimals(min_value=-1_000, max_value=1_000, places=3).filter(bool)
RANGES = st.tuples(NUMBERS.map(float_or_zero := lambda number: float(min(max(number, -1e300), 1e300))), NUMBERS).map(
    lambda pair: sorted((pair[0], float_or_zero(pair[1])))
)
LIMITS = st.one_of(
    RANGES.map(lambda ends: RangeLimit(low=ends[0], high=ends[1])),
    RANGES.map(lambda ends: RangeLimit(low=ends[0])),
    RANGES.map(lambda ends: RangeLimit(high=ends[1])),
    st.just(RangeLimit()),
    SCALARS.map(lambda value: EqualsLimit(expected=value)),
    st.lists(SCALARS, min_size=1, max_size=4).map(lambda values: OneOfLimit(choices=tuple(values))),
    st.sampled_from(["v1.*", "", "[0-9]+", "nan"]).map(lambda pattern: RegexLimit(pattern=pattern)),
    st.tuples(st.floats(-1e6, 1e6), st.floats(0, 200)).map(
        lambda pair: WithinPercentLimit(nominal=pair[0], percent=pair[1])
    ),
)
LIMIT: TypeAdapter[Any] = TypeAdapter(Limit)


def passes(value: object, limit: Any) -> bool:
    return judge(value, limit) is Outcome.PASSED


@given(SCALARS)
def test_without_a_limit_everything_passes(value: object) -> None:
    assert passes(value, None)


@given(RANGES)
def test_both_ends_of_a_range_pass(ends: list[float]) -> None:
    low, high = ends

    limit = RangeLimit(low=low, high=high)

    assert passes(low, limit)
    assert passes(high, limit)


@given(RANGES)
def test_the_next_number_beyond_an_end_fails(ends: list[float]) -> None:
    low, high = ends

    limit = RangeLimit(low=low, high=high)

    assert not passes(math.nextafter(low, -math.inf), limit)
    assert not passes(math.nextafter(high, math.inf), limit)


@given(NUMBERS)
def test_an_end_left_out_is_open(value: float) -> None:
    assert passes(value, RangeLimit())
    assert passes(max(value, 1), RangeLimit(low=1))
    assert passes(min(value, 1), RangeLimit(high=1))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@given(limit=LIMITS)
def test_what_is_not_finite_never_passes_a_limit_on_numbers(value: float, limit: Any) -> None:
    assert not passes(value, limit)


@given(limit=LIMITS.filter(lambda limit: not isinstance(limit, EqualsLimit | OneOfLimit)))
def test_true_is_not_a_number_and_none_is_not_a_value(limit: Any) -> None:
    assert not passes(True, limit)
    assert not passes(None, limit)
    assert not passes([1.0], limit)


def test_a_number_too_large_for_a_float_is_judged_all_the_same() -> None:
    assert passes(10**400, RangeLimit(low=0))
    assert not passes(10**400, RangeLimit(high=0))
    assert not passes(10**400, WithinPercentLimit(nominal=5, percent=1))


@given(DECIMALS, st.decimals(min_value=0, max_value=100, places=1))
def test_both_ends_of_a_percentage_pass_as_they_are_written(nominal: Decimal, percent: Decimal) -> None:
    limit = WithinPercentLimit(nominal=float(nominal), percent=float(percent))

    allowed = abs(nominal) * percent / 100

    assert passes(float(nominal - allowed), limit)
    assert passes(float(nominal + allowed), limit)


@given(DECIMALS, st.decimals(min_value=0, max_value=100, places=1))
def test_beyond_a_percentage_fails(nominal: Decimal, percent: Decimal) -> None:
    limit = WithinPercentLimit(nominal=float(nominal), percent=float(percent))

    beyond = abs(nominal) * percent / 100 + Decimal("0.0001")

    assert not passes(float(nominal - beyond), limit)
    assert not passes(float(nominal + beyond), limit)


def test_a_percentage_of_a_negative_nominal_reaches_to_both_sides_of_it() -> None:
    limit = WithinPercentLimit(nominal=-12, percent=5)

    assert [passes(value, limit) for value in (-12.61, -12.6, -12, -11.4, -11.39)] == [False, True, True, True, False]


def test_a_percentage_is_of_the_number_as_written_and_not_of_its_binary_shadow() -> None:
    assert passes(20.08995, WithinPercentLimit(nominal=19.99, percent=0.5))


@given(SCALARS, SCALARS)
def test_equal_means_the_same_value_of_the_same_kind(value: Any, expected: Any) -> None:
    same = value == expected and isinstance(value, bool) == isinstance(expected, bool)

    assert passes(value, EqualsLimit(expected=expected)) is same
    assert passes(value, OneOfLimit(choices=("another", expected))) is (same or value == "another")


def test_one_is_not_true() -> None:
    assert not passes(1, EqualsLimit(expected=True))
    assert not passes(True, EqualsLimit(expected=1))
    assert not passes(0, OneOfLimit(choices=(False, "no")))


@pytest.mark.parametrize(("value", "verdict"), [("v1.2", True), ("xv1.2", False), ("v1.2\n", False), (12, False)])
def test_a_pattern_matches_the_whole_text(value: object, verdict: bool) -> None:
    assert passes(value, RegexLimit(pattern=r"v1\.\d")) is verdict


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: RangeLimit(low=5.1, high=4.9), "low (5.1) is above high (4.9); no value can pass"),
        (lambda: RangeLimit(low=1.0000001, high=1), "low (1.0000001) is above high (1); no value can pass"),
        (lambda: RangeLimit(low=math.nan), "an end is nan; no value can pass"),
        (
            lambda: RegexLimit(pattern="("),
            "pattern '(' is not a regular expression: missing ), unterminated subpattern",
        ),
        (lambda: WithinPercentLimit(nominal=5, percent=-1), "greater than or equal to 0"),
        (lambda: WithinPercentLimit(nominal=math.nan, percent=1), "finite number"),
        (lambda: WithinPercentLimit(nominal=5, percent=math.inf), "finite number"),
        (lambda: OneOfLimit(choices=()), "at least 1 item"),
        (lambda: Measurement(name="3V3"), "should match pattern"),
        (lambda: Measurement(name="x" * 101), "at most 100 characters"),
    ],
)
def test_a_limit_nothing_can_pass_is_refused_with_the_reason(make: Any, says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make()

    assert says in str(refused.value)


@given(LIMITS)
def test_a_limit_survives_its_way_through_a_history(limit: Any) -> None:
    assume(not isinstance(limit, EqualsLimit | OneOfLimit) or "\x00" not in describe_limit(limit))

    again = LIMIT.validate_json(LIMIT.dump_json(limit))

    assert again == limit
    assert type(getattr(again, "expected", None)) is type(getattr(limit, "expected", None))


@pytest.mark.parametrize(
    ("limit", "reads"),
    [
        (None, ""),
        (RangeLimit(), "any number"),
        (RangeLimit(low=4.9, high=5.1), "4.9 .. 5.1"),
        (RangeLimit(low=0), ">= 0"),
        (RangeLimit(high=-0.5), "<= -0.5"),
        (RangeLimit(low=24_999_750, high=25_000_250), "24999750 .. 25000250"),
        (EqualsLimit(expected="OK"), "= 'OK'"),
        (EqualsLimit(expected=True), "= True"),
        (OneOfLimit(choices=("A", 2, None)), "one of 'A', 2, None"),
        (RegexLimit(pattern="v1.*"), "/v1.*/"),
        (WithinPercentLimit(nominal=3.3, percent=2.5), "3.3 ± 2.5 %"),
    ],
)
def test_a_limit_reads_the_way_people_write_it(limit: Any, reads: str) -> None:
    assert describe_limit(limit) == reads
