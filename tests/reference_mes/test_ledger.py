"""The ledger tells the truth: about duplicates, about secrets, and after a kill -9 in the middle of commits."""

import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from station.testing.reference_mes.client import MesControl, MesControlError
from station.testing.reference_mes.server import ReferenceMes
from tests.reference_mes.conftest import KEY, OPERATOR, Answer, Caller


def test_two_parallel_completes_make_one_pass(documented: Caller) -> None:
    [wip] = documented.mes.seed()
    documented.start(wip, 1)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: documented.complete(wip, 1), range(8)))

    assert sorted(answer.status for answer in answers) == [200] + [400] * 7
    assert {answer.code for answer in answers if answer.status == 400} == {"DUPLICATE_PASS"}
    assert len(documented.mes.ledger().of(wip, "complete")) == 1


def test_an_effect_knows_its_request(documented: Caller) -> None:
    [wip] = documented.mes.seed()
    headers = KEY | {"Idempotency-Key": "run_1/start", "X-Station-ID": "st_1", "X-Equipment-ID": "eq_1"}

    documented.post(f"/api/v1/wip-items/{wip}/start-process", {"process_id": 1, "operator_id": 5}, headers)

    ledger = documented.mes.ledger()
    [effect] = ledger.of(wip)
    request = next(request for request in ledger.requests if request.id == effect.request_id)
    assert (effect.kind, effect.process, effect.idempotency_key) == ("start", 1, "run_1/start")
    assert (request.method, request.status, request.fault) == ("POST", 200, None)
    assert (request.headers["x-station-id"], request.headers["x-equipment-id"]) == ("st_1", "eq_1")
    assert request.body == '{"process_id": 1, "operator_id": 5}'
    assert request.answered_at is not None
    assert request.answered_at >= request.at


def test_secrets_are_not_written_down(neurohub: Caller) -> None:
    neurohub.get("/api/v1/processes/active")
    neurohub.post("/api/v1/auth/login/json", OPERATOR)

    ledger = neurohub.mes.ledger()

    assert neurohub.headers["Authorization"] not in ledger.model_dump_json()
    assert ledger.requests[-2].headers["authorization"] == f"Bearer ...{neurohub.headers['Authorization'][-4:]}"
    assert ledger.requests[-1].body == '{"username": "operator", "password": "...", "station_id": "station_1"}'


def test_duplicates_are_counted(neurohub: Caller) -> None:
    [wip] = neurohub.mes.seed()
    for _ in range(3):
        neurohub.complete(wip, 1, "FAIL")

    [duplicate] = [duplicate for duplicate in neurohub.mes.ledger().duplicates if duplicate.wip == wip]

    assert (duplicate.kind, duplicate.process, duplicate.result, duplicate.count) == ("complete", 1, "FAIL", 3)


def test_the_ledger_can_be_read_from_a_number_on(documented: Caller) -> None:
    [wip] = documented.mes.seed()
    last = documented.mes.ledger().requests[-1].id if documented.mes.ledger().requests else 0

    documented.scan(wip)

    assert [request.kind for request in documented.mes.ledger(since=last).requests] == ["scan"]
    assert documented.mes.ledger(requests=False).requests == []


async def test_it_is_an_async_context_manager_too(tmp_path: Path) -> None:
    async with ReferenceMes(database=tmp_path / "mes.sqlite3") as mes:
        [wip] = mes.seed(wip_ids=["WIP-ABCDEFGHIJK-007"])

    async with ReferenceMes(database=tmp_path / "mes.sqlite3") as mes:
        assert mes.wips() == [wip]
        with pytest.raises(MesControlError, match="already there"):
            mes.seed(wip_ids=[wip])
        assert mes.seed(1001)[-1] == "WIP-KR01PSA2512-002"


def test_a_port_that_is_taken_is_an_error(documented: Caller) -> None:
    with pytest.raises(OSError, match="in use"):
        ReferenceMes(port=documented.address[1]).start()


@contextmanager
def process(database: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server as a process, and its address."""
    command = [sys.executable, "-m", "station.cli", "mes", "--port", "0", "--db", str(database), *words]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield server, server.stdout.readline().split()[2]
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


class FarCaller(Caller):
    """Calls a server in another process."""

    def __init__(self, url: str) -> None:
        self.control = MesControl(url)
        super().__init__(self.control, dict(KEY))  # type: ignore[arg-type]


def test_nothing_that_was_answered_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    database = tmp_path / "mes.sqlite3"
    answered: dict[tuple[str, str], Answer] = {}
    enough = threading.Event()

    def work(caller: FarCaller, wips: list[str]) -> None:
        for wip in wips:
            for kind, call in (("start", caller.start), ("complete", caller.complete)):
                try:
                    answered[wip, kind] = call(wip, 1)
                except (OSError, http.client.HTTPException):
                    return
            if len(answered) > 60:
                enough.set()

    with process(database, "--seed-wips", "2000") as (server, url), ThreadPoolExecutor(4) as pool:
        caller = FarCaller(url)
        wips = caller.control.wips()
        for index in range(4):
            pool.submit(work, caller, wips[index::4])
        assert enough.wait(30)
        os.kill(server.pid, signal.SIGKILL)

    with process(database) as (server, url):
        caller = FarCaller(url)
        ledger = caller.control.ledger()
        effects = {(effect.wip, effect.kind) for effect in ledger.effects}
        assert caller.control.wips() == wips
        assert all(answer.status == 200 for answer in answered.values())
        assert answered.keys() <= effects
        assert len(effects) == len(ledger.effects)
        unanswered = [request for request in ledger.requests if request.status is None]
        assert len(unanswered) <= 4
        assert len(effects - answered.keys()) <= 4

        for wip in {wip for wip, _ in effects}:
            rows = caller.control.wip(wip)["history"]
            assert [row["result"] for row in rows] == ["PASS" if (wip, "complete") in effects else None]
            again = caller.complete(wip, 1)
            assert (again.status, again.code) in {(200, None), (400, "DUPLICATE_PASS")}
        assert len([effect for effect in caller.control.ledger().effects if effect.kind == "complete"]) == len(
            {wip for wip, _ in effects}
        )
        assert caller.control.ledger().duplicates == []


def test_it_ends_in_order_when_it_is_told_to(tmp_path: Path) -> None:
    with process(tmp_path / "mes.sqlite3", "--faults", "seed=3,rate=0.5,kinds=status|delay") as (server, url):
        state = MesControl(url).state()

        server.send_signal(signal.SIGTERM)

        assert server.wait(10) == 0
    assert (state.profile, state.wips) == ("documented", 0)
    assert state.schedule is not None
    assert (state.schedule.seed, state.schedule.rate, state.schedule.kinds) == (3, 0.5, ("status", "delay"))


def test_arguments_that_make_no_sense_are_said_to_make_none(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "station.cli", "mes", "--port", "0", "--faults", "rate=7"]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=tmp_path, check=False)

    assert ended.returncode == 2
    assert ended.stderr == "--faults rate=7: Input should be less than or equal to 1\n"
