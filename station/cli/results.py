"""`station results` and `station show`: what is kept of runs, from the database alone."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from station.cli.output import out, print_json
from station.cli.place import Place
from station.cli.tables import print_logs, print_results, print_run
from station.contracts.names import run_workflow_id
from station.control.connect import address_of
from station.control.owed import told_of_run
from station.domain.errors import ParameterError, RunNotFoundError
from station.domain.outcome import Outcome
from station.storage.logs import LogFilter, LogLine, Logs
from station.storage.run_rows import RunRecord
from station.storage.runs import RunFilter, Runs
from station.storage.steps import StepRecord

LATEST = "last"
_SEARCHED = 500
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


async def results(
    place: Place,
    *,
    batch: str | None,
    outcome: Outcome | None,
    wip: str | None,
    since: str | None,
    limit: int,
    json: bool,
) -> None:
    """Write the runs that match, newest first; a StorageError passes through."""
    wanted = RunFilter(
        batch=batch, outcomes=(outcome,) if outcome else (), wip=wip, since=moment(since) if since else None
    )
    async with place.database() as database:
        runs = await Runs(database).list(wanted, limit=limit)
    if json:
        print_json([run_json(run) for run in runs])
    else:
        print_results(out(), runs)


async def show(place: Place, wanted: str, *, logs: bool, json: bool) -> None:
    """Write everything that is known of a run; a RunNotFoundError passes through."""
    async with place.database() as database:
        runs = Runs(database)
        run = await find_run(runs, wanted)
        steps = await runs.steps(run.run_id)
        told = await told_of_run(database, run.run_id)
        lines = await Logs(database).list(LogFilter(run_id=run.run_id), 10_000) if logs else []
    hint = deeper(place, run)
    if json:
        answer = run_json(run) | {
            "plan": run.plan.model_dump(mode="json") if run.plan else None,
            "steps": [step_json(step) for step in steps],
            "mes": [entry.model_dump(mode="json") for entry in told],
            "temporal": hint,
        }
        if logs:
            answer["logs"] = [log_json(line) for line in lines]
        print_json(answer)
        return
    console = out()
    print_run(console, run, steps, told, hint)
    if logs:
        console.print()
        print_logs(console, lines)


async def find_run(runs: Runs, wanted: str) -> RunRecord:
    """Find a run by its id, by an end or a beginning of it that no other recent run has, or as `last`.

    Raises:
        RunNotFoundError: If there is none, or more than one.
    """
    run = await runs.get(wanted)
    if run is not None:
        return run
    recent = await runs.list(limit=1 if wanted == LATEST else _SEARCHED)
    text = wanted.upper()
    found = [
        known.run_id
        for known in recent
        if wanted == LATEST or known.run_id.endswith(text) or known.run_id.startswith(text)
    ]
    if len(found) == 1 and (run := await runs.get(found[0])) is not None:
        return run
    if not found:
        msg = f"There is no run {wanted} in the results; `station results` lists them."
        raise RunNotFoundError(msg, run_id=wanted)
    msg = f"{wanted} may be {len(found)} runs: {', '.join(found[:3])} ...; write more of it."
    raise RunNotFoundError(msg, run_id=wanted)


def deeper(place: Place, run: RunRecord) -> str:
    """Write the command that shows the run's history in the engine; empty where it never had one."""
    if run.refused:
        return ""
    workflow_id = run.workflow_id or run_workflow_id(place.config.station.id, run.batch)
    words = ["temporal", "workflow", "show", "-w", workflow_id]
    if run.temporal_run_id:
        words += ["-r", run.temporal_run_id]
    return " ".join([*words, "--address", address_of(place.config), "-n", place.config.temporal.namespace])


def moment(text: str) -> datetime:
    """Read a point in time: `2h`, `3d` ago, or a date such as `2026-01-31` or `2026-01-31T08:00`, in local time.

    Raises:
        ParameterError: If it is neither.
    """
    if text[:-1].isdigit() and text[-1] in _UNITS:
        return datetime.now(UTC) - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        msg = f"--since {text!r} is not a time; write 30m, 2h, 3d, 1w, or a date such as 2026-01-31T08:00."
        raise ParameterError(msg) from error


def run_json(run: RunRecord) -> dict[str, Any]:
    """Write a run for machines."""
    return {
        "run_id": run.run_id,
        "batch": run.batch,
        "package": run.package.model_dump(mode="json"),
        "unit": run.unit.model_dump(mode="json"),
        "state": run.state.value,
        "outcome": run.outcome.value if run.outcome else None,
        "refused": run.refused,
        "reason": run.reason.model_dump(mode="json") if run.reason else None,
        "parameters": run.parameters,
        "defects": list(run.defects),
        "round": run.round,
        "recoveries": run.recoveries,
        "hardware_safe": run.hardware_safe,
        "accepted_at": run.accepted_at.isoformat(),
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "completed_at": run.completed_at.isoformat() if run.completed_at else None,
    }


def step_json(step: StepRecord) -> dict[str, Any]:
    """Write an attempt of a step for machines."""
    return {
        "step": step.key.step,
        "attempt": step.key.attempt,
        "round": step.round,
        "status": step.status.value,
        "given_up": step.given_up,
        "outcome": step.result.report.outcome.value if step.result else None,
        "elapsed_s": step.elapsed.total_seconds(),
        "started_at": step.started_at.isoformat(),
        "completed_at": step.completed_at.isoformat() if step.completed_at else None,
        "measurements": [m.model_dump(mode="json") for m in step.result.measurements] if step.result else [],
        "values": step.result.values if step.result else {},
        "defects": list(step.result.report.defects) if step.result else [],
        "fault": step.fault.model_dump(mode="json") if step.fault else None,
    }


def log_json(line: LogLine) -> dict[str, Any]:
    """Write a log line for machines."""
    return {**asdict(line), "time": line.time.isoformat()}
