"""The contract as it is documented, told to a server over plain HTTP."""

import re

import pytest

from tests.reference_mes.conftest import KEY, Caller

ALL = [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("passed", "failed", "status", "process", "refusal"),
    [
        ([], [], "CREATED", 1, None),
        ([], [], "IN_PROGRESS", 1, None),
        ([1], [], "IN_PROGRESS", 1, None),
        ([], [1], "FAILED", 1, "INVALID_WIP_STATUS"),
        (ALL, [], "COMPLETED", 1, "INVALID_WIP_STATUS"),
        (ALL, [], "CONVERTED", 1, "INVALID_WIP_STATUS"),
        ([], [], "CREATED", 2, "PREREQUISITE_NOT_MET"),
        ([1], [], "IN_PROGRESS", 2, None),
        ([1], [], "IN_PROGRESS", 3, "PREREQUISITE_NOT_MET"),
        ([1, 2, 3, 4, 5], [], "IN_PROGRESS", 6, None),
        ([1, 2], [3], "FAILED", 3, "INVALID_WIP_STATUS"),
        (ALL, [], "CONVERTED", 6, "INVALID_WIP_STATUS"),
    ],
)
def test_a_process_starts_only_after_the_one_before_it_has_passed(
    documented: Caller, passed: list[int], failed: list[int], status: str, process: int, refusal: str | None
) -> None:
    [wip] = documented.mes.seed(passed=passed, failed=failed, status=status)

    answer = documented.start(wip, process)

    assert (answer.status, answer.code) == ((200, None) if refusal is None else (400, refusal))
    assert documented.status(wip) == ("IN_PROGRESS" if refusal is None else status)


@pytest.mark.parametrize(
    ("passed", "process", "result", "becomes"),
    [
        ([], 1, "PASS", "IN_PROGRESS"),
        ([1, 2, 3, 4], 5, "PASS", "IN_PROGRESS"),
        ([1, 2, 3, 4, 5], 6, "PASS", "COMPLETED"),
        ([], 1, "FAIL", "FAILED"),
        ([1, 2, 3, 4, 5], 6, "FAIL", "FAILED"),
        ([], 1, "REWORK", "IN_PROGRESS"),
    ],
)
def test_a_result_decides_what_becomes_of_a_wip(
    documented: Caller, passed: list[int], process: int, result: str, becomes: str
) -> None:
    [wip] = documented.mes.seed(passed=passed)
    documented.start(wip, process)

    answer = documented.complete(wip, process, result)

    assert answer.status == 200
    assert answer.json["wip_item"]["status"] == documented.status(wip) == becomes
    assert answer.json["wip_item"]["current_process_id"] is None


@pytest.mark.parametrize(
    ("passed", "status", "refusal"),
    [
        (ALL, "COMPLETED", None),
        ([1, 2, 4], "IN_PROGRESS", "INCOMPLETE_PROCESSES"),
        ([1, 2, 4], "COMPLETED", "INCOMPLETE_PROCESSES"),
        (ALL, "FAILED", "INVALID_WIP_STATUS"),
        ([], "CREATED", "INVALID_WIP_STATUS"),
        (ALL, "CONVERTED", "ALREADY_CONVERTED"),
    ],
)
def test_only_a_wip_that_passed_everything_becomes_a_serial(
    documented: Caller, passed: list[int], status: str, refusal: str | None
) -> None:
    [wip] = documented.mes.seed(passed=passed, status=status)

    answer = documented.convert(wip)

    assert (answer.status, answer.code) == ((201, None) if refusal is None else (400, refusal))
    assert len(documented.mes.wip(wip)["serials"]) == (refusal is None or status == "CONVERTED")


def test_what_is_missing_is_said(documented: Caller) -> None:
    [wip] = documented.mes.seed(passed=[1, 2, 4])

    answer = documented.convert(wip)

    assert answer.json == {
        "error": "INCOMPLETE_PROCESSES",
        "message": "Missing PASS results for processes: [3, 5, 6] (BR-005)",
    }


def test_a_second_pass_is_refused_and_a_second_fail_is_not(documented: Caller) -> None:
    [passed, failed] = documented.mes.seed(2)
    for result, wip in (("PASS", passed), ("REWORK", failed)):
        documented.start(wip, 1)
        documented.complete(wip, 1, result)
        documented.start(wip, 1)

    assert documented.complete(passed, 1).code == "DUPLICATE_PASS"
    assert documented.complete(failed, 1, "REWORK").status == 200
    assert [effect.result for effect in documented.mes.ledger().of(failed, "complete")] == ["REWORK", "REWORK"]


def test_what_was_not_started_cannot_be_completed(documented: Caller) -> None:
    [wip] = documented.mes.seed()

    answer = documented.complete(wip, 1, "FAIL")

    assert answer.json == {
        "error": "PROCESS_NOT_STARTED",
        "message": "Process must be started before completion",
    }


def test_a_completion_may_leave_the_process_to_the_server(documented: Caller) -> None:
    [wip] = documented.mes.seed(passed=[1])
    documented.start(wip, 2)
    path = f"/api/v1/wip-items/{wip}/complete-process"

    first, second = (documented.post(path, {"result": "PASS"}) for _ in range(2))

    assert first.json["process_history"]["process_id"] == 2
    assert second.code == "DUPLICATE_PASS"


def test_the_replies_are_those_of_the_document(documented: Caller) -> None:
    [wip] = documented.mes.seed(passed=[1, 2, 3, 4, 5])
    key = documented.key(wip)

    started = documented.start(wip, 6, started_at="2025-12-30T10:00:00Z").json
    completed = documented.complete(wip, 6, completed_at="2025-12-30T10:30:00.000123Z").json
    converted = documented.convert(wip).json

    assert started["message"] == "Process started successfully"
    assert started["wip_item"].keys() == {"id", "wip_id", "status", "current_process_id", "updated_at"}
    assert started["wip_item"]["current_process_id"] == 6
    assert completed["process_history"] | {"id": 0} == {
        "id": 0,
        "wip_item_id": key,
        "process_id": 6,
        "result": "PASS",
        "started_at": "2025-12-30T10:00:00Z",
        "completed_at": "2025-12-30T10:30:00.000123Z",
        "duration_seconds": 1800,
    }
    assert converted["serial"].keys() == {"id", "serial_number", "lot_id", "status", "created_at"}
    assert converted["serial"]["serial_number"] == wip.replace("WIP-", "SN-")
    assert converted["wip_item"].keys() == {"id", "wip_id", "status", "serial_id", "converted_at"}


def test_wips_are_named_as_documented_and_found_by_number_or_name(documented: Caller) -> None:
    [wip] = documented.mes.seed()

    assert re.fullmatch(r"WIP-[A-Z0-9]{11}-[0-9]{3}", wip)
    assert documented.post(f"/api/v1/wip-items/{wip}/start-process", {"process_id": 1, "operator_id": 5}).status == 200
    assert documented.start(wip, 1).status == 200
    assert documented.scan(wip.lower()).status == 404


def test_an_unknown_wip_is_said_to_be_unknown(documented: Caller) -> None:
    answer = documented.scan("WIP-KR01PSA2511-999")

    assert answer.status == 404
    assert answer.json == {"error": "WIP_NOT_FOUND", "message": "WIP 'WIP-KR01PSA2511-999' not found"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"X-API-Key": "reference-key"}])
def test_only_the_static_key_is_let_in(documented: Caller, headers: dict[str, str]) -> None:
    [wip] = documented.mes.seed()

    answer = documented.post(f"/api/v1/wip-items/{wip}/scan", None, headers)

    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/health"),
        ("GET", "/api/v1/processes/active"),
        ("GET", "/api/v1/wip-items/WIP-KR01PSA2511-001/trace"),
        ("POST", "/api/v1/auth/login/json"),
    ],
)
def test_what_only_the_real_backend_has_is_not_there(documented: Caller, method: str, path: str) -> None:
    assert documented.call(method, path, {}).json == {"detail": "Not Found"}


def test_health_needs_no_key(documented: Caller) -> None:
    assert documented.get("/api/health", {}).status == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"result": "OK"},
        {"result": "PASS", "completed_at": "yesterday"},
        {"result": "PASS", "measurements": {"voltage": [float("nan")]}},
    ],
)
def test_what_is_no_completion_is_refused(documented: Caller, body: dict[str, object]) -> None:
    [wip] = documented.mes.seed()
    documented.start(wip, 1)

    answer = documented.post(f"/api/v1/wip-items/{wip}/complete-process", body, KEY)

    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    assert documented.mes.ledger().of(wip, "complete") == []
