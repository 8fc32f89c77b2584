"""Health, liveness, readiness and the circuit breaker over the API, on a real station and its MES."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psutil
import pytest

from station.testing.reference_mes.server import ReferenceMes
from tests.api.conftest import PACKAGES
from tests.api.served import Served, served_station
from tests.support import until

pytestmark = pytest.mark.station

BATCHES = [{"id": "quick", "sequence_package": PACKAGES / "quick", "process": 1}]
THRESHOLD = 2
PREFIXES = ("", "/api/v1", "/api")


@pytest.fixture(scope="module")
def mes() -> Iterator[ReferenceMes]:
    with ReferenceMes() as running:
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, mes: ReferenceMes) -> Iterator[Served]:
    backend = {
        "url": mes.url, "api_key": mes.settings.api_key, "online_wait": 1, "timeout": 2,
        "breaker": {"threshold": THRESHOLD, "recovery": 60},
    }  # fmt: skip
    with served_station(tmp_path_factory.mktemp("served"), BATCHES, backend=backend) as running:
        yield running


@contextmanager
def stands_still(served: Served, name: str) -> Iterator[None]:
    """A process of the station that does not answer for a while."""
    process = served.station.child(name)
    process.send_signal(signal.SIGSTOP)
    # The thread that takes the signal stops the others; until it has a processor, they go on.
    until(lambda: process.status() == psutil.STATUS_STOPPED, 10, f"{name} does not stand still")
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def system_health(api: httpx.Client) -> dict[str, Any]:
    answer = api.get("/api/system/health")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def test_s0_23_d13_s0_55_the_stations_health_names_its_backend(api: httpx.Client) -> None:
    until(lambda: system_health(api)["backend_connected"], 15, "the MES is not known to be there")
    health = system_health(api)

    assert health.pop("timestamp")
    assert 0 < health.pop("disk_used_percent") < 100
    assert 0 < health.pop("memory_used_percent") < 100
    assert health.pop("memory_total_bytes") > 2**28
    assert health == {
        "status": "ok", "backend_connected": True, "backend_status": "connected", "engine_connected": True,
        "database_connected": True, "ready": True, "batches_up": 1, "batches_wanted": 1, "queue_size": 0,
        "calibrations": [],
    }  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
def test_s3_11_s3_14_health_looks_at_every_part(api: httpx.Client, prefix: str) -> None:
    answer = api.get(f"{prefix}/health")

    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, "healthy")
    assert set(body) == {"status", "timestamp", "checks", "version"}
    checks = body["checks"]
    assert list(checks) == ["database", "temporal", "disk", "memory", "circuit_breakers"]
    assert checks["database"]["status"] == checks["temporal"]["status"] == "healthy"
    assert {checks["disk"]["usage_percent"] < 90} == {checks["disk"]["status"] == "healthy"}
    assert checks["circuit_breakers"]["states"] == {"mes": "closed"}


@pytest.mark.parametrize("prefix", PREFIXES)
def test_s3_12_s3_13_s3_14_liveness_and_readiness(api: httpx.Client, prefix: str) -> None:
    live, ready = api.get(f"{prefix}/health/liveness"), api.get(f"{prefix}/health/readiness")

    assert (live.status_code, live.json()["status"], set(live.json())) == (200, "alive", {"status", "timestamp"})
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


def test_s3_11_s3_13_without_temporal_it_is_unhealthy_and_not_ready_but_alive(
    served: Served, api: httpx.Client
) -> None:
    with stands_still(served, "temporal"):
        health, ready, live = (api.get(f"/health{path}") for path in ("", "/readiness", "/liveness"))
        told = system_health(api)
    until(lambda: api.get("/health").status_code == 200, 20, "it does not become healthy again")

    assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
    assert health.json()["checks"]["temporal"]["status"] == "unhealthy"
    assert health.json()["checks"]["database"]["status"] == "healthy"
    assert (ready.status_code, ready.json()["status"]) == (503, "not_ready")
    assert live.status_code == 200
    assert (told["status"], told["engine_connected"]) == ("degraded", False)


def test_s3_13_s0_48_it_is_not_ready_before_the_station_says_so(served: Served, api: httpx.Client) -> None:
    """The supervisor writes the file last of all when it comes up, and takes it away first when it goes down."""
    ready = served.station.layout.ready
    aside = ready.with_suffix(".aside")

    ready.rename(aside)
    answer, live = api.get("/health/readiness"), api.get("/health/liveness")
    start = api.post("/api/batches/quick/sequence/start", json={})
    aside.rename(ready)

    assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")
    assert answer.json()["message"] == "The station is going down, or not up yet."
    assert live.status_code == 200
    assert (start.status_code, start.json()["error"]) == (503, "STATION_NOT_READY")
    assert api.get("/health/readiness").status_code == 200


def test_s3_09_s3_07_s3_08_the_breaker_is_seen_open_and_closed_again(
    served: Served, api: httpx.Client, mes: ReferenceMes
) -> None:
    wip = mes.seed()[0]
    closed = api.get("/health/circuit-breakers").json()
    mes.down()
    api.post("/api/batches/quick/sequence/start", json={"wip_id": wip, "operator_id": 5})
    until(lambda: breaker(api)["state"] == "open", 20, "the breaker does not open")
    opened, health, told = breaker(api), api.get("/api/v1/health"), system_health(api)
    refused = api.post(f"/api/wips/{wip}/convert", json={"operator_id": 5, "queue": False})
    until(lambda: api.get("/api/queue?next_try=true").json()["items"][0]["next_try"], 20, "nobody says when")
    queue = api.get("/api/queue?next_try=true").json()
    mes.up()
    until(lambda: breaker(api)["state"] == "closed", 20, "the breaker does not close")
    until(lambda: system_health(api)["backend_status"] == "connected", 20, "the MES is not seen again")
    until(lambda: not api.get("/api/queue").json()["items"], 20, "it is still owed")
    served.wait_free(api, "quick")

    assert closed["mes"]["state"] == "closed"
    assert opened["failure_count"] >= THRESHOLD
    assert closed["mes"]["changed_at"] < opened["changed_at"]
    assert opened["last_failure"] is not None
    assert 0 < opened["retry_after"] <= 60
    assert (health.status_code, health.json()["status"]) == (200, "healthy")
    assert health.json()["checks"]["circuit_breakers"]["status"] == "warning"
    assert (told["status"], told["backend_connected"], told["backend_status"]) == ("degraded", False, "disconnected")
    assert (refused.status_code, refused.json()["error"]) == (503, "SERVICE_UNAVAILABLE")
    assert 0 < refused.json()["details"]["retry_after"] <= 60
    assert refused.headers["Retry-After"] == str(refused.json()["details"]["retry_after"])
    assert [(one["action"], one["place"]) for one in queue["items"]] == [("start_process", 1), ("complete_process", 2)]
    assert queue["items"][0]["next_try"] is not None
    assert queue["items"][1]["next_try"] is None
    assert breaker(api)["failure_count"] == 0


def test_s1_32_what_each_process_uses_is_told(api: httpx.Client) -> None:
    found = {one["name"]: one for one in api.get("/api/system/processes").json()}

    assert list(found) == ["supervisor", "temporal", "engine", "api", "quick"]
    assert all(one["memory_bytes"] > 2**20 and one["cpu_percent"] >= 0 for one in found.values())
    assert found["quick"]["batch_id"] == "quick"


def breaker(api: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/health/circuit-breakers").json()["mes"]
    return found
