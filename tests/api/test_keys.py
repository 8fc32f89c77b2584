"""Keys of machines over the API: made by administrators, shown once, taken until they are revoked."""

from pathlib import Path

from station.domain.roles import Role
from station.storage.audit import Audit, AuditFilter
from tests.api.inside import FAR, PASSWORD, inside

INFO = "/api/system/info"


async def test_a_key_is_shown_once_taken_and_revoked(tmp_path: Path) -> None:
    async with inside(tmp_path, {"type": "api_key"}) as found:
        admin = await found.logged_in("admin")
        made = await admin.post("/api/keys", json={"name": "Scanner", "role": "operator"})
        key = made.json()["key"]
        twice = await admin.post("/api/keys", json={"name": "scanner", "role": "viewer"})
        listed = await admin.get("/api/keys")
        async with found.client(FAR, headers={"X-API-Key": key}) as scanner:
            me = (await scanner.get("/api/auth/me")).json()
            own = await scanner.get("/api/keys")
            revoked = await admin.post("/api/keys/SCANNER/revoke")
            after = await scanner.get(INFO)
        unknown = await admin.post("/api/keys/nowhere/revoke")
        deeds = await Audit(found.database).list(AuditFilter(target="scanner"))

    assert (made.status_code, made.json()["name"], made.json()["created_by"]) == (201, "scanner", "admin")
    assert made.headers["cache-control"] == "no-store"
    assert (twice.status_code, twice.json()["error"]) == (409, "KEY_EXISTS")
    assert {one["name"] for one in listed.json()} == {"scanner", *Role}
    assert key not in listed.text + revoked.text
    assert (me["name"], me["role"], me["how"]) == ("key:scanner", "operator", "key")
    assert own.status_code == 403
    assert (revoked.status_code, revoked.json()["active"], after.status_code) == (200, False, 401)
    assert (unknown.status_code, unknown.json()["error"]) == (404, "KEY_NOT_FOUND")
    assert [(entry.deed.action, entry.deed.actor) for entry in deeds] == [("key_revoke", "admin"), ("key_add", "admin")]
    assert key not in str(deeds)


async def test_a_key_cannot_be_its_own_end_nor_have_any_name(tmp_path: Path) -> None:
    async with (
        inside(tmp_path, {"type": "api_key"}) as found,
        found.client(FAR, headers={"X-API-Key": found.keys[Role.ADMIN]}) as machine,
    ):
        itself = await machine.post("/api/keys/Admin/revoke")
        names = ["station", "127.0.0.1", "a b", "x" * 65]
        refused = [
            (await machine.post("/api/keys", json={"name": name, "role": "viewer"})).status_code for name in names
        ]
        role = await machine.post("/api/keys", json={"name": "x", "role": "god"})
        manager = await found.logged_in("manager", PASSWORD)
        listed = await manager.get("/api/keys")

    assert (itself.status_code, itself.json()["error"]) == (409, "OWN_ACCOUNT")
    assert refused == [422] * 4
    assert (role.status_code, listed.status_code) == (422, 403)
