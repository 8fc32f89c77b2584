"""A locked screen: it goes on showing, STOP is taken, and nothing else is until somebody logs in."""

import re
from pathlib import Path

import httpx
from fastapi.routing import iter_route_contexts

from api.access.pace import Pace
from api.guard import Doors, doors_of
from api.routes import docs
from station.domain.roles import Permission
from station.storage.audit import Audit, AuditFilter
from tests.api.inside import FAR, LOCAL, PASSWORD, Inside, inside
from tests.api.test_doors import let_in

READING = {"GET", "HEAD", "WEBSOCKET"}
TOWARDS_SAFETY = {
    ("POST", "/api/batches/{batch_id}/sequence/stop"),
    ("POST", "/api/batches/stop"),
    ("POST", "/api/batches/{batch_id}/manual/safe"),
    ("POST", "/api/batches/{batch_id}/manual/close"),
    ("POST", "/api/batches/{batch_id}/manual/keepalive"),
}


async def lock(browser: httpx.AsyncClient) -> httpx.Response:
    return await browser.post("/api/auth/lock")


def commands(found: Inside) -> set[tuple[str, str]]:
    """What is asked of somebody who may more than watch, with methods that are more than reading."""
    return {
        (method, str(route.path))
        for route, asked in doors_of(found.app.routes, {docs.ASSETS})
        for method in (getattr(route, "methods", None) or {"WEBSOCKET"}) - READING
        if any(need.permission not in {Permission.PUBLIC, Permission.WATCH} for need in asked)
    }


async def test_a_locked_screen_reads_and_stops_and_does_nothing_else(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        every, admin = commands(found), await found.logged_in("admin")
        before, locked = (await admin.get("/api/auth/me")).json(), (await lock(admin)).json()
        # What stands behind the doors does nothing here: whoever is let in gets 204.
        whole = found.app.middleware_stack
        found.app.middleware_stack = Doors(
            let_in, routes=found.app.routes, pace=Pace(None, ()), open_mounts={docs.ASSETS}
        )
        answers = {
            (method, path): await admin.request(method, re.sub(r"\{[^}]*\}", "1", path)) for method, path in every
        }
        read = [
            (await admin.get(re.sub(r"\{[^}]*\}", "1", str(route.path)))).status_code
            for route in iter_route_contexts(found.app.routes)
            if "GET" in (route.methods or ())
        ]
        found.app.middleware_stack = whole
        after = (await admin.get("/api/auth/me")).json()

    assert (before["locked"], locked["locked"], after["locked"]) == (False, True, True)
    assert (after["name"], after["role"]) == ("admin", "admin")
    assert {door for door, answer in answers.items() if answer.status_code == 204} == TOWARDS_SAFETY
    refused = [answer for answer in answers.values() if answer.status_code != 204]
    assert {(one.status_code, one.json()["error"]) for one in refused} == {(423, "SCREEN_LOCKED")}
    assert len(refused) > 20
    assert set(read) == {204}


async def test_only_a_login_unlocks_and_it_may_be_another_person(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        browser = await found.logged_in("operator")
        copied = {"Cookie": f"session_T1={browser.cookies['session_T1']}"}
        other = await found.logged_in("operator")
        await lock(browser)
        await lock(browser)
        wrong = await browser.post("/api/auth/login", json={"username": "operator", "password": "wrong"})
        still = (await browser.get("/api/auth/me")).json()["locked"]
        unlocked = await browser.post("/api/auth/login", json={"username": "manager", "password": PASSWORD})
        elsewhere = (await other.get("/api/auth/me")).json()["locked"]
        async with found.client(FAR, headers=copied) as thief:
            stolen = await thief.get("/api/system/info")
        deeds = await Audit(found.database).list(AuditFilter(action="lock"))

    assert (wrong.status_code, still) == (401, True)
    assert (unlocked.json()["name"], unlocked.json()["locked"]) == ("manager", False)
    assert elsewhere is False, "another browser of the same person is another screen"
    assert stolen.status_code == 401, "the session that was locked is over"
    assert [(one.deed.actor, one.deed.target) for one in deeds] == [("operator", "operator")]


async def test_nothing_is_locked_where_nobody_has_logged_in(tmp_path: Path) -> None:
    async with inside(tmp_path / "on") as found, found.client(LOCAL) as browser:
        here = await lock(browser)
        async with found.client(FAR) as nobody:
            far = await lock(nobody)
        signed = (await (await found.logged_in("manager", address=LOCAL)).get("/api/auth/me")).json()
        screen = (await browser.get("/api/system/screen")).json()
    lock_after = {"lock_operator": 0, "lock_engineer": 12.5}
    async with inside(tmp_path / "off", lock_after) as found, found.client(LOCAL) as browser:
        never = (await browser.get("/api/system/screen")).json()

    assert (here.json()["locked"], here.json()["without_login"], far.status_code) == (False, "operator", 401)
    assert (signed["role"], signed["without_login"]) == ("manager", "operator")
    assert (screen["lock_operator"], screen["lock_engineer"]) == (600, 300)
    assert (never["lock_operator"], never["lock_engineer"]) == (0, 12.5)
