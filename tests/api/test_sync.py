"""Manual sync on a real station: what is owed makes its next try because somebody says so."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from station.testing.reference_mes.server import ReferenceMes
from tests.api.conftest import PACKAGES
from tests.api.served import Served, served_station
from tests.support import until

pytestmark = pytest.mark.station

BATCHES = [{"id": "quick", "sequence_package": PACKAGES / "quick", "process": 1}]


@pytest.fixture(scope="module")
def mes() -> Iterator[ReferenceMes]:
    with ReferenceMes() as running:
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, mes: ReferenceMes) -> Iterator[Served]:
    # A breaker that never opens: with one, the station itself notices that the MES is back.
    backend = {
        "url": mes.url, "api_key": mes.settings.api_key, "online_wait": 0, "timeout": 2,
        "breaker": {"threshold": 1000, "recovery": 60},
    }  # fmt: skip
    with served_station(tmp_path_factory.mktemp("served"), BATCHES, backend=backend) as running:
        yield running


def first(api: httpx.Client) -> dict[str, Any]:
    """What is owed first."""
    found: dict[str, Any] = api.get("/api/queue").json()["items"][0]
    return found


def test_s0_24_d14_what_is_owed_is_tried_at_once_as_often_as_somebody_says_so(
    served: Served, api: httpx.Client, mes: ReferenceMes
) -> None:
    wip = mes.seed()[0]
    mes.down()
    run_id = served.start(api, "quick", wip_id=wip, operator_id=5)
    served.wait_free(api, "quick")
    until(lambda: first(api)["retry_count"] >= 3, 20, "nobody tries")

    # By itself it would be tried after 4, 8, 16, 32 and 60 s.
    answers = []
    for _ in range(5):
        before = first(api)["retry_count"]
        answers.append(api.post("/api/system/sync"))
        until(lambda before=before: first(api)["retry_count"] > before, 8, "it is not tried")
    mes.up()
    answers.append(api.post("/api/system/sync"))
    until(lambda: not api.get("/api/queue").json()["items"], 10, "it is still owed")

    assert {(answer.status_code, answer.json()["status"], *answer.json()["wips"]) for answer in answers} == {
        (200, "started", wip)
    }
    assert [(effect.kind, effect.result) for effect in mes.ledger().of(wip)] == [("start", None), ("complete", "PASS")]
    deeds = served.station.rows("SELECT DISTINCT actor, target FROM audit WHERE action = 'send_now'")
    assert deeds == [("127.0.0.1", "queue")]
    result = api.get(f"/api/results/{run_id}").json()
    assert {type(step["timeout"]) for step in result["plan"]["steps"]} == {float}, "durations are seconds"
    told = result["mes"]
    assert [(one["action"], one["wip"], one["result"], one["state"]) for one in told] == [
        ("start_process", wip, None, "delivered"), ("complete_process", wip, "PASS", "delivered"),
    ]  # fmt: skip
    assert told[0]["attempts"] >= 9
    assert api.get("/api/results", params={"synced": True}).json()["items"][0]["execution_id"] == run_id
