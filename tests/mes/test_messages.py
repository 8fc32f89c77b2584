"""What is said is always sendable; what is answered is read in both shapes."""

import json
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from station.domain.delivery import MesAction
from station.mes.messages import (
    CompleteRequest,
    Completion,
    ConvertRequest,
    MesResult,
    Serial,
    StartRequest,
    Trace,
    WipItem,
    finite_only,
)
from station.mes.owed import OwedCall
from tests.mes.support import T0, WIP, later


def completion(measurements: dict[str, JsonValue], notes: str = "") -> CompleteRequest:
    return CompleteRequest(
        process_id=1,
        operator_id=5,
        result=MesResult.PASS,
        measurements=measurements,
        notes=notes,
        started_at=T0,
        completed_at=later(1),
    )


def test_times_are_sent_with_their_offset_and_microseconds() -> None:
    seoul = timezone(timedelta(hours=9))

    body = StartRequest(process_id=1, operator_id=5, equipment_id=3, started_at=T0.astimezone(seoul)).body()

    assert body == {
        "process_id": 1,
        "operator_id": 5,
        "equipment_id": 3,
        "started_at": "2026-01-05T18:00:00.123456+09:00",
    }


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        StartRequest(process_id=1, operator_id=5, started_at=datetime(2026, 1, 5))  # noqa: DTZ001


def test_the_whole_of_a_completion() -> None:
    request = completion({"voltage_v": 3.7, "component_lots": {"connector": "CN-1"}}, "fine")

    assert request.query() == {"process_id": "1", "operator_id": "5"}
    assert request.body() == {
        "result": "PASS",
        "measurements": {"voltage_v": 3.7, "component_lots": {"connector": "CN-1"}},
        "defects": [],
        "notes": "fine",
        "started_at": "2026-01-05T09:00:00.123456+00:00",
        "completed_at": "2026-01-05T09:00:01.123456+00:00",
    }


def test_the_whole_of_a_conversion() -> None:
    assert ConvertRequest(operator_id=5, notes="ok").body() == {"operator_id": 5, "notes": "ok"}


def test_numbers_that_are_none_are_sent_as_null_and_the_notes_say_so() -> None:
    request = completion({"a": math.nan, "b": {"c": [1.0, -math.inf]}, "d": "nan", "e": 2}, "by hand")

    body = request.body()

    assert body["measurements"] == {"a": None, "b": {"c": [1.0, None]}, "d": "nan", "e": 2}
    assert body["notes"] == "by hand\nNot a finite number, sent as null: a, b.c[1]"


VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_whatever_was_measured_can_be_sent(measurements: dict[str, JsonValue]) -> None:
    clean, lost = finite_only(measurements)

    json.dumps(clean, allow_nan=False)
    assert (clean == measurements) == (lost == "")


@pytest.mark.parametrize("data", [WIP, {"wip_item": WIP, "message": "Process started successfully"}])
def test_a_wip_is_read_bare_and_wrapped(data: object) -> None:
    wip = WipItem.read(data)

    assert (wip.id, wip.wip_id, wip.status, wip.current_process_id) == (7, "WIP-KR01PSA2511-001", "IN_PROGRESS", 1)


def test_what_a_wip_may_have_becomes_none_where_it_cannot_be_read() -> None:
    wip = WipItem.read({**WIP, "lot_id": "x", "updated_at": "yesterday", "has_pass_for_process": [], "serial_id": {}})

    assert (wip.lot_id, wip.updated_at, wip.has_pass_for_process, wip.serial_id) == (None, None, None, None)


@pytest.mark.parametrize("text", ["2026-01-05T09:00:00.123456", "2026-01-05T18:00:00.123456+09:00"])
def test_a_time_is_the_same_however_the_mes_writes_it(text: str) -> None:
    assert WipItem.read({**WIP, "updated_at": text}).updated_at == T0.astimezone(UTC)


def test_a_completion_is_read_in_both_shapes() -> None:
    record = {"result": "PASS", "process_id": 1, "duration_seconds": 1800, "completed_at": T0.isoformat()}

    full = Completion.read({"process_history": record, "wip_item": WIP})
    bare = Completion.read(WIP)

    assert full.record is not None
    assert (full.record.result, full.record.duration_seconds, full.record.is_open) == ("PASS", 1800, False)
    assert (bare.record, bare.wip.id) == (None, 7)


def test_a_serial_number_is_read_in_both_shapes() -> None:
    full = Serial.read({"serial": {"id": 1, "serial_number": "SN-1", "status": "CREATED"}, "wip_item": WIP})
    bare = Serial.read({"id": 1, "serial_number": "KR01PSA251101001"})
    odd = Serial.read({"serial": {"serial_number": "SN-1"}, "wip_item": 3})

    assert (full.number, full.wip is not None, bare.number, bare.wip, odd.wip) == (
        "SN-1",
        True,
        "KR01PSA251101001",
        None,
        None,
    )


def test_the_real_trace_is_read() -> None:
    trace = Trace.model_validate(
        {
            "wip_id": "W",
            "process_history": [
                {"process_number": 1, "start_time": T0.isoformat(), "complete_time": None, "result": None},
                {"process_number": 1, "start_time": None, "complete_time": "2026-01-05T09:00:01.5", "result": "FAIL"},
            ],
        }
    )

    open_one, failed = trace.records
    assert (open_one.is_open, open_one.started_at) == (True, T0)
    assert (failed.is_open, failed.result, failed.process_id) == (False, "FAIL", None)


def test_an_owed_call_survives_the_queue() -> None:
    call = OwedCall(
        item_id="run-1/complete",
        run_id="run-1",
        action=MesAction.COMPLETE,
        wip="W",
        process_id=1,
        operator_id=5,
        payload=completion({"v": 1.5}).body(),
    )

    again = OwedCall.model_validate_json(call.model_dump_json())

    assert again == call
    assert again.complete_request() == completion({"v": 1.5})
    assert again.start_request().started_at == T0
