"""The Reference MES in both profiles, in a thread of the test."""

from collections.abc import AsyncIterator

import pytest

from station.mes.client import MesClient
from station.testing.reference_mes.server import ReferenceMes
from tests.mes.support import SETTINGS, calling


@pytest.fixture(params=["documented", "neurohub"])
async def mes(request: pytest.FixtureRequest) -> AsyncIterator[ReferenceMes]:
    """A Reference MES, once per profile."""
    async with ReferenceMes(request.param, rate_limit=0) as server:
        yield server


@pytest.fixture
async def client(mes: ReferenceMes) -> AsyncIterator[MesClient]:
    """A client that speaks the Reference MES's profile."""
    async with calling(mes.url, **SETTINGS[mes.settings.profile]) as made:
        yield made
