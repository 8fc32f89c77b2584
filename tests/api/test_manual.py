"""Manual control over the API, on a real station."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from station.domain.notice import Notice, NoticeCode
from station.storage.quarantine import Quarantines
from tests.api.conftest import PACKAGES
from tests.api.served import Served, served_station
from tests.support import until

pytestmark = pytest.mark.station

BATCHES = [
    {"id": "handy", "sequence_package": PACKAGES / "handy"},
    {"id": "slow", "sequence_package": PACKAGES / "slow"},
]
HERE = "/api/batches/handy/manual"
SHINE = {"hardware": "lamp", "command": "shine", "params": {"level": 4}, "confirm": True}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_station(tmp_path_factory.mktemp("served"), BATCHES) as running:
        yield running


def test_s0_30_one_command_opens_a_session_and_leaves_the_slot_safe_and_free(served: Served, api: httpx.Client) -> None:
    answer = api.post(HERE, json=SHINE | {"reason": "is it bright?"})
    after = api.get(HERE).json()
    later = api.post(HERE, json={"instrument": "lamp", "command": "level"}).json()

    body = answer.json()
    assert (answer.status_code, body["what"], body["value"], body["unit"], body["fault"]) == (
        200, "lamp.shine", 4.0, "cd", None,
    )  # fmt: skip
    assert after["active"] is False
    assert later["value"] == 0.0, "the lamp was made safe at the end of the first session"
    deeds = served.station.rows("SELECT actor, action FROM audit WHERE target = 'handy' ORDER BY id LIMIT 3")
    assert deeds == [("127.0.0.1", "manual open"), ("127.0.0.1", "command"), ("127.0.0.1", "manual close")]


def test_s0_30_mc_003_no_command_reaches_an_instrument_while_a_sequence_runs(served: Served, api: httpx.Client) -> None:
    run_id = served.start(api, "slow")

    answers = [
        api.post("/api/batches/slow/manual", json=SHINE),
        api.post("/api/batches/slow/manual/open"),
        api.post("/api/batches/slow/manual/step", json={"step": "first"}),
    ]
    api.post("/api/batches/slow/sequence/stop")
    served.wait_free(api, "slow")

    assert [(one.status_code, one.json()["error"]) for one in answers] == [(409, "SEQUENCE_ALREADY_RUNNING")] * 3
    assert {one.json()["details"]["run_id"] for one in answers} == {run_id}


def test_a_session_is_held_commanded_and_closed(served: Served, api: httpx.Client) -> None:
    opened = api.post(f"{HERE}/open", json={"steps": True, "reason": "adjusting"}).json()
    bright = api.post(HERE, json=SHINE).json()
    still = api.post(HERE, json={"hardware": "lamp", "command": "level"}).json()
    step = api.post(f"{HERE}/step", json={"step": "look", "params": {"level": 2}}).json()
    start = api.post("/api/batches/handy/sequence/start", json={})
    safe = api.post(f"{HERE}/safe", json={"reason": "hands in there"}).json()
    dark = api.post(HERE, json={"hardware": "lamp", "command": "level"}).json()
    alive = api.post(f"{HERE}/keepalive")
    shown = api.get(HERE).json()
    closed = api.post(f"{HERE}/close", json={"reason": "done"})

    assert (opened["active"], opened["state"], opened["holder"]) == (True, "open", "127.0.0.1")
    assert opened["instruments"] == {"lamp": "LAMP 1"}
    assert opened["expires"] is not None
    assert opened["idle_until"] >= opened["expires"]
    assert [bright["value"], still["value"], dark["value"]] == [4.0, 4.0, 0.0]
    assert (step["outcome"], [one["value"] for one in step["measurements"]]) == ("PASSED", [2.0])
    assert (start.status_code, start.json()["error"]) == (409, "SEQUENCE_ALREADY_RUNNING")
    assert (safe["what"], safe["fault"]) == ("make safe", None)
    assert alive.status_code == 200
    assert [one["what"] for one in shown["last"]] == [
        "lamp.shine", "lamp.level", "step look", "make safe", "lamp.level",
    ]  # fmt: skip
    assert (closed.status_code, closed.json()["safe"]) == (200, True)
    assert api.get(HERE).json()["active"] is False


def test_a_session_of_somebody_else_takes_no_command_and_can_be_ended(served: Served, api: httpx.Client) -> None:
    assert served.station.cli("manual", "open", "handy").returncode == 0

    command = api.post(HERE, json=SHINE)
    alive = api.post(f"{HERE}/keepalive")
    safe = api.post(f"{HERE}/safe")
    closed = api.post(f"{HERE}/close", json={"reason": "left without leaving"})

    assert [(one.status_code, one.json()["error"]) for one in (command, alive)] == [(409, "MANUAL_HELD")] * 2
    assert safe.status_code == 200
    assert (closed.status_code, closed.json()["safe"], closed.json()["reason"]) == (
        200, True, "stopped: left without leaving",
    )  # fmt: skip
    assert api.get(HERE).json()["active"] is False


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (SHINE | {"confirm": False}, 409, "CONFIRMATION_MISSING"),
        (SHINE | {"confirm": 1}, 422, "REQUEST_INVALID"),
        (SHINE | {"params": {"level": 11}}, 422, "INVALID_ARGUMENT"),
        (SHINE | {"command": "shone"}, 404, "COMMAND_NOT_FOUND"),
        (SHINE | {"parms": {"level": 1}}, 422, "REQUEST_INVALID"),
        ({"command": "shine"}, 422, "REQUEST_INVALID"),
    ],
)
def test_a_command_that_is_not_allowed_is_refused_and_nothing_is_done(
    api: httpx.Client, request_: dict[str, object], status: int, code: str
) -> None:
    answer = api.post(HERE, json=request_)

    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert api.get(HERE).json()["active"] is False


def test_an_instrument_that_fails_is_an_answer(api: httpx.Client) -> None:
    answer = api.post(HERE, json={"hardware": "lamp", "command": "burn", "confirm": True})

    assert answer.status_code == 200
    assert answer.json()["fault"]["message"] == "no filament"


def test_what_can_be_done_is_listed_without_touching_an_instrument(api: httpx.Client) -> None:
    known = api.get(f"{HERE}/commands").json()

    commands = {f"{one['instrument']}.{one['name']}": (one["confirm"], one["raw"]) for one in known["commands"]}
    assert commands["lamp.shine"] == (True, False)
    assert commands["lamp.burn"] == (True, True)
    assert known["steps"] == ["look", "dark"]


def test_nobody_waits_for_a_process_that_somebody_has_stopped(served: Served, api: httpx.Client) -> None:
    async def put() -> None:
        async with served.station.database() as database:
            unsafe = Notice.of(NoticeCode.UNSAFE_START, "is it safe?")
            await Quarantines(database).set("handy", unsafe, datetime.now(UTC))

    def state() -> object:
        return api.get("/api/batches/handy").json()["process"]["state"]

    assert api.post("/api/batches/handy/stop").status_code == 200
    until(lambda: state() == "stopped", 20, "it does not stop")
    asyncio.run(put())
    began = time.monotonic()
    answers = [
        api.post(f"{HERE}/open"),
        api.post(HERE, json=SHINE),
        api.post(f"{HERE}/step", json={"step": "look"}),
        api.post("/api/batches/handy/clear", json={"reason": "looks fine"}),
    ]
    took = time.monotonic() - began
    word = api.post("/api/batches/handy/clear", json={"reason": "looked myself", "make_safe": False})
    api.post("/api/batches/handy/start")
    # It is on its way now, and waited for.
    later = api.post(HERE, json=SHINE)

    assert [(one.status_code, one.json()["error"]) for one in answers] == [(409, "BATCH_NOT_RUNNING")] * 4
    assert "station batch start handy" in answers[0].json()["message"]
    assert answers[0].json()["details"]["state"] == "stopped"
    assert took < 5
    assert word.status_code == 200
    assert (later.status_code, later.json()["value"]) == (200, 4.0)


def test_closing_what_nobody_has_in_hand_is_a_conflict(api: httpx.Client) -> None:
    answers = [api.post(f"{HERE}/{word}") for word in ("close", "safe", "keepalive")]

    assert [(one.status_code, one.json()["error"]) for one in answers] == [(409, "BATCH_NOT_RUNNING")] * 3
