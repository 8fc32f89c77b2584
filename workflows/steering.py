"""How people steer a run under way: a step left out, a step and those after it done again."""

from collections.abc import Collection
from datetime import timedelta

from pydantic import JsonValue
from temporalio import workflow

from station.contracts import steering as contracts
from station.contracts.messages import RunInput, RunProgress
from station.contracts.steering import GotoRequest, SkippedStep, SkipRequest, WentBack
from station.domain.outcome import Outcome
from station.domain.plan import StepPlan
from station.domain.run import StepFault, StepReport
from station.domain.schedule import steps_from
from workflows.refusing import refuse
from workflows.telling import Telling
from workflows.verdict import SKIPPED_BY_SOMEBODY

_ENDED_BY_ITSELF = (Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED)


class Steering:
    """Which steps are left out, and which one the run goes back to.

    Attributes:
        going_back: Set from the wish to go back until the run is back; no step begins meanwhile.
    """

    def __init__(self, request: RunInput, progress: RunProgress, telling: Telling) -> None:
        """Steer the run of that request."""
        self.going_back: GotoRequest | None = None
        self._request = request
        self._steps = request.plan.main_steps
        self._progress = progress
        self._telling = telling
        self._cut_off: tuple[str, ...] = ()

    # Leaving a step out

    def check_skip(self, request: SkipRequest, running: Collection[str]) -> None:
        """Refuse to leave out a step that is not there, has ended, or is left out already, or while it goes back."""
        self._check_name(request.step)
        if self.going_back is not None:  # the wish would be given up with the attempts
            refuse("RUN_GOING_BACK", f"The run is going back to {self.going_back.step}; leave the step out after that.")
        if request.step in self._progress.skips:
            refuse("STEP_FINISHED", f"Step {request.step} is left out already.")
        if request.step in self._ended(running):
            refuse("STEP_FINISHED", f"Step {request.step} has ended; there is nothing left to skip.")

    def skip(self, request: SkipRequest) -> None:
        """Leave the step out: at once where it is under way, else when its turn comes."""
        why = f": {request.reason}" if request.reason else ""
        message = f"Left out by {request.by or 'somebody'}{why}"
        self._progress.skips[request.step] = StepFault(code=SKIPPED_BY_SOMEBODY, message=message)
        self._telling.deed(request.by, "skip", reason=request.reason, data={"step": request.step})

    def leaves_out(self, step: StepPlan) -> bool:
        """Whether somebody wishes the step to be left out."""
        return step.name in self._progress.skips

    def left_out(self, step: StepPlan) -> StepReport:
        """Make the report of a step that is left out: an attempt of its own, which no process ever had."""
        attempt = self._progress.attempts.get(step.name, 0) + 1
        self._progress.attempts[step.name] = attempt
        self._progress.segments.pop(step.name, None)
        self._progress.elapsed.pop(step.name, None)
        fault = self._progress.skips[step.name]
        note = SkippedStep(
            run_id=self._request.run_id,
            batch=self._request.batch,
            step=step.name,
            index=step.index,
            attempt=attempt,
            round=self._progress.round,
            fault=fault,
            at=workflow.now(),
        )
        self._telling.later(contracts.record_skipped, note, f"record: {step.name} is left out")
        return StepReport(step=step.name, attempt=attempt, outcome=Outcome.SKIPPED, fault=fault)

    # Going back

    def check_goto(self, request: GotoRequest, running: Collection[str]) -> None:
        """Refuse to go back to a step that has not begun, or over one that must not be repeated."""
        if self.going_back is not None:
            refuse("RUN_GOING_BACK", f"The run is going back to {self.going_back.step} already.")
        if request.step:
            self._check_name(request.step)
        first = self._first(request, running)
        if not first:
            refuse("STEP_NOT_FINISHED", "No step has begun yet; there is nothing to repeat.")
        if first not in {*running, *self._ended(running)}:
            refuse("STEP_NOT_FINISHED", f"Step {first} has not begun yet; the run can only go back.")
        if request.force and not request.reason.strip():
            refuse("REASON_MISSING", "Repeating a step that is not repeatable needs a reason.")
        once = [step.name for step in self._begun_from(first, running) if not step.repeatable]
        if once and not request.force:
            refuse(
                "STEP_NOT_REPEATABLE",
                f"{', '.join(once)} must not be repeated (repeatable=False); force it with a reason if you must.",
            )

    def go_back(self, request: GotoRequest, running: Collection[str]) -> None:
        """Wish to go back; the steps under way are asked to yield by the run."""
        self.going_back = request.model_copy(update={"step": self._first(request, running)})
        self._cut_off = tuple(running)
        data: dict[str, JsonValue] = {"step": self.going_back.step, "force": request.force}
        self._telling.deed(request.by, "goto", reason=request.reason, data=data)

    def give_up(self) -> None:
        """Forget what the steps that are done again came to; nothing is under way any more."""
        request = self.going_back
        if request is None:  # pragma: no cover - the run asks first
            return
        progress = self._progress
        behind = steps_from(self._steps, request.step)
        ended = [report.step for report in progress.reports if report.outcome in _ENDED_BY_ITSELF]
        cut_off = [name for name in self._cut_off if name not in ended]
        again = [step.name for step in self._steps if step in behind or step.name in cut_off]
        progress.reports = [report for report in progress.reports if report.step not in again]
        progress.answers = [one for one in progress.answers if one.step not in again]  # people are asked anew
        for name in again:
            for kept in (progress.skips, progress.segments, progress.elapsed, progress.ended_at):
                kept.pop(name, None)
        progress.powered = max(
            (progress.ended_at.get(report.step, progress.powered) for report in progress.reports), default=timedelta()
        )
        note = WentBack(
            run_id=self._request.run_id,
            batch=self._request.batch,
            step=request.step,
            given_up={name: progress.attempts[name] for name in again if name in progress.attempts},
            by=request.by,
            reason=request.reason,
            at=workflow.now(),
        )
        self._telling.later(contracts.record_going_back, note, f"record: back to {request.step}")
        self.forget()

    def forget(self) -> None:
        """Be where the run has gone back to, or begin anew."""
        self.going_back, self._cut_off = None, ()

    def _first(self, request: GotoRequest, running: Collection[str]) -> str:
        """Name the step to begin again with; empty where none has begun."""
        if request.step:
            return request.step
        under_way = [step.name for step in self._steps if step.name in running]
        return next(iter(under_way), self._progress.reports[-1].step if self._progress.reports else "")

    def _begun_from(self, first: str, running: Collection[str]) -> list[StepPlan]:
        """List the steps that would be repeated: those that have begun, and were not only left out."""
        done = {report.step for report in self._progress.reports if report.outcome is not Outcome.SKIPPED}
        again = steps_from(self._steps, first)
        return [step for step in self._steps if step.name in running or (step in again and step.name in done)]

    def _ended(self, running: Collection[str]) -> set[str]:
        return {report.step for report in self._progress.reports if report.step not in running}

    def _check_name(self, name: str) -> None:
        """Refuse a step that is not in the plan, or that nobody may steer."""
        step = next((step for step in self._request.plan.steps if step.name == name), None)
        if step is None:
            names = ", ".join(step.name for step in self._steps)
            refuse("STEP_NOT_FOUND", f"The sequence has no step {name!r}; it has {names}.")
        if step.cleanup:
            refuse("STEP_IS_CLEANUP", f"Step {name} is a cleanup step; those run at the end whatever happens.")
