"""Every fault, seen by a caller who has nothing but a socket."""

import http.client
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from station.testing.reference_mes.client import MesControlError
from station.testing.reference_mes.server import ReferenceMes
from tests.reference_mes.conftest import KEY, Caller

SCAN = "/api/v1/wip-items/x/scan"


def test_refuse_closes_in_order_and_commits_nothing(either: Caller) -> None:
    [wip] = either.mes.seed()
    either.key(wip)
    either.mes.fault("refuse", "start")

    with pytest.raises(http.client.RemoteDisconnected):
        either.start(wip, 1)

    assert either.mes.ledger().of(wip) == []
    assert either.start(wip, 1).status == 200


@pytest.mark.parametrize("operation", ["start", "complete", "convert"])
def test_commit_then_reset_commits_and_cuts_the_line(either: Caller, operation: str) -> None:
    [wip] = either.mes.seed(passed=[1, 2, 3, 4, 5, 6]) if operation == "convert" else either.mes.seed()
    calls: dict[str, Callable[[], object]] = {
        "start": lambda: either.start(wip, 1),
        "complete": lambda: either.complete(wip, 1, "FAIL"),
        "convert": lambda: either.convert(wip),
    }
    if operation == "complete":
        either.start(wip, 1)
    either.mes.fault("commit_then_reset", operation)

    with pytest.raises(ConnectionResetError):
        calls[operation]()

    ledger = either.mes.ledger()
    assert len(ledger.of(wip, operation)) == 1
    assert (ledger.calls(operation)[-1].status, ledger.calls(operation)[-1].fault) == (None, "commit_then_reset")


def test_reset_before_commit_cuts_the_line_and_nothing_else(either: Caller) -> None:
    [wip] = either.mes.seed()
    either.mes.fault("reset_before_commit", "start")

    with pytest.raises(ConnectionResetError):
        either.start(wip, 1)

    assert either.mes.ledger().of(wip) == []


def test_the_line_is_really_reset_and_not_just_closed(documented: Caller) -> None:
    documented.mes.fault("reset_before_commit")
    with documented.raw(SCAN) as line, pytest.raises(ConnectionResetError):
        line.recv(1)

    documented.mes.fault("refuse")
    with documented.raw(SCAN) as line:
        assert line.recv(1) == b""


def test_half_a_body_announces_the_whole_of_it(either: Caller) -> None:
    [wip] = either.mes.seed()
    either.mes.fault("half_body", "start")

    with pytest.raises(http.client.IncompleteRead) as caught:
        either.start(wip, 1)

    assert len(caught.value.partial) == pytest.approx(caught.value.expected, abs=1)
    assert len(either.mes.ledger().of(wip, "start")) == 1


def test_html_comes_with_any_status_and_commits_nothing(either: Caller) -> None:
    [wip] = either.mes.seed()
    either.mes.fault("html", "start")
    either.mes.fault("html", "start", status=502)

    first, second = either.start(wip, 1), either.start(wip, 1)

    assert (first.status, second.status) == (200, 502)
    assert first.headers["content-type"].startswith("text/html")
    assert b"Bad Gateway" in first.body
    assert either.mes.ledger().of(wip) == []


def test_garbage_says_it_is_json_and_is_not(either: Caller) -> None:
    [wip] = either.mes.seed()
    either.mes.fault("garbage_json", "start")

    answer = either.start(wip, 1)

    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json
    assert len(either.mes.ledger().of(wip, "start")) == 1


def test_wrong_types_are_json_with_every_value_changed(either: Caller) -> None:
    [wip] = either.mes.seed()
    whole = either.scan(wip).json
    either.mes.fault("wrong_type")

    answer = either.scan(wip).json

    assert answer.keys() == whole.keys()
    assert all(type(answer[name]) is not type(whole[name]) for name in whole)


def test_a_trickle_is_whole_in_the_end(either: Caller) -> None:
    [wip] = either.mes.seed()
    whole = either.scan(wip).json
    either.mes.fault("trickle", pace=0.002)

    began = time.monotonic()
    answer = either.scan(wip).json

    assert answer == whole
    assert time.monotonic() - began > 0.002 * 100


@pytest.mark.parametrize("commit", [False, True])
def test_a_slow_answer_commits_whether_or_not_anybody_waits_for_it(either: Caller, commit: bool) -> None:
    [wip] = either.mes.seed()
    path = f"/api/v1/wip-items/{either.key(wip)}/start-process"
    either.mes.fault("delay", "start", delay=0.4, commit=commit)
    body = b'{"process_id": 1, "operator_id": 5}'
    connection = http.client.HTTPConnection(*either.address, timeout=0.1)

    connection.request("POST", path, body, either.headers | {"Content-Type": "application/json"})
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()

    assert len(either.mes.ledger().of(wip, "start")) == commit
    while not either.mes.ledger().of(wip, "start"):
        time.sleep(0.02)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_any_status_can_be_had(either: Caller, status: int) -> None:
    [wip] = either.mes.seed()
    either.mes.fault("status", "start", status=status, retry_after=7)

    answer = either.start(wip, 1)

    assert (answer.status, answer.headers["retry-after"]) == (status, "7")
    assert answer.headers["content-type"].startswith("text/html" if status in {502, 504} else "application/json")
    assert either.mes.ledger().of(wip) == []


def test_a_status_can_come_after_the_commit(either: Caller) -> None:
    [wip] = either.mes.seed()
    either.mes.fault("status", "start", commit=True)

    assert either.start(wip, 1).status == 500
    assert len(either.mes.ledger().of(wip, "start")) == 1


def test_a_token_storm_lasts_for_so_many_calls_and_spares_health(either: Caller) -> None:
    [wip] = either.mes.seed()
    either.mes.fault("token_storm", count=2)

    either.get("/api/health" if either.mes.settings.profile == "documented" else "/health")

    assert [either.scan(wip).status for _ in range(3)] == [401, 401, 200]


def test_a_skewed_clock_stamps_what_it_commits_until_its_time_is_over(either: Caller) -> None:
    [wip] = either.mes.seed()
    either.mes.fault("clock_skew", skew=600, seconds=0.3)

    either.start(wip, 1)
    [effect] = either.mes.ledger().of(wip, "start")
    time.sleep(0.3)
    date = parsedate_to_datetime(either.scan(wip).headers["date"])

    assert timedelta(minutes=9) < effect.at - datetime.now(UTC) < timedelta(minutes=11)
    assert abs(date - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_fault_waits_for_the_call_it_is_meant_for(documented: Caller) -> None:
    [wip] = documented.mes.seed()
    documented.mes.fault("status", "complete", status=503)
    documented.mes.fault("status", path="start-process$", status=504, method="post")

    assert documented.scan(wip).status == 200
    assert documented.start(wip, 1).status == 504
    assert documented.start(wip, 1).status == 200
    assert documented.complete(wip, 1).status == 503
    assert documented.complete(wip, 1).status == 200
    assert documented.mes.state().faults == []


def test_a_fault_without_a_count_lasts_until_it_is_healed(documented: Caller) -> None:
    [wip] = documented.mes.seed()
    documented.mes.fault("status", count=None)

    assert {documented.scan(wip).status for _ in range(5)} == {500}
    documented.mes.heal()
    assert documented.scan(wip).status == 200


def test_healing_lets_go_of_a_call_that_is_held_back(documented: Caller) -> None:
    documented.mes.fault("delay", delay=60)

    with documented.raw(SCAN) as line:
        line.settimeout(0.1)
        with pytest.raises(TimeoutError):
            line.recv(1)
        documented.mes.heal()
        line.settimeout(5)

        assert line.recv(12) == b"HTTP/1.1 404"


def test_a_server_that_is_down_answers_nothing_but_orders(either: Caller) -> None:
    [wip] = either.mes.seed()
    either.mes.fault("delay", delay=60)
    with either.raw(SCAN) as line:
        while either.mes.ledger().calls("scan")[-1].path != SCAN:
            time.sleep(0.01)

        either.mes.down()

        with pytest.raises(ConnectionResetError):
            line.recv(1)
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            either.scan(wip)
    assert either.mes.state().down
    either.mes.up()
    either.mes.heal()
    assert either.scan(wip).status == 200


def test_a_shower_is_the_same_for_the_same_seed(documented: Caller) -> None:
    [wip] = documented.mes.seed()

    def statuses(seed: int) -> list[int]:
        documented.mes.schedule(seed, 0.4, ["status"])
        return [documented.scan(wip).status for _ in range(30)]

    first, again, other = statuses(1), statuses(1), statuses(2)

    assert first == again != other
    assert 5 < sum(status != 200 for status in first) < 20
    assert {status for status in first if status != 200} <= {500, 502, 503, 504, 429}


def test_a_server_lives_through_every_fault_there_is(either: Caller) -> None:
    [wip] = either.mes.seed()
    before = len(either.mes.ledger().requests)
    either.mes.schedule(7, 0.9)

    for _ in range(90):
        try:
            either.scan(wip)
        except (OSError, http.client.HTTPException):
            continue

    either.mes.heal()
    assert either.scan(wip).status == 200
    faults = {request.fault for request in either.mes.ledger().requests[before:]}
    assert len(faults) >= 11


@pytest.mark.parametrize(
    "order",
    [{"kind": "earthquake"}, {"kind": "delay", "count": 0}, {"kind": "status", "match": {"path": "("}}, {}],
)
def test_an_order_that_makes_no_sense_is_refused(documented: Caller, order: dict[str, object]) -> None:
    assert documented.post("/_mes/faults", order, KEY).status == 422


def test_control_says_when_nobody_is_there() -> None:
    with ReferenceMes() as mes:
        pass

    with pytest.raises(MesControlError, match="no Reference MES answers at http://127"):
        mes.state()
