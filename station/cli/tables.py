"""Writes what is known of stations, runs and results for people."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from station.cli.output import duration_text, styled, time_text, value_text
from station.cli.picture import how_to_recover
from station.cli.telling import print_told
from station.control.owed import OwedEntry
from station.control.status import BatchStatus, StationStatus
from station.domain.measurement import describe_limit
from station.domain.outcome import StepState
from station.domain.plan import Plan
from station.domain.run import RunStatus
from station.storage.logs import LogLine
from station.storage.run_rows import RunRecord
from station.storage.steps import StepRecord


def print_status(console: Console, status: StationStatus, mes: str = "") -> None:
    """Write how a station stands; `mes` says in one line what the MES is owed."""
    up = status.presence
    if up.ready:
        state = f"[green]up[/] since {time_text(up.since)} (process {up.pid})"
    else:
        state = "[yellow]starting or going down[/]" if up.up else "[red]down[/]"
    console.print(f"Station   {escape(status.name)} ({escape(status.id)}): {state}")
    engine = status.engine
    console.print(f"Temporal  {engine.address}: " + ("[green]reachable[/]" if engine.reachable else "[red]away[/]"))
    if mes:
        console.print(f"MES       {mes}")
    for problem in status.problems:
        console.print(f"[yellow]{escape(problem)}[/]")
    table = _table("batch", "process", "pid", "restarts", "memory", "WIP", "state", "step", "done")
    for batch in status.batches:
        table.add_row(*_batch_cells(batch))
    console.print(table)
    for batch in status.batches:
        for line in _remarks(batch):
            console.print(line)


def print_results(console: Console, runs: Sequence[RunRecord]) -> None:
    """Write a list of runs, newest first."""
    if not runs:
        console.print("No run matches.")
        return
    table = _table("run", "accepted", "batch", "WIP", "sequence", "outcome", "time", "reason")
    for run in runs:
        took = run.completed_at - run.started_at if run.completed_at and run.started_at else None
        table.add_row(
            run.run_id,
            time_text(run.accepted_at),
            escape(run.batch),
            escape(run.unit.wip or ""),
            escape(f"{run.package.name} {run.package.version}".strip()),
            _verdict(run),
            duration_text(took) if took is not None else "",
            escape(run.reason.message if run.reason else ""),
        )
    console.print(table)


def print_run(
    console: Console, run: RunRecord, steps: Sequence[StepRecord], told: Sequence[OwedEntry], hint: str
) -> None:
    """Write everything that is known of a run."""
    facts = {
        "run": run.run_id,
        "outcome": _verdict(run),
        "reason": escape(f"{run.reason.code}: {run.reason.message}") if run.reason else "",
        "defects": escape(", ".join(run.defects)),
        "batch": escape(run.batch),
        "WIP": escape(run.unit.wip or ""),
        "process": str(run.unit.process or ""),
        "operator": escape(run.unit.operator or ""),
        "notes": escape(run.unit.notes),
        "package": escape(f"{run.package.name} {run.package.version}".strip()),
        "hash": run.package.content_hash,
        "parameters": escape(", ".join(f"{name}={value}" for name, value in sorted(run.parameters.items()))),
        "accepted": time_text(run.accepted_at),
        "started": time_text(run.started_at),
        "completed": time_text(run.completed_at),
        "recoveries": str(run.recoveries) if run.recoveries else "",
        "hardware": "" if run.hardware_safe else "[bold red]the safe state could not be confirmed[/]",
    }
    for name, text in facts.items():
        if text:
            console.print(f"{name:<11} {text}")
    if steps:
        console.print()
        console.print(_step_table(steps, run.plan))
    if told:
        console.print()
        print_told(console, told)
    if hint:
        console.print()
        console.print(f"deeper: {escape(hint)}")


def print_logs(console: Console, lines: Sequence[LogLine]) -> None:
    """Write log lines."""
    if not lines:
        console.print("Nothing was logged.")
    for line in lines:
        step = f" {line.step}:" if line.step else ""
        clock = line.time.astimezone().strftime("%H:%M:%S.%f")[:-3]
        console.print(f"{clock} {line.level:<8}{escape(step)} {escape(line.message)}")


def _step_table(steps: Sequence[StepRecord], plan: Plan | None) -> Table:
    titles = {step.name: step.title for step in plan.steps} if plan else {}
    table = _table("step", "attempt", "outcome", "time", "measurement", "value", "limits", "judged")
    for step in steps:
        report = step.result.report if step.result else None
        head = [
            escape(titles.get(step.key.step) or step.key.step),
            str(step.key.attempt),
            styled(str(report.outcome if report else step.status)) + (" [dim]given up[/]" if step.given_up else ""),
            duration_text(report.elapsed if report else step.elapsed),
        ]
        rows = [
            [
                escape(m.name),
                escape(value_text(m.value, m.unit)),
                escape(describe_limit(m.limit)),
                styled(m.outcome) + (f" by {escape(m.by)}" if m.by else ""),
            ]
            for m in (step.result.measurements if step.result else ())
        ]
        if step.fault:
            rows.insert(0, [escape(f"{step.fault.code}: {step.fault.message}"), "", "", ""])
        if report and report.defects:
            rows.append([f"defects: {escape(', '.join(report.defects))}", "", "", ""])
        first, *rest = rows or [["", "", "", ""]]
        table.add_row(*head, *first)
        for row in rest:
            table.add_row("", "", "", "", *row)
    return table


def _batch_cells(batch: BatchStatus) -> list[str]:
    process, run = batch.process, batch.run
    memory = f"{process.rss_bytes / 2**20:.0f} MB" if process.rss_bytes else ""
    return [
        escape(batch.batch),
        escape(process.state),
        str(process.pid or ""),
        str(process.restarts),
        memory,
        escape(batch.wip or ""),
        styled(run.state)
        if run
        else "[bold]manual[/]"
        if batch.manual
        else "[bold red]quarantine[/]"
        if batch.quarantine
        else "idle",
        escape(", ".join(run.current)) if run else "",
        f"{run.progress:.0%}" if run and batch.source == "engine" else "",
    ]


def _remarks(batch: BatchStatus) -> list[str]:
    name, run = escape(batch.batch), batch.run
    lines = []
    if batch.process.alert:
        lines.append(f"[bold red]{name}: {escape(batch.process.alert)}[/]")
    if batch.quarantine:
        since = time_text(batch.quarantine.since)
        lines.append(
            f"[bold red]{name}: in quarantine since {since}: {escape(batch.quarantine.reason)} "
            f"(station clear {name} --reason ...)[/]"
        )
    if batch.manual:
        lines.append(f"{name}: in hand of {escape(batch.manual.holder)} since {time_text(batch.manual.since)}")
    if run is None:
        return lines
    if run.waiting_for:
        choices = how_to_recover(batch.batch, run.choices)
        lines.append(f"[yellow]{name}: waits: {escape(run.waiting_for)}{escape(choices)}[/]")
    if run.choices:
        lines.append(f"{name}: {_progress_of(run)}")
    if batch.source == "database":
        lines.append(f"[yellow]{name}: the engine does not answer; the state is the one last recorded[/]")
    lines.append(f"[dim]{name}: run {run.run_id}[/]")
    return lines


def _progress_of(run: RunStatus) -> str:
    """Say what was finished, what was cut off, and what is to come, for whoever must choose how a run goes on."""
    at = {"interrupted": StepState.INTERRUPTED, "under way": StepState.RUNNING, "to come": None}
    ended = [step for step in run.steps if step.outcome and step.state not in at.values()]
    told = {"finished": ", ".join(f"{escape(step.name)} {styled(step.outcome or '')}" for step in ended) or "nothing"}
    told |= {
        what: escape(", ".join(step.name for step in run.steps if step.state is state)) for what, state in at.items()
    }
    return "; ".join(f"{what}: {names}" for what, names in told.items() if names)


def _verdict(run: RunRecord) -> str:
    if run.refused:
        return "[yellow]refused[/]"
    return styled(run.outcome or run.state)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        right = column in {"time", "value", "pid", "restarts", "memory", "done", "attempt"}
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    return table
