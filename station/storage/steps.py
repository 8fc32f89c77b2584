"""Attempts of steps as the rest of the station sees them, and their translation from and to rows."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from station.domain.measurement import Limit, Measurement
from station.domain.outcome import Outcome, StepState
from station.domain.run import Attachment, StepFault, StepReport, StepResult
from station.storage.tables import MEASUREMENTS

FINISHED = (StepState.COMPLETED, StepState.FAILED, StepState.SKIPPED)
"""The states of an attempt that has its result."""

_LIMIT: TypeAdapter[Limit | None] = TypeAdapter(Limit | None)


@dataclass(frozen=True)
class StepKey:
    """One attempt of one step of one run; attempts count on through the rounds of a run."""

    run_id: str
    step: str
    attempt: int = 1

    @property
    def id(self) -> str:
        """The attempt's id in the database."""
        return f"{self.run_id}:{self.step}:{self.attempt}"


@dataclass(frozen=True)
class StepRecord:
    """What the journal knows of one attempt of a step.

    Attributes:
        index: Position of the step in its package.
        round: The round of the run it belongs to.
        segment: Segments begun; 1 for a step that is one piece.
        segments_done: Segments whose end was written.
        elapsed: Powered time up to the last checkpoint, or to the end.
        session: The token of the session it ran in.
        task_token: Of the activity that ran it, so that somebody else can complete it.
        state: `ctx.state` as it was last saved.
        fault: Why it ended in ERROR, or that it was interrupted.
        result: What it came to; None while it runs and where it was interrupted.
        given_up: Whether the run went back behind it: then it is history and does not count.
    """

    key: StepKey
    index: int
    round: int
    status: StepState
    segment: int
    segments_done: int
    elapsed: timedelta
    session: str
    task_token: bytes | None
    worker_pid: int | None
    started_at: datetime
    completed_at: datetime | None = None
    state: dict[str, JsonValue] = field(default_factory=dict)
    fault: StepFault | None = None
    result: StepResult | None = None
    given_up: bool = False


async def load(session: AsyncSession, rows: Iterable[Row[Any]]) -> list[StepRecord]:
    """Translate rows of `step_results`, each with its measurements, in the order given."""
    rows = list(rows)
    ids = [row.id for row in rows if row.status in FINISHED]
    found: dict[str, list[Measurement]] = {}
    if ids:
        query = select(MEASUREMENTS).where(MEASUREMENTS.c.step_result_id.in_(ids)).order_by(MEASUREMENTS.c.position)
        for row in await session.execute(query):
            found.setdefault(row.step_result_id, []).append(_measurement(row))
    return [_record(row, found.get(row.id, ())) for row in rows]


def ending(result: StepResult) -> dict[str, Any]:
    """The columns of a finished attempt."""
    report = result.report
    return {
        "outcome": report.outcome.value,
        "elapsed_s": report.elapsed.total_seconds(),
        "result": result.values,
        "state": result.state,
        "fault": fault_json(report.fault),
        "defects": list(report.defects),
        "attachments": [attachment.model_dump(mode="json") for attachment in result.attachments],
    }


def measurement_rows(
    key: StepKey, sequence: str, measurements: Sequence[Measurement], first: int, at: datetime
) -> list[dict[str, Any]]:
    """The rows of measurements of a sequence's step, counted on from a first position."""
    return [
        {
            "id": f"{key.id}:{position}",
            "step_result_id": key.id,
            "execution_id": key.run_id,
            "sequence_name": sequence,
            "step_name": key.step,
            "name": measurement.name,
            "position": position,
            "value": measurement.value,
            "number": _number(measurement.value),
            "unit": measurement.unit,
            "limit": limit_json(measurement),
            "outcome": measurement.outcome.value,
            "measured_at": measurement.at or at,
            "measured_by": measurement.by or None,
        }
        for position, measurement in enumerate(measurements, first)
    ]


def measurement_json(measurement: Measurement) -> dict[str, JsonValue]:
    """A measurement as live events tell it."""
    return {
        "name": measurement.name,
        "value": measurement.value,
        "unit": measurement.unit,
        "limit": limit_json(measurement),
        "outcome": measurement.outcome.value,
        **({"by": measurement.by} if measurement.by else {}),
    }


def limit_json(measurement: Measurement) -> dict[str, JsonValue] | None:
    """A measurement's limit, as JSON."""
    return None if measurement.limit is None else measurement.limit.model_dump(mode="json")


def fault_json(fault: StepFault | None) -> dict[str, JsonValue] | None:
    """A fault, as JSON."""
    return None if fault is None else fault.model_dump(mode="json")


def _number(value: JsonValue) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _measurement(row: Row[Any]) -> Measurement:
    return Measurement(
        name=row.name,
        value=row.value,
        unit=row.unit,
        limit=_LIMIT.validate_python(row.limit),
        outcome=Outcome(row.outcome),
        by=row.measured_by or "",
        at=row.measured_at if row.measured_by else None,
    )


def _record(row: Row[Any], measurements: Sequence[Measurement]) -> StepRecord:
    fault = None if row.fault is None else StepFault.model_validate(row.fault)
    status = StepState(row.status)
    return StepRecord(
        key=StepKey(row.execution_id, row.step_name, row.attempt),
        index=row.step_index,
        round=row.round,
        status=status,
        segment=row.segment,
        segments_done=row.segments_done,
        elapsed=timedelta(seconds=row.elapsed_s),
        session=row.session,
        task_token=row.task_token,
        worker_pid=row.worker_pid,
        started_at=row.started_at,
        completed_at=row.completed_at,
        state=row.state or {},
        fault=fault,
        result=_result(row, measurements, fault) if status in FINISHED else None,
        given_up=row.given_up,
    )


def _result(row: Row[Any], measurements: Sequence[Measurement], fault: StepFault | None) -> StepResult:
    report = StepReport(
        step=row.step_name,
        attempt=row.attempt,
        outcome=Outcome(row.outcome),
        elapsed=timedelta(seconds=row.elapsed_s),
        failures=tuple(m.name for m in measurements if m.outcome is Outcome.FAILED),
        defects=tuple(row.defects or ()),
        fault=fault,
    )
    return StepResult(
        report=report,
        measurements=tuple(measurements),
        attachments=tuple(Attachment.model_validate(attachment) for attachment in row.attachments or ()),
        values=row.result or {},
        state=row.state or {},
    )
