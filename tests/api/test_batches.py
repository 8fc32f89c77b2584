"""The batches over the API, on a real station."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest

from station.domain.notice import Notice, NoticeCode
from station.storage.quarantine import Quarantines
from tests.api.served import Served
from tests.support import until

UNSAFE = Notice.of(NoticeCode.UNSAFE_SESSION, "the supply does not answer", said="the supply is silent")


@pytest.mark.parametrize("path", ["/api/batches", "/api/batches/"])
def test_s0_25_every_batch_says_how_it_stands(api: httpx.Client, path: str) -> None:
    batches = api.get(path).json()

    assert [batch["id"] for batch in batches] == ["quick", "faulty", "slow", "idle"]
    assert {(batch["status"], batch["current_step"], batch["progress"]) for batch in batches} == {("idle", None, 0.0)}


def test_s0_25_a_batch_says_what_runs_on_it(served: Served, api: httpx.Client) -> None:
    served.start(api, "slow")
    until(lambda: api.get("/api/batches/slow").json()["current_step"] == "hold", 20, "it does not begin")

    one = api.get("/api/batches/slow").json()
    (listed,) = [batch for batch in api.get("/api/batches").json() if batch["id"] == "slow"]
    api.post("/api/batches/slow/sequence/stop")
    served.wait_free(api, "slow")

    documented = ("id", "name", "status", "current_step", "sequence_name")
    assert [one[key] for key in documented] == ["slow", "slow", "running", "hold", "slow"]
    assert 0 < one["progress"] < 1, "D12: a share of 1"
    assert {type(step["elapsed"]) for step in one["steps"]} == {float}, "durations are seconds"
    assert [listed[key] for key in documented] == [one[key] for key in documented]


def test_s0_25_a_batch_that_takes_no_run_is_in_error_until_somebody_has_cleared_it(
    served: Served, api: httpx.Client
) -> None:
    async def put() -> None:
        async with served.station.database() as database:
            await Quarantines(database).set("idle", UNSAFE, datetime.now(UTC))

    asyncio.run(put())
    wrong = api.get("/api/batches/idle").json()
    cleared = api.post("/api/batches/idle/clear", json={"reason": "looked myself", "make_safe": False})
    well = api.get("/api/batches/idle").json()

    assert (wrong["status"], wrong["quarantine"]["reason"]) == ("error", "the supply does not answer")
    assert wrong["quarantine"]["notice"] == UNSAFE.model_dump()
    assert (cleared.status_code, well["status"]) == (200, "idle")


def test_s0_28_a_run_is_started_with_its_parameters(served: Served, api: httpx.Client) -> None:
    answer = api.post("/api/batches/quick/sequence/start", json={"parameters": {"voltage": 5.1}})
    wrong = api.post("/api/batches/faulty/sequence/start", json={"parameters": {"volts": 5.1}})
    served.wait_free(api, "quick")

    body = answer.json()
    assert (answer.status_code, body["status"], body["batch_id"]) == (202, "started", "quick")
    run = api.get(f"/api/results/{body['execution_id']}").json()
    assert (run["parameters"]["voltage"], run["outcome"]) == (5.1, "PASSED")
    assert (wrong.status_code, wrong.json()["error"]) == (422, "INVALID_PARAMETERS")


def test_s0_28_a_run_is_started_and_seen_on_its_batch(served: Served, api: httpx.Client) -> None:
    run_id = served.start(api, "slow")

    standing = api.get("/api/batches/slow").json()
    api.post("/api/batches/slow/sequence/stop", json={"reason": "seen"})
    free = served.wait_free(api, "slow")

    assert (standing["status"], standing["execution_id"]) == ("running", run_id)
    assert free["status"] == "idle"


def test_a_start_on_a_slot_that_is_taken_is_a_conflict(served: Served, api: httpx.Client) -> None:
    run_id = served.start(api, "slow")

    answer = api.post("/api/batches/slow/sequence/start", json={})
    api.post("/api/batches/slow/sequence/stop")
    served.wait_free(api, "slow")

    assert answer.status_code == httpx.codes.CONFLICT
    body = answer.json()
    assert (body["error"], body["details"]["run_id"]) == ("SEQUENCE_ALREADY_RUNNING", run_id)


def test_starts_with_the_same_key_at_once_are_one_run(served: Served, api: httpx.Client) -> None:
    def start(_: int) -> str:
        answer = api.post("/api/batches/quick/sequence/start", json={}, headers={"Idempotency-Key": "one"})
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        return str(answer.json()["execution_id"])

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(start, range(8)))
    served.wait_free(api, "quick")
    later = start(0)
    other = api.post("/api/batches/quick/sequence/start", json={"notes": "x"}, headers={"Idempotency-Key": "one"})

    assert ids == {later}
    assert len(served.station.rows(f"SELECT id FROM execution_results WHERE id = '{later}'")) == 1
    assert other.json()["error"] == "IDEMPOTENCY_KEY_REUSED"


def test_a_page_of_another_site_may_not_command(api: httpx.Client) -> None:
    answer = api.post("/api/batches/quick/sequence/start", json={}, headers={"Origin": "http://elsewhere.example"})

    assert (answer.status_code, answer.json()["error"]) == (403, "ORIGIN_NOT_ALLOWED")


def test_a_batch_that_is_not_there_is_named(api: httpx.Client) -> None:
    answer = api.post("/api/batches/nowhere/sequence/start", json={})

    assert (answer.status_code, answer.json()["error"]) == (404, "BATCH_NOT_FOUND")
