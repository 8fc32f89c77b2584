"""A slot and a recorder that play a script: real classes behind the names of the real activities, no hardware."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import NoReturn

from temporalio import activity
from temporalio.exceptions import ApplicationError

from station.contracts.messages import (
    UNIT_CHANGED,
    Cause,
    ClosedSession,
    CloseSessionRequest,
    Finding,
    OpenedSession,
    OpenSessionRequest,
    Presence,
    ProbeRequest,
    Reconciled,
    ReconcileRequest,
    RecordResultRequest,
    RecoveryNote,
    RunInput,
    SessionPurpose,
    StateChange,
    StepRequest,
)
from station.contracts.prompts import PromptEnd, PromptNote, StepEnd
from station.contracts.repair import Reconnected, ReconnectRequest
from station.contracts.sharing import Acquired, AcquireRequest, Released, ReleaseRequest
from station.contracts.steering import SkippedStep, WentBack
from station.domain.audit import Deed
from station.domain.outcome import Outcome
from station.domain.plan import Severity
from station.domain.prompt import Prompt
from station.domain.run import RunReason, RunResult, StepFault, StepReport

OCCUPIED = "the shared instrument D, which slot_2 holds since 12:00:00"


class FakeSlot:
    """Stands for the process of a batch: plays one scene after the other for each step, and passes without one.

    Attributes:
        calls: What was asked, in order: `open run`, `a:1` (step and attempt, `a:1.2` for a second segment),
            `what of a:1`, `close`.
        opening: Scenes of `open_session`; without one it opens.
        reconnecting: Scenes of `reconnect`; without one the instruments are there. `making_safe`: of making safe alone.
        closing: Scenes of `close_session`; without one it is safe.
        finding: Scenes of `reconcile`, by step, for what no scene of the step has told.
        session: The token of the open session; empty while there is none.
        unit: What the package says of the unit in the slot; a session for another one is not opened.
    """

    def __init__(self, **scenes: "list[Scene]") -> None:
        self.calls: list[str] = []
        self.scenes: defaultdict[str, list[Scene]] = defaultdict(list, scenes)
        self.opening: list[Callable[[], OpenedSession]] = []
        self.closing: list[Callable[[], ClosedSession]] = []
        self.finding: defaultdict[str, list[Callable[[], Reconciled]]] = defaultdict(list)
        self.reconnecting: list[Callable[[], Reconnected]] = []
        self.making_safe: list[Callable[[], Reconnected]] = []
        self.session = ""
        self.unit = ""
        self.released = asyncio.Event()
        """What scenes made with `until_released` wait for."""
        self.may_open = asyncio.Event()
        """While it is not set, opening takes its time; a wish to stop does not shorten it, as in the real one."""
        self.may_open.set()
        self.may_answer = asyncio.Event()
        """While it is not set, nobody says what became of a step."""
        self.may_answer.set()
        self.under_way: set[str] = set()
        self.requests: list[StepRequest] = []
        self.taking: list[Callable[[], Acquired]] = []
        """Scenes of `acquire`; without one the instruments are taken, as soon as they are free."""
        self.giving_back: list[Callable[[], Released]] = []
        """Scenes of `release`."""
        self.free = asyncio.Event()
        """While it is not set, another batch has the shared instruments."""
        self.free.set()

    @activity.defn(name="station.open_session")
    async def open_session(self, request: OpenSessionRequest) -> OpenedSession:
        """Open, or do as the scene says."""
        self._note(f"open {request.purpose}" + (f" in round {request.round}" if request.round > 1 else ""))
        while not self.may_open.is_set():
            activity.heartbeat()
            with suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(self.may_open.wait(), 0.1)
        opened = self.opening.pop(0)() if self.opening else self._opened(request)
        self.session = opened.token
        return opened

    def _opened(self, request: OpenSessionRequest) -> OpenedSession:
        if request.purpose is not SessionPurpose.RUN:
            return OpenedSession(token=f"token-{len(self.calls)}")
        if request.units and self.unit not in request.units:
            message = f"the unit in the slot is {self.unit or 'unknown'}; the run began with {request.units[0]}"
            return OpenedSession(fault=StepFault(code=UNIT_CHANGED, message=message), unit=self.unit)
        return OpenedSession(token=f"token-{len(self.calls)}", unit=self.unit)

    @activity.defn(name="station.run_step")
    async def run_step(self, request: StepRequest) -> StepReport:
        """Play the step's next scene."""
        segment = f".{request.segment}" if request.segment > 1 else ""
        self._note(f"{request.step}:{request.attempt}{segment}")
        self.requests.append(request)
        if request.session != self.session:
            raise ApplicationError("the session is another one's", type="SESSION_LOST", non_retryable=True)
        scenes = self.scenes[request.step]
        scene = scenes.pop(0) if scenes else passes()
        self.under_way.add(request.step)
        try:
            return await scene(self, request)
        finally:
            self.under_way.discard(request.step)

    @activity.defn(name="station.cleanup")
    async def cleanup(self, request: StepRequest) -> StepReport:
        """Play the cleanup step's next scene."""
        return await self.run_step(request)

    @activity.defn(name="station.reconcile")
    async def reconcile(self, request: ReconcileRequest) -> Reconciled:
        """Say what became of a step: as told by the scene it was lost in; else it never began."""
        self._note(f"what of {request.step}:{request.attempt}")
        while not self.may_answer.is_set():
            activity.heartbeat()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.may_answer.wait(), 0.1)
        findings = self.finding[request.step]
        found = findings.pop(0)() if findings else Reconciled(finding=Finding.NEVER_STARTED)
        return found.model_copy(update={"session_alive": bool(self.session) and request.session == self.session})

    @activity.defn(name="station.close_session")
    async def close_session(self, request: CloseSessionRequest) -> ClosedSession:
        """Close, or do as the scene says."""
        self._note("close")
        if request.session != self.session:
            raise ApplicationError("the session is another one's", type="SESSION_LOST", non_retryable=True)
        closed = self.closing.pop(0)() if self.closing else ClosedSession()
        self.session = ""
        return closed

    @activity.defn(name="station.acquire")
    async def acquire(self, request: AcquireRequest) -> Acquired:
        """Take shared instruments when they are free, or do as the scene says."""
        self._note(f"take {' '.join(request.instruments)}")
        if request.session != self.session:
            raise ApplicationError("the session is another one's", type="SESSION_LOST", non_retryable=True)
        if self.taking:
            return self.taking.pop(0)()
        while not self.free.is_set():
            if request.shown != OCCUPIED:
                return Acquired(waiting_for=OCCUPIED)
            activity.heartbeat()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.free.wait(), 0.1)
        return Acquired()

    @activity.defn(name="station.release")
    async def release(self, request: ReleaseRequest) -> Released:
        """Give shared instruments back, or do as the scene says."""
        self._note(f"keep {' '.join(request.keep) or 'nothing'}")
        if request.session != self.session:
            raise ApplicationError("the session is another one's", type="SESSION_LOST", non_retryable=True)
        return self.giving_back.pop(0)() if self.giving_back else Released()

    @activity.defn(name="station.reconnect")
    async def reconnect(self, request: ReconnectRequest) -> Reconnected:
        """Connect again, or do as the scene says."""
        self._note("reconnect" if request.connect else "make safe")
        if request.session != self.session:
            raise ApplicationError("the session is another one's", type="SESSION_LOST", non_retryable=True)
        scenes = self.reconnecting if request.connect else self.making_safe
        return scenes.pop(0)() if scenes else Reconnected()

    @property
    def activities(self) -> list[Callable[..., Awaitable[object]]]:
        """What its worker serves."""
        calls = [self.open_session, self.run_step, self.cleanup, self.reconcile, self.close_session]
        return [*calls, self.acquire, self.release, self.reconnect]

    def _note(self, call: str) -> None:
        self.calls.append(call)


Scene = Callable[[FakeSlot, StepRequest], Awaitable[StepReport]]


class FakeRecorder:
    """Stands for the results database: keeps what it is told.

    Attributes:
        presence: What `probe` answers; the first answer is repeated when it is the only one.
        probed: Called on each probe, before it answers.
    """

    def __init__(self) -> None:
        self.accepted: list[RunInput] = []
        self.refused: set[str] = set()
        """Batches whose runs are refused."""
        self.states: list[StateChange] = []
        self.recoveries: list[RecoveryNote] = []
        self.results: list[RunResult] = []
        self.deeds: list[Deed] = []
        self.prompts: list[PromptNote] = []
        self.prompt_ends: list[PromptEnd] = []
        self.step_ends: list[StepEnd] = []
        self.told: list[str] = []
        self.skipped: list[SkippedStep] = []
        self.went_back: list[WentBack] = []
        self.presence = Presence(started=False, note="it is starting")
        self.probes: list[ProbeRequest] = []
        self.probed: Callable[[], Awaitable[None]] | None = None
        self.reachable = asyncio.Event()
        """While it is not set, nothing can be written, as if the database were away."""
        self.reachable.set()

    @activity.defn(name="station.record_accepted")
    async def record_accepted(self, request: RunInput) -> RunReason | None:
        """Keep it."""
        await self.reachable.wait()
        self.accepted.append(request)
        return RunReason(code="WIP_BUSY", message="refused") if request.batch in self.refused else None

    @activity.defn(name="station.record_state")
    async def record_state(self, request: StateChange) -> None:
        """Keep it."""
        await self.reachable.wait()
        self.states.append(request)
        self.told.append(request.state)

    @activity.defn(name="station.record_recovery")
    async def record_recovery(self, request: RecoveryNote) -> None:
        """Keep it."""
        await self.reachable.wait()
        self.recoveries.append(request)
        self.told.append("recovery")

    @activity.defn(name="station.record_result")
    async def record_result(self, request: RecordResultRequest) -> None:
        """Keep it."""
        await self.reachable.wait()
        self.results.append(request.result)
        self.told.append("result")

    @activity.defn(name="station.record_deed")
    async def record_deed(self, request: Deed) -> None:
        """Keep it."""
        await self.reachable.wait()
        self.deeds.append(request)

    @activity.defn(name="station.record_skipped")
    async def record_skipped(self, request: SkippedStep) -> None:
        """Keep it."""
        await self.reachable.wait()
        self.skipped.append(request)

    @activity.defn(name="station.record_going_back")
    async def record_going_back(self, request: WentBack) -> None:
        """Keep it."""
        await self.reachable.wait()
        self.went_back.append(request)

    @activity.defn(name="station.record_prompt")
    async def record_prompt(self, request: PromptNote) -> None:
        """Keep it."""
        await self.reachable.wait()
        self.prompts.append(request)

    @activity.defn(name="station.record_prompt_end")
    async def record_prompt_end(self, request: PromptEnd) -> None:
        """Keep it."""
        await self.reachable.wait()
        self.prompt_ends.append(request)

    @activity.defn(name="station.record_step_end")
    async def record_step_end(self, request: StepEnd) -> None:
        """Keep it."""
        await self.reachable.wait()
        self.step_ends.append(request)

    @activity.defn(name="station.probe")
    async def probe(self, request: ProbeRequest) -> Presence:
        """Answer as told."""
        self.probes.append(request)
        if self.probed is not None:
            await self.probed()
        return self.presence

    @property
    def result(self) -> RunResult:
        """The one result."""
        (result,) = self.results
        return result

    @property
    def activities(self) -> list[Callable[..., Awaitable[object]]]:
        """What the engine's worker serves beside the workflow."""
        return [
            self.record_accepted,
            self.record_state,
            self.record_recovery,
            self.record_result,
            self.record_deed,
            self.record_skipped,
            self.record_going_back,
            self.record_prompt,
            self.record_prompt_end,
            self.record_step_end,
            self.probe,
        ]


# Scenes: what one call of a step comes to


def passes(*, elapsed: float = 0.0, finished: bool = True) -> Scene:
    """The step passes; or only one of its segments has ended."""
    return _ends(Outcome.PASSED, elapsed=timedelta(seconds=elapsed), finished=finished)


def asks(prompt: Prompt | None = None, *, elapsed: float = 0.0) -> Scene:
    """The part of the step ends with a prompt."""
    more = {"finished": False, "prompt": prompt or question(), "elapsed": timedelta(seconds=elapsed)}
    return _ends(Outcome.PASSED, **more)


def question(key: str = "led", **more: object) -> Prompt:
    """Is the LED green?"""
    return Prompt.model_validate(
        {"key": key, "message": "Is the LED green?", "fields": [{"kind": "pass_fail"}], **more}
    )


def fails(*failures: str, defects: tuple[str, ...] = (), fault: StepFault | None = None) -> Scene:
    """The unit is bad."""
    return _ends(Outcome.FAILED, failures=failures, defects=defects, fault=fault)


def errs(code: str = "STEP_ERROR", severity: Severity | None = None, *, elapsed: float = 0.0) -> Scene:
    """The step's code raises."""
    fault = StepFault(code=code, message=f"{code} happened", severity=severity)
    return _ends(Outcome.ERROR, fault=fault, elapsed=timedelta(seconds=elapsed))


def ends(outcome: Outcome) -> Scene:
    """The step ends so, and nobody says why."""
    return _ends(outcome)


def is_cut_off(
    cause: Cause = Cause.KILLED,
    why: str = "was killed by SIGKILL",
    *,
    report: Outcome | None = None,
    finding: Finding = Finding.INTERRUPTED,
    finished: bool = True,
    process_lives: bool = False,
    elapsed: float = 0.0,
) -> Scene:
    """The process dies in the step; what is found afterwards is said here."""

    async def scene(slot: FakeSlot, request: StepRequest) -> StepReport:
        found = None
        if report is not None:
            fault = StepFault(code="WORKER_CRASHED", message=why, severity=Severity.CRITICAL)
            found = StepReport(
                step=request.step,
                attempt=request.attempt,
                outcome=report,
                finished=finished,
                elapsed=timedelta(seconds=elapsed),
                fault=fault if report is Outcome.ERROR else None,
            )
        answer = Reconciled(finding=finding, report=found, cause=cause, explanation=why)
        slot.finding[request.step].append(lambda: answer)
        if not process_lives:
            slot.session = ""
        _lose(why)

    return scene


def is_lost_unreported(outcome: Outcome = Outcome.PASSED, **more: object) -> Scene:
    """The step finishes, and its process dies before it can say so."""
    return is_cut_off(report=outcome, finding=Finding.FINISHED, **more)  # type: ignore[arg-type]


def is_lost_before_it_begins() -> Scene:
    """The process dies with the call in its hands, and before the step is in the journal."""
    return is_cut_off(finding=Finding.NEVER_STARTED, cause=Cause.NONE, why="")


def until_released(then: Scene | None = None, *, stopped: Scene | None = None) -> Scene:
    """The step takes until the test says so; it yields when it is stopped, as ABORTED unless said otherwise."""

    async def scene(slot: FakeSlot, request: StepRequest) -> StepReport:
        released = asyncio.create_task(slot.released.wait())
        try:
            while not released.done():
                activity.heartbeat()
                await asyncio.wait([released], timeout=0.1)
        except asyncio.CancelledError:
            return await (stopped or _yields)(slot, request)
        finally:
            released.cancel()
        return await (then or passes())(slot, request)

    return scene


def gives_up() -> Scene:
    """The call ends as cancelled, with no word about the step."""

    async def scene(_slot: FakeSlot, _request: StepRequest) -> StepReport:
        raise asyncio.CancelledError

    return scene


# Scenes of other calls


def opens() -> Callable[[], OpenedSession]:
    """The session is opened, as it is where there is no scene."""
    return lambda: OpenedSession(token="token")  # noqa: S106 - of a session, not of a person


def cannot_open(severity: Severity = Severity.RECOVERABLE) -> Callable[[], OpenedSession]:
    """An instrument does not answer."""
    fault = StepFault(code="HARDWARE_NOT_CONNECTED", message="dmm does not answer", severity=severity)
    return lambda: OpenedSession(fault=fault)


def stays_away(code: str = "HARDWARE_NOT_CONNECTED") -> Callable[[], Reconnected]:
    """The instruments do not come back."""
    fault = StepFault(code=code, message="dmm does not answer", severity=None, details={"instrument": "dmm"})
    return lambda: Reconnected(fault=fault)


def dies() -> Callable[[], NoReturn]:
    """The process dies in the call."""
    return lambda: _lose("was killed by SIGKILL")


def breaks(kind: str | None = None) -> Callable[[], NoReturn]:
    """The call itself raises, which it must not."""

    def scene() -> NoReturn:
        raise ApplicationError("the journal cannot be read", type=kind, non_retryable=True)

    return scene


def _lose(why: str) -> NoReturn:
    raise ApplicationError(why or "gone", type="WORKER_CRASHED", non_retryable=True)


def _ends(outcome: Outcome, **more: object) -> Scene:
    async def scene(_slot: FakeSlot, request: StepRequest) -> StepReport:
        return StepReport(step=request.step, attempt=request.attempt, outcome=outcome, **more)  # type: ignore[arg-type]

    return scene


async def _yields(_slot: FakeSlot, request: StepRequest) -> StepReport:
    fault = StepFault(code="STEP_STOPPED", message="the run was stopped")
    return StepReport(step=request.step, attempt=request.attempt, outcome=Outcome.ABORTED, fault=fault)
