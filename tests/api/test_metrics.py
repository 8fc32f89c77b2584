"""The metrics: each one moves on a real station as it must, and none lies after the API was killed."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import datetime

import httpx
import psutil
import pytest

from station.testing.reference_mes.server import ReferenceMes
from tests.api.conftest import PACKAGES
from tests.api.metrics import Samples, scrape, value
from tests.api.served import Served, served_station
from tests.api.webhook import Webhook, webhook
from tests.support import until

pytestmark = pytest.mark.station

BATCHES = [
    {"id": "quick", "sequence_package": PACKAGES / "quick"},
    {"id": "faulty", "sequence_package": PACKAGES / "faulty"},
    {"id": "slow", "sequence_package": PACKAGES / "slow"},
    {"id": "handy", "sequence_package": PACKAGES / "handy"},
]
ALONE = {"without_mes": True}


@pytest.fixture(scope="module")
def mes() -> Iterator[ReferenceMes]:
    with ReferenceMes() as running:
        yield running


@pytest.fixture(scope="module")
def hook() -> Iterator[Webhook]:
    with webhook() as listening:
        yield listening


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, mes: ReferenceMes, hook: Webhook) -> Iterator[Served]:
    backend = {
        "url": mes.url, "api_key": mes.settings.api_key, "online_wait": 0.5, "timeout": 2,
        "breaker": {"threshold": 1, "recovery": 60}, "webhook_url": hook.url,
    }  # fmt: skip
    errors = {"step_errors": {"max_retries": 0}}
    with served_station(tmp_path_factory.mktemp("served"), BATCHES, backend=backend, error_handling=errors) as running:
        yield running


def ran(served: Served, api: httpx.Client, batch: str, **request: object) -> tuple[float, Samples]:
    """Run a batch to its end; gives the run's time and the metrics after it."""
    run_id = served.start(api, batch, **ALONE, **request)
    served.wait_free(api, batch)
    query = f"SELECT started_at, completed_at FROM execution_results WHERE id = '{run_id}'"
    ((began, ended),) = served.station.rows(query)
    took = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    return took.total_seconds(), scrape(api)


def test_s1_41_s1_42_batches_are_counted_and_those_on_which_a_sequence_runs(served: Served, api: httpx.Client) -> None:
    before = scrape(api)
    served.start(api, "slow", **ALONE)
    during = scrape(api)
    api.post("/api/batches/slow/sequence/stop")
    served.wait_free(api, "slow")
    after = scrape(api)

    assert [value(one, "station_batches_total") for one in (before, during, after)] == [4, 4, 4]
    assert [value(one, "station_batches_running") for one in (before, during, after)] == [0, 1, 0]
    completed = "station_sequences_completed_total"
    assert value(after, completed, batch="slow", result="aborted") == 1
    assert value(after, "pipeline_executions_total", pipeline_id="slow", status="aborted") == 1
    assert value(after, "station_batch_up", batch="slow") == 1
    assert value(after, "station_ready") == 1
    assert value(
        after, "station_info", id="T1", name="Station T1", version=api.get("/api/system/info").json()["version"]
    )


def test_s1_43_s1_44_s1_45_s4_16_runs_and_steps_are_counted_with_their_time(served: Served, api: httpx.Client) -> None:
    before = scrape(api)

    passed, _ = ran(served, api, "quick")
    failed, after = ran(served, api, "quick", parameters={"voltage": 9.0})

    completed = "station_sequences_completed_total"
    assert [value(after, completed, batch="quick", result=word) - value(before, completed, batch="quick", result=word)
            for word in ("pass", "fail", "error", "aborted")] == [1, 1, 0, 0]  # fmt: skip
    for name, labels in (
        ("station_sequence_duration_seconds", {"batch": "quick"}),
        ("pipeline_execution_duration_seconds", {"pipeline_id": "quick"}),
    ):
        assert value(after, f"{name}_count", **labels) - value(before, f"{name}_count", **labels) == 2
        assert value(after, f"{name}_sum", **labels) - value(before, f"{name}_sum", **labels) == pytest.approx(
            passed + failed, abs=0.05
        )
        for edge in ("60", "120", "300", "+Inf"):
            assert value(after, f"{name}_bucket", le=edge, **labels) == value(after, f"{name}_count", **labels)
    of_quick = "SELECT id FROM execution_results WHERE batch_id = 'quick'"
    query = f"SELECT count(*) FROM step_results WHERE execution_id IN ({of_quick})"
    ((steps,),) = served.station.rows(query)
    assert value(after, "station_step_duration_seconds_count", batch="quick") == steps > 0
    assert value(after, "station_step_duration_seconds_sum", batch="quick") > 0
    assert value(after, "pipeline_executions_total", pipeline_id="quick", status="success") == 2


def test_s1_48_what_goes_wrong_is_counted_by_its_code(served: Served, api: httpx.Client) -> None:
    before = scrape(api)

    _, after = ran(served, api, "faulty")
    served.station.child("slow").kill()
    until(lambda: value(scrape(api), "station_errors_total", type="PROCESS_KILLED"), 10, "the kill is not counted")
    until(lambda: value(scrape(api), "station_batch_up", batch="slow"), 20, "the process does not come back")

    faults = served.station.rows(
        "SELECT json_extract(fault, '$.code'), count(*) FROM step_results WHERE outcome = 'ERROR' GROUP BY 1"
    )
    assert faults, "the package must fail"
    for code, count in faults:
        assert (
            value(after, "station_errors_total", type=code) - value(before, "station_errors_total", type=code) == count
        )
    assert value(after, "station_sequences_completed_total", batch="faulty", result="error") == 1
    assert value(after, "pipeline_executions_total", pipeline_id="faulty", status="error") == 1


def test_s1_46_an_instrument_is_connected_while_somebody_uses_it(api: httpx.Client) -> None:
    here = "/api/batches/handy/manual"
    before = scrape(api)
    api.post(f"{here}/open")
    during = scrape(api)
    api.post(f"{here}/close")
    after = scrape(api)

    name = "station_hardware_status"
    assert [value(one, name, batch="handy", hardware="lamp") for one in (before, during, after)] == [0, 1, 0]
    assert [key for key in before if key[0] == name] == [(name, frozenset({("batch", "handy"), ("hardware", "lamp")}))]


def test_s1_47_s3_10_the_mes_away_is_seen_with_what_is_owed(
    served: Served, api: httpx.Client, mes: ReferenceMes, hook: Webhook
) -> None:
    until(lambda: value(scrape(api), "station_backend_connected"), 15, "the MES is not known to be there")
    before = scrape(api)
    mes.down()
    answer = api.post(
        "/api/batches/quick/sequence/start", json={"wip_id": mes.seed()[0], "process_id": 1, "operator_id": 5}
    )
    assert answer.status_code == 202, answer.text
    served.wait_free(api, "quick")
    until(lambda: not value(scrape(api), "station_backend_connected"), 10, "nobody sees that the MES is away")
    away = scrape(api)
    mes.up()
    until(lambda: value(scrape(api), "station_backend_connected"), 20, "the MES is not seen again")
    until(lambda: not value(scrape(api), "station_sync_queue_size"), 20, "it is still owed")
    after = scrape(api)

    assert [value(one, "station_sync_queue_size") for one in (before, away, after)] == [0, 2, 0]
    state = "station_circuit_breaker_state"
    assert [value(one, state, name="mes", state="closed") for one in (before, away, after)] == [1, 0, 1]
    assert value(away, state, name="mes", state="open") + value(away, state, name="mes", state="half_open") == 1
    assert value(away, "station_circuit_breaker_failures", name="mes") >= 1
    assert value(away, "station_sync_queue_parked") == 0
    until(lambda: len(hook.posts) == 2, 10, f"the webhook hears {hook.posts}")
    assert [(post["event"], post["station"]) for post in hook.posts] == [("mes_away", "T1"), ("mes_back", "T1")]


def test_s1_49_what_each_process_uses(served: Served, api: httpx.Client) -> None:
    samples = scrape(api)

    for name in ("supervisor", "temporal", "engine", "api", *(batch["id"] for batch in BATCHES)):
        pid = (
            served.station.pid
            if name == "supervisor"
            else int(served.station.layout.process_file(str(name)).read_text())
        )
        used = psutil.Process(pid).memory_info().rss
        assert value(samples, "station_process_memory_bytes", process=str(name)) == pytest.approx(used, rel=0.2)
    busy = served.station.child("quick")
    time.sleep(1.1)  # over less time a share of a processor says nothing, and is not told anew
    scrape(api)
    spent, began = sum(busy.cpu_times()[:2]), time.monotonic()
    for _ in range(3):
        served.start(api, "quick", **ALONE)
        served.wait_free(api, "quick")
    time.sleep(max(0.0, 1.1 - (time.monotonic() - began)))
    told = value(scrape(api), "station_process_cpu_percent", process="quick")
    share = 100 * (sum(busy.cpu_times()[:2]) - spent) / (time.monotonic() - began)
    assert share > 0
    assert told == pytest.approx(share, rel=0.3, abs=3)


def test_s3_15_looks_at_the_health_are_counted(api: httpx.Client) -> None:
    before = scrape(api)
    for _ in range(3):
        api.get("/health")
    after = scrape(api)

    assert (
        value(after, "health_check_total", status="healthy") - value(before, "health_check_total", status="healthy")
        == 3
    )
    assert 0 < value(after, "health_check_duration_seconds") < 5


def test_s3_26_requests_are_measured_by_route_and_not_by_path(api: httpx.Client) -> None:
    api.get("/api/batches/quick")
    for number in range(5):
        api.get(f"/no/such/path/{number}")
    samples = scrape(api)

    name = "station_http_request_duration_seconds_count"
    assert value(samples, name, route="/api/batches/{batch_id}", method="GET", status="200") >= 1
    assert value(samples, name, route="none", method="", status="404") >= 5
    assert not any("such" in dict(labels).get("route", "") for _, labels in samples)
    assert 0 < value(samples, "station_disk_used_percent") < 100
    assert 0 < value(samples, "station_host_memory_percent") < 100


def test_s1_43_the_counters_survive_the_api_and_count_what_happened_without_it(
    served: Served, api: httpx.Client
) -> None:
    before = scrape(api)
    pid = int(served.station.layout.process_file("api").read_text())
    os.kill(pid, signal.SIGKILL)
    assert served.station.cli("run", "--batch", "quick", "--no-mes").returncode == 0

    def back() -> bool:
        try:
            return (
                int(served.station.layout.process_file("api").read_text()) != pid
                and httpx.get(f"{served.url}/health/liveness", trust_env=False).is_success
            )
        except (OSError, ValueError, httpx.HTTPError):
            return False

    until(back, 30, "the API does not come back")
    with served.client() as later:
        after = scrape(later)

    grown = {
        name
        for (name, labels), number in before.items()
        if name.endswith(("_total", "_count")) and name.startswith(("station_s", "station_e", "pipeline"))
        and number > value(after, name, **dict(labels))
    }  # fmt: skip
    assert not grown, "a counter went back"
    completed = "station_sequences_completed_total"
    assert (
        value(after, completed, batch="quick", result="pass")
        == value(before, completed, batch="quick", result="pass") + 1
    )
    ((runs,),) = served.station.rows("SELECT count(*) FROM execution_results WHERE outcome IS NOT NULL AND refused = 0")
    assert sum(number for (name, _), number in after.items() if name == completed) == runs


def test_temporals_own_metrics_of_every_process_are_on_the_same_page(served: Served, api: httpx.Client) -> None:
    run_step = {"namespace": "default", "service_name": "temporal-core-sdk", "task_queue": "hw.T1.quick"}
    run_step |= {"activity_type": "station.run_step", "workflow_type": "station.run", "process": "quick"}
    ended = {"namespace": "default", "service_name": "temporal-core-sdk", "task_queue": "engine.T1"}
    ended |= {"workflow_type": "station.run", "process": "engine"}

    before = scrape(api)
    _, after = ran(served, api, "quick")
    page = api.get("/metrics").text

    def grew(name: str, labels: dict[str, str]) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert grew("temporal_activity_execution_latency_seconds_count", run_step) > 0
    assert grew("temporal_workflow_completed_total", ended) == 1
    told_by = {dict(labels).get("process") for name, labels in after if name == "temporal_request_total"}
    assert told_by == {"supervisor", "engine", "api", *(str(batch["id"]) for batch in BATCHES)}
    assert page.count("# TYPE temporal_request_total ") == 1
