"""Judges a run by the reports of its steps: a fault is never a verdict, and PASSED needs every step."""

from collections.abc import Sequence
from datetime import datetime

from station.contracts.messages import RecordResultRequest, RunInput, RunProgress, StopRequest
from station.domain.outcome import Outcome, worst
from station.domain.plan import OnFail, Plan, Severity, StepPlan
from station.domain.run import RunReason, RunResult, StepReport

SKIPPED_BY_RECOVERY = "STEP_SKIPPED_BY_RECOVERY"
SKIPPED_BY_SOMEBODY = "STEP_SKIPPED"

_WEAK = ("STEP_FAILED", SKIPPED_BY_SOMEBODY)
"""What does not keep a weightier cause from being the reason, the lightest first."""


class Blame:
    """Keeps the first cause of what a run came to; a fault of the station outranks a verdict on the unit.

    Attributes:
        reason: None while nothing is wrong.
    """

    def __init__(self) -> None:
        """Blame nothing yet."""
        self.reason: RunReason | None = None

    def put(self, code: str, message: str, step: str | None = None) -> None:
        """Say what is wrong."""
        if self.reason is None or _weight(self.reason.code) < _weight(code):
            self.reason = RunReason(code=code, message=message, step=step)

    def weigh(self, step: StepPlan, report: StepReport, severity: Severity, *, stopping: bool) -> bool:
        """Say what is wrong with a step that ended; whether the steps after it are left out."""
        match report.outcome:
            case Outcome.FAILED:
                self.put("STEP_FAILED", why_failed(report), step.name)
                return step.on_fail is OnFail.STOP
            case Outcome.ERROR if severity is not Severity.WARNING:
                self._put_fault(report)
                return True
            case Outcome.ERROR if not forgiven(step, report):
                self._put_fault(report)
            case Outcome.SKIPPED if skipped_by_recovery(report) or skipped_by_somebody(report):
                self._put_fault(report)
            case Outcome.ABORTED if not stopping:
                self._put_fault(report)
                return True
            case _:
                pass
        return False

    def _put_fault(self, report: StepReport) -> None:
        fault = report.fault
        self.put(fault.code if fault else "STEP_ERROR", fault.message if fault else "", report.step)


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
        elif skipped_by_somebody(report):
            outcomes.append(Outcome.ABORTED)
        elif not forgiven(step, report):
            outcomes.append(report.outcome)
    if aborted:
        outcomes.append(Outcome.ABORTED)
    if at_fault:
        outcomes.append(Outcome.ERROR)
    if len(reports) < len(steps) and worst(outcomes) is Outcome.PASSED:
        outcomes.append(Outcome.ERROR)
    return worst(outcomes)


def final_reason(
    outcome: Outcome, blame: Blame, refusal: RunReason | None, stop: StopRequest | None
) -> RunReason | None:
    """Say why a run came to its outcome; None: it PASSED."""
    if outcome is Outcome.PASSED:
        return None
    if refusal is not None:
        return refusal
    if outcome is Outcome.ABORTED and stop:
        why = f": {stop.reason}" if stop.reason else ""
        return RunReason(code="STOPPED", message=f"Stopped by {stop.by}{why}")
    return blame.reason or RunReason(code="INTERNAL_ERROR", message="Not every step was run.")


def result_of(
    request: RunInput, progress: RunProgress, outcome: Outcome, reason: RunReason | None, *, safe: bool, at: datetime
) -> RecordResultRequest:
    """Make what is written of a run's end.

    Args:
        request: The run.
        progress: What it went through.
        outcome: The verdict.
        reason: Why, where it did not pass.
        safe: Whether the instruments are known to be safe.
        at: The time of its end.
    """
    result = RunResult(
        run_id=request.run_id,
        outcome=outcome,
        reason=reason,
        defects=tuple(dict.fromkeys(code for report in progress.reports for code in report.defects)),
        started_at=progress.started_at or request.accepted_at,
        completed_at=at,
        recoveries=progress.recoveries,
        hardware_safe=safe,
        waited=progress.waited,
    )
    mes = request.mes if progress.mes_told else None
    return RecordResultRequest(
        batch=request.batch,
        result=result,
        unit=request.unit,
        mes=mes,
        round=progress.round,
        package=request.plan.package,
        parameters=request.plan.parameters,
        accepted_at=request.accepted_at,
    )


def forgiven(step: StepPlan, report: StepReport) -> bool:
    """Whether an ERROR does not count: only where the step or its exception says `warning` itself."""
    said = (report.fault.severity if report.fault else None) or step.on_error
    return report.outcome is Outcome.ERROR and said is Severity.WARNING


def skipped_by_recovery(report: StepReport) -> bool:
    """Whether a step was left out because it had been cut off."""
    return _skipped_as(report, SKIPPED_BY_RECOVERY)


def skipped_by_somebody(report: StepReport) -> bool:
    """Whether a step was left out because a person wished it: nobody knows what it would have found."""
    return _skipped_as(report, SKIPPED_BY_SOMEBODY)


def _skipped_as(report: StepReport, code: str) -> bool:
    fault = report.fault
    return report.outcome is Outcome.SKIPPED and fault is not None and fault.code == code


def _weight(code: str) -> int:
    return _WEAK.index(code) if code in _WEAK else len(_WEAK)


def why_failed(report: StepReport) -> str:
    """Say in one sentence why a step FAILED."""
    if report.failures:
        return f"{report.step}: out of limits: {', '.join(report.failures)}"
    return f"{report.step}: {report.fault.message if report.fault else 'failed'}"
