"""The machine's own clock, as steps see it where no test gives them another."""

from datetime import UTC, datetime, timedelta

from station.domain.clock import SystemClock


async def test_it_waits_as_long_as_it_is_told_and_never_goes_back() -> None:
    clock = SystemClock()
    before = clock.monotonic()

    await clock.sleep(0.02)

    # A loop may wake up its resolution early.
    assert clock.monotonic() - before >= 0.019


def test_its_time_of_day_is_that_of_the_machine_and_knows_where_on_earth_it_is() -> None:
    now = SystemClock().now()

    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)
