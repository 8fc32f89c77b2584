"""A running station whose API is called over the network."""

import json
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support import READY_WITHIN, RunningStation, running_station, until

TIMEOUT = 30.0
OVER = "completed"


@dataclass(frozen=True)
class Served:
    """A running station and the way to its API."""

    station: RunningStation

    @property
    def url(self) -> str:
        """Where its API is; another one after the API was started again on another port."""
        return str(json.loads(self.station.layout.api.read_text(encoding="utf-8"))["url"])

    def kill(self) -> None:
        """Kill its API; the supervisor starts it again."""
        os.kill(int(json.loads(self.station.layout.api.read_text(encoding="utf-8"))["pid"]), signal.SIGKILL)

    def client(self, **options: Any) -> httpx.Client:
        """A client of its API; nothing of this machine's environment is between."""
        return httpx.Client(base_url=self.url, timeout=TIMEOUT, trust_env=False, **options)

    def start(self, client: httpx.Client, batch: str, **request: Any) -> str:
        """Start a run on a batch; gives its id."""
        answer = client.post(f"/api/batches/{batch}/sequence/start", json=request)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        return str(answer.json()["execution_id"])

    def wait_state(self, client: httpx.Client, batch: str, state: str, within: float = 30.0) -> None:
        """Wait until a batch's run is in a state."""
        end = time.monotonic() + within
        while (found := client.get(f"/api/batches/{batch}").json()["state"]) != state:
            assert time.monotonic() < end, found
            time.sleep(0.02)

    def wait_free(self, client: httpx.Client, batch: str, within: float = 30.0) -> dict[str, Any]:
        """Wait until a batch's slot is free; gives how it stands then."""
        end = time.monotonic() + within
        while True:
            standing: dict[str, Any] = client.get(f"/api/batches/{batch}").json()
            if standing["state"] is None:
                return standing
            assert time.monotonic() < end, standing
            time.sleep(0.05)


@contextmanager
def served_station(folder: Path, batches: Sequence[Mapping[str, Any]], **sections: Any) -> Iterator[Served]:
    """A station with its API on a free port; `sections` are further ones of station.yaml."""
    server = {"enabled": True, **sections.pop("server", {})}
    with running_station(folder, batches, server=server, **sections) as station:
        # The station does not wait for its API for ever; a test of the API does.
        until(station.layout.api.exists, READY_WITHIN, "the API does not serve")
        yield Served(station)
