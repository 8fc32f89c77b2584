"""Badges: given by administrators, never shown again, enough for those who run units, and no way to guess."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from station.control.badges import check_new_badge
from station.domain.errors import AccessError
from station.domain.roles import Role
from station.storage.audit import Audit, AuditFilter
from tests.api.inside import FAR, HASH, LOCAL, PASSWORD, Inside, inside
from tests.api.test_logging_in import INFO, get, login

BADGE = "BADGE-7QK2M4XW9ZTR"
OTHER = "BADGE-H3N5P8VY6ABC"


async def give(found: Inside, name: str, badge: str = BADGE) -> httpx.Response:
    admin = await found.logged_in("admin")
    return await admin.put(f"/api/users/{name}/badge", json={"badge": badge})


async def show(found: Inside, badge: str = BADGE, address: str = FAR, **options: Any) -> httpx.Response:
    async with found.client(address, **options) as client:
        return await client.post("/api/auth/badge", json={"badge": badge})


async def test_a_badge_lets_an_operator_in_and_the_audit_says_who_and_by_what(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        given = await give(found, "Operator")
        answer = await show(found, BADGE.lower())
        session = {"Cookie": f"session_T1={answer.cookies['session_T1']}"}
        me = await get(found, headers=session)
        listed = await (await found.logged_in("admin")).get("/api/users")
        deeds = await Audit(found.database).list(AuditFilter(target="operator"))

    assert (given.status_code, given.json()["badge"]) == (200, True)
    assert (answer.status_code, answer.json()["name"], answer.json()["how"]) == (200, "operator", "session")
    assert me == 200
    assert {user["name"]: user["badge"] for user in listed.json()} == {role: role == "operator" for role in Role}
    assert [(one.deed.action, one.deed.actor, one.deed.data.get("how")) for one in deeds[:2]] == [
        ("login", "operator", "badge"),
        ("user_badge", "admin", None),
    ]


async def test_whoever_may_more_than_run_units_enters_a_password_too(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        for number, role in enumerate(Role):
            await found.people.set_badge(role.value, f"BADGE-{number:012}", by="test")
        answers = {role: await show(found, f"BADGE-{number:012}") for number, role in enumerate(Role)}

    for role in (Role.VIEWER, Role.OPERATOR):
        assert (answers[role].status_code, answers[role].json()["role"]) == (200, role)
    for role in (Role.MANAGER, Role.ADMIN):
        assert (answers[role].status_code, answers[role].json()["error"]) == (403, "BADGE_NEEDS_PASSWORD")
        assert answers[role].json()["details"] == {"user": role.value}
        assert "set-cookie" not in answers[role].headers


async def test_a_session_of_a_badge_alone_does_not_grow_with_its_users_role(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        await give(found, "operator")
        cookie = (await show(found)).cookies["session_T1"]
        by_password = (await found.logged_in("operator")).cookies["session_T1"]
        await found.people.set_role("operator", Role.ADMIN, by="test")

        assert await get(found, headers={"Cookie": f"session_T1={cookie}"}) == 401
        assert await get(found, headers={"Cookie": f"session_T1={by_password}"}) == 200


async def test_what_lets_nobody_in_is_told_alike_and_counted_with_wrong_passwords(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        await give(found, "operator")
        await give(found, "viewer", OTHER)
        await found.people.set_active("viewer", active=False, by="test")
        wrong = [await show(found, badge) for badge in (OTHER, "BADGE-NOBODYHASTHIS", "x", "BADGE-", "배지")]
        guesses = [(await show(found, f"BADGE-{n:012}")).status_code for n in range(5)]
        right, password = await show(found), await login(found, "viewer", PASSWORD)
        elsewhere = await show(found, address="10.1.1.1")
        entries = await Audit(found.database).list(AuditFilter(action="login_failed", limit=100))

    assert {(one.status_code, one.json()["error"], one.json()["message"]) for one in wrong} == {
        (401, "BADGE_UNKNOWN", "Nobody here has this badge, or who has it may not log in.")
    }
    assert guesses == [401] * 5
    assert (right.status_code, password.status_code, elsewhere.status_code) == (429, 429, 200)
    assert {(one.deed.target, one.deed.data["how"]) for one in entries} == {("unknown", "badge")}


async def test_a_badge_is_one_persons_until_it_is_taken_away(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        await give(found, "operator")
        session = {"Cookie": f"session_T1={(await show(found)).cookies['session_T1']}"}
        password = await found.logged_in("operator")
        taken = await give(found, "viewer")
        again = await give(found, "operator")
        admin = await found.logged_in("admin")
        removed = await admin.delete("/api/users/operator/badge")
        after, still = await get(found, headers=session), await password.get(INFO)
        unknown = await show(found)
        free = await give(found, "viewer")
        short = await give(found, "viewer", "BADGE-1")
        nobody = await admin.delete("/api/users/nowhere/badge")
        manager = await (await found.logged_in("manager")).put("/api/users/viewer/badge", json={"badge": OTHER})

    assert (taken.status_code, taken.json()["error"], again.status_code) == (409, "BADGE_TAKEN", 200)
    assert (removed.json()["badge"], after, still.status_code) == (False, 401, 200)
    assert (unknown.json()["error"], free.status_code) == ("BADGE_UNKNOWN", 200)
    assert (short.status_code, short.json()["error"]) == (422, "BADGE_NOT_ALLOWED")
    assert (nobody.status_code, manager.status_code) == (404, 403)


@pytest.mark.parametrize("badge", ["7QK2M4XW9ZTR", "BADGE-SHORT", "BADGE-" + "A" * 65, "BADGE-" + "가" * 12])
def test_what_cannot_be_a_badge_is_refused_and_not_repeated(badge: str) -> None:
    with pytest.raises(AccessError) as refused:
        check_new_badge(badge)

    assert refused.value.code == "BADGE_NOT_ALLOWED"
    assert badge not in refused.value.message


async def test_the_account_of_station_yaml_is_nobodys_by_a_badge(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        await give(found, "operator")
    basic = {"username": "operator", "password_hash": HASH, "role": "operator"}
    again = inside(tmp_path, {"basic": basic}, roles=())
    async with again as found:
        answer = await show(found)

    assert (answer.status_code, answer.json()["error"]) == (401, "BADGE_UNKNOWN")


async def test_where_nobody_logs_in_a_badge_is_not_needed(tmp_path: Path) -> None:
    async with inside(tmp_path, {"enabled": False}) as found:
        answer = await show(found, address=LOCAL)

    assert (answer.status_code, answer.json()["error"]) == (409, "LOGIN_NOT_NEEDED")
