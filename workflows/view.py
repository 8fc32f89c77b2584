"""How a run shows its steps: to those who query it, and as a table in Temporal's own UI."""

from collections.abc import Collection
from datetime import timedelta

from station.contracts.messages import RunProgress
from station.domain.outcome import Outcome, StepState, step_state_of
from station.domain.plan import Plan, StepPlan
from station.domain.run import RunStatus, StepView

_MARKS = {
    Outcome.PASSED: "✔",
    Outcome.FAILED: "✘",
    Outcome.ERROR: "⚠",
    Outcome.ABORTED: "■",
    Outcome.SKIPPED: "–",
}


def view_of(
    plan: Plan, progress: RunProgress, running: Collection[StepPlan], interrupted: str = ""
) -> tuple[StepView, ...]:
    """List every step of the plan with what is known of it.

    Args:
        plan: The run's plan.
        progress: What it went through.
        running: Steps under way.
        interrupted: Name of the step that cannot go on before somebody has chosen how.
    """
    reports = {report.step: report for report in progress.reports}
    under_way = {step.name for step in running}
    views = []
    for step in plan.steps:
        report = reports.get(step.name)
        skip = progress.skips.get(step.name)
        begun = StepState.RUNNING if step.name in under_way else report and step_state_of(report.outcome)
        if step.name == interrupted:
            begun = StepState.INTERRUPTED
        views.append(
            StepView(
                name=step.name,
                title=step.title,
                index=step.index,
                attempt=progress.attempts.get(step.name, 0),
                state=begun or (StepState.SKIPPED if skip else None),
                outcome=report.outcome if report and begun is not StepState.INTERRUPTED else None,
                elapsed=report.elapsed if report else timedelta(),
                fault=report.fault if report else skip,
            )
        )
    return tuple(views)


def details(status: RunStatus) -> str:
    """Draw the run as a Markdown table."""
    lines = [
        f"**{status.outcome or status.state}**" + (f" · {status.waiting_for}" if status.waiting_for else ""),
        "",
        "| step | attempt | outcome | time |",
        "|---|---|---|---|",
    ]
    for step in status.steps:
        mark = f"{_MARKS[step.outcome]} {step.outcome}" if step.outcome else (step.state or "")
        elapsed = f"{step.elapsed.total_seconds():.2f} s" if step.outcome else ""
        lines.append(f"| {step.title or step.name} | {step.attempt or ''} | {mark} | {elapsed} |")
    if status.reason:
        lines += ["", f"{status.reason.code}: {status.reason.message}"]
    return "\n".join(lines)[:18_000]
