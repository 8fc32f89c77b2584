"""Every row of the MES's error table: what is said over HTTP, what the station makes of it, what the operator reads."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.errors import (
    MesError,
    MesRateLimitedError,
    MesRefusedError,
    MesUnauthorizedError,
    MesUnavailableError,
    Outage,
    Refusal,
)
from station.mes.answers import Reply, error_of, understand
from station.mes.texts import BUSY, OFFLINE, REFUSALS, SLOW, TROUBLE, UNAUTHORIZED, operator_text
from tests.docs.pages import ROOT
from tests.mes.support import PATIENCE, Answer, calling, half_body, html, http, reset, serving, silence

WIP_NAME = "WIP-KR01PSA2511-001"
ASKED = f"/api/v1/wip-items/{WIP_NAME}/scan"


def documented(status: int, code: str, message: str = "") -> Answer:
    return http(status, {"error": code, "message": message})


def real(status: int, code: str, message: str, **more: object) -> Answer:
    body = {"error_code": code, "message": message, "timestamp": "2026-01-05T09:00:00Z", "path": ASKED, "trace_id": "t"}
    return http(status, body | more)


PREVIOUS = "WIP W cannot start process 2. Previous process 1 must be completed with PASS result."
SECOND = "WIP W already has PASS result for process 1. Duplicate PASS results are not allowed (BR-004)."
NOT_COMPLETED = "WIP W must be in COMPLETED status for serial conversion. Current status: "

REFUSED = [
    (documented(404, "WIP_NOT_FOUND"), Refusal.WIP_NOT_FOUND),
    (real(404, "RES_001", "WIP item with ID 'W' not found"), Refusal.WIP_NOT_FOUND),
    (real(404, "RES_001", "Process with ID 99 not found"), Refusal.WIP_NOT_FOUND),
    (http(404, {"detail": "WIP W not found"}), Refusal.WIP_NOT_FOUND),
    (documented(400, "PREREQUISITE_NOT_MET"), Refusal.PREREQUISITE_NOT_MET),
    (real(400, "VAL_004", PREVIOUS), Refusal.PREREQUISITE_NOT_MET),
    (real(400, "VAL_001", PREVIOUS), Refusal.PREREQUISITE_NOT_MET),
    (documented(400, "DUPLICATE_PASS"), Refusal.DUPLICATE_PASS),
    (real(400, "VAL_004", SECOND), Refusal.DUPLICATE_PASS),
    (real(400, "VAL_004", "not allowed (BR-004)"), Refusal.DUPLICATE_PASS),
    (http(400, {"detail": SECOND}), Refusal.DUPLICATE_PASS),
    (http(400, {"detail": {"error": "DUPLICATE_PASS", "message": "x"}}), Refusal.DUPLICATE_PASS),
    (documented(400, "INVALID_WIP_STATUS"), Refusal.INVALID_WIP_STATUS),
    (real(400, "VAL_004", "WIP W is already converted to serial number"), Refusal.INVALID_WIP_STATUS),
    (real(400, "VAL_004", NOT_COMPLETED + "FAILED"), Refusal.INVALID_WIP_STATUS),
    (real(400, "VAL_004", "WIP W is in FAILED status and cannot start processes"), Refusal.INVALID_WIP_STATUS),
    (documented(400, "PROCESS_NOT_STARTED"), Refusal.PROCESS_NOT_STARTED),
    (documented(400, "INCOMPLETE_PROCESSES"), Refusal.INCOMPLETE_PROCESSES),
    (
        real(400, "VAL_004", "Missing PASS results for MANUFACTURING processes: 3 (BR-005)"),
        Refusal.INCOMPLETE_PROCESSES,
    ),
    (documented(400, "ALREADY_CONVERTED"), Refusal.ALREADY_CONVERTED),
    (real(400, "VAL_004", NOT_COMPLETED + "CONVERTED"), Refusal.ALREADY_CONVERTED),
    (real(409, "CONF_002", "Database constraint violation"), Refusal.CONFLICT),
    (real(422, "VAL_001", "Request validation failed", details=[{"field": "process_id"}]), Refusal.INVALID_REQUEST),
    (http(422, {"detail": [{"loc": ["query", "process_id"], "msg": "Field required"}]}), Refusal.INVALID_REQUEST),
    (http(404, {"detail": "Not Found"}), Refusal.INVALID_REQUEST),
    (http(405, {"detail": "Method Not Allowed"}), Refusal.INVALID_REQUEST),
    (real(400, "VAL_004", "The moon is full"), Refusal.UNKNOWN),
    (real(400, "NEW_001", SECOND), Refusal.UNKNOWN),
    (http(400, ["no", "object"]), Refusal.UNKNOWN),
]


@pytest.mark.parametrize(("answer", "refusal"), REFUSED)
async def test_a_refusal_is_told_by_its_code_and_then_by_its_sentence(answer: Answer, refusal: Refusal) -> None:
    async with serving(answer) as server, calling(server.url) as client:
        with pytest.raises(MesRefusedError) as caught:
            await client.scan(WIP_NAME)

        assert (caught.value.refusal, caught.value.code) == (refusal, refusal.value)
        assert operator_text(caught.value) == REFUSALS[refusal]
        assert len(server.requests) == 1, "a refusal is not repeated"
        assert client.breaker.failure_count == 0, "a refusal is the answer of an MES that is alive"


async def test_a_refusal_keeps_what_the_mes_said() -> None:
    answer = real(422, "VAL_001", "Request validation failed", details=[{"field": "process_id"}])
    async with serving(answer) as server, calling(server.url) as client:
        with pytest.raises(MesRefusedError) as caught:
            await client.scan(WIP_NAME)

    assert (caught.value.message, caught.value.status) == ("Request validation failed", 422)
    assert caught.value.details == [{"field": "process_id"}]


OUTAGES = [
    (real(500, "SRV_001", "Internal server error"), Outage.SERVER_ERROR, OFFLINE),
    (real(500, "SRV_002", "Database operation failed"), Outage.SERVER_ERROR, OFFLINE),
    (html(502), Outage.SERVER_ERROR, OFFLINE),
    (documented(503, "INTERNAL_ERROR"), Outage.SERVER_ERROR, OFFLINE),
    (http(504, b""), Outage.SERVER_ERROR, OFFLINE),
    (http(408, {}), Outage.TIMEOUT, SLOW),
    (silence, Outage.TIMEOUT, SLOW),
    (reset, Outage.NETWORK, OFFLINE),
    (html(), Outage.GARBLED, OFFLINE),
    (html(404), Outage.GARBLED, OFFLINE),
    (http(302, b"", {"Location": "http://login.example"}), Outage.GARBLED, OFFLINE),
    (half_body(), Outage.GARBLED, OFFLINE),
]


@pytest.mark.parametrize(("answer", "outage", "text"), OUTAGES)
async def test_no_answer_is_an_outage(answer: Answer, outage: Outage, text: object) -> None:
    timeout = 1 if answer is silence else PATIENCE
    async with serving(answer) as server, calling(server.url, timeout=timeout) as client:
        with pytest.raises(MesUnavailableError) as caught:
            await client.scan(WIP_NAME)

        assert (caught.value.outage, caught.value.may_have_arrived) == (outage, True)
        assert operator_text(caught.value) == text
        assert client.breaker.failure_count == 1


async def test_a_refused_connection_is_an_outage_in_which_nothing_arrived() -> None:
    async with calling("http://127.0.0.1:9") as client:
        with pytest.raises(MesUnavailableError) as caught:
            await client.scan(WIP_NAME)

    assert (caught.value.outage, caught.value.may_have_arrived) == (Outage.NETWORK, False)


@pytest.mark.parametrize("status", [401, 403])
async def test_credentials_that_are_not_accepted_are_no_outage_and_no_refusal(status: int) -> None:
    answer = real(status, "AUTH_002", "Could not validate credentials")
    async with serving(answer) as server, calling(server.url, api_key="k") as client:
        with pytest.raises(MesUnauthorizedError) as caught:
            await client.scan(WIP_NAME)

        assert operator_text(caught.value) == UNAUTHORIZED
        assert client.breaker.failure_count == 0
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, {}, 7),
        ({"Retry-After": "0.5"}, {}, 0.5),
        ({}, {"error_code": "RATE_LIMIT_EXCEEDED", "retry_after": 12}, 12),
        ({}, b"<html>slow down</html>", 60),
        ({"Retry-After": "soon"}, {}, 60),
        ({"Retry-After": "-5"}, {}, 0),
        ({"Retry-After": "1e9"}, {}, 3600),
        ({"Retry-After": "nan"}, {"retry_after": True}, 60),
        ({"Retry-After": "Mon, 05 Jan 2015 09:00:00 GMT"}, {}, 0),
    ],
)
async def test_too_many_calls_says_how_long_to_wait(headers: dict[str, str], body: object, seconds: float) -> None:
    async with serving(http(429, body, headers)) as server, calling(server.url) as client:
        with pytest.raises(MesRateLimitedError) as caught:
            await client.scan(WIP_NAME)

    assert caught.value.retry_after.total_seconds() == seconds
    assert operator_text(caught.value) == BUSY


def test_what_is_none_of_these_has_a_text_too() -> None:
    assert operator_text(MesError("?")) == TROUBLE


def test_every_refusal_has_its_text_in_both_languages_and_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")

    assert set(REFUSALS) == set(Refusal)
    assert all(
        text.ko and text.en and f"{refusal} | {text.ko}" in page.replace("`", "") for refusal, text in REFUSALS.items()
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "error_code", "message", "detail", "details", "retry_after"]), inner
        )
    ),
)
BODIES = JSON.map(lambda data: json.dumps(data).encode()) | st.binary(max_size=200) | st.just(b"[" * 100_000)
HEADERS = st.dictionaries(st.just("retry-after"), st.text(max_size=40))


@given(st.integers(100, 999), HEADERS, BODIES)
def test_whatever_is_answered_is_json_or_an_error_of_the_mes(status: int, headers: dict[str, str], body: bytes) -> None:
    reply = Reply(status, headers, body)

    understood = True
    with suppress(MesError):
        understood = False
        understand(reply)
        understood = True

    assert not understood or 200 <= status < 300


@given(st.integers(300, 999), BODIES)
def test_every_other_status_has_an_error_with_a_sentence(status: int, body: bytes) -> None:
    error = error_of(Reply(status, {}, body))

    assert error.message
    assert operator_text(error).ko
