"""A fresh results database for each test: an SQLite file, and PostgreSQL where a server is given."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from station.storage.database import Database
from station.storage.migrate import migrate

POSTGRES = os.environ.get("STATION_TEST_POSTGRES", "")


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.skipif(not POSTGRES, reason="no server"))]
)
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Where a database may be made."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'station.db'}"
        return
    server = make_url(POSTGRES).set(drivername="postgresql+asyncpg")
    name = f"station_{uuid4().hex}"
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.set(database=name).render_as_string(hide_password=False)
        await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await engine.dispose()


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """An open database with the schema of today."""
    await migrate(url)
    async with Database(url) as database:
        yield database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the tests about SQLite's file put it."""
    return tmp_path / "station.db"
