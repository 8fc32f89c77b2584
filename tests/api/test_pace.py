"""How often those may ask who have not logged in: strangers only so often, everybody else as often as they like."""

from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

from api.access.pace import Pace
from api.errors import TooManyRequestsError
from station.config.sections import ServerSection
from tests.api.inside import FAR, LOCAL, PASSWORD, Seconds, basic, inside

NEAR = "10.20.0.7"
LIMIT = 5


def test_d18_it_is_the_documented_hundred_unless_said_otherwise() -> None:
    assert ServerSection().rate_limit == 100


async def test_d18_a_stranger_is_slowed_down_and_nobody_else(tmp_path: Path) -> None:
    auth = {"whitelist": ["10.20.0.0/24"], "whitelist_role": "viewer"}
    async with inside(tmp_path, auth, server={"rate_limit": LIMIT}) as found:
        viewer = await found.logged_in("viewer")
        async with found.client(FAR) as far, found.client(NEAR) as near, found.client(LOCAL) as local:
            asked = [await far.get(path) for path in ("/health/liveness", "/api/auth/me", "/api/batches")]
            wrong = await far.get("/api/batches", headers=basic("viewer", "wrong"))
            asked += [wrong] + [await far.get("/health") for _ in range(3)]
            login = await far.post("/api/auth/login", json={"username": "viewer", "password": PASSWORD})
            page = [(await far.get("/op")).status_code for _ in range(3 * LIMIT)]
            known = [
                (await client.get("/api/auth/me", headers=shown)).status_code
                for client, shown in ((viewer, {}), (far, basic("viewer")), (near, {}), (local, {}))
                for _ in range(3 * LIMIT)
            ]
            other = (await found.client("10.9.8.6").get("/health/liveness")).status_code

    # The login with which the viewer came was one of the stranger's five.
    assert [one.status_code for one in asked] == [200, 200, 401, 401, 429, 429, 429]
    assert asked[-1].json()["error"] == login.json()["error"] == "TOO_MANY_REQUESTS"
    assert asked[-1].headers["Retry-After"] == str(asked[-1].json()["details"]["retry_after"]) == "12"
    assert "server.rate_limit" in asked[-1].json()["message"]
    assert set(page) == set(known) == {httpx.codes.OK}
    assert other == httpx.codes.OK


def test_what_was_asked_counts_for_a_minute() -> None:
    clock = Seconds()
    pace = Pace(60, [ip_network("10.20.0.0/24")], clock)

    def asked(times: int, address: str = FAR) -> int:
        """How many of so many requests are let through."""
        through = 0
        for _ in range(times):
            try:
                pace.count(address)
            except TooManyRequestsError:
                continue
            through += 1
        return through

    assert asked(100) == 60
    clock.now = 10
    assert asked(100) == 10
    clock.now = 200
    assert asked(100) == 60
    assert asked(100, "::ffff:127.0.0.1") == asked(100, "::1") == asked(100, NEAR) == 100


def test_an_ipv6_host_has_one_share_however_many_addresses_it_has() -> None:
    pace = Pace(2, [], Seconds())

    pace.count("fd00::1")
    pace.count("fd00::2")
    with pytest.raises(TooManyRequestsError):
        pace.count("fd00::3")


def test_strangers_are_forgotten_when_their_share_is_whole_again() -> None:
    clock = Seconds()
    pace = Pace(60, [], clock)

    for number in range(10_000):
        pace.count(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    clock.now = 60
    pace.count("192.168.0.1")

    assert len(pace._shares) == 1
