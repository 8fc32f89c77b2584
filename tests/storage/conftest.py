"""A fresh results database for each test: an SQLite file, and PostgreSQL where a server is given."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from station.storage.database import Database
from station.storage.migrate import migrate
from tests.debian import COMPLETE
from tests.postgres import SERVER, programs, server

MIGRATED = "station_migrated"
"""On the server: a database with the schema of today, from which others are copied."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL server, with a database that has the schema of today."""
    if programs() is None and not os.environ.get(SERVER) and not os.environ.get(COMPLETE):
        pytest.skip("PostgreSQL is not installed: apt install postgresql")
    with server() as address:
        with ThreadPoolExecutor(1) as aside:  # a test's own loop may be running here
            aside.submit(asyncio.run, _prepare(address)).result()
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Where a database may be made."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'station.db'}"
        return
    address = request.getfixturevalue("postgres")
    name = f"station_{uuid4().hex}"
    await _administer(address, f"CREATE DATABASE {name} TEMPLATE {_template(request)}")
    yield _of(address, name)
    await _administer(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """An open database with the schema of today."""
    await migrate(url)
    async with Database(url) as database:
        yield database


def _template(request: pytest.FixtureRequest) -> str:
    """Whoever wants a database, and not only a place for one, gets a copy: much quicker than to migrate each."""
    return MIGRATED if "database" in request.fixturenames else "template1"


async def _prepare(address: str) -> None:
    await _administer(address, f"DROP DATABASE IF EXISTS {MIGRATED} WITH (FORCE)", f"CREATE DATABASE {MIGRATED}")
    await migrate(_of(address, MIGRATED))


async def _administer(address: str, *statements: str) -> None:
    engine = create_async_engine(make_url(address).set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


def _of(address: str, name: str) -> str:
    return make_url(address).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the tests about SQLite's file put it."""
    return tmp_path / "station.db"
