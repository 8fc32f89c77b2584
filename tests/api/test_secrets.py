"""No secret comes out: not in an answer, not in an error, not in a metric, not in a log (checklist E33)."""

import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import Connection

from station.config.load import load_config
from station.config.model import StationConfig
from station.domain.errors import ConfigError
from station.observability.logs import set_up_logging
from tests.api.inside import FAR, HASH, KEY, PASSWORD, SECRET, basic, bearer, inside

MES_KEY = "the-mes-key-of-this-test"
MES_PASSWORD = "the-mes-password-of-this-test"  # noqa: S105 - searched for
CLOUD_KEY = "the-cloud-key-of-this-test"
DATABASE_PASSWORD = "the-database-password-of-this-test"  # noqa: S105
TYPED = "typed-into-the-wrong-field"
NEW = "another password that is new"
BADGE = "BADGE-7QK2M4XW9ZTR"
NO_BADGE = "BADGE-NOBODYHASTHIS"

SECTIONS: dict[str, Any] = {
    "backend": {
        "url": "http://127.0.0.1:9/", "auth": "jwt", "username": "station", "api_key": MES_KEY, "password": MES_PASSWORD
    },
    "temporal": {"api_key": CLOUD_KEY, "tls": True, "address": "127.0.0.1:9"},
}  # fmt: skip


@pytest.fixture
def log(tmp_path: Path) -> Any:
    """Everything that is logged at all, as it is written into the file."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    set_up_logging(
        StationConfig.model_validate({"station": {"id": "a", "name": "a"}, "logging": {"level": "DEBUG"}}).logging,
        tmp_path,
        "api",
    )
    yield tmp_path / "data" / "logs" / "station.api.log"
    for handler in list(root.handlers):
        if handler not in before:
            root.removeHandler(handler)
            handler.close()
    for handler in before:
        if handler not in root.handlers:
            root.addHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("kind", ["jwt", "api_key", "basic"])
async def test_e33_no_secret_comes_out_of_the_api_or_its_log(tmp_path: Path, log: Path, kind: str) -> None:
    said = io.StringIO()
    async with inside(tmp_path, {"type": kind}, **SECTIONS) as found:
        secrets = {
            MES_KEY,
            MES_PASSWORD,
            CLOUD_KEY,
            SECRET,
            KEY,
            HASH,
            PASSWORD,
            NEW,
            TYPED,
            BADGE,
            NO_BADGE,
            *found.keys.values(),
        }
        admin = await found.logged_in("admin")
        secrets.add(admin.cookies["session_T1"])
        shown = [basic("admin"), basic("admin", TYPED), basic(TYPED, TYPED), bearer(TYPED), {"X-API-Key": TYPED}]
        if kind == "jwt":
            answer = await admin.post("/api/auth/token", json={"username": "admin", "password": PASSWORD})
            token = answer.json()["access_token"]
            secrets.add(token)
            shown += [bearer(token), bearer(token[:-3])]
        shown += [{"X-API-Key": key} for key in found.keys.values()]

        def note(answer: Any) -> None:
            headers = "" if "set-cookie" in answer.headers else answer.headers  # where a session must stand
            said.write(f"{answer.status_code} {headers} {answer.text}\n")

        for route in iter_route_contexts(found.app.routes):
            if "GET" in (route.methods or ()):
                path = re.sub(r"\{[^}]*\}", "1", str(route.path))
                note(await admin.get(path, params={"q": "x"}))
        async with found.client(FAR) as stranger:
            for headers in shown:
                found.clock.now += 301
                note(await stranger.get("/api/auth/me", headers=headers))
                note(await stranger.get("/api/audit", headers=headers))
            wrong: list[Any] = [
                {"username": "admin", "password": TYPED}, {"username": TYPED, "password": TYPED}, {"password": TYPED},
                {"username": {"a": TYPED}, "password": [TYPED]}, TYPED, [TYPED],
                {"username": "x" * 300, "password": TYPED},
                {"username": "admin", "password": TYPED * 60}, {"username": "admin\0", "password": TYPED + "\0"},
            ]  # fmt: skip
            for body in wrong:
                found.clock.now += 301
                note(await stranger.post("/api/auth/login", json=body))
                note(await stranger.post("/api/auth/token", json=body))
                note(await admin.post("/api/auth/password", json={"current": TYPED, "new": TYPED}))
            note(await stranger.post("/api/auth/login", content=f'{{"password": "{TYPED}"'))
        note(await admin.post("/api/users", json={"name": "kim", "password": NEW, "role": "viewer"}))
        note(await admin.post("/api/users", json={"name": "kim", "password": NEW, "role": NEW + "?"}))
        note(await admin.post("/api/users", json={"name": "kim", "password": NEW * 3, "role": "viewer"}))
        note(await admin.post("/api/users/kim/password", json={"password": NEW}))
        found.clock.now += 301
        note(await admin.put("/api/users/operator/badge", json={"badge": BADGE}))
        note(await admin.put("/api/users/kim/badge", json={"badge": BADGE}))
        note(await admin.put("/api/users/kim/badge", json={"badge": BADGE + "?"}))
        for badge in (BADGE, NO_BADGE, [BADGE], BADGE * 20):
            note(await found.client(FAR).post("/api/auth/badge", json={"badge": badge}))
        note(await admin.get("/api/users"))
        note(await admin.get("/api/audit", params={"limit": 1000}))
        secrets |= await hashes(found.database)
        await found.database.write(keep_out)
        note(await admin.post("/api/users", json={"name": "lee", "password": NEW, "role": "viewer"}))
        note(await admin.put("/api/users/kim/badge", json={"badge": NO_BADGE}))
        note(await found.client(FAR).post("/api/auth/login", json={"username": "viewer", "password": PASSWORD}))
        await found.database.write(lambda transaction: transaction.exec_driver_sql("DROP TABLE users") and None)
        note(await admin.get("/api/users"))
        note(await admin.post("/api/users", json={"name": "lee", "password": NEW, "role": "viewer"}))
        note(await found.client(FAR).post("/api/auth/login", json={"username": "admin", "password": PASSWORD}))

    logged = log.read_text(encoding="utf-8")
    out = [secret for secret in secrets if secret in said.getvalue()]
    in_log = [secret for secret in secrets if secret in logged]
    assert said.getvalue().count("STORAGE_FAILED") >= 5
    assert "$2b$" not in said.getvalue() + logged
    assert (out, in_log) == ([], [])


def keep_out(transaction: Connection) -> None:
    """Have the database refuse rows with what must not be shown; such errors say what was to be written."""
    for table in ("users", "sessions"):
        refuse = f"CREATE TRIGGER no_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no room'); END"
        transaction.exec_driver_sql(refuse)
    refuse = "CREATE TRIGGER no_badge BEFORE UPDATE ON users BEGIN SELECT RAISE(ABORT, 'no room'); END"
    transaction.exec_driver_sql(refuse)


async def hashes(database: Any) -> set[str]:
    """What the database keeps in the place of secrets; nobody needs to see that either."""
    statements = ("SELECT password_hash FROM users", "SELECT key_hash FROM api_keys", "SELECT token_hash FROM sessions",
                  "SELECT stamp FROM users", "SELECT badge_hash FROM users WHERE badge_hash IS NOT NULL")  # fmt: skip
    found = await database.write(
        lambda transaction: [row[0] for each in statements for row in transaction.exec_driver_sql(each)]
    )
    return {str(each) for each in found}


def test_e33_configuration_that_is_wrong_is_told_without_its_secrets(tmp_path: Path) -> None:
    file = tmp_path / "station.yaml"
    data = {"station": {"id": "a", "name": "a"}, "server": {"auth": {"enabled": True, "jwt": {"secret_key": [SECRET]},
            "basic": {"password_hash": HASH[:-1], "role": "boss"}, "api_key": {"keys": {"a": KEY}}}},
            "database": {"url": f"mysql://me:{DATABASE_PASSWORD}@host/db"}}  # fmt: skip
    file.write_text(json.dumps(data), encoding="utf-8")

    with pytest.raises(ConfigError) as raised:
        load_config(file, {})

    message = raised.value.message + str(raised.value.facts)
    assert "secret_key" in message
    assert [secret for secret in (SECRET, HASH[:-1], KEY, DATABASE_PASSWORD) if secret in message] == []


def test_e33_a_configuration_that_is_printed_shows_no_secret(tmp_path: Path) -> None:
    auth = {"basic": {"password_hash": HASH}, "jwt": {"secret_key": SECRET}, "api_key": {"keys": [KEY]}}
    config = StationConfig.model_validate(
        {"station": {"id": "a", "name": "a"}, "server": {"auth": auth}, "backend": SECTIONS["backend"]}
    )

    printed = f"{config!r} {config} {config.model_dump()} {config.model_dump_json()}"

    assert [secret for secret in (SECRET, HASH, KEY, MES_KEY, MES_PASSWORD) if secret in printed] == []
