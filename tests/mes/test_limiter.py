"""The station keeps within the MES's rate, all callers together, and waits when it is told to."""

import asyncio
from datetime import timedelta

import pytest

from station.domain.clock import SystemClock
from station.domain.errors import MesRateLimitedError
from station.mes.limiter import Limiter
from tests.mes.support import NEUROHUB, WIP, StillClock, calling, http, serving

PATIENT = timedelta(hours=1)


async def test_no_window_ever_has_more_calls_than_are_allowed() -> None:
    clock = StillClock()
    limiter = Limiter(90, clock, patience=PATIENT)
    begun = []

    for _ in range(400):
        await limiter.wait()
        begun.append(clock.monotonic())

    assert all(later - earlier >= 60 for earlier, later in zip(begun, begun[90:], strict=False))
    assert begun[-1] - begun[0] == 240


async def test_callers_that_come_together_pass_two_by_two() -> None:
    clock = SystemClock()
    limiter = Limiter(2, clock, window=timedelta(seconds=0.1))
    begun = []

    async def call() -> None:
        await limiter.wait()
        begun.append(clock.monotonic())

    await asyncio.gather(*(call() for _ in range(5)))

    assert begun[2] - begun[0] >= 0.1
    assert begun[4] - begun[0] >= 0.2


async def test_a_caller_that_would_wait_too_long_is_told_how_long() -> None:
    clock = StillClock()
    limiter = Limiter(1, clock, patience=timedelta(seconds=5))
    await limiter.wait()

    with pytest.raises(MesRateLimitedError) as caught:
        await limiter.wait()
    clock.seconds += 58
    await limiter.wait()

    assert caught.value.retry_after == timedelta(seconds=60)
    assert clock.waits == [2]


async def test_without_a_rate_only_the_mes_itself_holds_callers_up() -> None:
    clock = StillClock()
    limiter = Limiter(None, clock)
    for _ in range(1000):
        await limiter.wait()

    limiter.hold(timedelta(seconds=3))
    limiter.hold(timedelta(seconds=1))
    await limiter.wait()
    await limiter.wait()

    assert clock.waits == [3]


async def test_who_waits_already_hears_that_the_mes_closed_its_door() -> None:
    clock = StillClock()
    limiter = Limiter(1, clock, window=timedelta(seconds=4))
    await limiter.wait()

    async def close_the_door() -> None:
        limiter.hold(timedelta(seconds=100))

    waiting = asyncio.create_task(limiter.wait())
    await asyncio.gather(close_the_door(), asyncio.sleep(0))

    with pytest.raises(MesRateLimitedError):
        await waiting


async def test_after_a_429_every_later_call_waits() -> None:
    clock = StillClock()
    async with (
        serving(http(429, {}, {"Retry-After": "4"}), http(200, WIP)) as server,
        calling(server.url, clock) as client,
    ):
        with pytest.raises(MesRateLimitedError):
            await client.scan("W")
        await client.scan("W")

        assert clock.waits == [4]
        assert len(server.requests) == 2


async def test_while_the_mes_wants_to_be_left_alone_for_long_it_is() -> None:
    clock = StillClock()
    async with (
        serving(http(429, {}, {"Retry-After": "40"}), http(200, WIP)) as server,
        calling(server.url, clock) as client,
    ):
        for _ in range(3):
            with pytest.raises(MesRateLimitedError):
                await client.scan("W")

        assert len(server.requests) == 1
        assert client.breaker.failure_count == 0


@pytest.mark.parametrize(
    ("settings", "limited"),
    [({}, False), ({"profile": "neurohub"}, True), ({"rate_limit": 90}, True), ({**NEUROHUB, "auth": "bearer"}, False)],
)
async def test_the_real_mes_is_asked_at_most_ninety_times_a_minute(settings: dict[str, object], limited: bool) -> None:
    async with serving(http(200, WIP)) as server, calling(server.url, StillClock(), **settings) as client:
        for _ in range(90):
            await client.scan("W")

        if limited:
            with pytest.raises(MesRateLimitedError):
                await client.scan("W")
        else:
            await client.scan("W")
