"""The life of one run: accept, open, steps, cleanup, judge, record."""

import asyncio
from datetime import timedelta

from pydantic import JsonValue
from temporalio import workflow

from station.contracts import activities
from station.contracts.barrier import BarrierNote
from station.contracts.messages import (
    PauseRequest,
    RecoverRequest,
    RunEnd,
    RunInput,
    RunProgress,
    StopRequest,
)
from station.contracts.prompts import AnswerRequest
from station.contracts.steering import GotoRequest, SkipRequest
from station.domain.notice import Notice, NoticeCode
from station.domain.outcome import Outcome, RunState
from station.domain.plan import RecoveryMode, StepPlan
from station.domain.run import RunReason, RunStatus, StepReport
from station.domain.schedule import ready_steps
from station.domain.transitions import RunCommand, is_allowed
from workflows.absence import watch_for_worker
from workflows.barrier import Meetings
from workflows.prompts import Prompts
from workflows.question import ABORT, CHOICES, Question
from workflows.refusing import FullRestart, refuse
from workflows.reporting import Reporting
from workflows.slot import Slot
from workflows.steering import Steering
from workflows.steps import Steps
from workflows.telling import Telling
from workflows.underway import UnderWay
from workflows.verdict import Blame, final_reason, forgiven, judge, result_of
from workflows.view import view_of
from workflows.whereabouts import Whereabouts


@workflow.defn(
    name="station.run",
    # A bug ends the run as failed instead of hanging it; the life below catches what it can and cleans up first.
    failure_exception_types=[
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    ],
)
class StationRun:
    """Interprets the plan of one run; knows no sequence."""

    @workflow.init
    def __init__(self, request: RunInput) -> None:
        """Take the plan, or go on with what an earlier history carried over."""
        self._request = request
        self._plan = request.plan
        self._progress = request.progress or RunProgress()
        self._slot = Slot(request)
        self._telling = Telling(request)
        self._question = Question()
        self._under_way = UnderWay()
        self._steering = Steering(request, self._progress, self._telling)
        self._prompts = Prompts(
            request, self._progress, self._telling, self._gives_up, lambda: self._where.note_asking()
        )
        state = RunState.RUNNING if request.progress else RunState.ACCEPTED
        self._where = Whereabouts(state, self._telling, self._question, self._prompts, self._under_way, self.status)
        self._meetings = Meetings(request, self._progress.barrier, self)
        self._steps = Steps(request, self._progress, self._slot, self, self._prompts, self._meetings)
        self._reporting = Reporting(request)
        self._refusal: RunReason | None = None
        self._stop: StopRequest | None = None
        self._blame = Blame()
        self._halted = False
        self._restarting = False
        self._broken = False
        for report in self._progress.reports:
            self._weigh(self._step(report.step), report)

    # Handlers

    @workflow.run
    async def run(self, request: RunInput) -> RunEnd:
        """Live from acceptance to result; a cancel from outside is a stop with cleanup.

        Raises:
            CancelledError: Only where the run had ended before the cancel was seen.
        """
        life = asyncio.create_task(self._live(request))
        while True:
            try:
                return await asyncio.shield(life)
            except asyncio.CancelledError:
                if life.done():
                    raise
                self._begin_stop(StopRequest(by="temporal", reason="the workflow was cancelled"))

    @workflow.signal(name="stop", description="Stop the run: cleanup runs, the outcome is ABORTED")
    async def stop(self, request: StopRequest) -> None:
        """Stop; the first stop counts."""
        self._begin_stop(request)

    @workflow.update(name="pause", description="Hold the run before its next step")
    async def pause(self, request: PauseRequest) -> RunStatus:
        """Hold before the next step."""
        self._where.paused = True
        self._telling.deed(request.by, "pause", reason=request.reason)
        why = f": {request.reason}" if request.reason else ""
        text = f"paused by {request.by or 'somebody'}{why}"
        self._where.pause_note = Notice.of(NoticeCode.PAUSED_BY, text, by=request.by, said=request.reason)
        return self.status()

    @pause.validator
    def _may_pause(self, request: PauseRequest) -> None:
        self._refuse_at_the_end(RunCommand.PAUSE)
        if self._where.paused:
            refuse("RUN_PAUSED", "The run is paused already.")

    @workflow.update(name="resume", description="Go on after a pause")
    async def resume(self, request: PauseRequest) -> RunStatus:
        """Go on after a pause."""
        self._telling.deed(request.by, "resume", reason=request.reason)
        self._where.end_pause()
        return self.status()

    @resume.validator
    def _may_resume(self, request: PauseRequest) -> None:
        if not self._where.paused:
            refuse("RUN_NOT_PAUSED", "The run is not paused; there is nothing to resume.")

    @workflow.update(name="skip_step", description="Leave out a step that has not ended; the run cannot PASS any more")
    async def skip_step(self, request: SkipRequest) -> RunStatus:
        """Leave a step out; one that is under way is asked to yield."""
        self._steering.skip(request)
        self._slot.stop_step(request.step)
        return self.status()

    @skip_step.validator
    def _may_skip(self, request: SkipRequest) -> None:
        self._refuse_at_the_end(RunCommand.SKIP)
        self._refuse_while_restarting()
        self._steering.check_skip(request, self._under_way.names)

    @workflow.update(name="goto_step", description="Go back to a step: it and those after it are done again")
    async def goto_step(self, request: GotoRequest) -> RunStatus:
        """Go back to a step, or repeat the latest one; the steps under way are asked to yield first."""
        self._steering.go_back(request, self._under_way.names)
        self._slot.stop_steps()
        return self.status()

    @goto_step.validator
    def _may_go_back(self, request: GotoRequest) -> None:
        self._refuse_at_the_end(RunCommand.GOTO)
        self._refuse_while_restarting()
        self._steering.check_goto(request, self._under_way.names)

    @workflow.update(name="recover", description="Choose what becomes of an interrupted run")
    async def recover(self, request: RecoverRequest) -> RunStatus:
        """Answer the question an interrupted run asks; the first answer counts."""
        data: dict[str, JsonValue] = {"choice": request.choice, "asked": self._question.text}
        self._telling.deed(request.by, "recover", reason=request.reason, data=data)
        self._question.take(request)
        return self.status()

    @recover.validator
    def _may_recover(self, request: RecoverRequest) -> None:
        self._question.check(request)

    @workflow.update(name="answer_prompt", description="Answer a prompt; the first answer counts")
    async def answer_prompt(self, request: AnswerRequest) -> RunStatus:
        """Answer a prompt."""
        self._prompts.take(request)
        return self.status()

    @answer_prompt.validator
    def _may_answer(self, request: AnswerRequest) -> None:
        self._prompts.check(request)

    @workflow.signal(name="meet", description="News of a run that was started together with this one")
    async def meet(self, note: BarrierNote) -> None:
        """Take news of a run that was started together with this one."""
        self._meetings.hear(note)

    @workflow.query(name="status", description="Where the run is now")
    def status(self) -> RunStatus:
        """Where the run is now."""
        asked = self._question.step
        running = [step for step in self._where.working if step.name != asked]
        return RunStatus(
            run_id=self._request.run_id,
            batch=self._request.batch,
            state=self._where.state_now,
            outcome=self._where.outcome,
            reason=self._blame.reason,
            current=tuple(step.name for step in running),
            progress=len(self._ended) / max(1, len(self._plan.steps)),
            waiting_for=self._where.waiting_for,
            waiting=self._where.waiting,
            choices=self._question.choices,
            recoveries=self._progress.recoveries,
            steps=view_of(self._plan, self._progress, running, asked),
            stopped_by=self._stop.by if self._stop else None,
            prompts=self._prompts.open,
        )

    @property
    def _ended(self) -> set[str]:
        """Names of the steps that have ended for good; one that is tried again has a report and is under way."""
        return {report.step for report in self._progress.reports} - set(self._under_way.names)

    # What the steps need of the run

    @property
    def stopping(self) -> bool:
        """Whether the run is to end before its next step."""
        return self._stop is not None or self._restarting or self._broken or self._steering.going_back is not None

    @property
    def _ending(self) -> bool:
        return self._where.over or self._stop is not None or self._broken

    def _refuse_at_the_end(self, command: RunCommand) -> None:
        """Refuse what can change nothing any more."""
        if self._ending or not is_allowed(command, self._where.state_now):
            refuse("RUN_ENDING", f"The run is ending; {command} comes too late.")

    def _refuse_while_restarting(self) -> None:
        """Refuse what beginning anew would give up."""
        if self._restarting:
            refuse("RUN_GOING_BACK", "The run is beginning again at its first step.")

    def _gives_up(self, step: StepPlan) -> bool:
        return self.stopping or self.leaves_out(step)

    def leaves_out(self, step: StepPlan) -> bool:
        """Whether somebody wishes the step to be left out."""
        return self._steering.leaves_out(step)

    def left_out(self, step: StepPlan) -> StepReport:
        """Make the report of a step that is left out."""
        return self._steering.left_out(step)

    async def hold(self, pause: timedelta, step: StepPlan | None = None) -> None:
        """Wait, or less when the run is stopped or the step it is for is left out."""
        timer = asyncio.create_task(workflow.sleep(pause, summary="pause"))
        await workflow.wait_condition(
            lambda: timer.done() or self.stopping or (step is not None and self.leaves_out(step))
        )
        timer.cancel()

    async def choose(
        self, step: StepPlan, why: str, asked: Notice | None = None, choices: tuple[str, ...] = CHOICES
    ) -> RecoveryMode | None:
        """Ask what to do with an interrupted step; None: it has no future, stop it."""
        if not await self._question.turn(lambda: self.stopping or self.leaves_out(step)):
            return None
        self._question.open(step, why, asked, choices)
        self._where.enter(RunState.INTERRUPTED)
        answer = await self._question.answered(lambda: self.stopping or self.leaves_out(step))
        if answer is None:
            if not (self._ending or self._restarting):
                self._where.enter(RunState.RUNNING)
            return None
        if answer.choice == ABORT:
            self._begin_stop(StopRequest(by=answer.by, reason=answer.reason or "chosen after an interruption"))
            return None
        mode = RecoveryMode(answer.choice)
        self._restarting = mode is RecoveryMode.FULL_RESTART  # nobody else is asked about steps that are given up
        self._where.enter(RunState.RUNNING)
        return mode

    async def unpaused(self, step: StepPlan) -> None:
        """Hold a step that may begin now until the end of a pause; not in the cleanup, nor when the run is stopped."""
        await self._where.unpaused(step, lambda: self.stopping or self.leaves_out(step))

    def note_waiting(self, step: str, what: Notice | None) -> None:
        """Show what a step waits for, which is no time of the step; empty: it goes on."""
        self._where.note_waiting(step, what)

    def note_recovery(self, why: str) -> None:
        """Write down that the run goes on after an interruption."""
        self._progress.recoveries += 1
        self._telling.recovery(self._progress.recoveries, why, self._progress.round)

    async def cut_history(self) -> None:
        """Begin a new history where this one has grown long, and nothing else is under way or would be forgotten."""
        if not workflow.info().is_continue_as_new_suggested() or len(self._under_way.steps) != 1:
            return
        if (
            self._telling.untold
            or self.stopping
            or self._where.paused
            or self._meetings.busy
            or not workflow.all_handlers_finished()
        ):
            return
        self._progress.session = self._slot.token
        # The report of an earlier attempt of the step under way is no end of it.
        self._progress.reports = [report for report in self._progress.reports if report.step in self._ended]
        workflow.continue_as_new(self._request.model_copy(update={"progress": self._progress}))

    def note_change(self) -> None:
        """Show the steps in Temporal's own UI."""
        self._where.note_change()

    # The life

    async def _live(self, request: RunInput) -> RunEnd:
        watch = asyncio.create_task(watch_for_worker(request, self._slot.pending, self._wait_for_worker))
        watch.add_done_callback(lambda task: task.cancelled() or task.exception())  # it ends when the run ends
        scribe = asyncio.create_task(self._telling.write_down())
        if request.progress is None:
            self._progress.started_at = workflow.now()
            if taken := await self._telling.now(activities.record_accepted, request, "record acceptance"):
                watch.cancel()
                self._meetings.leave()
                await workflow.wait_condition(lambda: not self._telling.untold and not self._meetings.busy)
                scribe.cancel()
                return RunEnd(run_id=request.run_id, outcome=Outcome.ABORTED, reason=taken)
        try:
            if request.progress is None:
                try:
                    self._refusal = await self._reporting.start(self._progress.started_at or workflow.now())
                finally:
                    self._progress.mes_told = self._reporting.told
            if self._refusal is None:
                await self._perform_steps()
        except Exception as error:  # noqa: BLE001 - whatever happened, the hardware is made safe
            self._break_down(error)
            await self._settle()
        try:
            safe = await self._clean_up()
        except Exception as error:  # noqa: BLE001 - whatever happened, the result is written
            self._break_down(error)
            safe = False
        watch.cancel()
        await workflow.wait_condition(lambda: not self._telling.untold and not self._meetings.busy)
        scribe.cancel()
        return await self._conclude(safe=safe)

    def _break_down(self, error: Exception) -> None:
        workflow.logger.exception("the interpreter failed")
        self._broken = True
        self._blame.put("INTERNAL_ERROR", f"The station's own interpreter failed: {error!r}")

    async def _perform_steps(self) -> None:
        self._where.state = RunState.RUNNING
        self._where.show()
        while True:
            try:
                await self._perform_round()
            except FullRestart:
                self._restarting = True
                await self._settle()
                self._begin_round()
                self._where.enter(RunState.RUNNING)
            else:
                return

    async def _perform_round(self) -> None:
        steps = self._plan.main_steps
        while True:
            if not (self.stopping or self._halted or self._where.paused):
                for step in ready_steps(steps, self._ended, set(self._under_way.names)):
                    self._under_way.begin(step, self._steps.perform(step))
            self._where.note_asking()
            if self._under_way:
                await self._wait_for_steps()
                for step, task in self._under_way.collect():
                    self._weigh(step, task.result())
            elif self._steering.going_back is not None:
                self._go_back()
            elif self._where.paused and not self._halted:
                await self._stay_paused()
            else:
                return

    async def _stay_paused(self) -> None:
        """Hold until somebody resumes, stops, or has steps done again."""
        self._where.enter(RunState.PAUSED)
        while self._where.paused:
            await workflow.wait_condition(lambda: not self._where.paused or self._steering.going_back is not None)
            if self._steering.going_back is not None:
                self._go_back()
        self._where.enter(RunState.RUNNING)

    def _go_back(self) -> None:
        """Be where somebody wishes the run to go on from; the next step opens a session anew, and rearms."""
        self._steering.give_up()
        self._steps.start_over()
        self._blame, self._halted = Blame(), False
        for report in self._progress.reports:
            self._weigh(self._step(report.step), report)
        self.note_change()

    async def _wait_for_steps(self) -> None:
        """Wait until a step has ended or, while paused, until the run is resumed: others may begin then."""
        resumable = self._where.paused
        await self._under_way.wait(lambda: resumable and not self._where.paused)

    def _weigh(self, step: StepPlan, report: StepReport) -> None:
        """Decide whether the steps after this one still run."""
        severity = self._steps.severity(step, report)
        self._halted = self._blame.weigh(step, report, severity, stopping=self.stopping) or self._halted

    async def _settle(self) -> None:
        """Let the steps that run beside an interrupted one come to their end."""
        self._slot.stop_steps()
        await self._under_way.settle()

    def _begin_round(self) -> None:
        self._progress.begin_round()
        self._prompts.begin_round()
        self._steps.repair.forget()
        self._slot.token = ""  # the first step is to meet instruments that were set up anew
        self._blame, self._halted, self._restarting = Blame(), False, False
        self._steering.forget()

    async def _clean_up(self) -> bool:
        self._where.over = True
        self._meetings.leave()
        if not self._slot.touched:
            return True
        self._where.enter(RunState.CLEANING_UP)
        for report in await self._steps.clean_up():
            well = report.outcome is Outcome.PASSED or report.outcome is Outcome.SKIPPED
            if not well and not forgiven(self._step(report.step), report):
                self._blame.put("CLEANUP_FAILED", f"Cleanup step {report.step} ended {report.outcome}.", report.step)
        closed = await self._steps.close()
        if not closed.safe:
            self._blame.put("HARDWARE_NOT_SAFE", "; ".join(closed.problems) or "The safe state could not be confirmed.")
        return closed.safe

    async def _conclude(self, *, safe: bool) -> RunEnd:
        self._where.outcome = outcome = judge(
            self._plan,
            self._progress.reports,
            aborted=self._stop is not None or self._refusal is not None,
            at_fault=self._broken or not safe,
        )
        reason = final_reason(outcome, self._blame, self._refusal, self._stop)
        request = result_of(self._request, self._progress, outcome, reason, safe=safe, at=workflow.now())
        recorded = await self._telling.now(activities.record_result, request, f"record result: {outcome}")
        self._blame.reason, self._where.state = reason, RunState.COMPLETED
        self._where.show()
        if recorded is not None and recorded.owed is not None:
            await self._reporting.finish(recorded.owed)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return RunEnd(run_id=self._request.run_id, outcome=outcome, reason=reason, defects=list(request.result.defects))

    def _begin_stop(self, request: StopRequest) -> None:
        if self._stop is None and not self._where.over:
            self._stop = request
            self._telling.deed(request.by, "stop", reason=request.reason)
            self._where.end_pause()
            self._slot.stop_steps()

    def _step(self, name: str) -> StepPlan:
        return next(step for step in self._plan.steps if step.name == name)

    async def _wait_for_worker(self, number: int, note: str) -> None:
        await self._where.note_absence(note, lambda: number not in self._slot.pending)
