"""Both profiles are spoken against the Reference MES, from the scan to the serial number."""

import pytest

from station.domain.errors import MesRefusedError, MesUnavailableError, Outage, Refusal
from station.mes.client import MesClient
from station.mes.messages import CompleteRequest, ConvertRequest, MesResult, StartRequest
from station.testing.reference_mes.server import ReferenceMes
from tests.mes.support import GOOD, NEUROHUB, SETTINGS, WIP, calling, half_body, html, http, later, serving


def start_of(process: int) -> StartRequest:
    return StartRequest(process_id=process, operator_id=5, started_at=later(process * 60))


def completion_of(process: int, result: MesResult = MesResult.PASS) -> CompleteRequest:
    return CompleteRequest(
        process_id=process,
        operator_id=5,
        result=result,
        measurements={"voltage_v": 3.7},
        started_at=later(process * 60),
        completed_at=later(process * 60 + 30),
    )


async def test_a_unit_goes_through_every_process_to_its_serial_number(mes: ReferenceMes, client: MesClient) -> None:
    (name,) = mes.seed()
    wip = await client.scan(name)

    for process in range(1, 7):
        started = await client.start(wip, start_of(process), run_id=f"run-{process}")
        assert (started.status, started.current_process_id) == ("IN_PROGRESS", process)
        done = await client.complete(wip, completion_of(process), run_id=f"run-{process}")
        assert done.record is not None
        assert (done.record.result, done.record.duration_seconds) == ("PASS", 30)
    assert done.wip.status == "COMPLETED"
    serial = await client.convert(await client.scan(name), ConvertRequest(operator_id=5, notes="shipped"))

    assert serial.number == mes.wip(name)["serials"][0]
    assert (await client.scan(name)).is_converted


async def test_every_change_says_which_run_and_station_it_is_of(mes: ReferenceMes, client: MesClient) -> None:
    (name,) = mes.seed()

    await client.start(await client.scan(name), start_of(1), run_id="run-1")

    *_, sent = [request for request in mes.ledger().requests if request.kind == "start"]
    assert sent.headers["idempotency-key"] == "run-1/start"
    assert (sent.headers["x-station-id"], sent.headers["x-equipment-id"]) == ("station-1", "")


async def test_the_microseconds_sent_are_in_the_trace() -> None:
    async with ReferenceMes("neurohub", rate_limit=0) as mes, calling(mes.url, **NEUROHUB) as client:
        (name,) = mes.seed()
        wip = await client.scan(name)
        await client.start(wip, start_of(1))
        await client.complete(wip, completion_of(1))

        trace = await client.trace(name)

    assert trace is not None
    (record,) = trace.records
    assert (record.started_at, record.completed_at) == (later(60), later(90))


async def test_the_documented_mes_has_no_trace() -> None:
    async with serving(http(200, {})) as server, calling(server.url) as client:
        assert await client.trace("WIP-KR01PSA2511-001") is None
        assert server.requests == []


async def test_a_scan_tells_whether_the_process_has_passed(mes: ReferenceMes, client: MesClient) -> None:
    (name,) = mes.seed(passed=[1])

    asked = [(await client.scan(name, process)).has_pass_for_process for process in (1, 2)]

    assert asked == [True, False]


async def test_the_mes_is_well(mes: ReferenceMes, client: MesClient) -> None:
    assert await client.health()


@pytest.mark.parametrize(
    ("profile", "answer"),
    [
        ("documented", http(503, {"status": "down"})),
        ("documented", html(404)),
        ("neurohub", http(200, {"status": "degraded", "database": "disconnected"})),
        ("neurohub", http(200, [])),
        ("neurohub", html()),
        ("neurohub", half_body()),
    ],
)
async def test_the_mes_is_not_well(profile: str, answer: object) -> None:
    async with serving(answer) as server, calling(server.url, **SETTINGS[profile]) as client:  # type: ignore[arg-type]
        assert not await client.health()


async def test_health_is_asked_where_the_profile_answers_and_whatever_the_breaker_says() -> None:
    async with (
        serving(http(500), http(200, {"status": "healthy"})) as server,
        calling(server.url, profile="neurohub", breaker={"threshold": 1}) as client,
    ):
        with pytest.raises(MesUnavailableError):
            await client.scan("W")

        assert await client.health()
        assert server.requests[-1].path == "/health"


async def test_an_mes_that_is_not_there_is_not_well() -> None:
    async with calling("http://127.0.0.1:9") as client:
        assert not await client.health()


async def test_the_equipment_of_the_configuration_is_sent_where_it_is_a_number() -> None:
    async with serving(http(200, GOOD["start-process"])) as server:
        for equipment in ("3", "AOI-3", ""):
            async with calling(server.url, equipment_id=equipment) as client:
                await client.start(7, start_of(1))

    assert [request.json.get("equipment_id") for request in server.requests] == [3, None, None]


async def test_a_wip_with_strange_characters_is_one_part_of_the_path() -> None:
    async with serving(http(200, WIP)) as server, calling(server.url) as client:
        await client.scan("../A b/ㄱ?")

    assert server.requests[0].path == "/api/v1/wip-items/..%2FA%20b%2F%E3%84%B1%3F/scan"


@pytest.mark.parametrize("answer", [[], 3, None, {"id": "seven"}, {"wip_item": []}, {"id": True, "status": []}])
async def test_json_of_another_shape_is_no_answer(answer: object) -> None:
    async with serving(http(200, answer)) as server, calling(server.url) as client:
        with pytest.raises(MesUnavailableError) as caught:
            await client.scan("W")

    assert caught.value.outage is Outage.GARBLED


async def test_where_conversion_is_broken_the_serial_number_is_generated() -> None:
    async with (
        ReferenceMes("neurohub", rate_limit=0, convert_broken=True) as mes,
        calling(mes.url, **NEUROHUB) as client,
    ):
        (name,) = mes.seed(passed=[1, 2, 3, 4, 5, 6])

        serial = await client.convert(await client.scan(name), ConvertRequest(operator_id=5))

        assert [serial.number] == mes.wip(name)["serials"]


async def test_where_conversion_fails_after_it_was_done_nothing_more_is_generated() -> None:
    async with ReferenceMes("neurohub", rate_limit=0) as mes, calling(mes.url, **NEUROHUB) as client:
        (name,) = mes.seed(passed=[1, 2, 3, 4, 5, 6])
        wip = await client.scan(name)
        mes.fault("status", "convert", status=500, commit=True)

        serial = await client.convert(wip, ConvertRequest(operator_id=5))

        assert [serial.number] == mes.wip(name)["serials"]


async def test_where_conversion_is_broken_a_wip_that_is_not_completed_gets_no_serial_number() -> None:
    async with (
        ReferenceMes("neurohub", rate_limit=0, convert_broken=True) as mes,
        calling(mes.url, **NEUROHUB) as client,
    ):
        (name,) = mes.seed(passed=[1])

        with pytest.raises(MesUnavailableError):
            await client.convert(await client.scan(name), ConvertRequest(operator_id=5))

        assert mes.wip(name)["serials"] == []


async def test_a_process_key_is_not_a_process_number() -> None:
    async with (
        ReferenceMes("neurohub", rate_limit=0, process_key_offset=40) as mes,
        calling(mes.url, **NEUROHUB) as client,
    ):
        (name,) = mes.seed()
        wip = await client.scan(name)

        with pytest.raises(MesRefusedError) as caught:
            await client.start(wip, start_of(1))
        await client.start(wip, start_of(41))

    assert caught.value.refusal is Refusal.WIP_NOT_FOUND
    assert caught.value.message == "Process with ID 1 not found"
