"""The application within the test's own process, on a real database; for tests that call it very often."""

import base64
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt
from fastapi import FastAPI
from temporalio.client import Client

from api.access.identity import Identity
from api.access.throttle import Throttle
from api.app import create_app
from api.live.hub import Hub
from api.services import Engine, Services
from api.standing import Standings
from station.config.model import StationConfig
from station.control.layout import Layout
from station.control.passwords import Passwords, hash_password
from station.control.people import People
from station.control.settings import Settings
from station.domain.errors import EngineError
from station.domain.roles import Role
from station.storage.database import Database
from station.storage.migrate import migrate

CHEAP = 4
"""What bcrypt costs at least."""
PASSWORD = "correct horse battery"  # noqa: S105 - of users that exist in a test
HASH = hash_password(PASSWORD, CHEAP)
SECRET = "a secret of the test, which is long enough"  # noqa: S105
KEY = "a-key-of-station.yaml"
LOCAL = "127.0.0.1"
FAR = "10.9.8.7"
ORIGIN = "http://localhost"


class Away(Engine):
    """An engine that is away, and known to be at once."""

    async def client(self) -> Client:
        raise EngineError("the engine is away")


@dataclass
class Seconds:
    """A clock that stands still."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Inside:
    """A station's application, and who may use it.

    Attributes:
        clock: Of the throttle.
    """

    app: FastAPI
    services: Services
    people: People
    clock: Seconds
    keys: dict[Role, str] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.services.database

    def client(self, address: str = LOCAL, **options: Any) -> httpx.AsyncClient:
        """A caller from an address."""
        transport = httpx.ASGITransport(self.app, client=(address, 50000))
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN, **options)

    async def logged_in(self, name: str, password: str = PASSWORD, address: str = FAR) -> httpx.AsyncClient:
        """A browser in which somebody is logged in."""
        client = self.client(address)
        answer = await client.post("/api/auth/login", json={"username": name, "password": password})
        assert answer.status_code == httpx.codes.OK, answer.text
        return client


@asynccontextmanager
async def inside(
    folder: Path, auth: Mapping[str, Any] | None = None, *, roles: Iterable[Role] = Role, **sections: Any
) -> AsyncIterator[Inside]:
    """An application whose station.yaml has this `server.auth`; each role is a user of that name with PASSWORD."""
    settings = {"enabled": True, "basic": {"username": "boss", "password_hash": HASH}, "jwt": {"secret_key": SECRET}}
    settings |= {"api_key": {"keys": [KEY]}} | dict(auth or {})
    server = {"auth": settings, "rate_limit": None, **sections.pop("server", {})}
    config = StationConfig.model_validate({"station": {"id": "T1", "name": "T1"}, "server": server, **sections})
    url = config.database_url(folder)
    await migrate(url)
    async with Database(url) as database:
        passwords, clock = Passwords(CHEAP), Seconds()
        identity = Identity(config, database, passwords, Throttle(clock))
        layout, engine, hub = Layout.of(config, folder), Away(config), Hub(database)
        standings = Standings(config, layout, database, engine, hub)
        settings = Settings(folder / "station.yaml", layout, {})
        services = Services(config, layout, database, engine, identity, hub, standings, settings)
        found = Inside(create_app(services), services, identity.people, clock)
        for role in roles:
            await found.people.add_user(role.value, PASSWORD, role, by="test")
            _, found.keys[role] = await found.people.add_key(role.value, role, by="test")
        async with found.app.router.lifespan_context(found.app):
            yield found


def basic(name: str, password: str = PASSWORD) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {token}"}


def forged(token: str, key: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    """A token that says something else, signed by whoever has this key."""
    said = jwt.decode(token, options={"verify_signature": False}) | claims
    return jwt.encode(said, key if algorithm != "none" else "", algorithm=algorithm)
