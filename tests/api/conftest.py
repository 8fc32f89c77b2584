"""One station with its API for the tests of a module: real processes, called over the network."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.served import Served, served_station

PACKAGES = Path(__file__).parents[1] / "cli" / "packages"
BATCHES = [
    {"id": "quick", "sequence_package": PACKAGES / "quick"},
    {"id": "faulty", "sequence_package": PACKAGES / "faulty"},
    {"id": "slow", "sequence_package": PACKAGES / "slow"},
    {"id": "idle", "sequence_package": PACKAGES / "quick", "auto_start": False},
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A station without MES whose API needs no login."""
    with served_station(tmp_path_factory.mktemp("served"), BATCHES) as running:
        yield running


@pytest.fixture
def api(served: Served) -> Iterator[httpx.Client]:
    """A client of that station's API."""
    with served.client() as client:
        yield client
