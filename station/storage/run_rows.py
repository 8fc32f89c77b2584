"""Runs as the rest of the station sees them, and their translation from and to rows of `execution_results`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row, Select, select

from station.domain.outcome import Outcome, RunState
from station.domain.plan import PackageRef, Plan
from station.domain.run import RunReason, RunResult, UnitUnderTest
from station.storage.tables import RUNS

_STATUS = {
    Outcome.PASSED: "completed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "failed",
    Outcome.ABORTED: "stopped",
}
"""The documented words, which know less than the outcome."""


@dataclass(frozen=True)
class RunRecord:
    """Everything the results know of one run.

    Attributes:
        status: running, completed, failed or stopped: the source documents' word for it.
        outcome: None while it goes on, and where it was refused.
        refused: True: it was never accepted; `reason` says why.
        plan: None in lists and where it was refused.
        round: Counts the times the run began at its first step.
        recoveries: How often it went on after it was cut off.
        hardware_safe: False where cleanup or the safe state could not be confirmed.
        synced_at: When the MES had been told everything.
        instruments: The instruments it was done with, by name: driver and identity.
        duration_s: The test's own time, without waiting for answers; None while it goes on.
    """

    run_id: str
    batch: str
    package: PackageRef
    unit: UnitUnderTest
    state: RunState
    status: str
    outcome: Outcome | None
    reason: RunReason | None
    refused: bool
    parameters: dict[str, JsonValue]
    defects: tuple[str, ...]
    round: int
    recoveries: int
    hardware_safe: bool
    workflow_id: str | None
    temporal_run_id: str | None
    accepted_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    synced_at: datetime | None
    duration_s: float | None = None
    result: RunResult | None = None
    instruments: dict[str, dict[str, str]] = field(default_factory=dict)
    plan: Plan | None = field(default=None, repr=False)


def row_of(run_id: str, batch: str, package: PackageRef, unit: UnitUnderTest, at: datetime) -> dict[str, Any]:
    """The columns every run has from its first moment."""
    return {
        "id": run_id,
        "batch_id": batch,
        "sequence_name": package.name,
        "sequence_version": package.version,
        "content_hash": package.content_hash,
        "wip_id": unit.wip,
        "process_id": unit.process,
        "operator_id": unit.operator,
        "refused": False,
        "round": 1,
        "recoveries": 0,
        "hardware_safe": True,
        "accepted_at": at,
        "created_at": at,
    }


def refusal(reason: RunReason, at: datetime) -> dict[str, Any]:
    """The columns of a start that was refused."""
    return {
        "state": RunState.COMPLETED.value,
        "status": "failed",
        "refused": True,
        "reason": reason.model_dump(mode="json"),
        "completed_at": at,
    }


def closing(result: RunResult) -> dict[str, Any]:
    """The columns of a run that is over."""
    return {
        "state": RunState.COMPLETED.value,
        "status": _STATUS.get(result.outcome, "completed"),
        "outcome": result.outcome.value,
        "reason": None if result.reason is None else result.reason.model_dump(mode="json"),
        "result": result.model_dump(mode="json"),
        "defects": list(result.defects),
        "recoveries": result.recoveries,
        "hardware_safe": result.hardware_safe,
        "started_at": result.started_at,
        "completed_at": result.completed_at,
        "duration_s": (result.completed_at - result.started_at - result.waited).total_seconds(),
    }


def without_plan() -> Select[Any]:
    """Select runs without the one column that is large."""
    return select(*(column for column in RUNS.c if column.name != "plan"))


def record(row: Row[Any]) -> RunRecord:
    """Translate a row, with or without its plan."""
    plan = getattr(row, "plan", None)
    return RunRecord(
        run_id=row.id,
        batch=row.batch_id,
        package=PackageRef(name=row.sequence_name, version=row.sequence_version, content_hash=row.content_hash),
        unit=UnitUnderTest(wip=row.wip_id, process=row.process_id, operator=row.operator_id),
        state=RunState(row.state),
        status=row.status,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        reason=None if row.reason is None else RunReason.model_validate(row.reason),
        refused=row.refused,
        parameters=row.parameters or {},
        defects=tuple(row.defects or ()),
        round=row.round,
        recoveries=row.recoveries,
        hardware_safe=row.hardware_safe,
        workflow_id=row.workflow_id,
        temporal_run_id=row.temporal_run_id,
        accepted_at=row.accepted_at,
        started_at=row.started_at,
        completed_at=row.completed_at,
        synced_at=row.synced_at,
        duration_s=row.duration_s,
        result=None if row.result is None else RunResult.model_validate(row.result),
        instruments=row.instruments or {},
        plan=None if plan is None else Plan.model_validate(plan),
    )
