"""Runs a sequence package from beginning to end in this process, for its author's tests; no station is needed."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pydantic import JsonValue

from station.domain.clock import Clock, SystemClock
from station.domain.errors import StationError
from station.domain.measurement import Measurement
from station.domain.outcome import Outcome, worst
from station.domain.plan import OnFail, Plan, RetryPlan, RunPolicy, Severity, StepPlan
from station.domain.run import StepFault, StepResult, UnitUnderTest
from station.execution.carrying import without_carried
from station.execution.files import FileStore
from station.execution.package import load_package
from station.execution.planning import make_plan
from station.execution.session import Session
from station.execution.steps import needs_of
from station.testing.answering import Answering, Answers

LONGEST = timedelta(days=1)
GRACE = timedelta(seconds=5)


@dataclass
class StepOutcome:
    """What one step came to, in its last attempt.

    Attributes:
        outcome: PASSED, FAILED, ERROR, SKIPPED, or ABORTED where a prompt was not answered in time.
        measurements: By name.
        failures: Names of the measurements out of limits.
        defects: Defect codes in the order they were given.
        fault: Why, where the outcome is not a verdict.
        values: What the step returned and measured.
        attempts: How often it was tried.
        segments: In how many pieces the last attempt ran.
        logs: What it wrote, as (level, message).
    """

    outcome: Outcome
    measurements: dict[str, Measurement] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    fault: StepFault | None = None
    values: dict[str, JsonValue] = field(default_factory=dict)
    state: dict[str, JsonValue] = field(default_factory=dict)
    elapsed: timedelta = timedelta()
    attempts: int = 1
    segments: int = 1
    logs: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class SequenceOutcome:
    """What a whole sequence came to.

    Attributes:
        outcome: The verdict, as the station would give it.
        steps: The steps that ran, cleanup included, in the order they ran.
        fault: Why nothing ran, where the session could not be opened.
        hardware_safe: Whether every instrument confirmed its safe state at the end.
    """

    outcome: Outcome
    steps: dict[str, StepOutcome] = field(default_factory=dict)
    fault: StepFault | None = None
    hardware_safe: bool = True

    @property
    def defects(self) -> tuple[str, ...]:
        """Defect codes of all steps, in order, each once."""
        return tuple(dict.fromkeys(code for step in self.steps.values() for code in step.defects))


class _Ear:
    """Keeps what a step says."""

    def __init__(self) -> None:
        self.logs: list[tuple[str, str]] = []
        self.elapsed = timedelta()

    def measurement(self, measurement: Measurement) -> None:
        """The result has them."""

    def log(self, level: str, message: str, data: Mapping[str, JsonValue]) -> None:
        """Keep the line."""
        self.logs.append((level, message))

    def progress(self, fraction: float, text: str) -> None:
        """Nobody watches."""

    def checkpoint(self, elapsed: timedelta, state: Mapping[str, JsonValue]) -> None:
        """Keep how far it is."""
        self.elapsed = elapsed


async def run_sequence(
    path: Path | str,
    hardware: Mapping[str, Mapping[str, JsonValue]] | None = None,
    parameters: Mapping[str, JsonValue] | None = None,
    unit: UnitUnderTest | None = None,
    clock: Clock | None = None,
    answers: Answers | None = None,
) -> SequenceOutcome:
    """Run a package: setup, steps one after the other in the order they depend on each other, cleanup, verdict.

    Args:
        path: The package's folder.
        hardware: Settings of its instruments, as station.yaml has them.
        parameters: What the start asks for.
        unit: Who is on the bench.
        clock: `FastClock` makes long steps short.
        answers: What prompts are answered: by key or `step.key`, or a callable that is given each prompt.

    Raises:
        AnswerError: If a prompt has no answer, or one it does not allow.
        PackageError: If the package cannot be used.
        ParameterError: If it refuses the parameters.
    """  # noqa: DOC502 - raised by the helpers
    package = load_package(Path(path))
    plan = make_plan(package, parameters or {}, RunPolicy(), timeout_step=LONGEST, retry=RetryPlan())
    time = clock or SystemClock()
    answering = Answering(answers or {})
    with tempfile.TemporaryDirectory(prefix="station-files-") as folder:
        files = FileStore(Path(folder))
        session = Session(package, plan, hardware or {}, files, unit or UnitUnderTest(), "test-run", time)
        try:
            await session.open(units=())
        except StationError as error:
            return SequenceOutcome(Outcome.ERROR, fault=StepFault(code=error.code, message=error.message))
        needs = {step.name: needs_of(step, package.steps) for step in package.steps}
        steps: dict[str, StepOutcome] = {}
        try:
            counted = await _run_main(session, plan, needs, steps, time, answering)
            for step in _in_order(plan.cleanup_steps, needs):
                steps[step.name] = await _run_step(session, step, time, answering)
        finally:
            faults = await session.close()
    cleanup = [steps[step.name].outcome for step in plan.cleanup_steps]
    safe = not faults and all(outcome in {Outcome.PASSED, Outcome.SKIPPED} for outcome in cleanup)
    return SequenceOutcome(worst(counted), steps, hardware_safe=safe)


async def _run_main(
    session: Session,
    plan: Plan,
    needs: Mapping[str, tuple[str, ...]],
    steps: dict[str, StepOutcome],
    clock: Clock,
    answering: Answering,
) -> list[Outcome]:
    """Run the steps that make the verdict, until one of them stops the run; give the outcomes that count."""
    counted = []
    for step in _in_order(plan.main_steps, needs):
        fault, measured = answering.before(step, plan.parameters)
        if fault is None:
            done = await _run_step(session, step, clock, answering)
        else:
            done = _not_begun(fault, measured)
        steps[step.name] = done
        if done.outcome is Outcome.ERROR and _severity(step, done.fault) is Severity.WARNING:
            continue
        counted.append(done.outcome)
        if done.outcome in {Outcome.ERROR, Outcome.ABORTED} or (
            done.outcome is Outcome.FAILED and step.on_fail is OnFail.STOP
        ):
            break
    return counted


async def _run_step(session: Session, step: StepPlan, clock: Clock, answering: Answering) -> StepOutcome:
    pause = step.retry.backoff
    attempt = 1
    before: StepResult | None = None
    while True:
        done, last = await _run_attempt(session, step, attempt, before, answering)
        again = done.outcome is Outcome.ERROR and _severity(step, done.fault) is Severity.RECOVERABLE
        if not again or not step.repeatable or attempt > step.retry.retries:
            return done
        before = last if step.segment is not None and not step.rearm else None  # a long step goes on where it was
        await clock.sleep(pause.total_seconds())
        pause = min(pause * 2, step.retry.backoff_max)
        attempt += 1


async def _run_attempt(
    session: Session, step: StepPlan, attempt: int, before: StepResult | None, answering: Answering
) -> tuple[StepOutcome, StepResult]:
    ear = _Ear()
    results: list[StepResult] = []
    while not results or not results[-1].report.finished:
        execution = session.start_step(
            step,
            attempt,
            ear,
            timeout=step.timeout,
            grace=GRACE,
            elapsed=before.report.elapsed if before else timedelta(),
            state=before.state if before else None,
            segment=len(results) + 1,
            answers=answering.given(step.name),
        )
        before = await execution.wait()
        report = before.report
        if report.prompt is not None and (fault := answering.answer(step.name, report.prompt)):
            ended = report.model_copy(update={"outcome": Outcome.ABORTED, "finished": True, "fault": fault})
            before = before.model_copy(update={"report": ended})
        results.append(before)
    return _sum_up(results, attempt, ear), results[-1]


def _not_begun(fault: StepFault, measured: list[Measurement]) -> StepOutcome:
    """Make the outcome of a step whose prompt was not answered, or answered with no."""
    return StepOutcome(
        outcome=Outcome.FAILED if measured else Outcome.ABORTED,
        measurements={one.name: one for one in measured},
        failures=tuple(one.name for one in measured if one.outcome is Outcome.FAILED),
        fault=fault,
        values={one.name: one.value for one in measured},
    )


def _sum_up(results: list[StepResult], attempt: int, ear: _Ear) -> StepOutcome:
    """Put the segments of an attempt together."""
    last = results[-1]
    return StepOutcome(
        outcome=last.report.outcome,
        measurements={made.name: made for result in results for made in result.measurements},
        failures=last.report.failures,
        defects=last.report.defects,
        fault=last.report.fault,
        values=last.values,
        state=without_carried(last.state),
        elapsed=last.report.elapsed,
        attempts=attempt,
        segments=len(results),
        logs=ear.logs,
    )


def _severity(step: StepPlan, fault: StepFault | None) -> Severity:
    if fault is not None and fault.severity is not None:
        return fault.severity
    return step.on_error or Severity.RECOVERABLE


def _in_order(steps: tuple[StepPlan, ...], needs: Mapping[str, tuple[str, ...]]) -> list[StepPlan]:
    """Order steps so that each comes after those it needs; otherwise as they are."""
    waiting = list(steps)
    done: list[StepPlan] = []
    while waiting:
        names = {step.name for step in waiting}
        ready = next(step for step in waiting if not names.intersection(needs[step.name]))
        waiting.remove(ready)
        done.append(ready)
    return done
