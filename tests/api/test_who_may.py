"""Who may use a real station over the network, and what it says about that."""

from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import PACKAGES
from tests.api.inside import HASH, PASSWORD, SECRET
from tests.api.served import Served, served_station
from tests.support import until

pytestmark = pytest.mark.station
BATCHES = [{"id": "quick", "sequence_package": PACKAGES / "quick"}]


def from_address(served: Served, address: str, **options: object) -> httpx.Client:
    """A client that calls from another address of this machine."""
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=served.url, transport=transport, timeout=30, **options)  # type: ignore[arg-type]


def test_e23_bound_wider_without_login_only_the_whitelist_is_served_and_the_log_says_so(tmp_path: Path) -> None:
    everywhere = "0.0.0.0"  # noqa: S104 - what is tested
    with served_station(tmp_path, BATCHES, server={"host": everywhere}) as served:
        with from_address(served, "127.0.0.1") as here:
            own = here.get("/api/system/info")
        with from_address(served, "127.0.0.2", headers={"X-Forwarded-For": "127.0.0.1"}) as other:
            answers = [other.get("/api/system/info"), other.post("/api/batches/quick/sequence/start", json={})]
        log = next((served.station.layout.data / "logs").glob("*.api.log")).read_text(encoding="utf-8")

    assert own.status_code == 200
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(403, "ADDRESS_NOT_ALLOWED")] * 2
    assert "server.auth.whitelist" in answers[0].json()["message"]
    assert "served on 0.0.0.0 without login: only to 127.0.0.1, ::1" in log


def test_s3_29_people_log_in_over_the_network_and_what_they_do_is_under_their_name(tmp_path: Path) -> None:
    auth = {"enabled": True, "type": "jwt", "jwt": {"secret_key": SECRET}, "whitelist_role": "viewer",
            "basic": {"username": "boss", "password_hash": HASH}}  # fmt: skip
    with served_station(tmp_path, BATCHES, server={"auth": auth}) as served, ExitStack() as clients:
        with served.client() as nobody:
            start = nobody.post("/api/batches/quick/sequence/start", json={})
            looked = nobody.get("/api/batches")
        browser, kim = clients.enter_context(served.client()), clients.enter_context(served.client())
        login = browser.post("/api/auth/login", json={"username": "boss", "password": PASSWORD})
        browser.post("/api/users", json={"name": "kim", "password": PASSWORD, "role": "operator"})
        token = kim.post("/api/auth/token", json={"username": "kim", "password": PASSWORD}).json()["access_token"]
        kim.headers["Authorization"] = f"Bearer {token}"
        run = served.start(kim, "quick")
        forbidden = kim.get("/api/audit")
        stopped = served.station.cli("audit", "verify")
        served.kill()
        until(lambda: is_back(served, browser), 30, "the API did not come back with its sessions")
        (started,) = browser.get("/api/audit", params={"action": "start_run"}).json()["items"]
        told = browser.get("/api/audit", params={"actor": "boss"}).json()["items"]
        copied = dict(browser.cookies)
        browser.post("/api/auth/logout")
        replay = clients.enter_context(served.client(cookies=copied)).get("/api/batches")

    assert (start.status_code, looked.status_code) == (403, 200)
    assert login.json()["role"] == "admin"
    assert forbidden.json()["error"] == "ROLE_NOT_ALLOWED"
    assert stopped.returncode == 0, stopped.stdout
    assert (started["actor"], started["target"], started["data"]["run"]) == ("kim", "quick", run)
    assert [entry["action"] for entry in told] == ["user_add", "login"]
    assert (replay.status_code, replay.json()["error"]) == (401, "NOT_AUTHENTICATED")


def is_back(served: Served, browser: httpx.Client) -> bool:
    """Whether a session of before holds with the API that was started again."""
    try:
        browser.base_url = httpx.URL(served.url)
        return browser.get("/api/auth/me").json().get("name") == "boss"
    except (OSError, httpx.HTTPError):
        return False
