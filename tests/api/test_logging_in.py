"""Who calls is known by a password, a token, a key or a session, and by nothing that is wrong, old or copied."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from station.domain.roles import Role
from station.storage.audit import Audit, AuditFilter
from tests.api.inside import FAR, KEY, LOCAL, PASSWORD, Inside, basic, bearer, forged, inside

INFO = "/api/system/info"


async def login(found: Inside, name: str, password: str, address: str = FAR) -> httpx.Response:
    async with found.client(address) as client:
        return await client.post("/api/auth/login", json={"username": name, "password": password})


async def get(found: Inside, path: str = INFO, address: str = FAR, **options: Any) -> int:
    async with found.client(address) as client:
        return (await client.get(path, **options)).status_code


async def token_of(found: Inside, name: str) -> str:
    async with found.client(FAR) as client:
        answer = await client.post("/api/auth/token", json={"username": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


async def test_s1_38_the_account_of_station_yaml_and_users_show_their_password(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        assert await get(found, headers=basic("boss")) == 200
        assert await get(found, headers=basic("viewer")) == 200
        assert await get(found, headers=basic("Viewer")) == 200
        assert await get(found, headers=basic("viewer", "wrong")) == 401
        assert await get(found, headers=basic("somebody")) == 401
        assert await get(found, headers={"Authorization": "Basic ?"}) == 401
        assert await get(found, headers=bearer(KEY)) == 401
        assert await get(found) == 401


async def test_s1_39_a_token_is_valid_until_its_time_or_its_user_is_over(tmp_path: Path) -> None:
    async with inside(tmp_path, {"type": "jwt"}) as found:
        token = await token_of(found, "manager")
        past = datetime.now(UTC) - timedelta(seconds=5)

        assert await get(found, headers=bearer(token)) == 200
        assert await get(found, headers=bearer(forged(token, exp=past))) == 401
        assert await get(found, headers=bearer(forged(token, algorithm="none"))) == 401
        assert await get(found, headers=bearer(forged(token, key="another secret, which is long enough too"))) == 401
        assert await get(found, headers=bearer(forged(token, iss="T2"))) == 401
        assert await get(found, headers=bearer(token[:-2])) == 401
        assert await get(found, headers=basic("boss")) == 401

        await found.people.set_active("manager", active=False, by="test")
        assert await get(found, headers=bearer(token)) == 401
        await found.people.set_active("manager", active=True, by="test")
        assert await get(found, headers=bearer(token)) == 401, "what was shown before counts again"


async def test_a_token_says_what_a_client_needs_and_the_role_is_looked_up_anew(tmp_path: Path) -> None:
    async with inside(tmp_path, {"type": "jwt"}) as found:
        token = await token_of(found, "manager")

        await found.people.set_role("manager", Role.VIEWER, by="test")
        async with found.client(FAR, headers=bearer(forged(token, role="admin"))) as client:
            me = (await client.get("/api/auth/me")).json()
            audit = await client.get("/api/audit")

        assert (me["role"], me["how"], audit.status_code) == ("viewer", "token", 403)


async def test_s1_40_keys_of_station_yaml_and_of_the_table_are_taken_until_revoked(tmp_path: Path) -> None:
    async with inside(tmp_path, {"type": "api_key"}) as found:
        key = found.keys[Role.MANAGER]

        assert await get(found, headers={"X-API-Key": KEY}) == 200
        assert await get(found, headers=bearer(KEY)) == 200
        assert await get(found, headers={"X-API-Key": key}) == 200
        assert await get(found, "/api/audit", headers={"X-API-Key": key}) == 200
        assert await get(found, "/api/audit", headers={"X-API-Key": KEY}) == 403
        assert await get(found, headers={"X-API-Key": "wrong"}) == 401

        await found.people.revoke_key("manager", by="test")
        assert await get(found, headers={"X-API-Key": key}) == 401


async def test_whoever_shows_nothing_is_what_its_address_may_be_and_who_shows_wrong_is_nobody(tmp_path: Path) -> None:
    async with inside(tmp_path / "a", {"type": "api_key"}) as found:
        assert await get(found, address=LOCAL) == 200
        assert await get(found, "/api/audit", address=LOCAL) == 403
        assert await get(found, address=LOCAL, headers={"X-API-Key": "wrong"}) == 401
        assert await get(found, address=LOCAL, headers=basic("boss")) == 401
        assert await get(found, address=LOCAL, headers={"Cookie": "session_T1=made-up"}) == 401
        assert await get(found, address=FAR) == 401
    async with inside(tmp_path / "b", {"whitelist_role": "none"}) as found:
        assert await get(found, address=LOCAL) == 401


async def test_a_session_is_new_at_each_login_and_worth_nothing_after_logout(tmp_path: Path) -> None:
    async with (
        inside(tmp_path) as found,
        found.client(FAR, cookies={"session_T1": "chosen-by-somebody-else"}) as browser,
    ):
        answer = await browser.post("/api/auth/login", json={"username": "operator", "password": PASSWORD})
        first = answer.cookies["session_T1"]
        said = answer.headers["set-cookie"]
        again = await browser.post("/api/auth/login", json={"username": "operator", "password": PASSWORD},
                                   headers={"Cookie": f"session_T1={first}"})  # fmt: skip
        second = again.cookies["session_T1"]

        assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(said.split("; "))
        assert "Secure" not in said
        assert len({first, second, "chosen-by-somebody-else"}) == 3
        assert await get(found, headers={"Cookie": f"session_T1={first}"}) == 401
        assert await get(found, headers={"Cookie": f"session_T1={second}"}) == 200

        async with found.client(FAR, headers={"Cookie": f"session_T1={second}"}) as other:
            out = await other.post("/api/auth/logout")
        assert "Max-Age=0" in out.headers["set-cookie"]
        assert await get(found, headers={"Cookie": f"session_T1={second}"}) == 401
        assert await get(found, address=LOCAL, headers={"Cookie": f"session_T1={second}"}) == 401


async def test_the_cookie_is_secure_where_the_browser_speaks_https(tmp_path: Path) -> None:
    async with inside(tmp_path) as found, found.client(FAR) as browser:
        answer = await browser.post("https://localhost/api/auth/login",
                                    json={"username": "operator", "password": PASSWORD})  # fmt: skip
        behind = await browser.post("/api/auth/login", json={"username": "operator", "password": PASSWORD},
                                    headers={"Origin": "https://localhost"})  # fmt: skip

    assert "Secure" in answer.headers["set-cookie"].split("; ")
    assert "Secure" in behind.headers["set-cookie"].split("; ")


async def test_a_session_ends_when_it_is_not_used_and_lives_while_it_is(tmp_path: Path) -> None:
    async with inside(tmp_path, {"session_minutes": 1}) as found:
        browser = await found.logged_in("operator")
        sessions = "UPDATE sessions SET last_seen_at = ?, expires_at = ?"

        def at(**past: float) -> str:
            return (datetime.now(UTC) - timedelta(**past)).replace(tzinfo=None).isoformat(" ")

        await execute(found, sessions, at(seconds=30), at(seconds=-30))
        assert (await browser.get(INFO)).status_code == 200
        await execute(found, "UPDATE sessions SET expires_at = datetime(expires_at, '-40 seconds')")
        assert (await browser.get(INFO)).status_code == 200, "its use was not noted"
        await execute(found, sessions, at(seconds=61), at(seconds=1))
        over = await browser.get(INFO)

    assert (over.status_code, over.json()["error"]) == (401, "NOT_AUTHENTICATED")
    assert "Max-Age=0" in over.headers["set-cookie"]


async def test_another_password_ends_every_session_but_the_one_that_asked(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        mine, other = await found.logged_in("operator"), await found.logged_in("operator")
        new = {"current": PASSWORD, "new": "battery staple"}

        wrong = await mine.post("/api/auth/password", json=new | {"current": "wrong"})
        right = await mine.post("/api/auth/password", json=new)

        assert (wrong.status_code, wrong.json()["error"]) == (403, "PASSWORD_WRONG")
        assert right.status_code == 200
        assert ((await mine.get(INFO)).status_code, (await other.get(INFO)).status_code) == (200, 401)
        assert (await login(found, "operator", PASSWORD)).status_code == 401
        assert (await login(found, "operator", "battery staple")).status_code == 200


async def test_the_account_of_station_yaml_keeps_its_password_there(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        boss = await found.logged_in("boss")

        answer = await boss.post("/api/auth/password", json={"current": PASSWORD, "new": "battery staple"})

    assert (answer.status_code, answer.json()["error"]) == (409, "OWN_ACCOUNT")


@pytest.mark.parametrize(
    ("password", "why"), [("a" * 73, "72 bytes at most"), ("가" * 25, "72 bytes at most"), ("kurz-pw", "8 characters")]
)
async def test_what_cannot_be_a_password_is_refused_and_not_repeated(tmp_path: Path, password: str, why: str) -> None:
    async with inside(tmp_path) as found:
        admin = await found.logged_in("admin")

        answer = await admin.post("/api/users", json={"name": "kim", "password": password, "role": "viewer"})
        too_long = await login(found, "viewer", password)

    assert (answer.status_code, answer.json()["error"]) == (422, "PASSWORD_NOT_ALLOWED")
    assert why in answer.json()["message"]
    assert password not in answer.text
    assert too_long.status_code == 401


async def test_administrators_let_people_in_and_out_but_not_themselves(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        admin = await found.logged_in("admin")
        new = {"name": "Kim", "password": PASSWORD, "role": "viewer"}

        made = await admin.post("/api/users", json=new)
        twice = await admin.post("/api/users", json=new)
        boss = await admin.post("/api/users", json=new | {"name": "boss"})
        kim = await found.logged_in("kim")
        before = (await kim.get("/api/audit")).status_code
        await admin.patch("/api/users/kim", json={"role": "manager"})
        after = (await kim.get("/api/audit")).status_code
        await admin.patch("/api/users/kim", json={"active": False})
        gone = (await kim.get(INFO)).status_code
        itself = await admin.patch("/api/users/ADMIN", json={"role": "viewer"})
        nobody = await admin.patch("/api/users/nowhere", json={"active": False})
        names = [user["name"] for user in (await admin.get("/api/users")).json()]
        deeds = (await admin.get("/api/audit", params={"actor": "admin", "target": "kim"})).json()["items"]

    assert (made.status_code, made.json()["name"], twice.status_code, boss.status_code) == (201, "kim", 409, 409)
    assert (before, after, gone) == (403, 200, 401)
    assert (itself.json()["error"], nobody.json()["error"]) == ("OWN_ACCOUNT", "USER_NOT_FOUND")
    assert names == ["admin", "kim", "manager", "operator", "viewer"]
    assert [deed["action"] for deed in deeds] == ["user_disable", "user_role", "user_add"]


async def test_e23_ten_wrong_logins_lock_the_address_and_the_user_for_five_minutes(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        wrong = [(await login(found, "operator", f"guess-{n}")).status_code for n in range(12)]
        right = await login(found, "operator", PASSWORD)
        from_elsewhere = await login(found, "operator", PASSWORD, "10.1.1.1")
        other_user = await login(found, "viewer", PASSWORD)
        other_both = await login(found, "viewer", PASSWORD, "10.1.1.1")
        found.clock.now += 301
        later = await login(found, "operator", PASSWORD)
        entries = await Audit(found.database).list(AuditFilter(limit=1000))

    assert wrong == [401] * 10 + [429] * 2
    assert (right.status_code, right.json()["error"], right.headers["retry-after"]) == (429, "TOO_MANY_REQUESTS", "300")
    assert (from_elsewhere.status_code, other_user.status_code, other_both.status_code) == (429, 429, 200)
    assert later.status_code == 200
    actions = [entry.deed.action for entry in entries]
    assert (actions.count("login_failed"), actions.count("lockout")) == (10, 2)
    assert "guess" not in str(entries)


async def test_what_is_typed_in_the_wrong_field_does_not_get_into_the_audit(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        await login(found, PASSWORD, "operator")
        (entry, *_) = await Audit(found.database).list()

    assert (entry.deed.action, entry.deed.target, entry.deed.actor) == ("login_failed", "unknown", FAR)
    assert PASSWORD not in str(entry)


async def test_guesses_at_once_are_counted_too(tmp_path: Path) -> None:
    import asyncio

    async with inside(tmp_path) as found:
        answers = await asyncio.gather(*(login(found, "operator", f"guess-{n}") for n in range(40)))

    assert sorted(answer.status_code for answer in answers).count(401) <= 11


async def test_keys_that_are_guessed_do_not_lock_people_out(tmp_path: Path) -> None:
    async with inside(tmp_path, {"type": "api_key"}) as found:
        guesses = [await get(found, headers={"X-API-Key": f"guess-{n}"}) for n in range(11)]

        assert guesses == [401] * 10 + [429]
        assert (await login(found, "operator", PASSWORD)).status_code == 200


async def test_me_tells_a_page_whether_to_ask_for_a_login(tmp_path: Path) -> None:
    async with inside(tmp_path / "on") as found:
        async with found.client(LOCAL) as client:
            local = (await client.get("/api/auth/me")).json()
        async with found.client(FAR) as client:
            far = (await client.get("/api/auth/me", headers={"Cookie": "session_T1=old"})).json()
        mine = (await (await found.logged_in("manager")).get("/api/auth/me")).json()
    async with inside(tmp_path / "off", {"enabled": False}) as found, found.client(LOCAL) as client:
        off = (await client.get("/api/auth/me")).json()
        login = await client.post("/api/auth/login", json={"username": "boss", "password": PASSWORD})

    assert local == {"name": LOCAL, "role": "operator", "how": "address", "permissions": ["public", "watch", "operate"],
                     "login_needed": False, "login_possible": True, "without_login": "operator",
                     "locked": False}  # fmt: skip
    assert (far["name"], far["role"], far["login_needed"]) == ("", None, True)
    assert (mine["name"], mine["how"]) == ("manager", "session")
    assert (off["role"], off["login_needed"], off["login_possible"]) == ("admin", False, False)
    assert (login.status_code, login.json()["error"]) == (409, "LOGIN_NOT_NEEDED")


async def execute(found: Inside, statement: str, *values: str) -> None:
    await found.database.write(lambda transaction: transaction.exec_driver_sql(statement, values) and None)
