"""Judges a run by the reports of its steps: a fault is never a verdict, and PASSED needs every step."""

from collections.abc import Sequence

from station.domain.outcome import Outcome, worst
from station.domain.plan import Plan, Severity, StepPlan
from station.domain.run import StepReport

SKIPPED_BY_RECOVERY = "STEP_SKIPPED_BY_RECOVERY"


def judge(plan: Plan, reports: Sequence[StepReport], *, aborted: bool, at_fault: bool) -> Outcome:
    """Judge a run.

    Args:
        plan: What was to be done; a step without a report keeps the run from passing.
        reports: The latest report of each step.
        aborted: Whether somebody stopped it, or the MES refused it.
        at_fault: Whether the station itself failed, or could not confirm that the hardware is safe.
    """
    steps = {step.name: step for step in plan.steps}
    outcomes = []
    for report in reports:
        step = steps[report.step]
        if skipped_by_recovery(report) or (step.cleanup and report.outcome is Outcome.FAILED):
            outcomes.append(Outcome.ERROR)
        elif not forgiven(step, report):
            outcomes.append(report.outcome)
    if aborted:
        outcomes.append(Outcome.ABORTED)
    if at_fault:
        outcomes.append(Outcome.ERROR)
    if len(reports) < len(steps) and worst(outcomes) is Outcome.PASSED:
        outcomes.append(Outcome.ERROR)
    return worst(outcomes)


def forgiven(step: StepPlan, report: StepReport) -> bool:
    """Whether an ERROR does not count: only where the step or its exception says `warning` itself."""
    said = (report.fault.severity if report.fault else None) or step.on_error
    return report.outcome is Outcome.ERROR and said is Severity.WARNING


def skipped_by_recovery(report: StepReport) -> bool:
    """Whether a step was left out because it had been cut off."""
    fault = report.fault
    return report.outcome is Outcome.SKIPPED and fault is not None and fault.code == SKIPPED_BY_RECOVERY


def why_failed(report: StepReport) -> str:
    """Say in one sentence why a step FAILED."""
    if report.failures:
        return f"{report.step}: out of limits: {', '.join(report.failures)}"
    return f"{report.step}: {report.fault.message if report.fault else 'failed'}"
