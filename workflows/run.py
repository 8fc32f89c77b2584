"""The life of one run: accept, open, steps, cleanup, judge, record."""

import asyncio
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue
from temporalio import workflow

from station.contracts import activities, search
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
from workflows.verdict import Blame, final_reason, forgiven, judge, result_of
from workflows.view import details, view_of


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
        self._steering = Steering(request, self._progress, self._telling)
        self._prompts = Prompts(request, self._progress, self._telling, self._gives_up, self._note_asking)
        self._meetings = Meetings(request, self._progress.barrier, self)
        self._steps = Steps(request, self._progress, self._slot, self, self._prompts, self._meetings)
        self._reporting = Reporting(request)
        self._refusal: RunReason | None = None
        self._state = RunState.RUNNING if request.progress else RunState.ACCEPTED
        self._outcome: Outcome | None = None
        self._stop: StopRequest | None = None
        self._blame = Blame()
        self._paused = False
        self._pause_note = ""
        self._question = Question()
        self._absence = ""
        self._waits: dict[str, str] = {}
        self._halted = False
        self._restarting = False
        self._broken = False
        self._over = False
        self._shown_at = datetime.min.replace(tzinfo=UTC)
        self._running: list[tuple[StepPlan, asyncio.Task[StepReport]]] = []
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
        self._paused = True
        self._telling.deed(request.by, "pause", reason=request.reason)
        self._pause_note = f"paused by {request.by or 'somebody'}" + (f": {request.reason}" if request.reason else "")
        return self.status()

    @pause.validator
    def _may_pause(self, request: PauseRequest) -> None:
        self._refuse_at_the_end(RunCommand.PAUSE)
        if self._paused:
            refuse("RUN_PAUSED", "The run is paused already.")

    @workflow.update(name="resume", description="Go on after a pause")
    async def resume(self, request: PauseRequest) -> RunStatus:
        """Go on after a pause."""
        self._telling.deed(request.by, "resume", reason=request.reason)
        self._end_pause()
        return self.status()

    @resume.validator
    def _may_resume(self, request: PauseRequest) -> None:
        if not self._paused:
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
        self._steering.check_skip(request, self._under_way)

    @workflow.update(name="goto_step", description="Go back to a step: it and those after it are done again")
    async def goto_step(self, request: GotoRequest) -> RunStatus:
        """Go back to a step, or repeat the latest one; the steps under way are asked to yield first."""
        self._steering.go_back(request, self._under_way)
        self._slot.stop_steps()
        return self.status()

    @goto_step.validator
    def _may_go_back(self, request: GotoRequest) -> None:
        self._refuse_at_the_end(RunCommand.GOTO)
        if self._restarting:
            refuse("RUN_GOING_BACK", "The run is beginning again at its first step.")
        self._steering.check_goto(request, self._under_way)

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
        running = [step for step, _ in self._running if step.name not in self._waits and step.name != asked]
        return RunStatus(
            run_id=self._request.run_id,
            batch=self._request.batch,
            state=self._state_now,
            outcome=self._outcome,
            reason=self._blame.reason,
            current=tuple(step.name for step in running),
            progress=len(self._ended) / max(1, len(self._plan.steps)),
            waiting_for=self._waiting_for,
            choices=self._question.choices,
            recoveries=self._progress.recoveries,
            steps=view_of(self._plan, self._progress, running, asked),
            stopped_by=self._stop.by if self._stop else None,
            prompts=self._prompts.open,
        )

    @property
    def _ended(self) -> set[str]:
        """Names of the steps that have ended for good; one that is tried again has a report and is under way."""
        running = {step.name for step, _ in self._running}
        return {report.step for report in self._progress.reports} - running

    # What the steps need of the run

    @property
    def stopping(self) -> bool:
        """Whether the run is to end before its next step."""
        return self._stop is not None or self._restarting or self._broken or self._steering.going_back is not None

    @property
    def _ending(self) -> bool:
        return self._over or self._stop is not None or self._broken

    @property
    def _under_way(self) -> list[str]:
        return [step.name for step, _ in self._running]

    @property
    def _state_now(self) -> RunState:
        working = any(step.name not in self._waits for step, _ in self._running)
        return RunState.PAUSED if self._paused and not working and not self._over else self._state

    def _refuse_at_the_end(self, command: RunCommand) -> None:
        """Refuse what can change nothing any more."""
        if self._ending or not is_allowed(command, self._state_now):
            refuse("RUN_ENDING", f"The run is ending; {command} comes too late.")

    @property
    def _waiting_for(self) -> str:
        pause_note = "" if self._over else self._pause_note
        waits = next(iter(self._waits.values()), "")
        return self._question.text or self._absence or self._prompts.text or pause_note or waits

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
        self, step: StepPlan, why: str, text: str = "", choices: tuple[str, ...] = CHOICES
    ) -> RecoveryMode | None:
        """Ask what to do with an interrupted step; None: it has no future, stop it."""
        if not await self._question.turn(lambda: self.stopping or self.leaves_out(step)):
            return None
        self._question.open(step, why, text, choices)
        self._enter(RunState.INTERRUPTED)
        answer = await self._question.answered(lambda: self.stopping or self.leaves_out(step))
        if answer is None:
            if not (self._ending or self._restarting):
                self._enter(RunState.RUNNING)
            return None
        if answer.choice == ABORT:
            self._begin_stop(StopRequest(by=answer.by, reason=answer.reason or "chosen after an interruption"))
            return None
        mode = RecoveryMode(answer.choice)
        self._restarting = mode is RecoveryMode.FULL_RESTART  # nobody else is asked about steps that are given up
        self._enter(RunState.RUNNING)
        return mode

    async def unpaused(self, step: StepPlan) -> None:
        """Hold a step that may begin now until the end of a pause; not in the cleanup, nor when the run is stopped."""
        if self._paused and not self._over:
            self._waits[step.name] = self._pause_note
            self._enter(RunState.PAUSED)
            await workflow.wait_condition(lambda: not self._paused or self.stopping or self.leaves_out(step))
            self._enter(RunState.RUNNING)

    def note_waiting(self, step: str, what: str) -> None:
        """Show what a step waits for, which is no time of the step; empty: it goes on."""
        if self._waits.get(step, "") == what:
            return
        self._waits[step] = what
        if not what:
            del self._waits[step]
        if self._waits:
            self._enter(self._state)
        else:  # its own start tells watchers; whoever begins together with others has no time for more
            self.note_change()

    def note_recovery(self, why: str) -> None:
        """Write down that the run goes on after an interruption."""
        self._progress.recoveries += 1
        self._telling.recovery(self._progress.recoveries, why, self._progress.round)

    async def cut_history(self) -> None:
        """Begin a new history where this one has grown long, and nothing else is under way or would be forgotten."""
        if not workflow.info().is_continue_as_new_suggested() or self._telling.untold or len(self._running) != 1:
            return
        if self.stopping or self._paused or self._meetings.busy or not workflow.all_handlers_finished():
            return
        self._progress.session = self._slot.token
        # The report of an earlier attempt of the step under way is no end of it.
        self._progress.reports = [report for report in self._progress.reports if report.step in self._ended]
        workflow.continue_as_new(self._request.model_copy(update={"progress": self._progress}))

    def note_change(self) -> None:
        """Show the steps in Temporal's own UI, once a second at the most: drawing the table costs time."""
        if workflow.now() - self._shown_at >= timedelta(seconds=1):
            self._draw()

    def _draw(self) -> None:
        self._shown_at = workflow.now()
        workflow.set_current_details(details(self.status()))

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
        self._state = RunState.RUNNING
        self._show_state()
        while True:
            try:
                await self._perform_round()
            except FullRestart:
                self._restarting = True
                await self._settle()
                self._begin_round()
                self._enter(RunState.RUNNING)
            else:
                return

    async def _perform_round(self) -> None:
        steps = self._plan.main_steps
        while True:
            if not (self.stopping or self._halted or self._paused):
                names = {step.name for step, _ in self._running}
                for step in ready_steps(steps, self._ended, names):
                    self._running.append((step, asyncio.create_task(self._steps.perform(step))))
            self._note_asking()
            if self._running:
                await self._wait_for_steps(resumable=self._paused)
                self._collect()
            elif self._steering.going_back is not None:
                self._go_back()
            elif self._paused and not self._halted:
                await self._stay_paused()
            else:
                return

    async def _stay_paused(self) -> None:
        """Hold until somebody resumes, stops, or has steps done again."""
        self._enter(RunState.PAUSED)
        while self._paused:
            await workflow.wait_condition(lambda: not self._paused or self._steering.going_back is not None)
            if self._steering.going_back is not None:
                self._go_back()
        self._enter(RunState.RUNNING)

    def _go_back(self) -> None:
        """Be where somebody wishes the run to go on from; the next step opens a session anew, and rearms."""
        self._steering.give_up()
        self._steps.start_over()
        self._blame, self._halted = Blame(), False
        for report in self._progress.reports:
            self._weigh(self._step(report.step), report)
        self.note_change()

    async def _wait_for_steps(self, *, resumable: bool = False) -> None:
        """Wait until a step has ended or, while paused, until the run is resumed: others may begin then."""
        await workflow.wait_condition(
            lambda: any(task.done() for _, task in self._running) or (resumable and not self._paused)
        )

    def _collect(self) -> None:
        """Take the steps that have ended out of the running ones, in the order they began."""
        done = [(step, task) for step, task in self._running if task.done()]
        self._running = [(step, task) for step, task in self._running if not task.done()]
        for step, task in done:
            self._weigh(step, task.result())

    def _weigh(self, step: StepPlan, report: StepReport) -> None:
        """Decide whether the steps after this one still run."""
        severity = self._steps.severity(step, report)
        self._halted = self._blame.weigh(step, report, severity, stopping=self.stopping) or self._halted

    async def _settle(self) -> None:
        """Let the steps that run beside an interrupted one come to their end."""
        self._slot.stop_steps()
        while self._running:
            await self._wait_for_steps()
            for _, task in self._running:
                if task.done():
                    task.exception()  # their results belong to the round that is given up
            self._running = [(step, task) for step, task in self._running if not task.done()]

    def _begin_round(self) -> None:
        self._progress.round += 1
        self._progress.reports = []
        self._progress.segments, self._progress.elapsed = {}, {}
        self._progress.skips, self._progress.ended_at = {}, {}
        self._progress.powered = timedelta()
        self._prompts.begin_round()
        self._steps.repair.forget()
        self._slot.token = ""  # the first step is to meet instruments that were set up anew
        self._blame, self._halted, self._restarting = Blame(), False, False
        self._steering.forget()

    async def _clean_up(self) -> bool:
        self._over = True
        self._meetings.leave()
        if not self._slot.touched:
            return True
        self._enter(RunState.CLEANING_UP)
        for report in await self._steps.clean_up():
            well = report.outcome is Outcome.PASSED or report.outcome is Outcome.SKIPPED
            if not well and not forgiven(self._step(report.step), report):
                self._blame.put("CLEANUP_FAILED", f"Cleanup step {report.step} ended {report.outcome}.", report.step)
        closed = await self._steps.close()
        if not closed.safe:
            self._blame.put("HARDWARE_NOT_SAFE", "; ".join(closed.problems) or "The safe state could not be confirmed.")
        return closed.safe

    async def _conclude(self, *, safe: bool) -> RunEnd:
        self._outcome = judge(
            self._plan,
            self._progress.reports,
            aborted=self._stop is not None or self._refusal is not None,
            at_fault=self._broken or not safe,
        )
        reason = final_reason(self._outcome, self._blame, self._refusal, self._stop)
        request = result_of(self._request, self._progress, self._outcome, reason, safe=safe, at=workflow.now())
        recorded = await self._telling.now(activities.record_result, request, f"record result: {self._outcome}")
        self._blame.reason, self._state = reason, RunState.COMPLETED
        self._show_state()
        if recorded is not None and recorded.owed is not None:
            await self._reporting.finish(recorded.owed)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return RunEnd(
            run_id=self._request.run_id, outcome=self._outcome, reason=reason, defects=list(request.result.defects)
        )

    def _begin_stop(self, request: StopRequest) -> None:
        if self._stop is None and not self._over:
            self._stop = request
            self._telling.deed(request.by, "stop", reason=request.reason)
            self._end_pause()
            self._slot.stop_steps()

    def _end_pause(self) -> None:
        self._paused, self._pause_note = False, ""

    def _step(self, name: str) -> StepPlan:
        return next(step for step in self._plan.steps if step.name == name)

    # Telling

    def _enter(self, state: RunState) -> None:
        """Be in a state, and have it written down; the run never waits for the database with its hardware on."""
        self._state = state
        self._show_state()
        self._telling.state(state, self._waiting_for, self._question.choices)

    def _note_asking(self) -> None:
        """Be PROMPTING while there is nothing to do but to wait for an answer."""
        alone = self._prompts.waits_alone([step.name for step, _ in self._running])
        if alone and self._state is RunState.RUNNING:
            self._enter(RunState.PROMPTING)
        elif not alone and self._state is RunState.PROMPTING:
            self._enter(RunState.RUNNING)

    def _show_state(self) -> None:
        workflow.upsert_search_attributes(
            [search.STATE.value_set(self._state), search.OUTCOME.value_set(self._outcome or "")]
        )
        self._draw()

    async def _wait_for_worker(self, number: int, note: str) -> None:
        before, self._absence = self._state, f"the batch's process: {note}"
        self._enter(RunState.WAITING_FOR_WORKER)
        await workflow.wait_condition(lambda: number not in self._slot.pending)
        self._absence = ""
        if self._state is RunState.WAITING_FOR_WORKER:
            self._enter(before)
        self._note_asking()
