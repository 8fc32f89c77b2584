"""What is done by hand in a manual session, one thing at a time, each at most once."""

import asyncio

from temporalio import workflow

from station.contracts import manual
from station.contracts.manual import (
    CommandOutcome,
    ManualCommandRequest,
    ManualInput,
    ManualProgress,
    ManualSessionRequest,
    ManualStepRequest,
    StepOutcome,
)
from station.contracts.messages import ClosedSession
from station.domain.manual import Command, CommandAnswer
from station.domain.plan import StepPlan
from station.domain.run import StepFault, StepReport
from workflows import policies
from workflows.slot import Lost, Slot


class Hand:
    """Carries out what a person wants done on the slot.

    Attributes:
        busy_with: What is under way; empty while nothing is.
    """

    def __init__(self, request: ManualInput, progress: ManualProgress, slot: Slot) -> None:
        """Work on the slot of that session."""
        self.busy_with = ""
        self._request = request
        self._progress = progress
        self._slot = slot
        self._turn = asyncio.Lock()
        self._cuts = 0

    def session(self) -> ManualSessionRequest:
        """Name the session to those who are asked about it."""
        request = self._request
        return ManualSessionRequest(session_id=request.session_id, batch=request.batch, session=self._slot.token)

    async def command(self, command: Command, answer: CommandAnswer) -> CommandAnswer:
        """Tell an instrument something; what came of it is filled into the answer."""
        times, cuts = self._request.times, self._cuts
        async with self._turn:
            if self._called_off(answer, cuts):
                return answer
            outcome = await self._slot.ask(
                manual.manual_command,
                ManualCommandRequest(
                    **self.session().model_dump(),
                    instrument=command.instrument,
                    name=command.name,
                    arguments=answer.arguments,
                    timeout=times.command,
                ),
                timeout=times.command + policies.COMMAND_MARGIN,
                summary=command.full_name,
                stoppable=True,
            )
            self.busy_with = ""
            if isinstance(outcome, CommandOutcome):
                answer.value, answer.fault, answer.elapsed = outcome.value, outcome.fault, outcome.elapsed
            else:
                answer.fault = why_not(outcome)
        return answer

    async def step(self, step: StepPlan, answer: CommandAnswer) -> CommandAnswer:
        """Run a step of the sequence; what came of it is filled into the answer."""
        grace, cuts = self._request.plan.policy.grace_period, self._cuts
        async with self._turn:
            if self._called_off(answer, cuts):
                return answer
            attempt = self._progress.attempts.get(step.name, 0) + 1
            self._progress.attempts[step.name] = attempt
            outcome = await self._slot.ask(
                manual.manual_step,
                ManualStepRequest(
                    **self.session().model_dump(),
                    step=step.name,
                    attempt=attempt,
                    parameters=answer.arguments,
                    timeout=step.timeout,
                    grace=grace,
                ),
                timeout=step.timeout + grace + policies.STEP_MARGIN,
                summary=f"{step.title or step.name} · by hand",
                stoppable=True,
            )
            self.busy_with = ""
            if isinstance(outcome, StepOutcome):
                answer.report, answer.measurements = outcome.report, outcome.measurements
                answer.value, answer.elapsed = outcome.values, outcome.report.elapsed
                answer.fault = outcome.report.fault or _asks(outcome.report)
            else:
                answer.fault = why_not(outcome)
        return answer

    async def make_safe(self, answer: CommandAnswer) -> CommandAnswer:
        """Make every instrument safe: what goes on is cut off, what waits for its turn is called off."""
        self.cut()
        async with self._turn:
            self.busy_with = answer.what
            outcome = await self._slot.ask(
                manual.manual_safe, self.session(), timeout=policies.CLOSING_TIMEOUT, summary="make safe"
            )
            self.busy_with = ""
        if not isinstance(outcome, ClosedSession):
            answer.fault = why_not(outcome)
        elif not outcome.safe:
            answer.fault = StepFault(code="HARDWARE_NOT_SAFE", message="; ".join(outcome.problems))
        return answer

    def cut(self) -> None:
        """Cut off what is under way, and call off what waits for its turn."""
        self._cuts += 1
        self._slot.stop_steps()

    async def let_go(self) -> None:
        """Cut off what is under way and wait until it has ended."""
        self.cut()
        await workflow.wait_condition(lambda: not self._turn.locked())

    def _called_off(self, answer: CommandAnswer, cuts: int) -> bool:
        """Whether the instruments were made safe before something's turn came; if not, it is under way now."""
        if self._cuts == cuts:
            self.busy_with = answer.what
            return False
        answer.fault = StepFault(
            code="COMMAND_STOPPED", message="Not done: the instruments were made safe before its turn came."
        )
        return True


def _asks(report: StepReport) -> StepFault | None:
    """Say that a step ended to ask a person: only a run keeps a prompt until it is answered."""
    if report.prompt is None:
        return None
    return StepFault(
        code="STEP_ASKS", message=f"The step asks “{report.prompt.message}”; only a run waits for an answer."
    )


def why_not(answer: StepFault | Lost) -> StepFault:
    """Say what is known of something that has no outcome."""
    match answer:
        case StepFault():
            return answer
        case Lost(begun=False):
            return StepFault(code="COMMAND_STOPPED", message="Not done: it was called off before it began.")
        case Lost(code="SESSION_LOST"):
            return StepFault(code="SESSION_LOST", message=f"Not done: {answer.reason}.")
        case Lost(reason="stopped"):
            return StepFault(code="COMMAND_STOPPED", message="It was cut off; nobody knows how far it had come.")
        case _:
            return StepFault(code="COMMAND_LOST", message=f"Nobody knows whether it was done: {answer.reason}.")
