"""What somebody hears who may not watch the station, and what is said when the database is away."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.assembly import assemble
from api.services import Services
from station.config.load import load_config
from station.control.layout import Layout
from station.storage.database import Database
from station.storage.migrate import migrate
from tests.support import prepare_station

AUTH = {"enabled": True, "type": "api_key", "api_key": {"keys": ["a-key-of-this-test"]}, "whitelist": []}


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """A station that is down, whose API asks for a login."""
    batches = [{"id": "one", "sequence_package": tmp_path}]
    station = prepare_station(tmp_path, batches, server={"enabled": True, "auth": AUTH})
    config = load_config(station.config_file, {})
    layout = Layout.of(config, tmp_path)
    layout.data.mkdir()
    url = config.database_url(layout.base)
    await migrate(url)
    async with Database(url) as database:
        yield assemble(config, station.config_file, layout, database)


@pytest.fixture
async def nobody(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A caller who shows nothing."""
    transport = httpx.ASGITransport(create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize("prefix", ["", "/api/v1", "/api"])
async def test_whoever_shows_nothing_hears_whether_and_not_how(nobody: httpx.AsyncClient, prefix: str) -> None:
    health = await nobody.get(f"{prefix}/health")
    ready = await nobody.get(f"{prefix}/health/readiness")
    live = await nobody.get(f"{prefix}/health/liveness")

    assert (health.status_code, health.json()["status"]) == (503, "unhealthy"), "nothing answers as Temporal here"
    assert health.json()["checks"] is health.json()["version"] is None
    assert (ready.status_code, ready.json()["status"], ready.json()["message"]) == (503, "not_ready", "")
    assert live.status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/health/circuit-breakers", "/api/v1/health/circuit-breakers", "/api/system/health",
     "/api/system/processes", "/api/prompts", "/api/queue", "/api/batches/one/manual"],
)  # fmt: skip
async def test_everything_else_is_for_those_who_may_watch(nobody: httpx.AsyncClient, path: str) -> None:
    answer = await nobody.get(path)

    assert (answer.status_code, answer.json()["error"]) == (401, "NOT_AUTHENTICATED")


async def test_s3_11_without_its_database_the_station_is_unhealthy(
    services: Services, nobody: httpx.AsyncClient
) -> None:
    await services.database.close()

    health, live = await nobody.get("/health"), await nobody.get("/health/liveness")

    assert (health.status_code, live.status_code) == (503, 200)
