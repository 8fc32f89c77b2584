"""Prompts over the API, on a real station."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.served import Served, served_station
from tests.support import until

pytestmark = pytest.mark.station

ASKING = Path(__file__).parents[1] / "faults" / "packages" / "asking"
BATCHES = [{"id": "asking", "sequence_package": ASKING}, {"id": "other", "sequence_package": ASKING}]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_station(tmp_path_factory.mktemp("served"), BATCHES) as running:
        yield running


def asked(api: httpx.Client, batch: str = "asking", key: str = "prompt") -> dict[str, Any]:
    """Wait until a batch asks this, and give the prompt."""

    def found() -> list[dict[str, Any]]:
        prompts = api.get("/api/prompts", params={"batch_id": batch}).json()
        return [one for one in prompts if one["prompt"]["key"] == key]

    until(found, 20, f"{batch} does not ask {key}")
    return found()[0]


def test_a_run_asks_and_is_answered_once(served: Served, api: httpx.Client) -> None:
    run_id = served.start(api, "asking")
    first = asked(api)
    answer = api.post(f"/api/prompts/{first['prompt_id']}/answer", json={"values": {"confirmed": True}})
    names = [field["name"] for field in first["prompt"]["fields"]]
    if answer.status_code == 422:  # whatever the field is called
        answer = api.post(f"/api/prompts/{first['prompt_id']}/answer", json={"values": {names[0]: True}})
    again = api.post(f"/api/prompts/{first['prompt_id']}/answer", json={"values": {names[0]: True}})
    second = asked(api, key="seen")
    wrong = api.post(f"/api/prompts/{second['prompt_id']}/answer", json={"values": {"led": "maybe", "count": 12}})
    right = api.post(f"/api/prompts/{second['prompt_id']}/answer", json={"values": {"led": "pass", "count": 3}})
    served.wait_free(api, "asking")

    assert (first["execution_id"], first["step"], first["state"]) == (run_id, "insert", "open")
    assert (answer.status_code, answer.json()["execution_id"]) == (200, run_id)
    assert (again.status_code, again.json()["error"]) == (409, "PROMPT_NOT_OPEN")
    assert (wrong.status_code, wrong.json()["error"]) == (422, "INVALID_ANSWER")
    assert set(wrong.json()["details"]["problems"]) == {"led", "count"}
    assert right.status_code == 200
    told = api.get(f"/api/prompts/{second['prompt_id']}").json()
    assert (told["state"], told["answer"], told["answered_by"]) == ("answered", {"led": True, "count": 3}, "127.0.0.1")
    outcome = served.station.rows(f"SELECT outcome FROM execution_results WHERE id = '{run_id}'")
    assert outcome == [("PASSED",)]


def test_a_prompt_shows_a_picture_of_the_package_version_that_runs(served: Served, api: httpx.Client) -> None:
    served.start(api, "asking")
    first = asked(api)
    shown = api.get(f"/api/prompts/{first['prompt_id']}/picture")
    api.post(f"/api/prompts/{first['prompt_id']}/answer", json={"values": {"answer": True}})
    second = asked(api, key="seen")
    without = api.get(f"/api/prompts/{second['prompt_id']}/picture")
    api.post("/api/batches/asking/sequence/stop")
    served.wait_free(api, "asking")

    assert first["prompt"]["picture"] == "pictures/unit.png"
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/png")
    assert shown.content == (ASKING / "pictures" / "unit.png").read_bytes()
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert (without.status_code, without.json()["error"]) == (404, "NOT_FOUND")


def test_the_prompts_of_all_batches_are_listed_oldest_first(served: Served, api: httpx.Client) -> None:
    served.start(api, "other")
    asked(api, "other")
    served.start(api, "asking")
    asked(api, "asking")

    prompts = api.get("/api/prompts").json()
    for batch in ("other", "asking"):
        api.post(f"/api/batches/{batch}/sequence/stop")
        served.wait_free(api, batch)

    assert [one["batch_id"] for one in prompts] == ["other", "asking"]
    assert api.get("/api/prompts").json() == []


def test_a_prompt_that_nobody_asked_is_not_found(api: httpx.Client) -> None:
    answers = [
        api.get("/api/prompts/01ARZ3NDEKTSV4RRFFQ69G5FAV:1"),
        api.post("/api/prompts/01ARZ3NDEKTSV4RRFFQ69G5FAV:1/answer", json={"values": {}}),
        api.get("/api/prompts", params={"batch_id": "nowhere"}),
    ]

    assert [(one.status_code, one.json()["error"]) for one in answers] == [
        (404, "NOT_FOUND"), (404, "PROMPT_NOT_FOUND"), (404, "BATCH_NOT_FOUND"),
    ]  # fmt: skip
