"""The station goes down: from the first moment on it refuses what is new, and the API is there to say so."""

import fcntl
import signal
import time
from collections import defaultdict
from pathlib import Path

import httpx
import pytest

from api.errors import GoingDownError
from station.control.health import readiness
from tests.api.inside import inside
from tests.api.served import Served
from tests.support import DOWN_WITHIN, until


@pytest.mark.station
def test_s0_49_what_is_new_is_refused_at_once_and_the_run_goes_on_afterwards(served: Served) -> None:
    with served.client() as api:
        run_id = served.start(api, "slow", parameters={"seconds": 60})
        until(lambda: api.get("/api/batches/slow").json()["current_step"] == "hold", 20, "it does not begin")
        assert served.station.process is not None
        served.station.process.send_signal(signal.SIGTERM)
        heard: dict[str, list[tuple[int, str | None]]] = defaultdict(list)
        while asked := answers(api):
            for question, answer in asked.items():
                heard[question].append(answer)

    code = served.station.process.wait(DOWN_WITHIN)
    served.station.down()
    served.station.up()
    with served.client() as api:
        again = api.get("/api/batches/slow").json()
        api.post("/api/batches/slow/sequence/stop", json={"reason": "the test is over"})
        served.wait_free(api, "slow")

    assert code == 0
    assert heard["start"][-1] == heard["command"][-1] == (503, "STATION_NOT_READY")
    assert heard["ready"][-1] == (503, None)
    assert {status for status, _ in heard["live"] + heard["look"]} == {200}
    assert again["execution_id"] == run_id


def answers(api: httpx.Client) -> dict[str, tuple[int, str | None]]:
    """What is answered to a start, a command and looks; nothing, once the API is gone."""
    try:
        found = {
            "start": api.post("/api/batches/slow/sequence/start", json={}),
            "command": api.post("/api/batches/idle/start"),
            "ready": api.get("/health/readiness"),
            "live": api.get("/health/liveness"),
            "look": api.get("/api/results"),
        }
    except httpx.TransportError:
        return {}
    time.sleep(0.01)
    return {question: (one.status_code, one.json().get("error")) for question, one in found.items()}


async def test_s0_49_with_an_engine_elsewhere_too(tmp_path: Path) -> None:
    async with inside(tmp_path, temporal={"address": "127.0.0.1:1"}) as found:
        services = found.services
        services.check_taking_commands()  # nobody says that it goes down: there is no supervisor
        with services.layout.lock.open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)

            with pytest.raises(GoingDownError):
                services.check_taking_commands()
            ready = await readiness(services.config, services.layout, services.database, services.engine.client)

    assert (ready.ready, ready.message) == (False, "The station is going down, or not up yet.")
