"""The Reference MES in both profiles, in a thread of the test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from station.mes.client import MesClient
from station.testing.reference_mes.server import ReferenceMes
from tests.mes.support import SETTINGS, calling


@pytest.fixture(scope="module", params=["documented", "neurohub"])
def running_mes(request: pytest.FixtureRequest) -> Iterator[ReferenceMes]:
    """A Reference MES, once per profile; every test has WIPs of its own in it."""
    with ReferenceMes(request.param, rate_limit=0) as server:
        yield server


@pytest.fixture
def mes(running_mes: ReferenceMes) -> ReferenceMes:
    """It, without the faults of the test before."""
    running_mes.heal()
    return running_mes


@pytest.fixture
async def client(mes: ReferenceMes) -> AsyncIterator[MesClient]:
    """A client that speaks the Reference MES's profile."""
    async with calling(mes.url, **SETTINGS[mes.settings.profile]) as made:
        yield made
