"""One step of a run through its attempts, segments and interruptions; and the cleanup at the end."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, assert_never

from temporalio import workflow

from station.contracts.messages import Cause, ClosedSession, Finding, RunInput, RunProgress, SessionPurpose
from station.domain.notice import Notice
from station.domain.outcome import Outcome
from station.domain.plan import RecoveryMode, Severity, StepPlan
from station.domain.run import StepFault, StepReport
from workflows import policies
from workflows.barrier import Meetings
from workflows.inquiry import Inquiry
from workflows.opening import Opening
from workflows.prompts import Prompts
from workflows.question import CHOICES
from workflows.refusing import FullRestart
from workflows.repair import Repair
from workflows.sharing import Sharing
from workflows.slot import Lost, Slot
from workflows.verdict import SKIPPED_BY_RECOVERY


class Controls(Protocol):
    """What steps need of the run they belong to."""

    @property
    def stopping(self) -> bool:
        """Whether the run is to end before its next step."""

    def leaves_out(self, step: StepPlan) -> bool:
        """Whether somebody wishes the step to be left out."""

    def left_out(self, step: StepPlan) -> StepReport:
        """Make the report of a step that is left out."""

    async def hold(self, pause: timedelta, step: StepPlan | None = None) -> None:
        """Wait, or less when the run is stopped or the step it is for is left out."""

    async def choose(
        self, step: StepPlan, why: str, asked: Notice | None = None, choices: tuple[str, ...] = CHOICES
    ) -> RecoveryMode | None:
        """Ask what to do with an interrupted step; None: it has no future, stop it."""

    def note_recovery(self, why: str) -> None:
        """Write down that the run goes on after an interruption."""

    async def unpaused(self, step: StepPlan) -> None:
        """Hold a step that may begin now until the end of a pause; not in the cleanup, nor when the run is stopped."""

    def note_waiting(self, step: str, what: Notice | None) -> None:
        """Show what a step waits for; empty: it goes on."""

    async def cut_history(self) -> None:
        """Begin a new history where this one has grown long and nothing else is under way."""

    def note_change(self) -> None:
        """Show what has changed in Temporal's own tools."""


@dataclass(frozen=True)
class Repeat:
    """Dispatch the step again, as the same attempt (it never began) or as the next one."""

    next_attempt: bool


class Steps:
    """Performs the steps of one run on its slot.

    Attributes:
        progress: What is known so far; carried over when the history is cut.
        repair: Brings back instruments that do not answer.
    """

    def __init__(
        self,
        request: RunInput,
        progress: RunProgress,
        slot: Slot,
        controls: Controls,
        prompts: Prompts,
        meetings: Meetings,
    ) -> None:
        """Perform the plan of `request`."""
        self.progress = progress
        self._request = request
        self._plan = request.plan
        self._slot = slot
        self._controls = controls
        self._prompts = prompts
        self._opening = asyncio.Lock()
        self._began: dict[str, timedelta] = {}
        self._set_back = False
        self._sharing = Sharing(request, slot, controls)
        self._inquiry = Inquiry(progress, slot)
        self._opener = Opening(progress, slot, controls)
        self.repair = Repair(request, progress, slot, controls, self._opener, self._rearm)
        self._meetings = meetings

    def start_over(self) -> None:
        """Have the next step meet instruments that were set up anew."""
        self.repair.forget()
        self._set_back = bool(self._slot.token)
        self._slot.token = ""

    async def perform(self, step: StepPlan) -> StepReport:
        """Run a step until it has ended for good: retries after exceptions, repeats after interruptions.

        A FullRestart passes through when the step was interrupted and the run is to begin anew.
        """
        report = await self._perform(step)
        if not self._controls.stopping:
            self._meetings.go_past(self._ended)
        await self._sharing.give_back(self._ended, step, over=self._controls.stopping)
        return report

    async def _perform(self, step: StepPlan) -> StepReport:
        if asked := await self._prompts.ask_before(step, self._plan, self._number(step)[0]):
            self._note_begin(step)
            self._keep(step, asked)
            return self._leave_out(step) if self._controls.leaves_out(step) else asked
        retries, pause = 0, min(step.retry.backoff, step.retry.backoff_max)
        self._note_begin(step)
        while True:
            report = await self._attempt(step)
            self._keep(step, report)
            if report.outcome is Outcome.ERROR and self.repair.wanted(step, report.fault):
                if mended := await self.repair.mend(step, report, self._opening):
                    self._keep(step, mended)
                    return mended
                if step.segment is None or step.rearm:
                    self._note_begin(step)
                continue
            self.repair.ended(step)
            again = self._try_again(step, report, retries)
            if self._controls.leaves_out(step) and (again or report.outcome is Outcome.ABORTED):
                return self._leave_out(step)
            if not again:
                return report
            await self._controls.hold(pause, step)
            retries, pause = retries + 1, min(pause * 2, step.retry.backoff_max)
            if step.segment is None or step.rearm:  # any other long step goes on, and counts from its beginning
                self._note_begin(step)

    async def _attempt(self, step: StepPlan) -> StepReport:
        attempt, segment = self._number(step)
        while True:
            if self._has_no_future(step):
                return self._abandon(step, _aborted(step, attempt), segment)
            self.repair.begin(step)
            if fault := await self._ensure_open(step):
                return self._abandon(step, _faulty(step, attempt, fault), segment)
            if self._has_no_future(step):
                return self._abandon(step, _aborted(step, attempt), segment)
            if self._meetings.is_at(step.name):
                await self._meetings.meet(step, self._sharing, self._ended)
                continue
            taken = await self._sharing.take(step, self._ended)
            if isinstance(taken, StepFault):
                return self._abandon(step, _faulty(step, attempt, taken), segment)
            if not taken or self.repair.under_way or self.repair.disarmed:
                continue
            self.repair.begin(step)
            timeout = self._timeout(step)
            if timeout <= timedelta():
                return self._abandon(step, _faulty(step, attempt, self._out_of_time()), segment)
            self.progress.attempts[step.name] = attempt
            token = self._slot.token
            answer = await self._run(step, attempt, segment, timeout)
            if isinstance(answer, Lost):
                recovered = await self._recover(step, attempt, segment, timeout, token, answer)
                if isinstance(recovered, Repeat):
                    if recovered.next_attempt:
                        self.progress.segments.pop(step.name, None)
                        attempt, segment = attempt + 1, 1
                    continue
                answer = recovered
            if answer.finished:
                self.progress.segments.pop(step.name, None)
                self.progress.elapsed.pop(step.name, None)
                return answer
            self.progress.segments[step.name] = segment
            self.progress.elapsed[step.name] = answer.elapsed
            self._count(step, answer)
            segment += 1
            if answer.prompt is not None:
                answered = await self._prompts.ask(step, answer.prompt)
                if isinstance(answered, StepFault):
                    ended = answer.model_copy(
                        update={"outcome": Outcome.ABORTED, "finished": True, "fault": answered, "prompt": None}
                    )
                    return self._abandon(step, ended, segment)
                self._note_begin(step)  # others may have run while it waited
            await self._controls.cut_history()

    def _has_no_future(self, step: StepPlan) -> bool:
        return self._controls.stopping or self._controls.leaves_out(step)

    def _leave_out(self, step: StepPlan) -> StepReport:
        report = self._controls.left_out(step)
        self._note_begin(step)
        self._keep(step, report)
        return report

    async def _run(self, step: StepPlan, attempt: int, segment: int, timeout: timedelta) -> StepReport | Lost:
        answers = self._prompts.answers(step.name)
        return await self._slot.run_step(step, attempt, segment, self.progress.round, timeout, answers)

    def _abandon(self, step: StepPlan, report: StepReport, segment: int) -> StepReport:
        """End an attempt before its next part; one that has asked is open in the journal, which nobody else ends."""
        if segment > 1 and self._prompts.has_asked(step.name):
            report = report.model_copy(update={"elapsed": self.progress.elapsed.pop(step.name, timedelta())})
            self.progress.segments.pop(step.name, None)
            self._prompts.tell_step_end(step, report)
        return report

    @property
    def _ended(self) -> set[str]:
        return {report.step for report in self.progress.reports}

    def _number(self, step: StepPlan) -> tuple[int, int]:
        """Number the coming attempt and segment; a step cut at a segment's end goes on with the next one."""
        attempt = self.progress.attempts.get(step.name, 0)
        if step.name in self.progress.segments:
            return attempt, self.progress.segments[step.name] + 1
        return attempt + 1, 1

    def _timeout(self, step: StepPlan) -> timedelta:
        left = self._plan.policy.timeout_sequence - self.progress.powered
        return min(step.timeout, left)

    def _out_of_time(self) -> StepFault:
        limit = self._plan.policy.timeout_sequence.total_seconds()
        return StepFault(
            code="SEQUENCE_TIMEOUT",
            message=f"All steps together may take {limit:g} s (resource_limits.timeout_sequence), and that is used up.",
            severity=Severity.CRITICAL,
        )

    def _keep(self, step: StepPlan, report: StepReport) -> None:
        reports = [old for old in self.progress.reports if old.step != step.name]
        self.progress.reports = [*reports, report]
        self.progress.ended_at[step.name] = self._count(step, report)
        self._controls.note_change()

    def _note_begin(self, step: StepPlan) -> None:
        """Note at which powered time of the run the step began, as if what it has done so far were all in one piece."""
        self._began[step.name] = self.progress.powered - self.progress.elapsed.get(step.name, timedelta())

    def _count(self, step: StepPlan, report: StepReport) -> timedelta:
        """Add the powered time of a step; what ran beside another step is counted once. Gives the time of its end."""
        end = self._began.get(step.name, self.progress.powered) + report.elapsed
        self.progress.powered = max(self.progress.powered, end)
        return end

    def _try_again(self, step: StepPlan, report: StepReport, retries: int) -> bool:
        return (
            report.outcome is Outcome.ERROR
            and self.severity(step, report) is Severity.RECOVERABLE
            and step.repeatable
            and retries < step.retry.retries
            and not self._controls.stopping
        )

    def severity(self, step: StepPlan, report: StepReport) -> Severity:
        """Tell what an ERROR leads to: the exception's word, else the step's, else the station's."""
        said = report.fault.severity if report.fault else None
        return said or step.on_error or self._plan.policy.default_severity

    # When the process that ran a step is gone

    async def _recover(
        self, step: StepPlan, attempt: int, segment: int, timeout: timedelta, token: str, lost: Lost
    ) -> StepReport | Repeat:
        found = await self._inquiry.find_out(step, attempt, segment, timeout, token)
        match found.finding:
            case Finding.FINISHED if found.report:
                return found.report
            case Finding.NEVER_STARTED:
                return Repeat(next_attempt=False)
            case _ if found.report and found.cause is Cause.STEP:
                return found.report
            case _:
                why = found.explanation or lost.reason
                return await self._after_interruption(step, attempt, found.cause, why)

    async def _after_interruption(self, step: StepPlan, attempt: int, cause: Cause, why: str) -> StepReport | Repeat:
        if self._has_no_future(step):
            return _aborted(step, attempt)
        mode: RecoveryMode | None = self._recovery_mode(step, cause)
        if mode is RecoveryMode.ASK:
            mode = await self._controls.choose(step, why)
        match mode:
            case RecoveryMode.RESUME | RecoveryMode.ASK:
                return Repeat(next_attempt=True)
            case RecoveryMode.FULL_RESTART:
                raise FullRestart
            case RecoveryMode.SKIP_FAILED:
                return StepReport(
                    step=step.name,
                    attempt=attempt,
                    outcome=Outcome.SKIPPED,
                    fault=StepFault(code=SKIPPED_BY_RECOVERY, message=f"It was cut off ({why}) and left out."),
                )
            case None:
                return _aborted(step, attempt)
            case never:  # pragma: no cover - the type checker proves it
                assert_never(never)

    def _recovery_mode(self, step: StepPlan, cause: Cause) -> RecoveryMode:
        policy = self._plan.policy
        if self._inquiry.is_suspect(step, cause) or policy.confirm_resume:
            return RecoveryMode.ASK
        if policy.recovery_mode is RecoveryMode.RESUME and not step.repeatable:
            return RecoveryMode.ASK
        return policy.recovery_mode

    # The session

    async def _ensure_open(self, step: StepPlan) -> StepFault | None:
        fault: StepFault | None
        async with self._opening:
            reopening = self._slot.touched
            while not self.repair.is_set_up and not self._controls.stopping:
                match await self._opener.open(step):
                    case StepFault() as unreachable:
                        return unreachable
                    case Lost():
                        await self._controls.hold(timedelta(seconds=1))
                    case None if not self._slot.token:
                        return None
                    case None if reopening:
                        self.repair.disarmed = False
                        if not self._set_back:
                            self._controls.note_recovery(self._opener.note)
                        self._set_back = False
                        if fault := await self._rearm():
                            return fault
                    case None:
                        pass
                    case never:  # pragma: no cover - the type checker proves it
                        assert_never(never)
                reopening = True
        return None

    async def _rearm(self) -> StepFault | None:
        """Repeat the finished steps that later ones stand on, such as switching a supply on."""
        passed = {report.step for report in self.progress.reports if report.outcome is Outcome.PASSED}
        for step in self._plan.main_steps:
            if not step.rearm or step.name not in passed:
                continue
            again = await self._repeat(step)
            await self._sharing.give_back(self._ended, step)
            if self._controls.stopping:
                return None
            if again is None or again.outcome is not Outcome.PASSED:
                self._slot.token = ""  # nothing may run on what is not set up, not even a step beside this one
            if again is None:
                return None  # the caller opens again, and rearms from the first step
            if again.fault is not None and self.repair.wanted(step, again.fault):
                return again.fault.model_copy(update={"severity": Severity.RECOVERABLE})
            if again.outcome is not Outcome.PASSED:
                return StepFault(
                    code="REARM_FAILED",
                    message=f"After the interruption, {step.name} did not pass again: the run cannot go on.",
                    severity=Severity.CRITICAL,
                )
        return None

    async def _repeat(self, step: StepPlan) -> StepReport | None:
        """Do a finished step again, all its segments; None: it was cut off."""
        attempt = self.progress.attempts.get(step.name, 0) + 1
        self.progress.attempts[step.name] = attempt
        segment = 1
        while not self._controls.stopping:
            taken = await self._sharing.take(step, self._ended)
            if isinstance(taken, StepFault):
                return _faulty(step, attempt, taken)
            if not taken:
                return None
            token = self._slot.token
            answer = await self._run(step, attempt, segment, step.timeout)
            if isinstance(answer, Lost):
                found = await self._inquiry.find_out(step, attempt, segment, step.timeout, token)
                if found.report is None:
                    cut_off = StepFault(code="REARM_FAILED", message=found.explanation)
                    return _faulty(step, attempt, cut_off) if self._inquiry.is_suspect(step, found.cause) else None
                answer = found.report
            if answer.outcome is not Outcome.PASSED:
                return answer
            if not self._slot.token:
                return None
            if answer.finished:
                return answer
            if answer.prompt is not None:
                answered = await self._prompts.ask(step, answer.prompt)
                if isinstance(answered, StepFault):
                    return _faulty(step, attempt, answered)
            segment += 1
        return None

    # The end

    async def clean_up(self) -> tuple[StepReport, ...]:
        """Run every cleanup step until it is known to have ended, whatever happened before."""
        reports = []
        await self._sharing.give_back(self._ended, over=True)
        for step in self._plan.cleanup_steps:
            report = await self._clean_up_with(step)
            self._keep(step, report)
            reports.append(report)
        return tuple(reports)

    async def _clean_up_with(self, step: StepPlan) -> StepReport:
        errors = 0
        while True:
            if fault := await self._ensure_open_for_cleanup():
                return StepReport(step=step.name, outcome=Outcome.ERROR, fault=fault)
            taken = await self._sharing.take(step, self._ended, within=policies.SHARED_FOR_CLEANUP)
            if isinstance(taken, StepFault):
                return StepReport(step=step.name, outcome=Outcome.ERROR, fault=taken)
            if not taken:
                continue
            attempt = self.progress.attempts.get(step.name, 0) + 1
            self.progress.attempts[step.name] = attempt
            token = self._slot.token
            answer = await self._slot.run_step(step, attempt, 1, self.progress.round, step.timeout)
            if isinstance(answer, Lost):
                found = await self._inquiry.find_out(step, attempt, 1, step.timeout, token)
                if found.report is None:
                    if not self._inquiry.is_suspect(step, found.cause):
                        continue
                    fault = StepFault(
                        code="CLEANUP_INTERRUPTED", message=f"It was cut off again and again: {found.explanation}"
                    )
                    return StepReport(step=step.name, attempt=attempt, outcome=Outcome.ERROR, fault=fault)
                answer = found.report
            if answer.outcome is not Outcome.ERROR:
                return answer
            errors += 1
            if errors >= policies.CLEANUP_ATTEMPTS:
                return answer
            await workflow.sleep(step.retry.backoff, summary=f"{step.name} failed; trying again")

    async def _ensure_open_for_cleanup(self) -> StepFault | None:
        tries = 0
        while not self._slot.token:
            match await self._slot.open(self.progress.round, SessionPurpose.CLEANUP):
                case StepFault() as fault:
                    tries += 1
                    if tries >= policies.OPEN_ATTEMPTS_FOR_CLEANUP:
                        return fault
                    await workflow.sleep(timedelta(seconds=2), summary="instruments not reachable; trying again")
                case Lost():
                    await workflow.sleep(timedelta(seconds=1), summary="the batch's process is away")
                case None:
                    pass
                case never:  # pragma: no cover - the type checker proves it
                    assert_never(never)
        return None

    async def close(self) -> ClosedSession:
        """Make the hardware safe and end the session, however often the process dies meanwhile."""
        while True:
            if fault := await self._ensure_open_for_cleanup():
                return ClosedSession(safe=False, problems=[fault.message])
            closed = await self._slot.close()
            self._slot.token = ""
            if isinstance(closed, ClosedSession):
                return closed


def _faulty(step: StepPlan, attempt: int, fault: StepFault) -> StepReport:
    return StepReport(step=step.name, attempt=attempt, outcome=Outcome.ERROR, fault=fault)


def _aborted(step: StepPlan, attempt: int) -> StepReport:
    return StepReport(
        step=step.name,
        attempt=attempt,
        outcome=Outcome.ABORTED,
        fault=StepFault(code="STOPPED", message="The run was stopped."),
    )
