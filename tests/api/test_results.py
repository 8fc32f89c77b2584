"""What is kept of runs, over the API, on a real station."""

import csv
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.served import Served, served_station

PACKAGES = Path(__file__).parent / "packages"
OTHERS = Path(__file__).parents[1] / "cli" / "packages"
FILE = "전압,5.0\n".encode()
DIGEST = hashlib.sha256(FILE).hexdigest()
WIPS = ["KR-1", "KR-2", "KR-2", "XX-1"]
VOLTAGES = [5.0, 6.0, 5.1, 5.2]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A station without MES that has run a few units: the second failed and passed when it was tested again."""
    batches = [{"id": "kept", "sequence_package": PACKAGES / "kept"}]
    batches += [{"id": name, "sequence_package": OTHERS / name} for name in ("quick", "slow", "handy")]
    with served_station(tmp_path_factory.mktemp("kept"), batches) as running, running.client() as client:
        for wip, voltage in zip(WIPS, VOLTAGES, strict=True):
            parameters = {"voltage": voltage, "label": "=1+1 한글"}
            running.start(client, "kept", wip_id=wip, process_id=3, operator_id=7, parameters=parameters)
            running.wait_free(client, "kept")
        running.start(client, "quick")
        running.wait_free(client, "quick")
        yield running


def listed(api: httpx.Client, **asked: Any) -> list[dict[str, Any]]:
    answer = api.get("/api/results", params=asked)
    assert answer.status_code == httpx.codes.OK, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def failed_run(api: httpx.Client) -> str:
    (run,) = listed(api, outcome="FAILED")
    return str(run["execution_id"])


def test_s0_32_results_are_listed_newest_first(api: httpx.Client) -> None:
    items = listed(api)

    assert [(item["batch_id"], item["wip_id"], item["outcome"]) for item in items] == [
        ("quick", None, "PASSED"),
        ("kept", "XX-1", "PASSED"),
        ("kept", "KR-2", "PASSED"),
        ("kept", "KR-2", "FAILED"),
        ("kept", "KR-1", "PASSED"),
    ]


def test_s0_37_a_run_has_the_documented_columns(api: httpx.Client) -> None:
    (run,) = listed(api, outcome="FAILED")

    documented = {
        "execution_id", "batch_id", "sequence_name", "sequence_version", "started_at", "completed_at", "status",
        "parameters", "synced_at",
    }  # fmt: skip
    assert documented <= run.keys()
    assert (run["sequence_name"], run["sequence_version"], run["status"]) == ("kept", "1.2.0", "failed")
    assert (run["process_id"], run["operator_id"], run["defects"]) == (3, "7", ["DEF1"])
    assert run["parameters"] == {"voltage": 6.0, "label": "=1+1 한글"}
    assert 0 < run["duration"] < 60


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"batch_id": "kept"}, 4),
        ({"wip_id": "KR-2"}, 2),
        ({"wip_prefix": "KR-"}, 3),
        ({"wip_prefix": "kr-"}, 0),
        ({"sequence_name": "quick"}, 1),
        ({"sequence_version": "1.2.0"}, 4),
        ({"outcome": ["FAILED", "PASSED"]}, 5),
        ({"outcome": ["ERROR", "ABORTED"]}, 0),
        ({"status": "failed"}, 1),
        ({"process_id": 3}, 4),
        ({"operator_id": "7"}, 4),
        ({"failed_step": "weigh"}, 1),
        ({"failed_step": "look"}, 0),
        ({"defect": "DEF1", "batch_id": "kept"}, 1),
        ({"refused": True}, 0),
        ({"synced": True}, 0),
        ({"since": "2020-01-01T00:00:00Z"}, 5),
        ({"until": "2020-01-01T00:00:00+09:00"}, 0),
    ],
    ids=str,
)
def test_s0_32_results_are_narrowed(api: httpx.Client, asked: dict[str, Any], count: int) -> None:
    assert len(listed(api, **asked)) == count


@pytest.mark.parametrize(
    "asked",
    [
        {"batch": "kept"},
        {"outcome": "GOOD"},
        {"limit": 501},
        {"limit": 0},
        {"since": "2020-01-01T00:00:00"},
        {"until": "0.5"},
        {"since": "0001-01-01T00:00:00Z"},
        {"process_id": 2**31},
        {"wip_id": "\0"},
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_said_so(api: httpx.Client, asked: dict[str, Any]) -> None:
    answer = api.get("/api/results", params=asked)

    assert (answer.status_code, answer.json()["error"]) == (422, "REQUEST_INVALID")


def test_pages_follow_each_other_while_new_runs_arrive(served: Served, api: httpx.Client) -> None:
    before = [item["execution_id"] for item in listed(api, limit=500)]
    seen, cursor = [], None
    while True:
        page = api.get("/api/results", params={"limit": 1} | ({"cursor": cursor} if cursor else {})).json()
        seen += [item["execution_id"] for item in page["items"]]
        if len(seen) == 2:
            served.start(api, "quick")
            served.wait_free(api, "quick")
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == before
    assert len(listed(api)) == len(before) + 1


@pytest.mark.parametrize("cursor", ["x", "WzFd", "bm8", "W10", "eyJhIjoxfQ", "=", "한", "WyJydW5zIiwiMDAwMSIsIngiXQ"])
def test_a_wrong_cursor_is_refused(api: httpx.Client, cursor: str) -> None:
    answer = api.get("/api/results", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["error"]) == (422, "CURSOR_INVALID")


def test_the_cursor_of_another_list_is_refused(api: httpx.Client) -> None:
    cursor = api.get("/api/results", params={"limit": 1}).json()["next_cursor"]

    answer = api.get("/api/logs", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["error"]) == (422, "CURSOR_INVALID")


def test_s0_38_a_run_is_told_whole(api: httpx.Client) -> None:
    run_id = failed_run(api)

    run = api.get(f"/api/results/{run_id}").json()

    look, weigh, tidy = run["steps"]
    assert [(step["step_name"], step["step_index"], step["status"]) for step in run["steps"]] == [
        ("look", 0, "completed"),
        ("weigh", 1, "failed"),
        ("tidy", 2, "completed"),
    ]
    assert look["measurements"][0]["value"] == "=1+1 한글"
    (rail,) = weigh["measurements"]
    assert (rail["value"], rail["unit"], rail["outcome"], rail["limit_text"]) == (6.0, "V", "FAILED", "4.5 .. 5.5")
    assert rail["limit"] == {"kind": "range", "low": 4.5, "high": 5.5}
    assert (weigh["defects"], tidy["measurements"]) == (["DEF1"], [])
    assert look["attachments"][0]["name"] == "측정 결과.csv"
    assert [step["name"] for step in run["plan"]["steps"]] == ["look", "weigh", "tidy"]
    assert run["prompts"] == []
    assert run["mes"] == []
    assert api.get(f"/api/results/{run_id}/steps").json() == run["steps"]


def test_what_people_did_to_a_run_is_told_with_it(served: Served, api: httpx.Client) -> None:
    run_id = served.start(api, "slow", wip_id="SLOW-1")
    api.post("/api/batches/slow/sequence/stop", json={"reason": "그만"})
    served.wait_free(api, "slow")

    run = api.get(f"/api/results/{run_id}").json()

    assert run["outcome"] == "ABORTED"
    assert [
        (entry["actor"], entry["target"], entry["reason"]) for entry in run["audit"] if entry["action"] == "stop"
    ] == [("127.0.0.1", "slow", "그만")]


@pytest.mark.parametrize("under", ["", "/steps", "/logs", "/events", "/export", f"/attachments/{DIGEST}"])
def test_a_run_that_is_not_there_is_named(api: httpx.Client, under: str) -> None:
    answer = api.get(f"/api/results/NOWHERE{under}")

    assert (answer.status_code, answer.json()["error"]) == (404, "RUN_NOT_FOUND")


def test_s0_39_the_log_of_a_run_is_kept_in_its_language(api: httpx.Client) -> None:
    run_id = failed_run(api)

    lines = api.get(f"/api/results/{run_id}/logs", params={"step": "look"}).json()["items"]
    found = api.get("/api/logs", params={"text": "라벨", "execution_id": run_id, "level": ["info", "error"]}).json()

    assert [(line["message"], line["execution_id"], line["level"]) for line in lines] == [
        ("라벨을 봅니다", run_id, "info")
    ]
    assert found == {"items": lines, "next_cursor": None}
    assert api.get("/api/logs", params={"batch_id": "quick", "text": "라벨"}).json()["items"] == []


def test_pages_of_the_log_follow_each_other(api: httpx.Client) -> None:
    every = api.get("/api/logs", params={"limit": 1000}).json()["items"]
    seen: list[Any] = []
    cursor = None
    while not seen or cursor:
        page = api.get("/api/logs", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += page["items"]
        cursor = page["next_cursor"]

    assert len(every) > 4
    assert seen == every


def test_the_events_of_a_run_are_given_from_any_of_them_on(api: httpx.Client) -> None:
    run_id = failed_run(api)

    page = api.get(f"/api/results/{run_id}/events").json()
    first = api.get(f"/api/results/{run_id}/events", params={"limit": 1}).json()
    rest = api.get(f"/api/results/{run_id}/events", params={"after": first["next_after"]}).json()

    assert page["items"][0]["type"] == "run_accepted"
    assert page["items"][-1]["type"] in {"sequence_complete", "batch_status"}
    assert first["items"] + rest["items"] == page["items"]
    assert page["next_after"] is None


def test_a_file_a_step_kept_is_downloaded_and_never_shown(api: httpx.Client) -> None:
    run_id = failed_run(api)

    answer = api.get(f"/api/results/{run_id}/attachments/{DIGEST}")

    assert (answer.status_code, answer.content) == (200, FILE)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''%EC%B8%A1" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_page_among_the_files_is_not_run_and_its_name_breaks_nothing(api: httpx.Client) -> None:
    run_id = failed_run(api)
    digest = hashlib.sha256(b"<script>alert(1)</script>").hexdigest()

    answer = api.get(f"/api/results/{run_id}/attachments/{digest}")

    assert answer.headers["content-type"] == "application/octet-stream"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; ")
    assert '"a_b' in disposition
    assert "/" not in disposition


def test_only_the_files_of_the_run_itself_are_given(served: Served, api: httpx.Client) -> None:
    (other,) = listed(api, batch_id="quick", limit=1)[:1]
    secret = served.station.layout.data / "station.db"

    answers = [
        api.get(f"/api/results/{other['execution_id']}/attachments/{DIGEST}"),
        api.get(f"/api/results/{failed_run(api)}/attachments/{'0' * 64}"),
    ]
    tricks = [
        api.get(f"/api/results/{failed_run(api)}/attachments/{trick}")
        for trick in ("..%2f..%2fstation.db", "%2e%2e%2fstation.db", str(secret).replace("/", "%2F"), DIGEST.upper())
    ]

    assert {(answer.status_code, answer.json()["error"]) for answer in answers} == {(404, "ATTACHMENT_NOT_FOUND")}
    assert {answer.status_code for answer in tricks} <= {404, 422}


def test_a_file_that_is_gone_is_said_so(served: Served, api: httpx.Client) -> None:
    run_id = failed_run(api)
    file = served.station.layout.files / DIGEST[:2] / DIGEST[2:4] / DIGEST
    file.rename(file.with_suffix(".away"))

    answer = api.get(f"/api/results/{run_id}/attachments/{DIGEST}")
    file.with_suffix(".away").rename(file)

    assert (answer.status_code, answer.json()["error"]) == (404, "ATTACHMENT_NOT_FOUND")


def test_runs_are_exported_for_spreadsheets(api: httpx.Client) -> None:
    answer = api.get("/api/results/export", params={"format": "csv", "batch_id": "kept", "bom": True})

    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["wip_id"] for row in rows] == WIPS[::-1]
    assert [row["outcome"] for row in rows] == ["PASSED", "PASSED", "FAILED", "PASSED"]
    assert answer.headers["content-disposition"].startswith("attachment; ")


def test_runs_are_exported_for_programs(api: httpx.Client) -> None:
    answer = api.get("/api/results/export", params={"format": "json"})

    assert answer.json() == listed(api)
    assert api.get("/api/results/export", params={"format": "json", "wip_id": "nobody"}).json() == []


def test_a_run_is_exported_whole_or_as_a_table_without_formulas(api: httpx.Client) -> None:
    run_id = failed_run(api)

    whole = api.get(f"/api/results/{run_id}/export")
    table = api.get(f"/api/results/{run_id}/export", params={"format": "csv"})

    assert whole.json() == api.get(f"/api/results/{run_id}").json()
    rows = list(csv.DictReader(io.StringIO(table.content.decode(), newline="")))
    assert [(row["step_name"], row["measurement"], row["value"]) for row in rows] == [
        ("look", "label", "'=1+1 한글"),
        ("weigh", "rail", "6.0"),
        ("tidy", "", ""),
    ]


def test_s3_16_runs_are_found_by_unit_process_and_person_through_an_index(served: Served) -> None:
    indexes = {row[0] for row in served.station.rows("SELECT name FROM sqlite_master WHERE type = 'index'")}

    assert {f"ix_execution_results_{name}_accepted_at" for name in ("wip_id", "process_id", "operator_id")} <= indexes


def test_a_run_tells_its_instruments_and_where_the_engine_has_it(served: Served, api: httpx.Client) -> None:
    run_id = served.start(api, "handy")
    served.wait_free(api, "handy")

    run = api.get(f"/api/results/{run_id}").json()

    assert run["instruments"] == [
        {"name": "lamp", "driver": "Lamp", "identity": "LAMP 1", "serial_number": "", "calibrated_until": None}
    ]
    assert run["workflow_id"] == "run/T1/handy"
    assert run["temporal_run_id"]
    assert run["serial_number"] is None, "no MES gave it one"
