"""The station is let in by a key or as a user, and neither a storm of 401 nor a long night locks it out."""

import asyncio

import pytest

from station.domain.errors import MesRateLimitedError, MesUnauthorizedError, MesUnavailableError
from station.mes.client import MesClient
from station.testing.reference_mes.server import ReferenceMes
from tests.mes.support import NEUROHUB, WIP, Answer, Server, StillClock, calling, http, serving

REFUSED = http(401, {"error_code": "AUTH_002", "message": "Could not validate credentials"})


def token(name: str, **more: object) -> Answer:
    return http(200, {"access_token": name, "refresh_token": f"{name}-refresh", "expires_in": 1800, **more})


def told(server: Server) -> list[str]:
    """What was asked, in short: the login, the refresh, or the token a scan was made with."""
    return [
        request.path.rpartition("/")[2] if "/auth/" in request.path else request.headers.get("authorization", "-")
        for request in server.requests
    ]


async def scans(client: MesClient, times: int) -> list[BaseException | object]:
    return await asyncio.gather(*(client.scan("W") for _ in range(times)), return_exceptions=True)


@pytest.mark.parametrize(
    ("auth", "header", "value"), [("bearer", "authorization", "Bearer k"), ("api_key", "x-api-key", "k")]
)
async def test_a_static_key_is_shown_as_configured(auth: str, header: str, value: str) -> None:
    async with serving(http(200, WIP)) as server, calling(server.url, auth=auth, api_key="k") as client:
        await client.scan("W")

    (request,) = server.requests
    assert request.headers[header] == value
    assert len({"authorization", "x-api-key"} & set(request.headers)) == 1


async def test_without_a_key_nothing_is_shown() -> None:
    async with serving(http(200, WIP)) as server, calling(server.url) as client:
        await client.scan("W")

    assert told(server) == ["-"]


async def test_the_user_logs_in_once_and_says_which_station_it_is() -> None:
    async with serving(token("A"), http(200, WIP)) as server, calling(server.url, **NEUROHUB) as client:
        await scans(client, 5)

    assert told(server) == ["json", *["Bearer A"] * 5]
    assert server.requests[0].json == {"username": "operator", "password": "operator", "station_id": "station-1"}


async def test_a_token_is_refreshed_a_minute_before_its_end() -> None:
    clock = StillClock()
    script = (token("A"), http(200, WIP), http(200, WIP), http(200, {"access_token": "B"}), http(200, WIP))
    async with serving(*script) as server, calling(server.url, clock, **NEUROHUB) as client:
        await client.scan("W")
        clock.seconds += 1739
        await client.scan("W")
        clock.seconds += 1

        await client.scan("W")

    assert told(server) == ["json", "Bearer A", "Bearer A", "refresh", "Bearer B"]
    assert server.requests[3].json == {"refresh_token": "A-refresh", "station_id": "station-1"}


async def test_a_refused_token_is_refreshed_once_then_the_user_logs_in_once() -> None:
    script = (token("A"), REFUSED, token("B"), REFUSED, token("C"), http(200, WIP))
    async with serving(*script) as server, calling(server.url, StillClockLater(), **NEUROHUB) as client:
        await client.scan("W")

    assert told(server) == ["json", "Bearer A", "refresh", "Bearer B", "json", "Bearer C"]


async def test_then_the_credentials_are_what_is_wrong() -> None:
    script = (token("A"), REFUSED, token("B"), REFUSED, token("C"), REFUSED)
    async with serving(*script) as server, calling(server.url, StillClockLater(), **NEUROHUB) as client:
        with pytest.raises(MesUnauthorizedError):
            await client.scan("W")

    assert len(server.requests) == 6


async def test_a_refresh_that_is_refused_is_followed_by_a_login() -> None:
    script = (token("A"), REFUSED, REFUSED, token("B"), http(200, WIP))
    async with serving(*script) as server, calling(server.url, StillClockLater(), **NEUROHUB) as client:
        await client.scan("W")

    assert told(server) == ["json", "Bearer A", "refresh", "json", "Bearer B"]


async def test_however_many_callers_are_refused_one_refreshes() -> None:
    async with ReferenceMes("neurohub", rate_limit=0) as mes, calling(mes.url, **NEUROHUB) as client:
        (name,) = mes.seed()
        await client.scan(name)
        mes.fault("clock_skew", skew=3600)  # what was given out before has run out; what is given out now has not

        await asyncio.gather(*(client.scan(name) for _ in range(20)))

        requests = mes.ledger().requests
    kinds = [request.kind for request in requests]
    assert [request.status for request in requests].count(401) == 20
    assert (kinds.count("refresh"), kinds.count("login")) == (1, 1)


async def test_a_server_that_refuses_valid_tokens_is_not_stormed_with_logins() -> None:
    clock = StillClock()
    async with (
        ReferenceMes("neurohub", rate_limit=0) as mes,
        calling(mes.url, clock, **NEUROHUB) as client,
    ):
        (name,) = mes.seed()
        await client.scan(name)
        mes.fault("token_storm", count=None)
        for _ in range(10):
            with pytest.raises(MesUnauthorizedError):
                await client.scan(name)
        stormed = [request.kind for request in mes.ledger().requests]
        mes.heal()

        await client.scan(name)

    assert (stormed.count("refresh"), stormed.count("login")) == (1, 1)


async def test_while_the_database_of_the_mes_is_down_nothing_is_lost_and_all_is_well_after() -> None:
    async with (
        ReferenceMes("neurohub", rate_limit=0) as mes,
        calling(mes.url, StillClockLater(), **NEUROHUB) as client,
    ):
        (name,) = mes.seed()
        mes.fault("database_down", count=None)
        assert not await client.health()
        with pytest.raises((MesUnauthorizedError, MesUnavailableError)):
            await client.scan(name)

        mes.heal()

        assert (await client.scan(name)).wip_id == name


async def test_a_wrong_password_is_tried_once_in_a_while() -> None:
    clock = StillClock()
    async with ReferenceMes("neurohub", rate_limit=0) as mes:
        async with calling(mes.url, clock, **{**NEUROHUB, "password": "wrong"}) as client:
            first, *others = await scans(client, 10)
            clock.seconds += 30
            await scans(client, 10)

        assert isinstance(first, MesUnauthorizedError)
        assert first.message == (
            "the MES does not let 'operator' in (the MES answers 401 AUTH_001 Incorrect username or password: "
            "it does not accept the credentials); check backend.username and password"
        )
        assert all(isinstance(other, MesUnauthorizedError) for other in others)
        assert [request.kind for request in mes.ledger().requests] == ["login", "login"]


@pytest.mark.parametrize("answer", [http(500), http(200, {"token": "A"}), http(200, [])])
async def test_a_login_without_an_answer_is_an_outage(answer: Answer) -> None:
    async with serving(answer) as server, calling(server.url, **NEUROHUB) as client:
        for _ in range(2):
            with pytest.raises(MesUnavailableError):
                await client.scan("W")

        assert client.breaker.failure_count == 2
        assert len(server.requests) == 2


async def test_a_refresh_without_an_answer_is_an_outage_and_is_tried_again() -> None:
    script = (token("A"), REFUSED, http(503), REFUSED, token("B"), http(200, WIP))
    async with serving(*script) as server, calling(server.url, **NEUROHUB) as client:
        with pytest.raises(MesUnavailableError):
            await client.scan("W")
        await client.scan("W")

    assert told(server) == ["json", "Bearer A", "refresh", "Bearer A", "refresh", "Bearer B"]


async def test_too_many_logins_hold_every_call_up() -> None:
    clock = StillClock()
    async with (
        serving(http(429, {}, {"Retry-After": "50"})) as server,
        calling(server.url, clock, **NEUROHUB) as client,
    ):
        results = await scans(client, 3)

    assert all(isinstance(result, MesRateLimitedError) for result in results)
    assert len(server.requests) == 1


async def test_tokens_never_show_in_what_is_printed() -> None:
    async with serving(token("SECRET"), REFUSED) as server, calling(server.url, **NEUROHUB) as client:
        with pytest.raises(MesUnauthorizedError) as caught:
            await client.scan("W")

        shown = await client._credentials.current()
        assert "SECRET" not in repr(caught.value) + repr(shown) + str(caught.value)


class StillClockLater(StillClock):
    """A clock that goes on whenever it is looked at, so that nothing is too soon."""

    def monotonic(self) -> float:
        self.seconds += 31
        return self.seconds
