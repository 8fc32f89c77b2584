"""The API's description says of each operation what it asks of its caller, as the doors ask it."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.access.roles import Permission, Role
from tests.api.inside import Inside, inside
from tests.api.test_doors import doors

WAYS = {"basic": ["password"], "jwt": ["token"], "api_key": ["key", "bearer_key"]}


def operations(found: Inside) -> dict[tuple[str, str], dict[str, Any]]:
    """Every documented operation, with its path as `doors` has it."""
    return {
        (method.upper(), path_of(path)): operation
        for path, methods in found.app.openapi()["paths"].items()
        for method, operation in methods.items()
    }


def path_of(path: str) -> str:
    return "/".join("1" if part.startswith("{") else part for part in path.split("/"))


@pytest.mark.parametrize("kind", WAYS)
@pytest.mark.parametrize("whitelist_role", ["none", "operator"])
async def test_e23_what_an_operation_asks_is_described(tmp_path: Path, kind: str, whitelist_role: str) -> None:
    async with inside(tmp_path, {"type": kind, "whitelist_role": whitelist_role}) as found:
        asked = {(door.method, door.path): door.asks for door in doors(found)}
        described = operations(found)
        schemes = found.app.openapi()["components"]["securitySchemes"]

    def expected(permission: Permission) -> list[dict[str, list[str]]]:
        if permission is Permission.PUBLIC:
            return []
        nobody = whitelist_role != "none" and Role(whitelist_role).may(permission)
        return [{way: []} for way in [*WAYS[kind], "session"]] + ([{}] if nobody else [])

    assert {door: one["x-permission"] for door, one in described.items()} == {
        door: asked[door].value for door in described
    }
    assert {door: one["security"] for door, one in described.items()} == {
        door: expected(asked[door]) for door in described
    }
    assert list(schemes) == [*WAYS[kind], "session"]
    assert (schemes["session"]["in"], schemes["session"]["name"]) == ("cookie", "session_T1")
    assert {Permission(one["x-permission"]) for one in described.values()} == set(Permission)


async def test_an_address_that_is_on_no_list_is_promised_nothing(tmp_path: Path) -> None:
    async with inside(tmp_path, {"whitelist": []}) as found:
        described = operations(found)

    assert not [door for door, one in described.items() if {} in one["security"]]


async def test_where_nobody_logs_in_nothing_is_said_of_it(tmp_path: Path) -> None:
    async with inside(tmp_path, {"enabled": False}) as found:
        described, document = operations(found), found.app.openapi()

    assert "securitySchemes" not in document["components"]
    assert not [one for one in described.values() if "security" in one]
    assert all(one["x-permission"] for one in described.values())


async def test_errors_of_operations_that_give_text_are_described_as_they_are(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        answers = operations(found)["GET", "/metrics"]["responses"]

    assert list(answers["200"]["content"]) == ["text/plain"]
    assert list(answers["403"]["content"]) == ["application/json"]


async def test_durations_are_numbers_of_seconds_wherever_they_stand(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        schemas = found.app.openapi()["components"]["schemas"]

    assert not [name for name, schema in schemas.items() if '"format": "duration"' in json.dumps(schema)]
