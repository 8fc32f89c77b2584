"""Identities sort by the time they were given."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.ids import new_id, time_of

TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
ENTROPY = st.binary(min_size=10, max_size=16)


@given(TIMES, st.integers(1, 10**12), ENTROPY, ENTROPY)
def test_what_was_made_a_millisecond_later_sorts_later(at: datetime, later: int, one: bytes, other: bytes) -> None:
    earlier = at.replace(microsecond=at.microsecond // 1000 * 1000)

    assert new_id(earlier, one) < new_id(earlier + timedelta(milliseconds=later), other)


@given(TIMES, ENTROPY)
def test_an_identity_is_26_characters_nobody_confuses(at: datetime, entropy: bytes) -> None:
    made = new_id(at, entropy)

    assert len(made) == 26
    assert set(made) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@given(TIMES, ENTROPY)
def test_where_on_earth_it_was_made_does_not_matter(at: datetime, entropy: bytes) -> None:
    in_seoul = at.astimezone(timezone(timedelta(hours=9)))

    assert new_id(in_seoul, entropy) == new_id(at, entropy)


def test_the_same_moment_and_chance_give_the_known_identity() -> None:
    assert new_id(datetime(2026, 3, 1, 9, tzinfo=UTC), bytes(range(10))) == "01KJMA0FM0000G40R40M30E209"


def test_other_chance_gives_another_identity() -> None:
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)

    assert new_id(at, b"\x00" * 10) != new_id(at, b"\x00" * 9 + b"\x01")


def test_a_time_of_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="now must be an aware time"):
        new_id(datetime(2026, 3, 1), b"0123456789")  # noqa: DTZ001 - that is the point


def test_too_little_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="entropy must be at least ten bytes"):
        new_id(datetime(2026, 3, 1, tzinfo=UTC), b"012345678")


@given(TIMES, ENTROPY)
def test_an_identity_tells_when_it_was_made_to_the_millisecond(at: datetime, entropy: bytes) -> None:
    assert time_of(new_id(at, entropy)) == at.replace(microsecond=at.microsecond // 1000 * 1000)
