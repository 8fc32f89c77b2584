"""One call in, one whole answer or one error out, whatever the wire does."""

from datetime import timedelta

import pytest

from station.domain.errors import MesUnavailableError, Outage
from station.mes import http as mes_http
from station.mes.http import Http
from tests.mes.support import PATIENCE, Answer, garbage, goodbye, half_body, http, raw, reset, serving, silence, trickle

PATIENT = timedelta(seconds=PATIENCE)


async def test_a_reset_on_a_kept_connection_is_repeated_once_on_a_fresh_one() -> None:
    async with serving(http(200, 1), reset, http(200, 3)) as server:
        line = Http(server.url, PATIENT)
        await line.send("GET", "/first")

        reply = await line.send("GET", "/second")

        await line.close()
    assert reply.body == b"3"
    assert [(request.path, request.connection) for request in server.requests] == [
        ("/first", 1),
        ("/second", 1),
        ("/second", 2),
    ]


async def test_after_a_goodbye_nobody_announced_the_next_call_is_answered() -> None:
    async with serving(goodbye(1), http(200, 2)) as server:
        line = Http(server.url, PATIENT)
        await line.send("GET", "/")

        reply = await line.send("GET", "/")

        await line.close()
    assert reply.body == b"2"


async def test_two_resets_are_an_outage() -> None:
    async with serving(reset) as server:
        line = Http(server.url, PATIENT)

        with pytest.raises(MesUnavailableError) as caught:
            await line.send("GET", "/")

        await line.close()
    assert caught.value.outage is Outage.NETWORK
    assert len(server.requests) == 2


async def test_what_changes_something_has_a_fresh_connection_and_is_never_repeated() -> None:
    async with serving(http(200, 1), http(200, 2), reset) as server:
        line = Http(server.url, PATIENT)
        await line.send("POST", "/", body={}, changes=True)
        await line.send("POST", "/", body={}, changes=True)

        with pytest.raises(MesUnavailableError) as caught:
            await line.send("POST", "/", body={}, changes=True)

        await line.close()
    assert caught.value.may_have_arrived
    assert [request.connection for request in server.requests] == [1, 2, 3]


@pytest.mark.parametrize(
    ("answer", "outage"),
    [
        (silence, Outage.TIMEOUT),
        (trickle, Outage.TIMEOUT),
        (half_body(), Outage.GARBLED),
        (garbage(), Outage.GARBLED),
        (raw(b"", close=True), Outage.GARBLED),
        (http(200, b"no gzip", {"Content-Encoding": "gzip"}), Outage.GARBLED),
        (http(200, b"1", {"Content-Length": "-1"}), Outage.GARBLED),
    ],
)
async def test_what_is_no_whole_answer_is_an_outage(answer: Answer, outage: Outage) -> None:
    async with serving(answer) as server:
        line = Http(server.url, timedelta(seconds=1) if outage is Outage.TIMEOUT else PATIENT)

        with pytest.raises(MesUnavailableError) as caught:
            await line.send("POST", "/", body={}, changes=True)

        await line.close()
    assert caught.value.outage is outage


async def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mes_http, "BIGGEST_ANSWER", 1000)
    async with serving(http(200, b"1" * 1001)) as server:
        line = Http(server.url, PATIENT)

        with pytest.raises(MesUnavailableError, match="more than 1000 bytes"):
            await line.send("GET", "/")

        await line.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid", "http://[::1", "ftp://x", ""])
async def test_an_address_that_leads_nowhere_is_an_outage_in_which_nothing_arrived(url: str) -> None:
    line = Http(url, timedelta(seconds=5))

    with pytest.raises(MesUnavailableError) as caught:
        await line.send("POST", "/", body={}, changes=True)

    await line.close()
    assert not caught.value.may_have_arrived


async def test_a_closed_line_is_an_outage() -> None:
    line = Http("http://127.0.0.1:9", PATIENT)
    await line.close()

    with pytest.raises(MesUnavailableError):
        await line.send("GET", "/")


async def test_a_server_that_does_not_speak_tls_is_an_outage() -> None:
    async with serving(garbage()) as server:
        line = Http(server.url.replace("http", "https"), PATIENT)

        with pytest.raises(MesUnavailableError):
            await line.send("GET", "/")

        await line.close()


async def test_a_station_called_in_korean_is_quoted_in_the_headers() -> None:
    async with serving(http(200, {})) as server:
        line = Http(server.url + "/mes/", PATIENT, {"X-Station-ID": "검사 1"})
        await line.send("GET", "/api/health", query={"a": "b c"})
        await line.close()

    (request,) = server.requests
    assert request.path == "/mes/api/health?a=b+c"
    assert request.headers["x-station-id"] == "%EA%B2%80%EC%82%AC%201"
