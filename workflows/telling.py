"""Writes down what only the workflow knows, in order, beside the run and never in its way."""

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

from pydantic import JsonValue
from temporalio import workflow

from station.contracts import activities
from station.contracts.messages import RecoveryNote, RunInput, StateChange
from station.contracts.names import engine_queue
from station.domain.audit import Deed
from station.domain.notice import Notice
from station.domain.outcome import RunState
from workflows import policies

Request = TypeVar("Request")
Answer = TypeVar("Answer")

Activity = Callable[[Request], Coroutine[Any, Any, Answer]]


class Telling:
    """The run's way to the results database."""

    def __init__(self, request: RunInput) -> None:
        """Tell of the run of that request."""
        self._queue = engine_queue(request.station)
        self._run_id = request.run_id
        self._batch = request.batch
        self._deeds = 0
        self._untold: list[Callable[[], Coroutine[Any, Any, Any]]] = []

    @property
    def untold(self) -> bool:
        """Whether something is still to be written down."""
        return bool(self._untold)

    def later(self, activity: Activity[Request, Answer], request: Request, summary: str) -> None:
        """Have it written down after all that came before; whoever tells does not wait."""
        self._untold.append(partial(self.now, activity, request, summary))

    async def now(self, activity: Activity[Request, Answer], request: Request, summary: str) -> Answer:
        """Write it down, however long that takes, and hear what came of it."""
        return await workflow.execute_activity(
            activity,
            request,
            task_queue=self._queue,
            start_to_close_timeout=policies.RECORDING_TIMEOUT,
            retry_policy=policies.UNTIL_RECORDED,
            summary=summary,
        )

    def deed(self, actor: str, action: str, *, reason: str = "", data: dict[str, JsonValue] | None = None) -> None:
        """Have it in the audit that somebody did something to this run."""
        if not workflow.patched("audit"):  # runs that began before there was one
            return
        self._deeds += 1
        deed = Deed(
            id=f"{self._run_id}/{workflow.info().run_id}/{self._deeds}",
            at=workflow.now(),
            actor=actor,
            action=action,
            target=self._batch,
            reason=reason,
            data={"run": self._run_id, **(data or {})},
        )
        self.later(activities.record_deed, deed, f"audit: {action}")

    def state(self, state: RunState, waiting: Notice | None, choices: Sequence[str]) -> None:
        """Have it written down where the run is on its way."""
        change = StateChange(
            run_id=self._run_id,
            batch=self._batch,
            state=state,
            at=workflow.now(),
            waiting_for=waiting.text if waiting else "",
            waiting=waiting,
            choices=list(choices),
        )
        self.later(activities.record_state, change, f"record state: {state}")

    def recovery(self, recoveries: int, why: str, round_: int) -> None:
        """Have it written down that the run goes on after an interruption."""
        note = RecoveryNote(
            run_id=self._run_id, batch=self._batch, recoveries=recoveries, reason=why, at=workflow.now(), round=round_
        )
        self.later(activities.record_recovery, note, "record recovery")

    async def write_down(self) -> None:
        """Write down what is told later, one after the other, for as long as the run lives."""
        while True:
            await workflow.wait_condition(lambda: self.untold)
            await self._untold[0]()
            del self._untold[0]
