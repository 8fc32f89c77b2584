"""The breaker opens after outages in a row, lets one probe pass, and closes when the MES is back."""

import asyncio
from datetime import timedelta

import pytest

from station.domain.errors import (
    MesRateLimitedError,
    MesRefusedError,
    MesUnauthorizedError,
    MesUnavailableError,
    Outage,
    Refusal,
)
from station.mes.breaker import BreakerState, CircuitBreaker
from tests.mes.support import WIP, StillClock, calling, http, serving


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def opened(self, breaker: CircuitBreaker) -> None:
        self.told.append(f"opened after {breaker.failure_count}")

    def closed(self, breaker: CircuitBreaker) -> None:
        self.told.append("closed")


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def breaker(clock: StillClock, heard: Heard) -> CircuitBreaker:
    return CircuitBreaker(threshold=5, recovery=timedelta(seconds=60), clock=clock, listeners=(heard,))


def fail(breaker: CircuitBreaker, times: int = 1, outage: Outage = Outage.NETWORK) -> None:
    for _ in range(times):
        with pytest.raises(MesUnavailableError), breaker.call():
            raise MesUnavailableError("gone", outage=outage)


def assert_shut(breaker: CircuitBreaker) -> MesUnavailableError:
    with pytest.raises(MesUnavailableError) as caught, breaker.call():
        pytest.fail("it let a call pass")
    assert (caught.value.outage, caught.value.may_have_arrived) == (Outage.BREAKER_OPEN, False)
    return caught.value


def test_it_opens_at_the_fifth_outage_in_a_row(breaker: CircuitBreaker, heard: Heard) -> None:
    fail(breaker, 4)
    assert (breaker.state, heard.told) == (BreakerState.CLOSED, [])

    fail(breaker)

    assert (breaker.state, breaker.failure_count) == (BreakerState.OPEN, 5)
    assert heard.told == ["opened after 5"]


def test_while_it_is_open_no_call_passes_and_each_hears_how_long(breaker: CircuitBreaker, clock: StillClock) -> None:
    fail(breaker, 5)
    clock.seconds += 20

    error = assert_shut(breaker)

    assert error.message == "the MES failed 5 times in a row; it is asked again in 40 s"
    assert error.retry_after == breaker.retry_after == timedelta(seconds=40)
    assert breaker.last_failure is not None


def test_a_success_in_between_begins_the_count_again(breaker: CircuitBreaker) -> None:
    fail(breaker, 4)
    with breaker.call():
        pass

    fail(breaker, 4)

    assert breaker.state is BreakerState.CLOSED


def test_after_the_recovery_time_one_probe_passes_and_closes_it(
    breaker: CircuitBreaker, clock: StillClock, heard: Heard
) -> None:
    fail(breaker, 5)
    clock.seconds += 60
    assert (breaker.state, breaker.retry_after) == (BreakerState.HALF_OPEN, timedelta())

    with breaker.call():
        assert_shut(breaker)

    assert (breaker.state, breaker.failure_count) == (BreakerState.CLOSED, 0)
    assert heard.told == ["opened after 5", "closed"]


def test_a_probe_that_fails_opens_it_again_without_another_word(
    breaker: CircuitBreaker, clock: StillClock, heard: Heard
) -> None:
    fail(breaker, 5)
    clock.seconds += 60

    fail(breaker)

    assert (breaker.state, breaker.retry_after) == (BreakerState.OPEN, timedelta(seconds=60))
    assert heard.told == ["opened after 5"]


@pytest.mark.parametrize(
    "word",
    [MesUnauthorizedError("no"), MesRateLimitedError("slow", retry_after=timedelta(1)), asyncio.CancelledError()],
)
def test_what_says_nothing_either_way_gives_the_probe_back(
    breaker: CircuitBreaker, clock: StillClock, word: BaseException
) -> None:
    fail(breaker, 5)
    clock.seconds += 60

    with pytest.raises(type(word)), breaker.call():
        raise word

    assert breaker.state is BreakerState.HALF_OPEN
    with breaker.call():
        pass
    assert breaker.state is BreakerState.CLOSED


def test_a_refusal_is_the_answer_of_an_mes_that_is_alive(breaker: CircuitBreaker, clock: StillClock) -> None:
    fail(breaker, 5)
    clock.seconds += 60

    with pytest.raises(MesRefusedError), breaker.call():
        raise MesRefusedError("no", refusal=Refusal.WIP_NOT_FOUND)

    assert breaker.state is BreakerState.CLOSED


def test_a_call_that_began_before_it_opened_changes_nothing_when_it_ends(
    breaker: CircuitBreaker, clock: StillClock
) -> None:
    with breaker.call():
        fail(breaker, 5)
        clock.seconds += 30
    assert breaker.state is BreakerState.OPEN

    assert_shut(breaker)
    assert breaker.retry_after == timedelta(seconds=30)


def test_a_failure_that_comes_late_does_not_keep_it_open_longer(breaker: CircuitBreaker, clock: StillClock) -> None:
    def fail_late() -> None:
        with breaker.call():
            fail(breaker, 5)
            clock.seconds += 30
            raise MesUnavailableError("late", outage=Outage.TIMEOUT)

    with pytest.raises(MesUnavailableError):
        fail_late()

    assert (breaker.retry_after, breaker.failure_count) == (timedelta(seconds=30), 5)


def test_a_listener_that_fails_is_logged_and_harms_nobody(
    breaker: CircuitBreaker, caplog: pytest.LogCaptureFixture, heard: Heard
) -> None:
    class Broken(Heard):
        def opened(self, breaker: CircuitBreaker) -> None:
            raise OSError("no network")

    breaker.listen(Broken())
    late = Heard()
    breaker.listen(late)

    fail(breaker, 5)

    assert heard.told == late.told == ["opened after 5"]
    assert "a listener of the circuit breaker failed" in caplog.text


async def test_a_client_whose_mes_is_gone_asks_it_no_more(clock: StillClock, heard: Heard) -> None:
    async with (
        serving(*[http(500)] * 5, http(200, WIP)) as server,
        calling(server.url, clock, (heard,), breaker={"threshold": 5, "recovery": 60}) as client,
    ):
        for _ in range(20):
            with pytest.raises(MesUnavailableError):
                await client.scan("W")
        asked_while_open = len(server.requests)
        clock.seconds += 60
        await client.scan("W")

    assert asked_while_open == 5
    assert heard.told == ["opened after 5", "closed"]


async def test_json_of_the_wrong_shape_again_and_again_opens_it(clock: StillClock) -> None:
    async with serving(http(200, [])) as server, calling(server.url, clock, breaker={"threshold": 3}) as client:
        for _ in range(10):
            with pytest.raises(MesUnavailableError):
                await client.scan("W")

    assert len(server.requests) == 3
