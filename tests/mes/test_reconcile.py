"""Whose record it is, decided by its times where there is a trace, and by what the WIP became where there is none."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.mes.messages import CompleteRequest, MesResult, ProcessRecord, StartRequest, Trace, WipItem
from station.mes.reconcile import Finding, find_completion, find_conversion, find_start
from tests.mes.support import later

BEGIN, END = later(0), later(30)
START = StartRequest(process_id=2, operator_id=5, started_at=later(0))


def completion(result: MesResult = MesResult.PASS, at: datetime = END) -> CompleteRequest:
    return CompleteRequest(process_id=2, operator_id=5, result=result, started_at=later(0), completed_at=at)


def wip(**fields: object) -> WipItem:
    return WipItem.model_validate({"id": 7, "wip_id": "W", "status": "IN_PROGRESS", **fields})


def trace(*records: dict[str, object]) -> Trace:
    return Trace(process_history=tuple(ProcessRecord.model_validate(record) for record in records))


def record(
    result: str | None = "PASS", at: datetime | None = END, began: datetime = BEGIN, **more: object
) -> dict[str, object]:
    return {"result": result, "completed_at": at, "started_at": began, **more}


@pytest.mark.parametrize(
    ("records", "finding"),
    [
        ([], Finding.NOT_DONE),
        ([record(None, None)], Finding.DONE_BY_US),
        ([record()], Finding.DONE_BY_US),
        ([record(None, None, began=later(1e-6))], Finding.NOT_DONE),
        ([record(None, None, process_id=3)], Finding.NOT_DONE),
        ([record(None, None, process_id=2)], Finding.DONE_BY_US),
    ],
)
def test_a_start_is_ours_when_its_time_is(records: list[dict[str, object]], finding: Finding) -> None:
    assert find_start(START, wip(), trace(*records)) is finding


@pytest.mark.parametrize(
    ("fields", "finding"),
    [
        ({"current_process_id": 2, "updated_at": later(0.01)}, Finding.DONE_BY_US),
        ({"current_process_id": 2, "updated_at": later(-60)}, Finding.NOT_DONE),
        ({"current_process_id": 2}, Finding.NOT_DONE),
        ({"current_process_id": 1, "updated_at": later(0.01)}, Finding.NOT_DONE),
        ({}, Finding.NOT_DONE),
    ],
)
def test_without_a_trace_a_start_is_ours_when_the_process_was_opened_since(
    fields: dict[str, object], finding: Finding
) -> None:
    assert find_start(START, wip(**fields), None) is finding


@pytest.mark.parametrize(
    ("result", "records", "has_pass", "finding"),
    [
        ("PASS", [record()], True, Finding.DONE_BY_US),
        ("PASS", [record(at=later(31))], True, Finding.DONE_BY_SOMEBODY_ELSE),
        ("PASS", [record(at=later(31))], None, Finding.NOT_DONE),
        ("PASS", [record(at=later(31), process_id=2)], None, Finding.DONE_BY_SOMEBODY_ELSE),
        ("PASS", [record(at=later(31), process_id=1)], False, Finding.NOT_DONE),
        ("PASS", [record("FAIL")], False, Finding.NOT_DONE),
        ("PASS", [record(None, None)], False, Finding.NOT_DONE),
        ("FAIL", [record("FAIL")], None, Finding.DONE_BY_US),
        ("FAIL", [record("FAIL", later(29))], None, Finding.NOT_DONE),
        ("FAIL", [record("PASS", later(29))], True, Finding.NOT_DONE),
        ("REWORK", [record("FAIL", later(9)), record("REWORK")], None, Finding.DONE_BY_US),
    ],
)
def test_a_completion_is_ours_when_result_and_time_are(
    result: str, records: list[dict[str, object]], has_pass: bool | None, finding: Finding
) -> None:
    request = completion(MesResult(result))

    assert find_completion(request, wip(has_pass_for_process=has_pass), trace(*records)) is finding


@pytest.mark.parametrize(
    ("result", "fields", "finding"),
    [
        ("PASS", {"has_pass_for_process": True}, Finding.DONE_BY_US),
        ("PASS", {"has_pass_for_process": False}, Finding.NOT_DONE),
        ("PASS", {}, Finding.NOT_DONE),
        ("FAIL", {"status": "FAILED"}, Finding.DONE_BY_US),
        ("FAIL", {"status": "FAILED", "current_process_id": 2}, Finding.NOT_DONE),
        ("FAIL", {}, Finding.NOT_DONE),
        ("REWORK", {}, Finding.DONE_BY_US),
        ("REWORK", {"current_process_id": 2}, Finding.NOT_DONE),
        ("REWORK", {"status": "FAILED"}, Finding.NOT_DONE),
    ],
)
def test_without_a_trace_a_completion_is_ours_when_the_wip_became_what_it_makes_of_it(
    result: str, fields: dict[str, object], finding: Finding
) -> None:
    assert find_completion(completion(MesResult(result)), wip(**fields), None) is finding


def test_what_a_scan_tells_of_the_records_is_as_good_as_a_trace() -> None:
    assert find_completion(completion(), wip(process_history=[record()]), None) is Finding.DONE_BY_US


@pytest.mark.parametrize(
    ("fields", "finding"),
    [
        ({"status": "CONVERTED"}, Finding.DONE_BY_US),
        ({"status": "COMPLETED", "serial_id": 3}, Finding.DONE_BY_US),
        ({"status": "COMPLETED"}, Finding.NOT_DONE),
    ],
)
def test_a_conversion_is_done_when_the_wip_has_its_serial_number(fields: dict[str, object], finding: Finding) -> None:
    assert find_conversion(wip(**fields)) is finding


@given(st.integers(-(10**12), 10**12), st.sampled_from(MesResult))
def test_only_the_very_microsecond_is_ours(offset: int, result: MesResult) -> None:
    at = later(30) + timedelta(microseconds=offset)

    finding = find_completion(completion(result), wip(), trace(record(result.value, at)))

    assert (finding is Finding.DONE_BY_US) == (offset == 0)
