"""Every route asks who calls, whatever is shown, before it reads anything (checklist E23)."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send

from api.access.pace import Pace
from api.access.roles import Permission, Role
from api.guard import Doors, UndeclaredError, doors_of, needs
from api.routes import docs
from tests.api.inside import FAR, LOCAL, ORIGIN, PASSWORD, Inside, basic, bearer, forged, inside

PUBLIC = {
    ("POST", "/api/auth/login"),
    ("POST", "/api/auth/logout"),
    ("POST", "/api/auth/token"),
    ("POST", "/api/auth/badge"),
    ("GET", "/api/auth/me"),
    *(
        ("GET", f"{place}/health{which}")
        for place in ("", "/api", "/api/v1")
        for which in ("", "/liveness", "/readiness")
    ),
    # The page on which people log in, and what it is made of; the same for every station, and nothing of this one.
    *(("GET", path) for path in ("/", "/op", "/op/1", "/eng", "/eng/1", "/ui", "/ui/1", "/login")),
    *(("GET", path) for path in ("/assets/1", "/favicon.svg")),
}
"""What anybody may call whose address is served; whoever adds a route here has a reason."""


class Door(NamedTuple):
    """A route with a method, and the most it asks of its caller."""

    method: str
    path: str
    asks: Permission


def doors(found: Inside) -> Iterator[Door]:
    order = list(Permission)
    for route, asked in doors_of(found.app.routes, {docs.ASSETS}):
        if asked:
            path = re.sub(r"\{[^}]*\}", "1", str(route.path))
            for method in sorted(route.methods or {"WEBSOCKET"}):
                yield Door(method, path, max((need.permission for need in asked), key=order.index))


async def knock(found: Inside, door: Door, headers: dict[str, str], address: str = FAR) -> tuple[int, str]:
    """The status and the code of the answer."""
    found.clock.now += 301  # so that wrong things are not too many
    if door.method == "WEBSOCKET":
        return await knock_at_socket(found.app, door.path, headers, address), ""
    async with found.client(address) as client:
        answer = await client.request(door.method, door.path, headers=headers)
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    return answer.status_code, str(answer.json().get("error", "")) if is_json and answer.is_error else ""


async def knock_at_socket(app: Any, path: str, headers: dict[str, str], address: str) -> int:
    """The status with which a socket is refused; 101 where it is let in."""
    sent: list[Message] = []
    given = {"host": "localhost", **headers}
    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "subprotocols": [],
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "client": (address, 50000), "server": ("localhost", 80), "extensions": {"websocket.http.response": {}},
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return int(sent[0]["status"]) if sent[0]["type"] == "websocket.http.response.start" else 101


async def tokens(found: Inside) -> dict[str, str]:
    made = {}
    async with found.client(FAR) as client:
        for role in Role:
            answer = await client.post("/api/auth/token", json={"username": role.value, "password": PASSWORD})
            made[role.value] = str(answer.json()["access_token"])
    return made


async def test_e23_nobody_gets_through_any_door_with_what_is_wrong_old_or_copied(tmp_path: Path) -> None:
    async with inside(tmp_path, {"type": "jwt"}) as found:
        every = [door for door in doors(found) if door.asks is not Permission.PUBLIC]
        token = (await tokens(found))["admin"]
        past = datetime.now(UTC) - timedelta(seconds=5)
        gone = await found.logged_in("admin")
        copied = gone.cookies["session_T1"]
        await gone.post("/api/auth/logout")
        await found.people.add_user("ex", PASSWORD, Role.ADMIN, by="test")
        ex = (await found.logged_in("ex")).cookies["session_T1"]
        await found.people.set_active("ex", active=False, by="test")
        wrong = {
            "nothing": {},
            "expired": bearer(forged(token, exp=past)),
            "alg=none": bearer(forged(token, algorithm="none")),
            "wrong key": bearer(forged(token, key="another secret, which is long enough too")),
            "other station": bearer(forged(token, iss="T2")),
            "a password": basic("boss"),
            "replay after logout": {"Cookie": f"session_T1={copied}"},
            "session of somebody disabled": {"Cookie": f"session_T1={ex}"},
            "made up": {"Cookie": "session_T1=x"},
        }

        through = [
            (door, what, answer)
            for door in every
            for what, headers in wrong.items()
            if (answer := await knock(found, door, headers))[0] != 401
        ]

    assert len(every) > 50
    assert any(door.method == "WEBSOCKET" for door in every)
    assert through == []


@pytest.mark.parametrize("kind", ["api_key", "basic"])
async def test_e23_nor_with_a_wrong_key_or_password(tmp_path: Path, kind: str) -> None:
    async with inside(tmp_path, {"type": kind}) as found:
        await found.people.revoke_key("admin", by="test")
        wrong: list[dict[str, str]] = {
            "api_key": [{"X-API-Key": "x"}, {"X-API-Key": found.keys[Role.ADMIN]}, bearer(found.keys[Role.ADMIN])],
            "basic": [basic("admin", "wrong"), basic("nobody-here"), {"X-API-Key": found.keys[Role.MANAGER]}],
        }[kind]

        through = [
            (door, answer)
            for door in doors(found)
            if door.asks is not Permission.PUBLIC
            for headers in wrong
            if (answer := await knock(found, door, headers, LOCAL))[0] != 401
        ]

    assert through == []


async def test_e23_each_role_gets_through_the_doors_it_may_and_no_other(tmp_path: Path) -> None:
    async with inside(tmp_path, {"type": "jwt"}) as found:
        shown = {Role(name): bearer(token) for name, token in (await tokens(found)).items()}
        every = list(doors(found))
        # What stands behind the doors does nothing here: whoever is let in gets 204, and nothing is waited for.
        found.app.middleware_stack = Doors(let_in, found.app.routes, Pace(None, []), {docs.ASSETS})

        answers = {(door, role): await knock(found, door, shown[role]) for door in every for role in Role}

    wrong = {
        (door, role): answer
        for (door, role), answer in answers.items()
        if (answer[0] in {101, 204}) != role.may(door.asks) or (answer[0] not in {101, 204, 403})
    }
    assert wrong == {}
    assert {door.asks for door in every} == set(Permission)


async def let_in(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await Response(status_code=204)(scope, receive, send)


async def test_e23_each_way_in_leads_to_the_same_doors(tmp_path: Path) -> None:
    watch, manage = Door("GET", "/api/system/info", Permission.WATCH), Door("GET", "/api/audit", Permission.MANAGE)

    async def both(found: Inside, headers: dict[str, str]) -> tuple[int, int]:
        return (await knock(found, watch, headers))[0], (await knock(found, manage, headers))[0]

    async with inside(tmp_path / "k", {"type": "api_key"}) as found:
        for role in Role:
            expected = (200, 200 if role.may(Permission.MANAGE) else 403)
            session = (await found.logged_in(role.value)).cookies["session_T1"]

            assert await both(found, {"X-API-Key": found.keys[role]}) == expected
            assert await both(found, bearer(found.keys[role])) == expected
            assert await both(found, {"Cookie": f"session_T1={session}"}) == expected
    async with inside(tmp_path / "b") as found:
        assert await both(found, basic("viewer")) == (200, 403)
        assert await both(found, basic("manager")) == (200, 200)


async def test_only_what_has_a_reason_is_public(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        public = {(door.method, door.path) for door in doors(found) if door.asks is Permission.PUBLIC}
        described = {
            (method.upper(), re.sub(r"\{[^}]*\}", "1", path))
            for path, operations in found.app.openapi()["paths"].items()
            for method in operations
        }
        known = {(door.method, door.path) for door in doors(found)}

    assert public <= PUBLIC
    assert described <= known


@pytest.mark.parametrize("how", ["route", "socket", "mount", "plain"])
def test_an_application_with_a_door_that_asks_nothing_does_not_start(how: str) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    router = APIRouter()

    @router.get("/declared", dependencies=[needs(Permission.WATCH)])
    async def declared() -> None: ...

    async def forgotten() -> None: ...

    add: dict[str, Callable[[], object]] = {
        "route": lambda: router.get("/forgotten")(forgotten),
        "socket": lambda: router.websocket("/forgotten")(forgotten),
        "mount": lambda: app.router.routes.append(Mount("/forgotten", app=FastAPI())),
        "plain": lambda: app.router.routes.append(Route("/forgotten", endpoint=forgotten)),
    }
    add[how]()
    app.include_router(router)

    with pytest.raises(UndeclaredError, match="/forgotten"):
        doors_of(app.routes, {"/docs-assets"})


async def test_a_body_is_not_read_of_whoever_may_not_send_it(tmp_path: Path) -> None:
    async with inside(tmp_path) as found, found.client(FAR) as client:

        async def body() -> Any:
            yield b"not json"
            raise AssertionError("it was read")

        answer = await client.post("/api/users", content=body(), headers={"Content-Type": "application/json"})

    assert answer.status_code == 401


CROSS_SITE = [
    {"Origin": "http://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.elsewhere.example"},
    {"Origin": "http://localhost:81"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", CROSS_SITE, ids=str)
async def test_e23_a_page_of_another_site_commands_nothing_whoever_looks_at_it(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async with inside(tmp_path) as found:
        admin = await found.logged_in("admin")
        new = {"name": "mallory", "password": PASSWORD, "role": "admin"}
        wishes = [
            (admin, "/api/users", new),
            (admin, "/api/auth/password", {"current": PASSWORD, "new": "battery staple"}),
            (admin, "/api/auth/logout", None),
            (found.client(FAR), "/api/auth/login", {"username": "viewer", "password": PASSWORD}),
            (found.client(LOCAL), "/api/batches/x/sequence/start", {}),
        ]

        answers = [await client.post(path, json=body, headers=headers) for client, path, body in wishes]
        still = await admin.get("/api/users", headers={"Origin": ORIGIN})
        socket = await knock_at_socket(found.app, "/ws", headers, LOCAL)

    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(403, "ORIGIN_NOT_ALLOWED")] * 5
    assert all("set-cookie" not in answer.headers for answer in answers)
    assert "mallory" not in still.text
    assert socket == 403


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1.nip.io", "localhost.elsewhere.example", ""])
async def test_e23_a_name_that_points_here_is_not_the_stations(tmp_path: Path, host: str) -> None:
    async with inside(tmp_path) as found, found.client(LOCAL) as client:
        answer = await client.get("/api/system/info", headers={"Host": host})

    assert (answer.status_code, answer.json()["error"]) == (421, "HOST_NOT_ALLOWED")


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host", "X-Original-URL"])
async def test_e23_an_address_that_anybody_can_write_is_not_believed(tmp_path: Path, name: str) -> None:
    async with inside(tmp_path / "off", {"enabled": False}) as found, found.client(FAR) as client:
        refused = await client.get("/api/system/info", headers={name: "127.0.0.1"})
        message = refused.json()["message"]
    async with inside(tmp_path / "on") as found, found.client(FAR) as client:
        login = await client.get("/api/system/info", headers={name: "127.0.0.1"})

    assert (refused.status_code, refused.json()["error"]) == (403, "ADDRESS_NOT_ALLOWED")
    assert "server.auth.whitelist" in message
    assert login.status_code == 401


async def test_s1_40_networks_of_the_whitelist_are_served_and_no_address_beside_them(tmp_path: Path) -> None:
    networks = {"enabled": False, "whitelist": ["10.9.8.0/24", "fd00::/8"]}

    async with inside(tmp_path, networks) as found:

        async def status(address: str) -> int:
            async with found.client(address) as client:
                return (await client.get("/api/auth/me")).status_code

        served = [await status(address) for address in ("10.9.8.7", "fd00::1", "::ffff:10.9.8.7")]
        others = [await status(address) for address in ("10.9.9.7", "127.0.0.1", "fe80::1", "::ffff:10.9.9.7", "x")]

    assert (served, others) == ([httpx.codes.OK] * 3, [httpx.codes.FORBIDDEN] * 5)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "x-real-ip", "Forwarded"])
async def test_d19_whoever_comes_through_a_proxy_is_not_whoever_the_whitelist_knows(tmp_path: Path, name: str) -> None:
    through = {name: FAR}
    async with inside(tmp_path / "off", {"enabled": False}) as found, found.client(LOCAL) as client:
        refused = await client.get("/api/system/info", headers=through)
        socket = await knock_at_socket(found.app, "/ws", {**through, "Origin": ORIGIN}, LOCAL)
    async with inside(tmp_path / "on") as found, found.client(LOCAL) as client:
        nobody = await client.get("/api/system/info", headers=through)
        somebody = await client.get("/api/system/info", headers={**through, **basic("viewer")})

    assert (refused.status_code, refused.json()["error"], socket) == (403, "ADDRESS_NOT_ALLOWED", 403)
    assert "server.auth.enabled" in refused.json()["message"]
    assert (nobody.status_code, nobody.json()["error"]) == (401, "NOT_AUTHENTICATED")
    assert somebody.status_code == 200
