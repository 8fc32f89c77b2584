"""The station as a whole and its batches' processes over the API, in the documented words."""

from importlib.metadata import version

import httpx
import pytest

from tests.api.served import Served
from tests.support import until

pytestmark = pytest.mark.station


def test_s0_22_which_station_this_is(api: httpx.Client) -> None:
    first, later = api.get("/api/system/info").json(), api.get("/api/system/info").json()

    assert set(first) == {"id", "name", "description", "version", "uptime"}
    assert (first["id"], first["name"], first["description"]) == ("T1", "Station T1", "")
    assert first["version"] == version("neurohub-station")
    assert 0 < first["uptime"] <= later["uptime"]


def test_which_versions_run_is_told(api: httpx.Client) -> None:
    found = api.get("/api/system/versions").json()

    assert set(found) == {"station", "python", "temporal", "sqlite", "database", "system"}
    assert found["station"] == api.get("/api/system/info").json()["version"]
    assert found["temporal"].startswith("temporal version")


@pytest.mark.parametrize("path", ["/api/system/sync", "/api/system/sync/force", "/api/queue/send"])
def test_s0_24_d14_nothing_to_send_is_an_answer_too(served: Served, api: httpx.Client, path: str) -> None:
    answer = api.post(path)

    assert (answer.status_code, answer.json()) == (200, {"status": "nothing_to_send", "wips": []})
    assert served.station.rows("SELECT actor, target FROM audit WHERE action = 'send_now'")[-1] == (
        "127.0.0.1", "queue",
    )  # fmt: skip


def test_s0_26_s0_27_a_batchs_process_is_started_and_stopped(served: Served, api: httpx.Client) -> None:
    def process() -> str:
        return str(api.get("/api/batches/idle").json()["process"]["state"])

    before = process()
    started = api.post("/api/batches/idle/start")
    until(lambda: process() == "running", 20, "the process does not start")
    lives = served.station.child("idle")
    pid = api.get("/api/batches/idle").json()["process"]["pid"]
    stopped = api.post("/api/batches/idle/stop")
    until(lambda: process() == "stopped", 20, "the process does not stop")

    assert before in {"stopped", "unknown"}
    assert (started.status_code, started.json()["batch_id"], stopped.status_code) == (200, "idle", 200)
    assert (pid, lives.is_running()) == (lives.pid, False)


def test_s0_29_a_sequence_is_stopped_with_its_cleanup(served: Served, api: httpx.Client) -> None:
    run_id = served.start(api, "slow")
    until(lambda: api.get("/api/batches/slow").json()["current_step"] == "hold", 20, "it does not begin")

    answer = api.post("/api/batches/slow/sequence/stop", json={"reason": "wrong unit"})
    served.wait_free(api, "slow")

    assert (answer.status_code, answer.json()["execution_id"]) == (200, run_id)
    found = served.station.rows(f"SELECT outcome, status FROM execution_results WHERE id = '{run_id}'")
    assert found == [("ABORTED", "stopped")]
    tidied = f"SELECT outcome FROM step_results WHERE execution_id = '{run_id}' AND step_name = 'tidy'"
    assert served.station.rows(tidied) == [("PASSED",)]
