"""What the API does about the MES: scans, the queue, decisions, conversions, the circuit breaker; on real processes."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from station.testing.reference_mes.server import ReferenceMes
from tests.api.conftest import PACKAGES
from tests.api.served import Served, served_station
from tests.support import until

pytestmark = pytest.mark.station

BATCHES = [
    {"id": "one", "sequence_package": PACKAGES / "slow", "process": 1, "parameters": {"seconds": 0.1}},
    {"id": "two", "sequence_package": PACKAGES / "slow", "process": 2, "parameters": {"seconds": 0.1}},
    {"id": "too", "sequence_package": PACKAGES / "slow", "process": 2, "parameters": {"seconds": 0.1}},
]
THRESHOLD = 3


@pytest.fixture(scope="module")
def mes() -> Iterator[ReferenceMes]:
    with ReferenceMes() as running:
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, mes: ReferenceMes) -> Iterator[Served]:
    backend = {
        "url": mes.url, "api_key": mes.settings.api_key, "online_wait": 2, "timeout": 2,
        "breaker": {"threshold": THRESHOLD, "recovery": 60},
    }  # fmt: skip
    with served_station(tmp_path_factory.mktemp("served"), BATCHES, backend=backend) as running:
        yield running


@pytest.fixture
def wip(mes: ReferenceMes) -> Iterator[str]:
    yield mes.seed()[0]
    mes.heal()
    mes.up()


def scan(wip: str, process: int = 1, **more: Any) -> dict[str, Any]:
    """What the tablet sends."""
    return {"wip_id": wip, "process_id": process, "operator_id": 5, **more}


def health(api: httpx.Client) -> dict[str, Any]:
    """What the station says of its health."""
    body: dict[str, Any] = api.get("/api/system/health").json()
    return body


def owed(api: httpx.Client, wip: str) -> list[dict[str, Any]]:
    """What is owed for a WIP."""
    return [one for one in api.get("/api/queue").json()["items"] if one["wip_id"] == wip]


def told(mes: ReferenceMes, wip: str) -> list[tuple[str, str | None]]:
    """What the MES was told of a WIP."""
    return [(effect.kind, effect.result) for effect in mes.ledger().of(wip)]


def test_s2_34_a_scan_starts_the_run_and_answers_once_the_mes_was_told(
    served: Served, api: httpx.Client, mes: ReferenceMes, wip: str
) -> None:
    answer = api.post("/batch/start", json=scan(wip, equipment_id=7, parameters={"seconds": 5}))
    at_once = told(mes, wip)
    twice = api.post("/api/batch/start", json=scan(wip))
    api.post("/api/batches/one/sequence/stop")
    served.wait_free(api, "one")

    body = answer.json()
    assert (answer.status_code, body["status"], body["batch_id"]) == (200, "started", "one")
    assert at_once == [("start", None)]
    payload = f"SELECT payload FROM sync_queue WHERE item_id = '{body['execution_id']}/start_process'"
    assert json.loads(served.station.rows(payload)[0][0])["payload"]["equipment_id"] == 7
    assert (twice.status_code, twice.json()["error"]) == (409, "SLOT_NOT_CHOSEN")
    (choice,) = twice.json()["details"]["choices"]
    assert (choice["batch_id"], choice["why_not"]) == ("one", f"has a run ({wip})")


def test_s2_34_what_the_mes_refuses_is_told_to_the_tablet(served: Served, api: httpx.Client) -> None:
    answer = api.post("/batch/start", json=scan("WIP-KR01PSA2599-001"))
    served.wait_free(api, "one")

    assert (answer.status_code, answer.json()["error"]) == (409, "WIP_NOT_FOUND")


def test_s2_34_d15_several_free_slots_are_a_question_and_the_key_makes_one_run(
    served: Served, api: httpx.Client, mes: ReferenceMes, wip: str
) -> None:
    mes.seed()
    question = api.post("/batch/start", json=scan(wip, 2))
    key = {"Idempotency-Key": f"scan-{wip}"}
    said = scan(wip, 1)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: api.post("/batch/start", json=said, headers=key), range(6)))
    served.wait_free(api, "one")
    later = api.post("/batch/start", json=said, headers=key)
    other = api.post("/batch/start", json=scan(wip, 2), headers=key)

    assert (question.status_code, question.json()["error"]) == (409, "SLOT_NOT_CHOSEN")
    assert [one["batch_id"] for one in question.json()["details"]["choices"]] == ["two", "too"]
    assert {one.status_code for one in answers} == {200}, [one.text for one in answers]
    assert len({one.json()["execution_id"] for one in [*answers, later]}) == 1
    assert told(mes, wip)[:1] == [("start", None)]
    assert [kind for kind, _ in told(mes, wip)].count("start") == 1
    assert (other.status_code, other.json()["error"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_s2_22_what_the_mes_needs_is_named_in_the_documented_words(served: Served, api: httpx.Client) -> None:
    nothing = api.post("/api/batches/two/sequence/start", json={"parameters": {}})
    answer = api.post("/api/batches/two/sequence/start", json={"parameters": {"wip_id": "", "operator_id": 0}})
    batch = api.post("/api/batches/one/sequence/start", json={"parameters": {"operator_id": 5, "process_id": 1}})

    for one in (nothing, answer):
        assert (one.status_code, one.json()["error"]) == (422, "INVALID_PARAMETERS")
    assert nothing.json()["message"].startswith("Missing required parameters: wip_id, operator_id. ")
    assert batch.json()["details"]["missing"] == ["wip_id"]


def test_several_batches_are_started_at_once_and_what_is_refused_is_named(
    served: Served, api: httpx.Client, mes: ReferenceMes, wip: str
) -> None:
    other = mes.seed()[0]
    order = {
        "starts": [
            {"batch_id": "one", "wip_id": wip, "operator_id": 5},
            {"batch_id": "two", "wip_id": other, "operator_id": 5, "without_mes": True},
            {"batch_id": "too", "operator_id": 5},
        ],
        "meet_at": ["hold"],
    }
    key = {"Idempotency-Key": f"together-{wip}"}

    answer = api.post("/api/batches/start-together", json=order, headers=key)
    again = api.post("/api/batches/start-together", json=order, headers=key)
    for batch in ("one", "two"):
        served.wait_free(api, batch)
    twice = api.post("/api/batches/start-together", json={"starts": [order["starts"][0]] * 2})  # type: ignore[index]
    unknown = api.post("/api/batches/start-together", json={"starts": [{"batch_id": "nowhere"}]})
    none = api.post("/api/batches/start-together", json={"starts": [{"batch_id": "too"}]})

    body = answer.json()
    assert (answer.status_code, [one["batch_id"] for one in body["started"]]) == (202, ["one", "two"])
    assert [(one["batch_id"], one["error"]) for one in body["refused"]] == [("too", "INVALID_PARAMETERS")]
    assert again.json()["started"] == body["started"]
    ids = ", ".join(f"'{one['execution_id']}'" for one in body["started"])
    outcomes = served.station.rows(f"SELECT outcome FROM execution_results WHERE id IN ({ids})")
    assert outcomes == [("PASSED",), ("PASSED",)]
    assert [(one.status_code, one.json()["error"]) for one in (twice, unknown, none)] == [
        (422, "INVALID_PARAMETERS"), (404, "BATCH_NOT_FOUND"), (422, "INVALID_PARAMETERS"),
    ]  # fmt: skip


def test_what_needs_a_person_is_seen_decided_and_in_the_audit(
    served: Served, api: httpx.Client, mes: ReferenceMes, wip: str
) -> None:
    api.post("/batch/start", json=scan(wip, parameters={"seconds": 30}))
    api.post("/api/batches/one/sequence/stop", json={"reason": "wrong unit"})
    served.wait_free(api, "one")
    until(lambda: [one["state"] for one in owed(api, wip)] == ["parked"], 10, "it is not parked")
    (item,) = owed(api, wip)
    path = f"/api/queue/{item['item_id']}"

    unsaid = api.post(f"{path}/retry")
    wrong = api.post(f"{path}/discard", json={})
    retried = api.post(f"{path}/retry", json={"result": "REWORK", "reason": "bent pin"})
    until(lambda: not owed(api, wip), 10, "it is still owed")
    late = api.post(f"{path}/discard", json={"reason": "x"})
    unknown = api.post("/api/queue/no/such/item/retry")

    assert (item["action"], item["wip_id"], item["code"]) == ("complete_process", wip, "NEEDS_DISPOSITION")
    assert item["reason"]
    assert item["reason_ko"]
    assert (unsaid.status_code, unsaid.json()["error"]) == (422, "NEEDS_DISPOSITION")
    assert wrong.status_code == 422
    assert (retried.status_code, retried.json()["wip_id"]) == (200, wip)
    assert told(mes, wip) == [("start", None), ("complete", "REWORK")]
    assert (late.status_code, late.json()["error"]) == (409, "ITEM_NOT_PARKED")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "ITEM_NOT_FOUND")
    deeds = served.station.rows(f"SELECT actor, action, reason FROM audit WHERE target = '{item['item_id']}'")
    assert deeds == [("127.0.0.1", "retry", "bent pin")]


def test_s2_29_a_wip_is_converted_by_hand(api: httpx.Client, mes: ReferenceMes, wip: str) -> None:
    early = api.post(f"/api/wips/{wip}/convert", json={"operator_id": 5})
    done = mes.seed(passed=range(1, 7))[0]
    answer = api.post(f"/api/wips/{done}/convert", json={"operator_id": 5, "notes": "shipped"})
    garbage = api.post("/api/wips/nonsense/convert", json={"operator_id": 5})

    assert (early.status_code, early.json()["error"]) == (409, "INVALID_WIP_STATUS")
    assert early.json()["details"]["reason_ko"]
    assert (answer.status_code, answer.json()["status"]) == (200, "converted")
    assert answer.json()["serial_number"]
    assert (garbage.status_code, garbage.json()["error"]) == (422, "INVALID_PARAMETERS")
    assert owed(api, wip) == owed(api, done) == []
