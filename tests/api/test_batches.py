"""The batches over the API, on a real station."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.api.served import Served


def test_s0_25_every_batch_says_how_it_stands(api: httpx.Client) -> None:
    batches = api.get("/api/batches").json()

    assert [batch["id"] for batch in batches] == ["quick", "faulty", "slow", "idle"]
    assert {(batch["status"], batch["current_step"], batch["progress"]) for batch in batches} == {("idle", None, 0.0)}


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
