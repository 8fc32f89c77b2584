"""A fresh results database for each test: an SQLite file, and on a PostgreSQL server."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from station.storage.database import Database
from station.storage.migrate import migrate
from tests.postgres import Server, aside, server

MIGRATED = "station_migrated"
"""On the server: a database with the schema of today, from which others are copied."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server, with a database that has the schema of today."""
    with server() as running:
        aside(migrate(running.create(MIGRATED)))
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Where a database may be made."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'station.db'}"
        return
    postgres: Server = request.getfixturevalue("postgres")
    name = f"station_{uuid4().hex}"
    await postgres.administer(f"CREATE DATABASE {name} TEMPLATE {_template(request)}")
    yield postgres.url(name)
    await postgres.administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """An open database with the schema of today."""
    await migrate(url)
    async with Database(url) as database:
        yield database


def _template(request: pytest.FixtureRequest) -> str:
    """Whoever wants a database, and not only a place for one, gets a copy: much quicker than to migrate each."""
    return MIGRATED if "database" in request.fixturenames else "template1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the tests about SQLite's file put it."""
    return tmp_path / "station.db"
