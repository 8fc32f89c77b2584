"""E08, E09, E11: thousands of calls in a shower of faults, and not one that ends as anybody's bug."""

import asyncio
import random
from collections import Counter

import pytest

from station.domain.delivery import MesAction
from station.domain.errors import MesError, MesRateLimitedError, MesUnauthorizedError, MesUnavailableError, Outage
from station.mes.breaker import BreakerState
from station.mes.client import MesClient
from station.mes.deliver import deliver
from station.mes.owed import OwedCall
from station.testing.reference_mes.server import ReferenceMes
from tests.mes.support import (
    NEUROHUB,
    SETTINGS,
    WIP,
    Answer,
    StillClock,
    calling,
    garbage,
    half_body,
    html,
    http,
    later,
    raw,
    reset,
    serving,
    silence,
    trickle,
)

CALLS = 2000
FAULTS: list[Answer] = [
    http(500),
    http(500, {"error_code": "SRV_001", "message": "x"}),
    http(503, b"", {"Retry-After": "1"}),
    http(429, {}, {"Retry-After": "0.001"}),
    http(401, {"error_code": "AUTH_002", "message": "x"}),
    http(200, [1, 2]),
    http(200, {"id": "x"}),
    http(200, b"{garbage"),
    html(),
    html(502),
    half_body(),
    garbage(),
    reset,
    raw(b"", close=True),
]
SLOW: list[Answer] = [silence, trickle]


async def test_two_thousand_calls_in_a_shower_of_faults_end_in_answers_or_errors_of_the_mes() -> None:
    chance = random.Random(8)
    script = [
        chance.choice(SLOW)
        if chance.random() < 0.01
        else chance.choice(FAULTS)
        if chance.random() < 0.7
        else http(200, WIP)
        for _ in range(3 * CALLS)
    ]
    ended: Counter[str] = Counter()

    async def call(client: MesClient) -> None:
        try:
            await client.scan("WIP-KR01PSA2511-001")
            ended["answered"] += 1
        except MesError as error:
            ended[type(error).__name__] += 1

    async with serving(*script, http(200, WIP)) as server, calling(server.url, timeout=0.2) as client:
        for _ in range(CALLS // 20):
            await asyncio.gather(*(call(client) for _ in range(20)))

    assert sum(ended.values()) == CALLS
    assert {"answered", "MesUnavailableError", "MesUnauthorizedError"} <= set(ended)


async def test_the_breaker_opens_within_five_outages_half_opens_and_closes() -> None:
    clock = StillClock()
    chance = random.Random(9)
    faults = [fault for fault in FAULTS if fault not in FAULTS[3:5]]
    async with (
        serving(*(chance.choice(faults) for _ in range(14)), http(200, WIP)) as server,
        calling(server.url, clock, timeout=0.5, breaker={"threshold": 5, "recovery": 60}) as client,
    ):
        calls = 0
        while client.breaker.state is BreakerState.CLOSED:
            with pytest.raises(MesUnavailableError):
                await client.scan("W")
            calls += 1
        assert calls == 5

        with pytest.raises(MesUnavailableError) as caught:
            await client.scan("W")
        assert caught.value.outage is Outage.BREAKER_OPEN

        for _ in range(20):
            clock.seconds += 60
            assert client.breaker.state is BreakerState.HALF_OPEN
            try:
                await client.scan("W")
                break
            except MesUnavailableError:
                assert client.breaker.state is BreakerState.OPEN
        assert client.breaker.state is BreakerState.CLOSED


@pytest.mark.parametrize("profile", ["documented", "neurohub"])
async def test_in_a_shower_of_faults_every_unit_is_told_once_and_in_order(profile: str) -> None:
    wips = 12
    async with (
        ReferenceMes(profile, rate_limit=0) as mes,
        calling(mes.url, timeout=2, breaker={"threshold": 1000}, **SETTINGS[profile]) as client,
    ):
        names = mes.seed(wips, passed=[1, 2, 3, 4, 5])
        mes.schedule(
            11,
            0.35,
            ["refuse", "status", "commit_then_reset", "reset_before_commit", "half_body", "html", "garbage_json"],
        )

        await asyncio.gather(*(tell_everything(client, name) for name in names))

        mes.heal()
        told = {name: [] for name in names}  # type: dict[str, list[str]]
        for effect in mes.ledger(requests=False).effects:
            if effect.request_id is not None:
                told[effect.wip].append(effect.kind)
    assert told == {name: ["start", "complete", "convert"] for name in names}


async def tell_everything(client: MesClient, name: str) -> None:
    for action in MesAction:
        item = OwedCall(
            item_id=f"{name}/{action}",
            run_id=name,
            action=action,
            wip=name,
            process_id=6,
            operator_id=5,
            payload={
                "started_at": later(0).isoformat(),
                "completed_at": later(30).isoformat(),
                "result": "PASS",
            },
        )
        await tell(client, item)


async def tell(client: MesClient, item: OwedCall) -> None:
    unknown = False
    while True:
        try:
            await deliver(client, item, attempted_before=unknown)
        except MesUnavailableError as error:
            unknown = unknown or error.may_have_arrived
        except (MesRateLimitedError, MesUnauthorizedError):
            await asyncio.sleep(0.01)
        else:
            return


async def test_a_storm_of_401_in_the_middle_of_a_drain_loses_nothing() -> None:
    async with ReferenceMes("neurohub", rate_limit=0) as mes, calling(mes.url, **NEUROHUB) as client:
        names = mes.seed(10, passed=[1, 2, 3, 4, 5])
        mes.fault("clock_skew", count=None, skew=600)
        telling = asyncio.gather(*(tell_everything(client, name) for name in names))
        await asyncio.sleep(0.05)
        mes.fault("token_storm", count=15)

        await telling

        requests = [request.kind for request in mes.ledger().requests]
        assert all(mes.wip(name)["status"] == "CONVERTED" for name in names)
    assert requests.count("login") <= 2
    assert requests.count("refresh") <= 1
