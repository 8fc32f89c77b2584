"""Each way of logging in on a real station, over the network: `server.auth` as the documents have it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from websockets.exceptions import InvalidStatus

from tests.api.conftest import PACKAGES
from tests.api.inside import HASH, KEY, PASSWORD, SECRET, basic, bearer, forged
from tests.api.listener import listening
from tests.api.served import Served, served_station
from tests.support import until

pytestmark = pytest.mark.station
BATCHES = [{"id": "quick", "sequence_package": PACKAGES / "quick"}]
INFO = "/api/system/info"
BOSS = {"username": "boss", "password_hash": HASH}


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def station(clients: ExitStack, folder: Path, **auth: Any) -> Served:
    """A station whose callers must log in so."""
    server = {"auth": {"enabled": True, "whitelist_role": "none", **auth}}
    return clients.enter_context(served_station(folder, BATCHES, server=server))


def at(clients: ExitStack, served: Served, address: str = "127.0.0.1") -> httpx.Client:
    """A caller from an address of this machine."""
    transport = httpx.HTTPTransport(local_address=address)
    return clients.enter_context(httpx.Client(base_url=served.url, transport=transport, timeout=30))


async def socket_at(served: Served, address: str, headers: Mapping[str, str]) -> int:
    """With what a socket is answered; 101: it is open."""
    try:
        async with listening(served.url, additional_headers=headers, local_addr=(address, 0)):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_s1_37_s1_38_with_basic_a_name_and_its_password_are_shown(clients: ExitStack, tmp_path: Path) -> None:
    served = station(clients, tmp_path, type="basic", basic=BOSS)
    client = at(clients, served)

    nothing = client.get(INFO)
    statuses = [
        client.get(INFO, headers=headers).status_code
        for headers in (basic("boss"), basic("boss", "wrong"), basic("kim"), bearer(SECRET), {"X-API-Key": KEY})
    ]
    login = at(clients, served).post("/api/auth/login", json={"username": "boss", "password": PASSWORD})
    document = client.get("/openapi.json", headers=basic("boss")).json()

    assert (nothing.status_code, nothing.json()["error"]) == (401, "NOT_AUTHENTICATED")
    assert nothing.headers["WWW-Authenticate"] == 'Basic realm="station"'
    assert statuses == [200, 401, 401, 401, 401]
    assert login.json()["role"] == "admin"
    assert HASH.startswith("$2b$")
    assert document["components"]["securitySchemes"]["password"]["scheme"] == "basic"


def test_e23_whoever_guessed_too_often_is_locked_out_after_the_api_was_killed_too(
    clients: ExitStack, tmp_path: Path
) -> None:
    served = station(clients, tmp_path, type="basic", basic=BOSS)
    here, elsewhere = at(clients, served), at(clients, served, "127.0.0.9")
    other = at(clients, served, "127.0.0.8")
    guesses = [here.get(INFO, headers=basic("boss", f"guess-{number}")).status_code for number in range(11)]
    right = elsewhere.get(INFO, headers=basic("boss"))

    served.kill()
    time.sleep(0.1)
    until(lambda: lives(served), 30, "the API does not come back")
    for client in (here, elsewhere, other):
        client.base_url = httpx.URL(served.url)
    after = [client.get(INFO, headers=basic("boss")) for client in (here, elsewhere)]
    guessed = other.get(INFO, headers=basic("nobody-here", "guess"))

    assert guesses == [401] * 10 + [429]
    assert right.status_code == 429, "the user is locked, wherever somebody tries"
    assert [answer.status_code for answer in after] == [429, 429]
    assert 200 < int(after[0].headers["Retry-After"]) <= 300
    assert guessed.status_code == 401, "others are not"
    assert not served.station.rows("SELECT * FROM failed_logins WHERE source LIKE '%nobody-here%'")


def lives(served: Served) -> bool:
    try:
        return httpx.get(f"{served.url}/health/liveness", trust_env=False).is_success
    except (OSError, ValueError, httpx.HTTPError):
        return False


def test_s1_37_s1_39_with_jwt_a_token_is_fetched_and_shown_for_an_hour(clients: ExitStack, tmp_path: Path) -> None:
    served = station(clients, tmp_path, type="jwt", basic=BOSS, jwt={"secret_key": SECRET})
    client = at(clients, served)

    asked = {"username": "boss", "password": PASSWORD}
    answer = client.post("/api/auth/token", json=asked)
    wrong = client.post("/api/auth/token", json=asked | {"password": "wrong"})
    token = answer.json()["access_token"]
    past = datetime.now(UTC) - timedelta(seconds=5)
    shown = [
        bearer(token),
        bearer(forged(token, exp=past)),
        bearer(forged(token, algorithm="none")),
        bearer(forged(token, key="another secret, which is long enough too")),
        basic("boss"),
        {"X-API-Key": token},
    ]
    statuses = [client.get(INFO, headers=headers).status_code for headers in shown]
    said = jwt.decode(token, SECRET, algorithms=["HS256"], issuer="T1")

    assert (answer.status_code, answer.json()["token_type"], answer.json()["expires_in"]) == (200, "bearer", 3600)
    assert wrong.status_code == 401
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert said["exp"] - said["iat"] == 3600
    assert statuses == [200, 401, 401, 401, 401, 401]


async def test_s1_37_s1_40_with_keys_the_whitelist_counts_first_for_the_socket_too(
    clients: ExitStack, tmp_path: Path
) -> None:
    networks = {"whitelist": ["127.0.0.1", "127.0.1.0/24"], "whitelist_role": "viewer"}
    served = station(clients, tmp_path, type="api_key", api_key={"keys": [KEY]}, **networks)
    key, wrong = {"X-API-Key": KEY}, {"X-API-Key": "wrong"}

    async def all_of(address: str) -> list[int]:
        client = at(clients, served, address)
        asked: list[Mapping[str, str]] = [{}, key, wrong]
        return [client.get(INFO, headers=headers).status_code for headers in asked] + [
            await socket_at(served, address, headers) for headers in asked
        ]

    assert await all_of("127.0.0.1") == await all_of("127.0.1.9") == [200, 200, 401, 101, 101, 401]
    assert await all_of("127.0.2.1") == [401, 200, 401, 401, 101, 401]
    start = "/api/batches/quick/sequence/start"
    assert at(clients, served).post(start, json={}).status_code == 403, "the whitelist's role is viewer"
    assert at(clients, served).post(start, json={}, headers=key).status_code == 202


async def test_s1_37_without_login_addresses_of_the_whitelist_may_do_everything_and_others_nothing(
    clients: ExitStack, served: Served
) -> None:
    here, elsewhere = at(clients, served), at(clients, served, "127.0.0.2")

    me = here.get("/api/auth/me").json()
    refused = elsewhere.get(INFO)

    assert (me["role"], me["login_possible"], me["login_needed"]) == ("admin", False, False)
    assert (refused.status_code, refused.json()["error"]) == (403, "ADDRESS_NOT_ALLOWED")
    assert await socket_at(served, "127.0.0.1", {}) == 101
    assert await socket_at(served, "127.0.0.2", {}) == 403
    assert "securitySchemes" not in here.get("/openapi.json").json()["components"]


def test_s0_33_d16_d19_other_sites_are_given_nothing_and_the_api_is_not_shadowed(served: Served) -> None:
    """The screen is same-origin with the API, so there is no CORS to be had: nobody else's page reads an answer."""
    elsewhere = {"Origin": "http://elsewhere.example"}
    with served.client() as client:
        read = client.get(INFO, headers=elsewhere)
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        preflight = client.options("/api/batches/quick/sequence/start", headers=elsewhere | asked)
        command = client.post("/api/batches/quick/sequence/start", json={}, headers=elsewhere)
        own = client.get(INFO, headers={"Origin": served.url})
        unknown = client.get("/api/nothing")

    answers = (read, preflight, command, own, unknown)
    assert [answer.status_code for answer in answers] == [200, 405, 403, 200, 404]
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control-")]
    assert {answer.headers["Content-Security-Policy"].split(";")[0] for answer in answers} == {"default-src 'self'"}
    assert unknown.json()["error"] == "NOT_FOUND"
