"""Runs, steps and times that the tests of the storage speak of."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from station.domain.measurement import Measurement, RangeLimit
from station.domain.outcome import Outcome
from station.domain.plan import PackageRef, Plan, StepPlan
from station.domain.run import RunResult, StepReport, StepResult, UnitUnderTest
from station.storage.database import Database
from station.storage.journal import Journal, StepKey
from station.storage.runs import AcceptedRun, Runs

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PACKAGE = PackageRef(name="pcb_test", version="1.2.3", content_hash="ab" * 32)
PLAN = Plan(
    package=PACKAGE,
    steps=(StepPlan(name="power_on", index=0), StepPlan(name="measure", index=1, segment=timedelta(minutes=10))),
    parameters={"volts": 5.0},
)
UNIT = UnitUnderTest(wip="WIP-1", process=3, operator="kim")
VOLTS = Measurement(name="v_out", value=5.02, unit="V", limit=RangeLimit(low=4.9, high=5.1))
TOO_LOW = Measurement(name="v_low", value=4.0, unit="V", limit=RangeLimit(low=4.9), outcome=Outcome.FAILED)


def after(seconds: float) -> datetime:
    """A moment of the story."""
    return T0 + timedelta(seconds=seconds)


def accepted(
    run_id: str = "RUN1", batch: str = "b1", unit: UnitUnderTest | None = None, at: datetime = T0
) -> AcceptedRun:
    """A run as the engine accepts it; every run has a unit of its own."""
    if unit is None:
        unit = UNIT if run_id == "RUN1" else UNIT.model_copy(update={"wip": f"WIP-{run_id}"})
    return AcceptedRun(run_id, batch, unit, PLAN, f"run/st/{batch}", at)


def passed(step: str = "measure", attempt: int = 1, *measurements: Measurement, finished: bool = True) -> StepResult:
    """What a step that passed came to."""
    report = StepReport(
        step=step, attempt=attempt, outcome=Outcome.PASSED, finished=finished, elapsed=timedelta(seconds=1.5)
    )
    return StepResult(report=report, measurements=measurements, values={"answer": 42}, state={"count": 1})


def ended(run_id: str = "RUN1", outcome: Outcome = Outcome.PASSED) -> RunResult:
    """What a run came to."""
    return RunResult(run_id=run_id, outcome=outcome, started_at=after(1), completed_at=after(60))


async def running(database: Database, batch: str = "b1", run_id: str = "RUN1", session: str = "S1") -> Journal:
    """A journal with an accepted run whose session is open."""
    journal = Journal(database)
    await Runs(database).accept(accepted(run_id, batch))
    await journal.claim_session(batch, session, run_id, PACKAGE, {"dmm": {"port": "sim"}}, after(1))
    return journal


async def begin(
    journal: Journal, key: StepKey, session: str = "S1", segment: int = 1, at: float = 2, **more: Any
) -> None:
    """Begin an attempt of the step `measure`, or a further segment of it."""
    settings: dict[str, Any] = {"batch": "b1", "session": session, "index": 1, "round": 1, "segment": segment, **more}
    await journal.begin_step(key, task_token=b"task", pid=4711, at=after(at), **settings)


def put(path: Path, data: bytes) -> None:
    """Write a file."""
    path.write_bytes(data)


def content(path: Path) -> bytes | None:
    """What is in a file; None where there is none."""
    return path.read_bytes() if path.exists() else None
