"""What is kept is given again until it is old, and nobody waits twice for the same."""

import asyncio

import pytest

from api.cache import AT_ONCE, Cache


class Source:
    """Answers that can change, and how often they were asked for."""

    def __init__(self) -> None:
        self.stand = 1
        self.asked = 0
        self.now = 0.0
        self.failing = False

    async def current(self) -> int:
        return self.stand

    async def find(self) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        if self.failing:
            raise ValueError("no")
        return self.asked


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def cache(source: Source) -> Cache:
    return Cache(source.current, entries=2, clock=lambda: source.now)


async def test_s4_17_an_answer_is_kept_for_its_time(source: Source, cache: Cache) -> None:
    first = await cache.get_or_compute("key", source.find, ttl=300)
    source.now = 299.9
    second = await cache.get_or_compute("key", source.find, ttl=300)
    source.now = 300.0
    third = await cache.get_or_compute("key", source.find, ttl=300)

    assert (first, second, third) == (1, 1, 2)


async def test_what_it_was_found_from_has_changed_so_it_is_found_anew(source: Source, cache: Cache) -> None:
    await cache.get_or_compute("key", source.find)

    source.stand = 2

    assert await cache.get_or_compute("key", source.find) == 2


async def test_who_asks_for_the_same_meanwhile_waits_for_it(source: Source, cache: Cache) -> None:
    answers = await asyncio.gather(*(cache.get_or_compute("key", source.find) for _ in range(20)))

    assert set(answers) == {1}


async def test_one_who_goes_away_takes_nothing_from_the_others(source: Source, cache: Cache) -> None:
    leaving = asyncio.create_task(cache.get_or_compute("key", source.find))
    staying = asyncio.create_task(cache.get_or_compute("key", source.find))
    await asyncio.sleep(0)
    leaving.cancel()

    assert await staying == 1


async def test_a_failure_is_told_and_not_kept(source: Source, cache: Cache) -> None:
    source.failing = True
    with pytest.raises(ValueError, match="no"):
        await cache.get_or_compute("key", source.find)
    source.failing = False

    assert await cache.get_or_compute("key", source.find) == 2


async def test_what_was_not_asked_for_longest_goes_first(source: Source, cache: Cache) -> None:
    for key in ("a", "b", "a", "c"):
        await cache.get_or_compute(key, source.find)
    before = source.asked

    await cache.get_or_compute("a", source.find)
    await cache.get_or_compute("b", source.find)

    assert (before, source.asked) == (3, 4)


async def test_only_so_many_answers_are_found_at_once(cache: Cache) -> None:
    under_way, most = 0, 0

    async def find() -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1

    await asyncio.gather(*(cache.get_or_compute(number, find) for number in range(6)))

    assert most == AT_ONCE
