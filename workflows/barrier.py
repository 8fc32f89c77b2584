"""Meets the runs that were started together before a step, so that all begin it at the same time."""

import asyncio
from collections.abc import Collection
from typing import Protocol, assert_never

from temporalio import workflow
from temporalio.exceptions import FailureError

from station.contracts.barrier import BarrierMemory, BarrierNote, News
from station.contracts.messages import RunInput
from station.contracts.names import run_workflow_id
from station.domain.notice import Notice, NoticeCode
from station.domain.plan import StepPlan
from workflows import policies
from workflows.sharing import Sharing


class Controls(Protocol):
    """What meeting others needs of the run."""

    @property
    def stopping(self) -> bool:
        """Whether the run is to end before its next step."""

    def leaves_out(self, step: StepPlan) -> bool:
        """Whether somebody wishes the step to be left out."""

    async def unpaused(self, step: StepPlan) -> None:
        """Hold a step that may begin now until the end of a pause; not in the cleanup, nor when the run is stopped."""

    def note_waiting(self, step: str, what: Notice | None) -> None:
        """Show what a step waits for; empty: it goes on."""


class Meetings:
    """One run's side of a barrier.

    Nobody waits for a member that has ended, was never started, or has gone past the step. Each step is met at once:
    a run that comes to it again does not wait again.
    """

    def __init__(self, request: RunInput, memory: BarrierMemory, controls: Controls) -> None:
        """Meet the others of the run's group; a run without a barrier meets nobody."""
        self._station = request.station
        self._me = request.batch
        self._group = request.barrier.group if request.barrier else ""
        self._steps = request.barrier.steps if request.barrier else []
        self._others = [member for member in request.barrier.members if member != self._me] if request.barrier else []
        self._gathered_by = request.accepted_at + policies.GATHERED_WITHIN
        self._memory = memory
        self._controls = controls
        self._sending: list[asyncio.Task[None]] = []

    @property
    def busy(self) -> bool:
        """Whether news is on its way to others."""
        self._sending = [task for task in self._sending if not task.done()]
        return bool(self._sending)

    def is_at(self, step: str) -> bool:
        """Whether a step is begun together with others, and has not been yet."""
        return step in self._steps and step not in self._memory.met

    def lacks(self, step: str) -> bool:
        """Whether somebody has not come to the step yet."""
        return not self._memory.gathered or bool(self._missing(step))

    def hear(self, note: BarrierNote) -> None:
        """Take news; whoever waits for this run in vain is told so."""
        if note.group != self._group:
            if note.news is News.ARRIVED:
                self._later(note.member, BarrierNote(group=note.group, news=News.LEFT, member=self._me))
            return
        match note.news:
            case News.GATHERED:
                self._memory.gathered = True
                self._forget([member for member in self._others if member not in note.members])
            case News.ARRIVED:
                _add(self._memory.arrived, note.step, note.member)
                if self._me in self._memory.arrived[note.step] and not self._knows(note.member, note.step):
                    self._later(note.member, self._arrived(note.step))
            case News.LEFT:
                self._forget([note.member])
            case never:  # pragma: no cover - the type checker proves it
                assert_never(never)

    async def meet(self, step: StepPlan, sharing: Sharing, ended: Collection[str]) -> None:
        """Come to a step with the session open, so that all begin at once; keep nothing that others may need."""
        await self.arrive(step.name)
        if self.lacks(step.name):
            await sharing.step_aside(ended)
            await self.wait(step)
            sharing.step_back()
        if not self._controls.stopping:  # else it may come here again, having gone back
            self._memory.met.append(step.name)
            await self._controls.unpaused(step)
        self._controls.note_waiting(step.name, None)

    async def arrive(self, step: str) -> None:
        """Tell the others that this run has come to the step; returns when all who can hear it have been told."""
        _add(self._memory.arrived, step, self._me)
        await self._tell([member for member in self._others if member not in self._memory.left], step)

    async def wait(self, step: StepPlan) -> None:
        """Wait until all the others have come to the step too, or have left, or the run is stopped.

        Who is missing is asked again now and then: a run that was ended from outside has told nobody.
        """
        name, pause = step.name, policies.ASKED_AGAIN_AFTER
        while self.lacks(name) and not self._has_no_future(step):
            missing, gathered = self._missing(name), self._memory.gathered
            others = ", ".join(missing)
            text = f"{others or 'the start of the others'} at {name}"
            self._controls.note_waiting(name, Notice.of(NoticeCode.OTHERS_AWAITED, text, others=others, step=name))
            try:
                await workflow.wait_condition(
                    lambda: (
                        (self._missing(name), self._memory.gathered) != (missing, gathered)  # noqa: B023 - awaited here
                        or self._has_no_future(step)
                    ),
                    timeout=pause,
                    timeout_summary="is everybody still there?",
                )
            except TimeoutError:
                pause = min(pause * 2, policies.ASKED_AGAIN_AFTER_MAX)
                self._memory.gathered = self._memory.gathered or workflow.now() >= self._gathered_by
                await self._tell(self._missing(name), name)
            else:
                if self._memory.gathered and not gathered:  # who could not be told before was not there yet
                    await self._tell(self._missing(name), name)

    def _has_no_future(self, step: StepPlan) -> bool:
        return self._controls.stopping or self._controls.leaves_out(step)

    def go_past(self, steps: Collection[str]) -> None:
        """Tell the others of steps that are behind this run, whether or not it has met anybody there."""
        for step in self._steps:
            if step in steps and step not in self._memory.met:
                self._memory.met.append(step)
                _add(self._memory.arrived, step, self._me)
                for member in self._others:
                    self._later(member, self._arrived(step))

    def leave(self) -> None:
        """Tell the others that this run begins no step any more."""
        if all(step in self._memory.met for step in self._steps):
            return
        self._memory.met = list(self._steps)
        for member in self._others:
            self._later(member, BarrierNote(group=self._group, news=News.LEFT, member=self._me))

    def _knows(self, member: str, step: str) -> bool:
        return member in self._memory.told.get(step, [])

    def _arrived(self, step: str) -> BarrierNote:
        return BarrierNote(group=self._group, news=News.ARRIVED, member=self._me, step=step)

    def _missing(self, step: str) -> list[str]:
        here = {*self._memory.left, *self._memory.arrived.get(step, [])}
        return [member for member in self._others if member not in here]

    def _forget(self, members: Collection[str]) -> None:
        self._memory.left += [member for member in members if member not in self._memory.left]

    async def _tell(self, members: Collection[str], step: str) -> None:
        telling = [asyncio.create_task(self._send(member, self._arrived(step))) for member in members]
        await workflow.wait_condition(lambda: all(task.done() for task in telling))

    def _later(self, member: str, note: BarrierNote) -> None:
        self._sending.append(asyncio.create_task(self._send(member, note)))

    async def _send(self, member: str, note: BarrierNote) -> None:
        handle = workflow.get_external_workflow_handle(run_workflow_id(self._station, member))
        try:
            await handle.signal("meet", note)
            if note.news is News.ARRIVED:
                _add(self._memory.told, note.step, member)
        except FailureError:
            # Its run is over; or has not been started yet, as long as nobody has said that all are.
            if self._memory.gathered:
                self._forget([member])


def _add(members: dict[str, list[str]], step: str, member: str) -> None:
    here = members.setdefault(step, [])
    if member not in here:
        here.append(member)
