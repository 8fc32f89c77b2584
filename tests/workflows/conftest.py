"""One server for all tests of the workflows, and a stage of its own for each."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.workflows.desk import Desk
from tests.workflows.stage import Stage, connect, start_server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server() -> AsyncIterator[str]:
    """Where the server listens."""
    async with start_server() as environment:
        yield environment.client.service_client.config.target_host


@pytest.fixture
async def stage(server: str) -> Stage:
    """A station of its own on the one server."""
    return Stage(await connect(server))


@pytest.fixture
def desk(stage: Stage) -> Desk:
    """Whoever owes the MES something, with an engine of its own."""
    return Desk(stage.client, stage.station)
