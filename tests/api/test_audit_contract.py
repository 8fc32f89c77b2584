"""S3-30: whatever changes anything over the API is in the audit, with who did it and why; route by route."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.openapi import description
from tests.api.conftest import PACKAGES
from tests.api.inside import HASH, PASSWORD
from tests.api.served import Served, served_station
from tests.api.test_sequences import ZIP, changed
from tests.support import until

pytestmark = pytest.mark.station

ASKING = Path(__file__).parents[1] / "faults" / "packages" / "asking"
BATCHES = [
    *({"id": name, "sequence_package": PACKAGES / name} for name in ("quick", "slow", "handy")),
    {"id": "asking", "sequence_package": ASKING},
]
WHY = "as the test says"
NOT_HERE = {
    "POST /api/sequences/validate": "keeps nothing",
    "POST /api/system/settings/validate": "keeps nothing",
    "POST /api/batches/{batch_id}/manual/keepalive": "says that somebody is there, every few seconds",
    "POST /api/auth/token": "test_logging_in.py",
    "POST /api/batch/start": "a start as every other",
    "POST /api/queue/{item_id}/retry": "test_mes.py",
    "POST /api/queue/{item_id}/discard": "test_mes.py",
    "POST /api/wips/{wip_id}/convert": "test_mes.py",
    "POST /api/batches/{batch_id}/clear": "test_standing.py and faults/test_manual.py",
}
"""What this test does not ask for, and why."""


class Asks:
    """Asks for what changes something, and waits until it is in the audit under the caller's name.

    Attributes:
        done: The routes it has asked for.
    """

    def __init__(self, served: Served, api: httpx.Client, actor: str) -> None:
        self._served, self._api, self._actor = served, api, actor
        self.done: set[str] = set()

    def __call__(
        self, route: str, action: str, body: object = None, /, *, why: str = "", **names: str
    ) -> httpx.Response:
        """Ask for a route of the description, with this in the place of its names."""
        self.done.add(route)
        method, path = route.format(**names).split(" ")
        ((before,),) = self._served.station.rows("SELECT coalesce(max(id), 0) FROM audit")
        if isinstance(body, bytes):
            answer = self._api.request(method, path, content=body, headers=ZIP)
        else:
            answer = self._api.request(method, path, json={} if body is None else body)
        assert answer.is_success, f"{route}: {answer.text}"
        query = f"SELECT action, actor, reason FROM audit WHERE id > {before}"
        wanted, end = (action, self._actor, why), time.monotonic() + 10
        while wanted not in (found := self._served.station.rows(query)):
            assert time.monotonic() < end, f"{route}: {wanted} is not in the audit, but {found}"
            time.sleep(0.05)
        return answer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    auth = {"enabled": True, "basic": {"username": "boss", "password_hash": HASH}, "whitelist": []}
    with served_station(tmp_path_factory.mktemp("served"), BATCHES, server={"auth": auth}) as running:
        yield running


def test_s3_30_everything_that_people_do_is_in_the_audit(served: Served) -> None:
    with served.client() as boss, served.client() as lee:
        boss.post("/api/auth/login", json={"username": "boss", "password": PASSWORD})
        ask = Asks(served, boss, "boss")
        people(ask)
        lee.post("/api/auth/login", json={"username": "lee", "password": PASSWORD})
        himself = Asks(served, lee, "lee")
        himself("POST /api/auth/password", "user_password", {"current": PASSWORD, "new": "battery staple"})
        by_badge = with_a_badge(served, ask)
        calls(ask)
        runs(served, boss, ask)
        by_hand(ask)
        packages_and_settings(boss, ask)
        ask("POST /api/auth/logout", "logout")
        ask("POST /api/auth/login", "login", {"username": "boss", "password": PASSWORD})
        whole = boss.get("/api/audit/verify").json()

    changing = {
        f"{method.upper()} {path}"
        for path, operations in description()["paths"].items()
        for method in operations
        if method != "get"
    }
    assert changing - ask.done - himself.done - by_badge.done == set(NOT_HERE)
    assert whole["whole"]


def people(ask: Asks) -> None:
    for name in ("kim", "lee"):
        ask("POST /api/users", "user_add", {"name": name, "password": PASSWORD, "role": "viewer"})
    ask("PATCH /api/users/{name}", "user_role", {"role": "operator"}, name="kim")
    ask("PATCH /api/users/{name}", "user_disable", {"active": False}, name="kim")
    ask("POST /api/users/{name}/password", "user_password", {"password": "battery staple"}, name="kim")
    ask("POST /api/keys", "key_add", {"name": "scanner", "role": "operator"})
    ask("POST /api/keys/{name}/revoke", "key_revoke", name="scanner")


def with_a_badge(served: Served, ask: Asks) -> Asks:
    badge = {"badge": "BADGE-0123456789AB"}
    ask("PUT /api/users/{name}/badge", "user_badge", badge, name="lee")
    with served.client() as scanning:
        lee = Asks(served, scanning, "lee")
        lee("POST /api/auth/badge", "login", badge)
        lee("POST /api/auth/lock", "lock")
    ask("DELETE /api/users/{name}/badge", "user_badge_remove", name="lee")
    return lee


def calls(ask: Asks) -> None:
    for end, action in (("answer", "answer_call"), ("withdraw", "withdraw_call")):
        call = ask("POST /api/calls", "call", why="other").json()["call_id"]
        ask(f"POST /api/calls/{{call_id}}/{end}", action, call_id=call)


def runs(served: Served, api: httpx.Client, ask: Asks) -> None:
    said = {"reason": WHY}
    ask("POST /api/batches/{batch_id}/sequence/start", "start_run", batch_id="slow")
    until(lambda: api.get("/api/batches/slow").json()["current_step"] == "hold", 20, "it does not begin")
    served.station.child("slow").kill()
    served.wait_state(api, "slow", "interrupted")
    choice = api.get("/api/batches/slow").json()["choices"][0]
    ask("POST /api/batches/{batch_id}/recover", "recover", {"choice": choice, **said}, why=WHY, batch_id="slow")
    until(lambda: api.get("/api/batches/slow").json()["current_step"] == "hold", 20, "it does not go on")
    ask("POST /api/batches/{batch_id}/pause", "pause", said, why=WHY, batch_id="slow")
    back = {"step": "first", "force": True, **said}
    ask("POST /api/batches/{batch_id}/goto", "goto", back, why=WHY, batch_id="slow")
    ask("POST /api/batches/{batch_id}/resume", "resume", said, why=WHY, batch_id="slow")
    until(lambda: begun(api) == {"first": 2, "hold": 3}, 20, f"it is not done again: {begun(api)}")
    ask("POST /api/batches/{batch_id}/skip", "skip", {"step": "hold", **said}, why=WHY, batch_id="slow")
    served.wait_free(api, "slow")

    together = {"starts": [{"batch_id": "slow"}, {"batch_id": "asking"}]}
    ask("POST /api/batches/start-together", "start_run", together)
    until(lambda: api.get("/api/prompts").json(), 20, "it does not ask")
    prompt = api.get("/api/prompts").json()[0]
    values = {"values": {prompt["prompt"]["fields"][0]["name"]: True}}
    ask("POST /api/prompts/{prompt_id}/answer", "answer", values, prompt_id=prompt["prompt_id"])
    ask("POST /api/batches/{batch_id}/sequence/stop", "stop", said, why=WHY, batch_id="asking")
    ask("POST /api/batches/stop", "stop", said, why=WHY)
    served.wait_free(api, "slow")
    ask("POST /api/batches/{batch_id}/restart", "restart process", batch_id="quick")
    ask("POST /api/batches/{batch_id}/stop", "stop process", batch_id="quick")
    ask("POST /api/batches/{batch_id}/start", "start process", batch_id="quick")
    ask("POST /api/system/sync", "send_now")
    ask("POST /api/queue/send", "send_now")


def begun(api: httpx.Client) -> dict[str, int]:
    """Which attempts of its steps there have been, once the last of them is under way."""
    steps = api.get("/api/batches/slow").json()["steps"]
    return {step["name"]: step["attempt"] for step in steps if step["state"] in {"completed", "running"}}


def by_hand(ask: Asks) -> None:
    path = "POST /api/batches/{batch_id}/manual"
    said = {"reason": WHY}
    ask(f"{path}/open", "manual open", {"steps": True, **said}, why=WHY, batch_id="handy")
    ask(
        path,
        "command",
        {"hardware": "lamp", "command": "shine", "params": {"level": 4}, "confirm": True, **said},
        why=WHY,
        batch_id="handy",
    )
    ask(f"{path}/step", "step", {"step": "look", "params": {"level": 2}, **said}, why=WHY, batch_id="handy")
    ask(f"{path}/safe", "safe", said, why=WHY, batch_id="handy")
    ask(f"{path}/close", "manual close", said, why=WHY, batch_id="handy")


def packages_and_settings(api: httpx.Client, ask: Asks) -> None:
    said = {"reason": WHY}
    new = ask("POST /api/sequences/upload", "upload", changed(PACKAGES / "quick", "1.1.0")).json()["package"]
    chosen = {"name": "quick", "content_hash": new["content_hash"], **said}
    ask("POST /api/batches/{batch_id}/sequence/activate", "activate", chosen, why=WHY, batch_id="quick")
    ask("POST /api/batches/{batch_id}/sequence/rollback", "rollback", said, why=WHY, batch_id="quick")
    settings = api.get("/api/system/settings").json()
    text = {"text": settings["text"] + "\n# another line\n", "hash": settings["hash"], **said}
    saved = ask("PUT /api/system/settings", "settings_save", text, why=WHY).json()
    backup = {"backup": api.get("/api/system/settings/backups").json()[0]["id"], "hash": saved["hash"], **said}
    ask("POST /api/system/settings/restore", "settings_restore", backup, why=WHY)
