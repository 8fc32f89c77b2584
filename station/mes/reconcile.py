"""Ask before repeating: did an attempt whose end nobody saw arrive? Decided from what the MES says, without asking it.

There is no idempotency key. What identifies a report is its time: the microseconds sent come back unchanged, so a
record with our times is ours. An MES without a trace tells less; then what the WIP became since an attempt of ours is
taken for its effect, because the station tells of a WIP one thing at a time.
"""

from collections.abc import Iterable
from enum import StrEnum

from station.mes.messages import (
    CompleteRequest,
    MesResult,
    ProcessRecord,
    StartRequest,
    Trace,
    WipItem,
    WipStatus,
)


class Finding(StrEnum):
    """What became of an attempt."""

    DONE_BY_US = "done_by_us"
    NOT_DONE = "not_done"
    DONE_BY_SOMEBODY_ELSE = "done_by_somebody_else"
    """What we want to tell cannot be told any more, and it was not us who told it: a person decides."""


def find_start(request: StartRequest, wip: WipItem, trace: Trace | None) -> Finding:
    """Tell whether this start was recorded.

    A start that was not is told again with its original time; the MES overwrites an open one.
    """
    records = _records(wip, trace)
    if records is not None:
        ours = any(record.started_at == request.started_at for record in _of(request.process_id, records))
        return Finding.DONE_BY_US if ours else Finding.NOT_DONE
    # An open process that the MES has not touched since is an earlier run's, whose start must be overwritten.
    is_open = wip.current_process_id == request.process_id
    since = wip.updated_at is not None and wip.updated_at >= request.started_at
    return Finding.DONE_BY_US if is_open and since else Finding.NOT_DONE


def find_completion(request: CompleteRequest, wip: WipItem, trace: Trace | None) -> Finding:
    """Tell whether this completion was recorded.

    Args:
        request: What an attempt of ours may have told.
        wip: The WIP, scanned with the process where that was possible.
        trace: What was recorded of it; None where the MES cannot be asked.
    """
    records = _records(wip, trace)
    if records is None:
        return _guess_completion(request, wip)
    of_process = list(_of(request.process_id, records))
    if any(r.completed_at == request.completed_at and r.result == request.result for r in of_process):
        return Finding.DONE_BY_US
    if request.result is not MesResult.PASS:
        return Finding.NOT_DONE  # a FAIL or a REWORK may be recorded many times
    passed = any(r.process_id == request.process_id and r.result == MesResult.PASS for r in of_process)
    return Finding.DONE_BY_SOMEBODY_ELSE if passed or wip.has_pass_for_process else Finding.NOT_DONE


def find_conversion(wip: WipItem) -> Finding:
    """Tell whether the WIP has its serial number; whoever asked for it, there is only one."""
    return Finding.DONE_BY_US if wip.is_converted else Finding.NOT_DONE


def _guess_completion(request: CompleteRequest, wip: WipItem) -> Finding:
    if wip.current_process_id == request.process_id:
        return Finding.NOT_DONE  # still open
    match request.result:
        case MesResult.PASS:
            # Where a scan does not say it, telling it again is safe: a second PASS is refused as DUPLICATE_PASS.
            arrived = wip.has_pass_for_process is True
        case MesResult.FAIL:
            arrived = wip.status == WipStatus.FAILED
        case MesResult.REWORK:
            # Its start was delivered before it, so a process that is not open any more was completed.
            arrived = wip.current_process_id is None and wip.status == WipStatus.IN_PROGRESS
    return Finding.DONE_BY_US if arrived else Finding.NOT_DONE


def _records(wip: WipItem, trace: Trace | None) -> tuple[ProcessRecord, ...] | None:
    return wip.records if trace is None else trace.records


def _of(process_id: int, records: Iterable[ProcessRecord]) -> Iterable[ProcessRecord]:
    """The records of a process, and those that do not say which process they are of."""
    return (record for record in records if record.process_id in {None, process_id})
