"""The contract as the backend in the factory behaves, told to a server over plain HTTP."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from station.testing.reference_mes.server import ReferenceMes
from tests.reference_mes.conftest import OPERATOR, Caller, login

ALL = [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("passed", "failed", "status", "process", "says"),
    [
        ([], [], "CREATED", 1, None),
        ([], [1], "FAILED", 1, None),
        (ALL, [], "COMPLETED", 1, None),
        ([1], [], "IN_PROGRESS", 2, None),
        ([], [], "CREATED", 2, "Previous process 1 must be completed with PASS"),
        (ALL, [], "CONVERTED", 1, "already converted to serial number"),
    ],
)
def test_a_start_is_refused_after_conversion_and_before_its_turn_only(
    neurohub: Caller, passed: list[int], failed: list[int], status: str, process: int, says: str | None
) -> None:
    [wip] = neurohub.mes.seed(passed=passed, failed=failed, status=status)

    answer = neurohub.start(wip, process)

    if says is None:
        assert answer.status == 200
    else:
        assert (answer.status, answer.code) == (400, "VAL_004")
        assert says in answer.json["message"]


def test_a_second_start_overwrites_the_first(neurohub: Caller) -> None:
    [wip] = neurohub.mes.seed()
    neurohub.start(wip, 1, started_at="2025-12-30T10:00:00+09:00")

    answer = neurohub.start(wip, 1, started_at="2025-12-30T11:00:00.000001+09:00")

    [row] = neurohub.mes.wip(wip)["history"]
    assert answer.json["wip_id"] == wip
    assert row["started_at"] == "2025-12-30T02:00:00.000001+00:00"


def test_a_completion_needs_no_start_but_its_query(neurohub: Caller) -> None:
    [wip] = neurohub.mes.seed()
    key = neurohub.key(wip)

    without = neurohub.post(f"/api/v1/wip-items/{key}/complete-process", {"result": "PASS"})
    by_name = neurohub.post(f"/api/v1/wip-items/{wip}/complete-process?process_id=1&operator_id=5", {"result": "PASS"})

    assert (without.status, without.code) == (by_name.status, by_name.code) == (422, "VAL_001")
    assert [detail["field"] for detail in without.json["details"]] == ["query.process_id", "query.operator_id"]
    assert neurohub.complete(wip, 1).json["process_history"]["duration_seconds"] == 0


def test_a_second_pass_is_refused_and_a_second_fail_adds_a_row(neurohub: Caller) -> None:
    [wip] = neurohub.mes.seed()
    neurohub.complete(wip, 1)

    again = neurohub.complete(wip, 1)

    assert (again.status, again.code) == (400, "VAL_004")
    assert "already has PASS result for process 1" in again.json["message"]
    assert "(BR-004)" in again.json["message"]
    assert [neurohub.complete(wip, 2, "FAIL").status for _ in range(2)] == [200, 200]
    assert len(neurohub.mes.ledger().of(wip, "complete")) == 3


def test_a_late_fail_turns_even_a_converted_wip_to_failed(neurohub: Caller) -> None:
    [wip] = neurohub.mes.seed(passed=ALL)
    assert neurohub.convert(wip).status == 200

    assert neurohub.complete(wip, 3, "FAIL").json["wip_item"]["status"] == "FAILED"


@pytest.mark.parametrize(
    ("passed", "status", "says"),
    [
        (ALL, "COMPLETED", None),
        ([1, 2], "IN_PROGRESS", "must be in COMPLETED status for serial conversion. Current status: IN_PROGRESS"),
        (ALL, "CONVERTED", "Current status: CONVERTED"),
        ([1, 2], "COMPLETED", "(BR-005)"),
    ],
)
def test_a_conversion_looks_at_the_status_first(
    neurohub: Caller, passed: list[int], status: str, says: str | None
) -> None:
    [wip] = neurohub.mes.seed(passed=passed, status=status)

    answer = neurohub.convert(wip)

    if says is None:
        assert answer.json["wip_item"]["status"] == "CONVERTED"
        assert re.fullmatch(r"[A-Z0-9]{13}[0-9]{3}", answer.json["serial"]["serial_number"])
    else:
        assert (answer.status, answer.code) == (400, "VAL_004")
        assert says in answer.json["message"]


def test_the_other_way_to_a_serial_checks_nothing(neurohub: Caller) -> None:
    [wip] = neurohub.mes.seed()
    path = f"/api/v1/serials/generate-from-wip?wip_id={wip}&print_label=false"

    first, second = neurohub.post(path), neurohub.post(path)

    assert (first.status, second.status) == (201, 201)
    assert first.json["serial_number"] != second.json["serial_number"]
    assert [duplicate.count for duplicate in neurohub.mes.ledger().duplicates if duplicate.wip == wip] == [2]


def test_a_serial_can_be_read_after_the_fact(neurohub: Caller) -> None:
    [wip] = neurohub.mes.seed(passed=ALL)
    number = neurohub.convert(wip).json["serial"]["serial_number"]

    serial_id = neurohub.scan(wip).json["serial_id"]

    assert neurohub.get(f"/api/v1/serials/{serial_id}").json["serial_number"] == number


def test_a_scan_with_a_process_says_whether_it_passed_or_may_start(neurohub: Caller) -> None:
    [wip] = neurohub.mes.seed(passed=[1])

    passed, free, early = (neurohub.post(f"/api/v1/wip-items/{wip}/scan?process_id={n}") for n in (1, 2, 3))

    assert (passed.json["has_pass_for_process"], bool(passed.json["pass_warning_message"])) == (True, True)
    assert (free.json["has_pass_for_process"], free.json["pass_warning_message"]) == (False, None)
    assert (early.status, early.code) == (400, "VAL_001")
    assert neurohub.get(f"/api/v1/wip-items/{wip}/scan").json == {"detail": "Method Not Allowed"}


def test_the_trace_tells_every_completion_and_every_open_start(neurohub: Caller) -> None:
    [wip] = neurohub.mes.seed()
    began, ended = "2025-12-30T10:00:00.123456+00:00", "2025-12-30T10:30:00.654321+00:00"
    neurohub.complete(wip, 1, started_at=began, completed_at=ended, measurements={"voltage": 3.3})
    neurohub.start(wip, 2, started_at=ended)

    done, open_ = neurohub.get(f"/api/v1/wip-items/{wip}/trace").json["process_history"]

    assert (done["start_time"], done["complete_time"], done["result"]) == (began, ended, "PASS")
    assert (done["process_number"], done["measurements"], done["duration_seconds"]) == (1, {"voltage": 3.3}, 1800)
    assert (open_["process_number"], open_["start_time"], open_["complete_time"]) == (2, ended, None)
    assert open_["result"] is None


def test_eight_parallel_passes_slip_through_together() -> None:
    with ReferenceMes("neurohub", race_window=timedelta(milliseconds=400)) as mes, ThreadPoolExecutor(8) as pool:
        caller = login(mes)
        [wip] = mes.seed()

        answers = list(pool.map(lambda _: caller.complete(wip, 1), range(8)))

        assert sum(answer.status == 200 for answer in answers) > 1
        assert len(mes.ledger().of(wip, "complete")) == sum(answer.status == 200 for answer in answers)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"started_at": "2025-12-30T10:00:00", "completed_at": "2025-12-30T10:30:00Z"}, 500, "SRV_001"),
        ({"measurements": {"voltage": float("nan")}}, 500, "SRV_002"),
        ({"measurements": {"voltage": float("-inf")}}, 500, "SRV_002"),
        ({"started_at": "2025-12-30T10:00:00Z", "completed_at": "2025-12-30T09:59:59Z"}, 409, "CONF_002"),
    ],
)
def test_the_bugs_of_the_real_backend_are_there(
    neurohub: Caller, fields: dict[str, Any], status: int, code: str
) -> None:
    [wip] = neurohub.mes.seed()

    answer = neurohub.complete(wip, 1, **fields)

    assert (answer.status, answer.code) == (status, code)
    assert neurohub.mes.ledger().of(wip) == []


def test_a_completion_before_the_recorded_start_is_a_conflict(neurohub: Caller) -> None:
    [wip] = neurohub.mes.seed()
    neurohub.start(wip, 1, started_at="2025-12-30T10:00:00Z")

    answer = neurohub.complete(wip, 1, completed_at="2025-12-30T09:00:00Z")

    assert (answer.status, answer.code) == (409, "CONF_002")


def test_unknown_processes_and_operators_are_told_apart_by_code(neurohub: Caller) -> None:
    [wip] = neurohub.mes.seed()

    assert neurohub.start(wip, 7).code == "RES_001"
    assert neurohub.start(wip, 1, operator_id=4711).code == "CONF_002"


def test_an_error_has_the_shape_of_the_real_one(neurohub: Caller) -> None:
    answer = neurohub.scan("WIP-NOBODY")

    assert answer.status == 404
    assert answer.json.keys() == {"error_code", "message", "timestamp", "path", "trace_id"}
    assert (answer.code, answer.json["path"]) == ("RES_001", "/api/v1/wip-items/WIP-NOBODY/scan")


def test_after_a_500_the_connection_is_closed_unannounced(neurohub: Caller) -> None:
    neurohub.mes.fault("status")

    with neurohub.raw("/api/v1/wip-items/x/scan") as line:
        answer = b"".join(iter(lambda: line.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 500")
    assert b"connection: close" not in answer.lower()


def test_the_switches_make_other_releases() -> None:
    with ReferenceMes("neurohub", convert_broken=True, rework_refused=True, process_key_offset=40, processes=2) as mes:
        caller = login(mes)
        [wip] = mes.seed(passed=[1, 2])
        [other] = mes.seed()

        active = caller.get("/api/v1/processes/active").json

        assert [(process["id"], process["process_number"]) for process in active] == [(41, 1), (42, 2)]
        assert caller.convert(wip).status == 500
        assert caller.complete(other, 41, "REWORK").code == "CONF_002"
        assert caller.complete(other, 41).json["process_history"]["process_id"] == 41
        assert caller.complete(other, 42).json["wip_item"]["status"] == "COMPLETED"
        assert caller.start(other, 1).code == "RES_001"


class TestLettingIn:
    def test_a_login_gives_tokens_and_the_stations_key(self, neurohub: Caller) -> None:
        answer = neurohub.post("/api/v1/auth/login/json", OPERATOR, {})

        assert answer.json.keys() == {
            "access_token", "refresh_token", "token_type", "expires_in", "user", "station_api_key",
        }  # fmt: skip
        assert (answer.json["token_type"], answer.json["expires_in"]) == ("bearer", 1800)

    def test_a_wrong_password_is_refused(self, neurohub: Caller) -> None:
        answer = neurohub.post("/api/v1/auth/login/json", OPERATOR | {"password": "guess"}, {})

        assert (answer.status, answer.code) == (401, "AUTH_001")

    def test_a_refresh_gives_a_new_token_and_keeps_the_old_refresh_token(self, neurohub: Caller) -> None:
        tokens = neurohub.post("/api/v1/auth/login/json", OPERATOR, {}).json
        body = {"refresh_token": tokens["refresh_token"], "station_id": "station_1"}

        first, second = (neurohub.post("/api/v1/auth/refresh", body, {}).json for _ in range(2))

        assert first["refresh_token"] == second["refresh_token"] == tokens["refresh_token"]
        assert len({tokens["access_token"], first["access_token"], second["access_token"]}) == 3

    def test_a_refresh_token_is_no_access_token(self, neurohub: Caller) -> None:
        tokens = neurohub.post("/api/v1/auth/login/json", OPERATOR, {}).json

        refused = neurohub.get("/api/v1/processes/active", {"Authorization": f"Bearer {tokens['refresh_token']}"})
        not_refreshed = neurohub.post("/api/v1/auth/refresh", {"refresh_token": tokens["access_token"]}, {})

        assert (refused.status, not_refreshed.status) == (401, 401)

    @pytest.mark.parametrize("bearer", ["reference-key", "reference-station-key", "", "a.b.c"])
    def test_a_static_key_as_bearer_is_refused(self, neurohub: Caller, bearer: str) -> None:
        answer = neurohub.get("/api/v1/processes/active", {"Authorization": f"Bearer {bearer}"})

        assert (answer.status, answer.code) == (401, "AUTH_002")

    def test_the_stations_key_scans_and_writes_nothing(self, neurohub: Caller) -> None:
        [wip] = neurohub.mes.seed(passed=ALL)
        item = f"/api/v1/wip-items/{neurohub.key(wip)}"
        key = {"X-API-Key": "reference-station-key"}

        assert neurohub.post(f"/api/v1/wip-items/{wip}/scan", None, key).status == 200
        assert neurohub.post(f"{item}/start-process", {"process_id": 1, "operator_id": 5}, key).status == 401
        path = f"{item}/complete-process?process_id=1&operator_id=5"
        assert neurohub.post(path, {"result": "FAIL"}, key).status == 401
        assert neurohub.post(f"{item}/convert-to-serial", {"operator_id": 5}, key).status == 401

    def test_a_token_ends_when_the_servers_clock_says_so(self, neurohub: Caller) -> None:
        tokens = neurohub.post("/api/v1/auth/login/json", OPERATOR, {}).json
        neurohub.mes.fault("clock_skew", skew=1801)

        late = neurohub.get("/api/v1/processes/active", {"Authorization": f"Bearer {tokens['access_token']}"})
        refreshed = neurohub.post("/api/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]}, {})

        assert (late.status, refreshed.status) == (401, 200)
        neurohub.mes.fault("clock_skew", skew=7 * 86400)
        assert neurohub.post("/api/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]}, {}).status == 401

    def test_without_its_database_it_calls_itself_degraded_and_refuses_valid_tokens(self, neurohub: Caller) -> None:
        neurohub.mes.fault("database_down")

        health = neurohub.get("/health", {})

        assert (health.status, health.json["status"]) == (200, "degraded")
        assert neurohub.get("/api/v1/processes/active").status == 401
        neurohub.mes.heal()
        assert neurohub.get("/health", {}).json["status"] == "healthy"
        assert neurohub.get("/api/v1/processes/active").status == 200


class TestStations:
    def test_a_station_registers_and_beats(self, neurohub: Caller) -> None:
        body = {"station_id": "st_7", "station_name": "Seven", "host": "10.0.0.7"}

        first, again = (neurohub.post("/api/v1/stations/register", body) for _ in range(2))
        beat = neurohub.post("/api/v1/stations/st_7/heartbeat", {"health_data": {"status": "unhealthy"}})

        assert (first.status, again.status) == (201, 201)
        assert first.json["id"] == again.json["id"] == beat.json["id"]
        assert (first.json["status"], beat.json["status"]) == ("ONLINE", "DEGRADED")

    def test_a_stranger_cannot_beat(self, neurohub: Caller) -> None:
        answer = neurohub.post("/api/v1/stations/nobody/heartbeat", {})

        assert answer.status == 404
        assert answer.json == {"detail": "Station 'nobody' not found. Please register first."}

    def test_a_header_is_opened_once_and_closed_once(self, neurohub: Caller) -> None:
        body = {"station_id": "st_7", "batch_id": "batch_1", "process_id": 1}
        first, second = (neurohub.post("/api/v1/process-headers/open", body).json["id"] for _ in range(2))

        closed = neurohub.post(f"/api/v1/process-headers/{first}/close", {})

        assert first == second
        assert (closed.status, closed.json["status"]) == (200, "CLOSED")
        assert neurohub.post(f"/api/v1/process-headers/{first}/close", {}).status == 400
        assert neurohub.post("/api/v1/process-headers/open", body).json["id"] != first
        assert neurohub.post("/api/v1/process-headers/4711/close", {}).status == 404


class TestRateLimit:
    def test_whoever_is_too_fast_is_told_when_to_come_again(self) -> None:
        with ReferenceMes("neurohub", rate_limit=3, login_limit=2, rate_window=timedelta(seconds=1)) as mes:
            caller = login(mes)
            [wip] = mes.seed()

            statuses = [caller.scan(wip).status for _ in range(4)]
            answer = caller.scan(wip)

            assert statuses == [200, 200, 200, 429]
            assert (answer.code, answer.headers["retry-after"]) == ("RATE_LIMIT_EXCEEDED", "1")
            assert answer.json.keys() == {"error_code", "message", "retry_after"}
            assert caller.get("/health").status == 200
            logins = [caller.post("/api/v1/auth/login/json", OPERATOR, {}).status for _ in range(2)]
            assert logins == [200, 429]
            began = datetime.now(UTC)
            while caller.scan(wip).status == 429:
                assert datetime.now(UTC) - began < timedelta(seconds=3)

    def test_a_hundred_a_minute_is_the_real_ones_limit(self) -> None:
        with ReferenceMes("neurohub") as mes:
            statuses = [Caller(mes).get("/api/v1/processes/active").status for _ in range(101)]

        assert statuses == [401] * 100 + [429]
