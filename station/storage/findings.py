"""What was wrong with a run that is over, and which of a unit's runs it is: written with its result, to be searched."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from station.domain.outcome import Outcome
from station.domain.run import RunResult
from station.storage.tables import FINDINGS, MEASUREMENTS, RUNS, STEPS

JUDGED = (Outcome.PASSED.value, Outcome.FAILED.value)
"""The outcomes that say something about the unit."""
_WRONG = (Outcome.FAILED.value, Outcome.ERROR.value)
_RUN = (
    RUNS.c.id,
    RUNS.c.batch_id,
    RUNS.c.sequence_name,
    RUNS.c.accepted_at,
    RUNS.c.wip_id,
    RUNS.c.process_id,
    RUNS.c.round,
)


class Finding(NamedTuple):
    """One thing that was wrong.

    Attributes:
        kind: step, measurement, fault or defect.
        step: Empty for a defect.
        name: Of the measurement, or the code of the fault or defect; empty for a step.
    """

    kind: str
    step: str = ""
    name: str = ""


def conclude(transaction: Connection, result: RunResult) -> None:
    """Write what was wrong with a run, and count it among its unit's, in the transaction of its result."""
    run = transaction.execute(select(*_RUN).where(RUNS.c.id == result.run_id)).one()
    found = [*_of_steps(transaction, run), *(Finding("defect", "", code) for code in result.defects)]
    same = {
        "execution_id": run.id,
        "batch_id": run.batch_id,
        "sequence_name": run.sequence_name,
        "accepted_at": run.accepted_at,
    }
    rows = [same | {"kind": kind, "step_name": step, "name": name} for kind, step, name in dict.fromkeys(found)]
    if rows:
        transaction.execute(insert(FINDINGS), rows)
    if result.outcome in JUDGED:
        _count_among_its_unit(transaction, run)


def _of_steps(transaction: Connection, run: Any) -> list[Finding]:  # noqa: ANN401 - a row
    """What the attempts say that count: the last one of each step in the run's last round."""
    counted = (STEPS.c.execution_id == run.id, STEPS.c.round == run.round, STEPS.c.given_up.is_(False))
    columns = (STEPS.c.id, STEPS.c.step_name, STEPS.c.outcome, STEPS.c.fault)
    query = select(*columns).where(*counted).order_by(STEPS.c.step_index, STEPS.c.attempt)
    last = {row.step_name: row for row in transaction.execute(query)}
    wrong = {row.id: row for row in last.values() if row.outcome in _WRONG}
    if not wrong:
        return []
    found = [Finding("step", row.step_name) for row in wrong.values()]
    failed = (MEASUREMENTS.c.step_result_id.in_(list(wrong)), MEASUREMENTS.c.outcome == Outcome.FAILED.value)
    measured = list(transaction.execute(select(MEASUREMENTS.c.step_result_id, MEASUREMENTS.c.name).where(*failed)))
    found += [Finding("measurement", wrong[row.step_result_id].step_name, row.name) for row in measured]
    explained = {row.step_result_id for row in measured}
    for row in wrong.values():
        if row.fault or row.id not in explained:
            found.append(Finding("fault", row.step_name, row.fault["code"] if row.fault else row.outcome))
    return found


def _count_among_its_unit(transaction: Connection, run: Any) -> None:  # noqa: ANN401 - a row
    """A unit without a WIP is one of its own each time."""
    earlier = 0
    if run.wip_id is not None:
        others = and_(
            RUNS.c.wip_id == run.wip_id,
            RUNS.c.process_id.is_not_distinct_from(run.process_id),
            RUNS.c.outcome.in_(JUDGED),
            or_(
                RUNS.c.accepted_at < run.accepted_at,
                and_(RUNS.c.accepted_at == run.accepted_at, RUNS.c.id < run.id),
            ),
        )
        earlier = transaction.scalar(select(func.count()).where(others)) or 0
        if earlier:
            transaction.execute(update(RUNS).where(others, RUNS.c.superseded.is_(False)).values(superseded=True))
    transaction.execute(update(RUNS).where(RUNS.c.id == run.id).values(judged=earlier + 1))
