"""The socket on a real station: who is told what, and that nothing is missing and nothing comes twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from jsonschema import Draft202012Validator
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from station.domain.events import EventType
from station.storage.database import Database
from station.storage.events import NewEvent
from tests.api.listener import Listener, is_event, line, listening, write
from tests.api.served import Served
from tests.support import until

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "reference" / "websocket.schema.json").read_text())
pytestmark = pytest.mark.station


@pytest.fixture
async def database(served: Served) -> AsyncIterator[Database]:
    async with served.station.database() as opened:
        yield opened


def in_database(served: Served, after: int, batch: str = "") -> list[int]:
    where = f"AND batch_id = '{batch}'" if batch else ""
    return [row[0] for row in served.station.rows(f"SELECT id FROM events WHERE id > {after} {where} ORDER BY id")]


def strict(node: Any) -> Any:
    """The schema, taking no key that it does not name."""
    if isinstance(node, list):
        return [strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: strict(value) for key, value in node.items()}
    return {"additionalProperties": False, **made} if isinstance(node.get("properties"), dict) else made


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": strict(SCHEMA["$defs"])})


async def hear_runs(served: Served, api: httpx.Client, query: str, *batches: str) -> Listener:
    """Everything a run on each of these batches sends, and a message of every other kind."""
    over = {"sequence_complete", "pipeline_completed"}
    async with listening(served.url, query) as listener:
        await listener.subscribe(*batches)
        for batch in batches:
            served.start(api, batch)
        for _ in batches:
            await listener.until(lambda message: message["type"] in over, 30)
        await listener.until_type("ping")
        await listener.socket.send("{")
        await listener.until_type("error")
    for batch in batches:
        await asyncio.to_thread(served.wait_free, api, batch)
    return listener


# What is sent


async def test_s0_34_a_client_hears_the_batches_it_subscribed(served: Served, database: Database) -> None:
    async with listening(served.url) as listener:
        told = await listener.subscribe("quick")
        before = await write(database, [line("quick", 1), line("slow", 2), line("quick", 3)])
        await listener.until_id(before)
        await listener.subscribe("slow")
        await listener.say(type="unsubscribe", batch_ids=["quick"])
        await listener.until(lambda message: message["type"] == "subscribed" and message["batch_ids"] == ["slow"])
        await listener.until_id(await write(database, [line("quick", 4), line("slow", 5), line("faulty", 6)]))

        assert told["batch_ids"] == ["quick"]
        assert [message["data"]["data"]["n"] for message in listener.events] == [1, 3, 5]


async def test_s0_34_no_batch_named_is_every_batch(served: Served, database: Database) -> None:
    async with listening(served.url) as listener:
        await listener.say(type="subscribe")
        await listener.until_type("subscribed")
        await listener.say(type="unsubscribe", batch_ids=["slow"])
        told = await listener.until_type("subscribed")
        await listener.until_id(await write(database, [line(batch, 1) for batch in ("quick", "slow", "faulty")]))

        assert (told["batch_ids"], told["without"]) == (None, ["slow"])
        assert [message["batch_id"] for message in listener.events] == ["quick", "faulty"]


async def test_nobody_is_told_of_anything_before_it_asks(served: Served, database: Database) -> None:
    async with listening(served.url) as listener:
        last = await write(database, [line("quick", 1)])
        await listener.until(lambda message: message["type"] == "ping" and message["id"] >= last)

        assert listener.events == []


async def test_s0_35_every_type_has_the_documented_keys_at_the_top(served: Served, api: httpx.Client) -> None:
    listener = await hear_runs(served, api, "", "quick")

    found = {message["type"]: message for message in listener.events}
    assert found["step_start"]["step"] == found["step_start"]["data"]["step"]
    assert isinstance(found["step_start"]["index"], int)
    assert found["step_complete"]["result"] == found["step_complete"]["data"]
    assert found["sequence_complete"]["result"]["outcome"] == "PASSED"
    assert (found["log"]["level"], found["log"]["message"]) == ("info", "looking [closely]")
    assert found["batch_status"]["data"]["state"] == "cleaning_up"
    assert {message["batch_id"] for message in listener.events} == {"quick"}


async def test_s0_35_what_goes_wrong_with_a_batch_is_an_error_of_that_batch(served: Served) -> None:
    async with listening(served.url) as listener:
        await listener.subscribe("slow")
        served.station.child("slow").kill()
        error = await listener.until_type("error")
        await listener.until(
            lambda message: message["type"] == "batch_status" and message["data"].get("process_state") == "running"
        )

    assert error["batch_id"] == "slow"
    assert error["error"] == error["data"]["error"]
    assert "SIGKILL" in error["error"]


@pytest.mark.parametrize("compat", ["none", "v1", "pipeline"])
async def test_d10_every_message_of_a_run_is_as_the_schema_says(served: Served, api: httpx.Client, compat: str) -> None:
    listener = await hear_runs(served, api, f"?compat={compat}", "quick", "faulty")

    check = validator(compat)
    wrong = {message["type"]: error.message for message in listener.heard for error in check.iter_errors(message)}
    assert wrong == {}
    assert not check.is_valid({"type": "step_start", "id": 1})
    assert {message["type"] for message in listener.heard} >= {
        "none": {"hello", "subscribed", "ping", "error", "run_accepted", "batch_status", "step_start", "step_complete"},
        "v1": {"hello", "step_start", "step_progress", "step_complete", "log_entry", "sequence_complete"},
        "pipeline": {"pipeline_started", "node_executing", "node_completed", "pipeline_completed"},
    }[compat]


async def test_s1_09_older_screens_hear_their_own_names_in_camel_case(served: Served, database: Database) -> None:
    start = NewEvent(
        line("quick", 1).time, EventType.STEP_START, "quick", "RUN",
        {"step": "measure", "index": 2, "attempt": 1, "segment": 1},
    )  # fmt: skip
    async with listening(served.url, "?compat=v1") as listener:
        await listener.until_type("subscribed")
        await listener.until_id(await write(database, [line("quick", 7), start]))

    log, started = listener.events
    (also,) = [message for message in listener.heard if message["type"] == "step_progress"]
    assert (log["type"], log["batchId"], log["message"]) == ("log_entry", "quick", "line 7")
    assert log["data"]["data"] == {"n": 7}
    assert (started["type"], started["executionId"], started["step"], started["index"]) == (
        "step_start", "RUN", "measure", 2,
    )  # fmt: skip
    assert ("id" in also, also["step"], also["data"]["status"]) == (False, "measure", "RUNNING")


async def test_s4_05_pipelines_hear_that_a_node_has_completed(served: Served, api: httpx.Client) -> None:
    listener = await hear_runs(served, api, "?compat=pipeline", "quick")

    nodes = [message for message in listener.events if message["type"] == "node_completed"]
    (done,) = [message for message in listener.events if message["type"] == "pipeline_completed"]
    assert [node["node_id"] for node in nodes] == ["look", "weigh", "tidy"]
    assert nodes[1]["outputs"] == {"rail": 5.0}
    assert {node["pipeline_id"] for node in nodes} == {done["pipeline_id"]}
    assert (done["success"], 0 < done["execution_time"] < 10) == (True, True)


async def test_a_message_that_would_be_too_large_is_cut(served: Served, database: Database) -> None:
    huge = line("quick", 1, "가" * 300_000)
    values: Any = [{"name": f"m{n}", "value": n, "unit": "V", "limit": None, "outcome": "PASSED"} for n in range(5_000)]
    data: Any = {
        "step": "s", "index": 0, "attempt": 1, "outcome": "PASSED", "elapsed_s": 1.0, "measurements": values,
        "defects": [], "fault": None,
    }  # fmt: skip
    step = NewEvent(huge.time, EventType.STEP_COMPLETE, "quick", None, data)
    async with listening(served.url, max_size=2**16) as listener:
        await listener.subscribe()
        await listener.until_id(await write(database, [huge, step, line("quick", 2)]))

    cut, shorter, whole = listener.events
    assert (cut["shortened"], cut["message"][:3], shorter["shortened"]) == (True, "가가가", True)
    assert 0 < len(shorter["data"]["measurements"]) < 5_000
    assert "shortened" not in whole
    assert all(validator("none").is_valid(message) for message in listener.events)


# Resuming


async def test_s1_07_a_client_resumes_without_a_gap_and_without_a_double(served: Served, database: Database) -> None:
    start = await write(database, [line("quick", 0)])
    last, seen = start, list[int]()

    async def write_on() -> None:
        for number in range(60):
            await write(database, [line("quick", number), line("slow", number)])
            await asyncio.sleep(0.01)

    writing = asyncio.create_task(write_on())
    for attempt in range(20):
        async with listening(served.url, f"?last_id={last}" if attempt % 2 else "") as listener:
            if not attempt % 2:
                await listener.say(type="subscribe", last_id=last)
            for _ in range(4):
                await listener.until(is_event)
            last = listener.ids[-1]
            seen += listener.ids
    await writing
    async with listening(served.url, f"?last_id={last}") as listener:
        await listener.until_id(in_database(served, 0)[-1])

    assert seen + listener.ids == in_database(served, start)


async def test_a_resumed_client_hears_only_what_it_subscribed(served: Served, database: Database) -> None:
    start = await write(database, [line("quick", 0)])
    last = await write(database, [line("quick", 1), line("slow", 2), line("quick", 3)])

    async with listening(served.url) as listener:
        await listener.subscribe("slow", last_id=start)
        await listener.until_id(last)

    assert listener.ids == in_database(served, start, "slow")


async def test_who_was_away_too_long_reads_anew_and_goes_on(served: Served, database: Database) -> None:
    start = await write(database, [line("quick", 0)])
    last = await write(database, [line("quick", number) for number in range(5_100)])
    async with listening(served.url) as listener:
        await listener.until(lambda message: message["type"] == "ping" and message["id"] >= last)

    async with (
        listening(served.url, f"?last_id={start}") as far,
        listening(served.url, f"?last_id={last - 4_990}") as near,
    ):
        snapshot = await far.until_type("snapshot")
        await near.until_id(last)
        after = await write(database, [line("quick", 1)])
        await far.until_id(after)
        await near.until_id(after)

    assert (snapshot["reason"], snapshot["epoch"]) == ("too_far", far.hello["epoch"])
    assert snapshot["id"] >= last
    assert far.ids == [after]
    assert near.ids == list(range(last - 4_989, after + 1))


@pytest.mark.parametrize("other", [{"epoch": "another"}, {"last_id": 2**40}, {"last_time": "2020-01-01T00:00:00Z"}])
async def test_ids_of_another_history_are_not_resumed(
    served: Served, database: Database, other: dict[str, Any]
) -> None:
    last = await write(database, [line("quick", 0), line("quick", 1)])

    async with listening(served.url) as listener:
        await listener.say(type="subscribe", **{"last_id": last - 1, **other})
        snapshot = await listener.until_type("snapshot")

    assert (snapshot["reason"], listener.events) == ("other_history", [])


async def test_the_same_history_is_known_by_the_time_of_its_last_event(served: Served, database: Database) -> None:
    async with listening(served.url) as listener:
        await listener.subscribe()
        await write(database, [line("quick", 0)])
        seen = await listener.until(is_event)
        epoch = listener.hello["epoch"]
    last = await write(database, [line("quick", 1)])

    async with listening(served.url) as again:
        await again.say(type="subscribe", lastId=seen["id"], lastTime=seen["time"], epoch=epoch)
        await again.until_id(last)

    assert again.ids == list(range(seen["id"] + 1, last + 1))


async def test_only_the_first_subscription_resumes(served: Served) -> None:
    async with listening(served.url) as listener:
        await listener.subscribe("quick")
        await listener.say(type="subscribe", batch_ids=["slow"], last_id=1)
        refusal = await listener.until_type("error")

    assert (refusal["code"], "id" in refusal) == ("RESUME_TOO_LATE", False)


async def test_pings_come_every_second_and_say_how_far_a_client_is(served: Served, database: Database) -> None:
    async with listening(served.url) as listener:
        await listener.subscribe("quick")
        loop = asyncio.get_running_loop()
        begun, last = loop.time(), await write(database, [line("slow", 1)])
        for _ in range(3):
            ping = await listener.until_type("ping")

        assert 2 <= loop.time() - begun < 4
        assert ping["id"] >= last


# Who abuses it


async def refused(served: Served, **options: Any) -> int:
    with pytest.raises(InvalidStatus) as answer:
        async with connect(f"{served.url.replace('http', 'ws')}/ws", proxy=None, **options):
            pass
    return answer.value.response.status_code


async def test_e19_a_page_of_another_site_is_refused(served: Served) -> None:
    assert await refused(served, origin="http://elsewhere.example") == 403
    async with listening(served.url, origin=served.url) as own:
        assert own.hello["station"] == "T1"


@pytest.mark.parametrize("query", ["?compat=other", "?last_id=-1", "?last_id=x", f"?epoch={'x' * 101}"])
async def test_an_address_that_makes_no_sense_is_refused(served: Served, query: str) -> None:
    with pytest.raises(InvalidStatus):
        async with connect(f"{served.url.replace('http', 'ws')}/ws{query}", proxy=None):
            pass


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "REQUEST_INVALID"),
        ("[]", "REQUEST_INVALID"),
        ("[" * 10_000, "REQUEST_INVALID"),
        ('{"type": "start", "batch_id": "quick"}', "REQUEST_INVALID"),
        ('{"type": "subscribe", "batch_ids": "quick"}', "REQUEST_INVALID"),
        ('{"type": "subscribe", "batch_ids": ["nowhere"]}', "BATCH_NOT_FOUND"),
        (json.dumps({"type": "subscribe", "batch_ids": [f"b{n}" for n in range(101)]}), "REQUEST_INVALID"),
        (json.dumps({"type": "subscribe", "batch_ids": ["x" * 101]}), "REQUEST_INVALID"),
        ('{"type": "subscribe", "last_id": 1e300}', "REQUEST_INVALID"),
    ],
)  # fmt: skip
async def test_e19_what_is_not_understood_is_answered_and_after_three_times_closed(
    served: Served, text: str, code: str
) -> None:
    async with listening(served.url) as listener:
        for _ in range(4):
            await listener.socket.send(text)
        closed = await listener.closed(5)

    refusals = [message for message in listener.heard if message["type"] == "error"]
    assert [refusal["code"] for refusal in refusals] == [code] * 3
    assert closed == 1008


async def test_e19_a_frame_that_is_too_large_or_not_text_ends_the_connection(served: Served) -> None:
    async with listening(served.url) as large, listening(served.url) as parts, listening(served.url) as binary:
        await large.socket.send("x" * (2**16 + 1))
        await parts.socket.send(["x" * 2**15, "x" * 2**15, "x"])
        await binary.socket.send(b"{}")

        assert [await each.closed(5) for each in (large, parts, binary)] == [1009, 1009, 1003]


async def test_e19_who_sends_too_much_is_shown_out(served: Served) -> None:
    async def flood(listener: Listener) -> None:
        with suppress(ConnectionClosed):
            for _ in range(1_000):
                await listener.say(type="pong")

    async def ping(listener: Listener) -> None:
        with suppress(ConnectionClosed):
            for _ in range(1_000):
                await listener.socket.ping()

    for way in (flood, ping):
        async with listening(served.url) as listener:
            flooding = asyncio.create_task(way(listener))
            assert await listener.closed(5) == 1008
            await flooding


async def test_s0_36_a_client_that_is_gone_disturbs_nobody(served: Served, database: Database) -> None:
    async with listening(served.url) as well, listening(served.url) as dying, listening(served.url) as leaving:
        for each in (well, dying, leaving):
            await each.subscribe()
        dying.socket.transport.abort()
        await leaving.socket.close()
        last = await write(database, [line("quick", number) for number in range(50)])
        await well.until_id(last)

        assert len(well.events) == 50
        remote = {peer(each) for each in (dying, leaving)}
        await asyncio.to_thread(until, lambda: not remote & connected(served), 10, "the API keeps dead connections")
        assert peer(well) in connected(served)


def peer(listener: Listener) -> int:
    """The port from which a listener is connected."""
    return int(listener.socket.local_address[1])


def connected(served: Served) -> set[int]:
    """The ports from which somebody is connected to the API, as its process has them."""
    process = psutil.Process(int(served.station.layout.process_file("api").read_text()))
    return {one.raddr.port for one in process.net_connections("tcp") if one.raddr}
