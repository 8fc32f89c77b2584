"""One person has one slot's instruments in hand: open, commands and single steps, and safe again whoever is gone."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from pydantic import JsonValue
from temporalio import workflow

from station.contracts import activities, manual, search
from station.contracts.manual import (
    CommandWish,
    HandOver,
    ManualInput,
    ManualNote,
    ManualProgress,
    SessionLook,
    StepWish,
)
from station.contracts.messages import (
    ClosedSession,
    OpenedSession,
    OpenSessionRequest,
    RunInput,
    SessionPurpose,
    StopRequest,
)
from station.domain.audit import Deed
from station.domain.errors import CommandRefusedError
from station.domain.manual import (
    Command,
    CommandAnswer,
    ManualEnd,
    ManualState,
    ManualStatus,
    check_command,
    check_step,
)
from station.domain.run import StepFault
from workflows import policies
from workflows.hand import Hand
from workflows.refusing import refuse
from workflows.slot import Lost, Slot
from workflows.telling import Telling

NOT_RUNNING = "BATCH_NOT_RUNNING"
LAST = 10
"""So many commands are shown with what came of them; all of them are in the audit."""


@workflow.defn(
    name="station.manual",
    # A bug ends the session as failed instead of hanging it; the life below makes safe first.
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
class ManualSession:
    """Has the same id as the slot's run, so that a run and a manual session exclude each other."""

    @workflow.init
    def __init__(self, request: ManualInput) -> None:
        """Take the slot in hand, or go on with what an earlier history carried over."""
        self._request = request
        # To its slot a manual session is what a run is: an id, a plan, and the token of a session.
        as_run = RunInput(
            run_id=request.session_id,
            station=request.station,
            batch=request.batch,
            plan=request.plan,
            accepted_at=request.opened_at,
        )
        self._slot = Slot(as_run)
        self._telling = Telling(as_run)
        now = workflow.now()
        self._progress = request.progress or ManualProgress(
            token="", since=now, touched_at=now, alive_at=now, keeps_alive=request.keeps_alive
        )
        self._slot.token = self._progress.token
        self._hand = Hand(request, self._progress, self._slot)
        self._state = ManualState.OPEN if request.progress else ManualState.OPENING
        self._ending: HandOver | None = None
        self._watching: asyncio.Task[None] | None = None
        self._gone: ClosedSession | None = None
        self._end: ManualEnd | None = None

    # Handlers

    @workflow.run
    async def run(self, request: ManualInput) -> ManualEnd:
        """Live until somebody leaves, or nobody is there any more; a cancel from outside is a stop.

        Raises:
            CancelledError: Only where the session had ended before the cancel was seen.
        """
        life = asyncio.create_task(self._live(request))
        while True:
            try:
                return await asyncio.shield(life)
            except asyncio.CancelledError:
                if life.done():
                    raise
                self._finish("temporal", "the workflow was cancelled")

    @workflow.signal(name="stop", description="Make safe and end; the same signal stops a run")
    async def stop(self, request: StopRequest) -> None:
        """Make safe and end, whatever goes on."""
        self._finish(request.by, f"stopped: {request.reason}" if request.reason else "stopped")

    @workflow.signal(name="keep_alive", description="The client is there")
    async def keep_alive(self) -> None:
        """The client is there; from the first time on it is missed when it is not."""
        self._progress.alive_at, self._progress.keeps_alive = workflow.now(), True

    @workflow.update(name="command", description="Tell an instrument something, once")
    async def command(self, request: CommandWish) -> CommandAnswer:
        """Tell an instrument something, and hear what came of it."""
        command, arguments = self._checked(request)
        answer = CommandAnswer(
            what=command.full_name, by=request.by, arguments=arguments, at=workflow.now(), unit=command.returns
        )
        return self._done(await self._hand.command(command, answer), "command", reason=request.reason)

    @command.validator
    def _may_command(self, request: CommandWish) -> None:
        self._must_hold(request.by)
        self._checked(request)

    @workflow.update(name="run_step", description="Run one step of the sequence by hand")
    async def run_step(self, request: StepWish) -> CommandAnswer:
        """Run one step of the sequence, and hear what came of it; it is no part of any run."""
        parameters = self._checked_step(request)
        step = next(one for one in self._request.plan.steps if one.name == request.step)
        answer = CommandAnswer(what=f"step {step.name}", by=request.by, arguments=parameters, at=workflow.now())
        return self._done(await self._hand.step(step, answer), "step", reason=request.reason)

    @run_step.validator
    def _may_run_step(self, request: StepWish) -> None:
        self._must_hold(request.by)
        self._checked_step(request)

    @workflow.update(name="make_safe", description="Make every instrument safe, cutting off what goes on")
    async def make_safe(self, request: HandOver) -> CommandAnswer:
        """Make every instrument safe and stay; what waits for its turn is called off."""
        answer = CommandAnswer(what="make safe", by=request.by, at=workflow.now())
        return self._done(await self._hand.make_safe(answer), "safe", reason=request.reason)

    @make_safe.validator
    def _may_make_safe(self, request: HandOver) -> None:
        self._must_be_open()  # whoever it is: towards safety nobody is refused

    @workflow.update(name="leave", description="Make every instrument safe and end the session")
    async def leave(self, request: HandOver) -> ManualEnd:
        """Make every instrument safe and end the session; answers when that is done."""
        self._finish(request.by, request.reason or "left")
        await workflow.wait_condition(lambda: self._end is not None)
        assert self._end is not None  # noqa: S101 - just waited for
        return self._end

    @leave.validator
    def _may_leave(self, request: HandOver) -> None:
        self._must_be_held_by(request.by)

    @workflow.query(name="status", description="Who has the slot in hand, and what was done")
    def status(self) -> ManualStatus:
        """Who has the slot in hand, and what was done."""
        request, progress = self._request, self._progress
        return ManualStatus(
            session_id=request.session_id,
            batch=request.batch,
            state=self._state,
            holder=request.by,
            since=progress.since,
            expires=self._deadline() if self._state is ManualState.OPEN and not self._ending else None,
            idle_until=self._idle_until() if self._state is ManualState.OPEN and not self._ending else None,
            instruments=progress.instruments,
            busy_with=self._hand.busy_with,
            last=progress.last,
            commands=request.commands,
            single_steps=request.single_steps,
            steps=[step.name for step in request.plan.steps] if request.single_steps else [],
            keeps_alive=progress.keeps_alive,
            end=self._end,
        )

    # What may be done

    def _must_be_open(self) -> None:
        if self._state is not ManualState.OPEN or self._ending:
            refuse("MANUAL_NOT_OPEN", f"The manual session is {self._state}; it takes no commands now.")

    def _must_be_held_by(self, by: str) -> None:
        if by != self._request.by:
            refuse("MANUAL_HELD", f"{self._request.by} has batch {self._request.batch} in hand, not {by}.")

    def _must_hold(self, by: str) -> None:
        self._must_be_open()
        self._must_be_held_by(by)

    def _checked(self, wish: CommandWish) -> tuple[Command, dict[str, JsonValue]]:
        try:
            return check_command(
                self._request.commands, wish.instrument, wish.name, wish.arguments, confirmed=wish.confirmed
            )
        except CommandRefusedError as error:
            refuse(error.code, error.message)

    def _checked_step(self, wish: StepWish) -> dict[str, JsonValue]:
        if not self._request.single_steps:
            refuse("NOT_SINGLE_STEPS", "The session was not opened for single steps; leave, and open it for them.")
        names = [step.name for step in self._request.plan.steps]
        try:
            return check_step(names, self._request.parameters, wish.step, wish.parameters)
        except CommandRefusedError as error:
            refuse(error.code, error.message)

    # The life

    async def _live(self, request: ManualInput) -> ManualEnd:
        scribe = asyncio.create_task(self._telling.write_down())
        fault: StepFault | None = None
        try:
            if request.progress is None:
                fault = await self._open()
            if fault is None:
                await self._hold()
        except Exception as error:  # noqa: BLE001 - whatever happened, the instruments are made safe
            workflow.logger.exception("the manual session failed")
            fault = StepFault(code="INTERNAL_ERROR", message=f"The station's own program failed: {error!r}")
        self._state = ManualState.CLOSING
        closed = await self._close(fault)
        if (
            self._watching is not None
        ):  # it ends with the session; a call that is open when a workflow ends is a warning
            with suppress(TimeoutError):
                await workflow.wait_condition(self._watching.done, timeout=policies.WATCH_ENDS_WITHIN)
            self._watching.cancel()
        self._state = ManualState.CLOSED
        ending = self._ending or HandOver(by="station", reason=fault.message if fault else "")
        unsafe = "" if closed.safe else f"manual control by {request.by} ended unsafe: {'; '.join(closed.problems)}"
        data: dict[str, JsonValue] = {"safe": closed.safe, "problems": list(closed.problems)}
        self._note("manual close", ending.by, reason=ending.reason, data=data, unsafe=unsafe)
        await workflow.wait_condition(lambda: not self._telling.untold)
        scribe.cancel()
        self._end = ManualEnd(
            session_id=request.session_id,
            by=ending.by,
            reason=ending.reason,
            fault=fault,
            safe=closed.safe,
            problems=closed.problems,
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._end

    async def _open(self) -> StepFault | None:
        """Write down who takes the slot in hand, then connect and make safe."""
        request = self._request
        data: dict[str, JsonValue] = {"single_steps": request.single_steps}
        self._note("manual open", request.by, reason=request.reason, data=data)
        await workflow.wait_condition(lambda: not self._telling.untold)
        begun = False
        while True:
            match await self._ask_to_open(begun=begun):
                case OpenedSession(fault=None) as opened:
                    self._slot.token = self._progress.token = opened.token
                    self._progress.instruments = {one.name: one.identity for one in opened.instruments}
                    self._progress.touched_at = self._progress.alive_at = workflow.now()
                    return None
                case OpenedSession(fault=fault):
                    return fault
                case Lost(begun=False):
                    within = policies.MANUAL_PROCESS_WITHIN.total_seconds()
                    message = f"The process of batch {request.batch} did not take it up within {within:g} s."
                    return StepFault(code=NOT_RUNNING, message=message)
                case Lost():
                    begun = True  # from here on only a process that answers can say that the instruments are safe
                    await workflow.sleep(timedelta(seconds=1), summary="the batch's process is away")
                case fault:
                    return fault

    async def _ask_to_open(self, *, begun: bool) -> OpenedSession | StepFault | Lost:
        request = self._request
        purpose = SessionPurpose.STEPS if request.single_steps else SessionPurpose.MANUAL
        opening = asyncio.create_task(
            self._slot.ask(
                activities.open_session,
                OpenSessionRequest(run_id=request.session_id, batch=request.batch, plan=request.plan, purpose=purpose),
                timeout=policies.OPENING_TIMEOUT,
                summary="open instruments for manual control",
                stoppable=not begun,
            )
        )
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: opening.done() or self._ending is not None,
                timeout=policies.MANUAL_PROCESS_WITHIN,
                timeout_summary="is the batch's process there?",
            )
        self._slot.stop_steps()  # calls off what no process has taken up; one that opens goes on
        return await opening

    async def _hold(self) -> None:
        """Stay open until somebody leaves, nobody does anything any more, or the session is lost."""
        self._state = ManualState.OPEN
        self._show()
        self._watching = asyncio.create_task(self._watch())
        while self._ending is None:
            await self._wait_until(self._deadline())

    async def _wait_until(self, deadline: datetime) -> None:
        try:
            await workflow.wait_condition(
                lambda: self._ending is not None or self._deadline() < deadline or self._may_cut_history(),
                timeout=max(deadline - workflow.now(), timedelta()),
                timeout_summary="is anybody there?",
            )
        except TimeoutError:
            self._expire()
        if self._may_cut_history():  # the batch's process notices nothing of it
            workflow.continue_as_new(self._request.model_copy(update={"progress": self._progress}))

    def _deadline(self) -> datetime:
        """Say when the session closes by itself."""
        progress, idle = self._progress, self._idle_until()
        return min(idle, progress.alive_at + self._request.times.client) if progress.keeps_alive else idle

    def _idle_until(self) -> datetime:
        """Say when it closes because nobody does anything."""
        return (workflow.now() if self._hand.busy_with else self._progress.touched_at) + self._request.times.idle

    def _expire(self) -> None:
        """End, unless a sign of life has come while the timer ran."""
        times, progress, now = self._request.times, self._progress, workflow.now()
        if progress.keeps_alive and now >= progress.alive_at + times.client:
            self._finish("station", f"the client gave no sign of life for {times.client.total_seconds():g} s")
        elif now >= self._deadline():
            self._finish("station", f"nothing was done for {times.idle.total_seconds():g} s")

    async def _watch(self) -> None:
        """Notice that the process is gone while nobody does anything."""
        while self._ending is None:
            answer = await self._slot.ask(
                manual.manual_watch,
                self._hand.session(),
                timeout=policies.WATCH_TIMEOUT,
                summary="watch over the manual session",
            )
            if self._ending is not None:
                return
            lost = answer if isinstance(answer, Lost) else Lost("its watch ended")
            self._gone = await self._found_left(lost)
            if self._gone is not None:
                self._finish("station", f"the session was lost: {lost.reason}")

    async def _found_left(self, lost: Lost) -> ClosedSession | None:
        """Look for a while how a session was left; None: it lives, or nobody has taken care of it yet."""
        for pause in policies.LOOKS_AFTER_LOSS:
            if (left := await self._left(lost)) is not None:
                return left
            await workflow.sleep(pause, summary="has the session been made safe?")
        return None

    async def _left(self, lost: Lost) -> ClosedSession | None:
        """Say how a session was left that its process does not hold any more; None: nobody has taken care of it yet."""
        look = await self._look()
        if look.owned and lost.code == "SESSION_LOST":
            await workflow.sleep(timedelta(seconds=1), summary="is it being given back?")
            look = await self._look()
        elif look.owned:
            return None
        if look.owned:
            return ClosedSession(safe=False, problems=["the batch's new process could not make the instruments safe"])
        return ClosedSession(safe=look.safe, problems=[] if look.safe else ["it was given back without being safe"])

    async def _look(self) -> SessionLook:
        return await self._telling.now(manual.look_at_session, self._hand.session(), "does the session own the slot?")

    async def _close(self, fault: StepFault | None) -> ClosedSession:
        """Make safe and end the session, however often the process dies meanwhile."""
        await self._hand.let_go()
        if not self._slot.token:
            touched = fault is not None and fault.code != NOT_RUNNING
            return ClosedSession(safe=False, problems=[fault.message]) if fault and touched else ClosedSession()
        while self._gone is None:
            answer = await self._slot.close()
            if isinstance(answer, ClosedSession):
                return answer
            if (left := await self._left(answer)) is not None:
                return left
            await workflow.sleep(timedelta(seconds=1), summary="the batch's process is away")
        return self._gone

    def _finish(self, by: str, reason: str) -> None:
        if self._ending is None:
            self._ending = HandOver(by=by, reason=reason)
            self._hand.cut()

    def _may_cut_history(self) -> bool:
        """Whether the history has grown long, and nothing would be forgotten with it."""
        return (
            workflow.info().is_continue_as_new_suggested()
            and self._ending is None
            and not self._telling.untold
            and workflow.all_handlers_finished()
        )

    # Telling

    def _done(self, answer: CommandAnswer, action: str, *, reason: str = "") -> CommandAnswer:
        """Remember what was done, and have it in the audit with its arguments and its answer."""
        self._progress.touched_at = self._progress.alive_at = workflow.now()
        self._progress.last = [*self._progress.last, answer][-LAST:]
        data = answer.model_dump(mode="json", include={"what", "arguments", "value", "fault", "elapsed"})
        if answer.report is not None:
            data["outcome"] = answer.report.outcome.value
            data["measurements"] = [one.model_dump(mode="json") for one in answer.measurements]
        self._note(action, answer.by, reason=reason, data=data)
        return answer

    def _note(
        self, action: str, by: str, *, reason: str = "", data: dict[str, JsonValue] | None = None, unsafe: str = ""
    ) -> None:
        request = self._request
        self._progress.notes += 1
        deed = Deed(
            id=f"{request.session_id}/{self._progress.notes}",
            at=workflow.now(),
            actor=by,
            action=action,
            target=request.batch,
            reason=reason,
            data={"session": request.session_id, **(data or {})},
        )
        note = ManualNote(deed=deed, session_id=request.session_id, state=self._state, unsafe=unsafe)
        self._telling.later(manual.record_manual, note, f"audit: {action}")
        self._show()

    def _show(self) -> None:
        """Show the session in Temporal's own tools."""
        workflow.upsert_search_attributes([search.STATE.value_set(f"manual {self._state}")])
        lines = [f"**{self._state}** · in hand of {self._request.by}", "", "| command | answer |", "|---|---|"]
        for answer in self._progress.last:
            lines.append(f"| {answer.what} | {answer.fault.message if answer.fault else answer.value} |")
        workflow.set_current_details("\n".join(lines)[:18_000])
