"""Brings back instruments that do not answer; and when they do not come back, does what the policy says."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol, assert_never

from pydantic import JsonValue
from temporalio import workflow

from station.contracts.messages import RunInput, RunProgress
from station.domain.notice import Notice, NoticeCode
from station.domain.outcome import Outcome
from station.domain.plan import HardwarePolicy, OnHardwareFailure, RecoveryMode, Severity, StepPlan
from station.domain.run import StepFault, StepReport
from workflows import policies
from workflows.opening import Opening
from workflows.question import ABORT, CHOICES
from workflows.refusing import FullRestart
from workflows.slot import Lost, Slot
from workflows.verdict import SKIPPED_BY_RECOVERY

REPAIR_CHOICES = (RecoveryMode.RESUME.value, RecoveryMode.SKIP_FAILED.value, ABORT)


class Controls(Protocol):
    """What repair needs of the run."""

    @property
    def stopping(self) -> bool:
        """Whether the run is to end before its next step."""

    def leaves_out(self, step: StepPlan) -> bool:
        """Whether somebody wishes the step to be left out."""

    async def hold(self, pause: timedelta, step: StepPlan | None = None) -> None:
        """Wait, or less when the run is stopped or the step it is for is left out."""

    async def unpaused(self, step: StepPlan) -> None:
        """Hold until the end of a pause, or until the run is stopped or the step left out."""

    def note_waiting(self, step: str, what: Notice | None) -> None:
        """Show what a step waits for; empty: it goes on."""

    async def choose(
        self, step: StepPlan, why: str, asked: Notice | None = None, choices: tuple[str, ...] = CHOICES
    ) -> RecoveryMode | None:
        """Ask what to do with a step; None: it has no future, stop it."""

    def note_recovery(self, why: str) -> None:
        """Write down that the run goes on after an interruption."""

    async def cut_history(self) -> None:
        """Begin a new history where this one has grown long and nothing else is under way."""


class Repair:
    """Repairs the slot of one run; meanwhile nothing begins on it, and what is under way comes to its end first.

    Attributes:
        under_way: Whether instruments are being brought back now.
        disarmed: Whether a session is open in which nothing is set up: its instruments were made safe after a fault.
    """

    def __init__(
        self,
        request: RunInput,
        progress: RunProgress,
        slot: Slot,
        controls: Controls,
        opening: Opening,
        rearm: Callable[[], Awaitable[StepFault | None]],
    ) -> None:
        """Repair as the plan of `request` says; `rearm` repeats the steps that later ones stand on."""
        self.under_way = False
        self.disarmed = False
        self._policy = request.plan.policy.hardware_errors
        self._progress = progress
        self._slot = slot
        self._controls = controls
        self._opening = opening
        self._rearm = rearm
        self._times = 0
        self._begun: dict[str, int] = {}
        self._given_up: StepFault | None = None

    @property
    def is_set_up(self) -> bool:
        """Whether steps may run in the open session."""
        return bool(self._slot.token) and not self.disarmed

    def forget(self) -> None:
        """The run goes back or begins anew, and so does repair."""
        self._given_up = None
        self._progress.repairs.clear()

    def begin(self, step: StepPlan) -> None:
        """An attempt of the step begins, with the instruments as they are now."""
        self._begun[step.name] = self._times

    def wanted(self, step: StepPlan, fault: StepFault | None) -> bool:
        """Whether a fault is the hardware's, and neither it nor its step says that it is treated otherwise."""
        if self._policy is None or fault is None or not fault.of_hardware:
            return False
        return (fault.severity or step.on_error or Severity.RECOVERABLE) is Severity.RECOVERABLE

    async def mend(self, step: StepPlan, report: StepReport, gate: asyncio.Lock) -> StepReport | None:
        """Bring back what a step has met at fault; None: it is to be repeated, unless it has no future.

        A FullRestart passes through when somebody chose it.

        Args:
            step: The step.
            report: Its attempt, which ended in ERROR by a fault that is `wanted` here.
            gate: Whoever has it opens sessions; nothing begins meanwhile.
        """
        async with gate:
            self.under_way = True
            try:
                return await self._mend(step, report)
            finally:
                self.under_way = False
                self._controls.note_waiting(step.name, None)

    def ended(self, step: StepPlan) -> None:
        """An attempt ended otherwise: what comes is not its fault coming back."""
        self._progress.repairs.pop(step.name, None)

    async def _mend(self, step: StepPlan, report: StepReport) -> StepReport | None:
        """Mend, with nothing else beginning.

        Raises:
            FullRestart: If somebody chose it.
        """
        fault = report.fault or StepFault(code="HARDWARE_ERROR", message="")
        if self._given_up is not None:
            return report.model_copy(update={"fault": self._given_up})
        mended = self._begun.get(step.name) != self._times  # while this step came to the gate
        if not mended:
            await self._make_safe(step, fault)
        if self._no_future(step):
            return None
        if self._was_cut_off(step, report):
            text = f"{_who(step, fault)}; it may have done half of its work and must not be repeated unasked"
            asked = Notice.of(NoticeCode.STEP_HALF_DONE, text, **_about(step, fault))
            mode = await self._controls.choose(step, fault.message, asked)
            if mode is RecoveryMode.FULL_RESTART:
                raise FullRestart
            if mode is RecoveryMode.SKIP_FAILED:
                return _left_out(report, fault)
        return None if mended else await self._bring_back(step, report, fault)

    def _was_cut_off(self, step: StepPlan, report: StepReport) -> bool:
        """Whether the fault came in the middle of a step that must not be repeated."""
        begun = self._progress.attempts.get(step.name) == report.attempt and step.name not in self._progress.segments
        return begun and not step.repeatable

    async def _make_safe(self, step: StepPlan, fault: StepFault) -> None:
        """Switch off what still answers, once what runs beside has ended."""
        self._show(step, fault, NoticeCode.STEPS_BESIDE_AWAITED, "waiting for the steps beside it to end")
        await workflow.wait_condition(
            lambda: self._no_future(step) or not any(call.step for call in self._slot.pending.values())
        )
        if self._slot.token and not self._no_future(step):
            self.disarmed = True
            self._show(step, fault, NoticeCode.MAKING_SAFE, "making safe")
            await self._slot.make_safe()

    async def _bring_back(self, step: StepPlan, report: StepReport, fault: StepFault) -> StepReport | None:
        """Connect again, as often as the policy says, and then do as it says."""
        policy = self._policy or HardwarePolicy()
        recurring = self._progress.repairs.get(step.name, 0) >= policy.attempts
        tries, limit = 0, 0 if recurring else policy.attempts
        while not self.is_set_up and not self._no_future(step):
            endless = tries >= limit and policy.on_failure is OnHardwareFailure.AUTO_RECONNECT
            if tries >= limit and not endless:
                vain = f"connected again {tries} times in vain" if tries else "the fault comes back after each repair"
                if policy.on_failure is OnHardwareFailure.SAFE_STOP:
                    update = {"message": f"{fault.message}; {vain}", "severity": Severity.CRITICAL}
                    self._given_up = fault.model_copy(update=update)
                    return report.model_copy(update={"fault": self._given_up})
                text = f"{_who(step, fault)}; {vain}; somebody must choose how to go on"
                asked = Notice.of(NoticeCode.REPAIR_IN_VAIN, text, **_about(step, fault), tries=tries)
                mode = await self._controls.choose(step, fault.message, asked, REPAIR_CHOICES)
                if mode is RecoveryMode.SKIP_FAILED:
                    return _left_out(report, fault)
                self.ended(step)
                tries, limit = 0, max(1, policy.attempts)
                continue
            tries += 1
            doing = f"connecting again, try {tries}" + ("" if endless else f" of {limit}")
            self._show(step, fault, NoticeCode.CONNECTING_AGAIN, doing, tries=tries, limit=None if endless else limit)
            await self._controls.hold(max(policy.delay, policies.RECONNECT_AT_LEAST) if endless else policy.delay, step)
            await self._controls.unpaused(step)
            if self._no_future(step):
                return None
            match await self._connect(step):
                case StepFault() as found if not self.wanted(step, found):
                    return report.model_copy(update={"fault": found})
                case StepFault() as found:
                    fault = found
                    if endless:
                        await self._cut_history()
                case Lost():
                    tries -= 1
                    await self._controls.hold(timedelta(seconds=1), step)
                case None:
                    pass
                case never:  # pragma: no cover - the type checker proves it
                    assert_never(never)
        self._times += 1
        self._progress.repairs[step.name] = self._progress.repairs.get(step.name, 0) + 1
        return None

    async def _connect(self, step: StepPlan) -> StepFault | Lost | None:
        """Connect the instruments again, in their session or a new one, and set up what later steps stand on."""
        answer = await (self._slot.reconnect() if self._slot.token else self._opening.open(step))
        if answer is not None or not self._slot.token:
            return answer
        self.disarmed = False
        self._controls.note_recovery("the instruments were connected again")
        return await self._rearm()

    async def _cut_history(self) -> None:
        """Cut a history that has grown long; the new one opens a session anew, since this one is not set up."""
        token, self._slot.token = self._slot.token, ""
        await self._controls.cut_history()
        self._slot.token = token

    def _no_future(self, step: StepPlan) -> bool:
        return self._controls.stopping or self._controls.leaves_out(step)

    def _show(self, step: StepPlan, fault: StepFault, code: NoticeCode, doing: str, **params: JsonValue) -> None:
        notice = Notice.of(code, f"{_who(step, fault)}; {doing}", **_about(step, fault), **params)
        self._controls.note_waiting(step.name, notice)


def _who(step: StepPlan, fault: StepFault) -> str:
    """Say which instrument has which fault, in which step."""
    named = fault.instrument or ", ".join(step.uses or ())
    who = f"{named}: " if named and named not in fault.message else ""
    return f"{step.title or step.name}: {who}{fault.message}"


def _about(step: StepPlan, fault: StepFault) -> dict[str, JsonValue]:
    """Name the step, its instrument and the fault."""
    named = fault.instrument or ", ".join(step.uses or ())
    return {"step": step.title or step.name, "instrument": named, "fault": fault.code, "said": fault.message}


def _left_out(report: StepReport, fault: StepFault) -> StepReport:
    message = f"It met a fault of the hardware ({fault.message}) and was left out."
    skipped = StepFault(code=SKIPPED_BY_RECOVERY, message=message)
    return report.model_copy(update={"outcome": Outcome.SKIPPED, "fault": skipped})
