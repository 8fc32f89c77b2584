"""Takes the instruments that other batches use too before a step needs them, and gives them back after the last."""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from typing import Protocol, assert_never

from temporalio import workflow

from station.contracts.messages import RunInput
from station.contracts.sharing import Acquired, Released
from station.domain.errors import SessionLostError
from station.domain.notice import Notice, NoticeCode
from station.domain.plan import StepPlan
from station.domain.run import StepFault
from station.domain.sharing import in_order, shared_by, shared_of
from workflows.slot import Lost, Slot

AWAY = timedelta(seconds=1)
"""Between two calls to a process that did not answer."""


class Controls(Protocol):
    """What sharing needs of the run."""

    @property
    def stopping(self) -> bool:
        """Whether the run is to end before its next step."""

    def leaves_out(self, step: StepPlan) -> bool:
        """Whether somebody wishes the step to be left out."""

    async def hold(self, pause: timedelta, step: StepPlan | None = None) -> None:
        """Wait, or less when the run is stopped or the step it is for is left out."""

    async def unpaused(self, step: StepPlan) -> None:
        """Hold a step that may begin now until the end of a pause; not in the cleanup, nor when the run is stopped."""

    def note_waiting(self, step: str, what: Notice | None) -> None:
        """Show what a step waits for; empty: it goes on."""


class Sharing:
    """The shared instruments of one run.

    Everything that is needed from here on is taken together and in order, so that no two runs wait for each other.
    """

    def __init__(self, request: RunInput, slot: Slot, controls: Controls) -> None:
        """Hold nothing yet, or perhaps what the history before this one held."""
        self._steps = request.plan.steps
        self._shared = request.plan.shared
        self._slot = slot
        self._controls = controls
        self._taking = asyncio.Lock()
        self._held: tuple[str, ...] = ()
        self._token = slot.token
        self._unsure = bool(slot.token) and bool(self._shared)
        """Whether the process may hold more than is in `_held`: a call was lost, or ended half way."""
        self._aside = 0
        self._users: dict[str, tuple[str, tuple[str, ...]]] = {}
        """Session and instruments of each step under way."""

    async def take(
        self, step: StepPlan, ended: Collection[str], *, within: timedelta | None = None
    ) -> StepFault | bool:
        """Have the shared instruments a step needs; a fault, or False: look first whether the session is open.

        Args:
            step: About to begin.
            ended: Steps that have ended; what the others need is taken along.
            within: How long others may keep an instrument; None: as long as they like.
        """
        mine = shared_of(step, self._shared)
        self._users.pop(step.name, None)
        if not mine:
            return True
        if not self._holds(mine):
            async with self._taking:
                fault = await self._take(step, mine, ended, within)
            if fault is None:
                await self._controls.unpaused(step)
            self._controls.note_waiting(step.name, None)
            if fault is not None:
                return fault
        if not self._holds(mine):
            return False
        self._users[step.name] = (self._token, mine)
        return True

    async def give_back(self, ended: Collection[str], step: StepPlan | None = None, *, over: bool = False) -> None:
        """Give back what is not needed from here on.

        Args:
            ended: Steps that have ended.
            step: The one that has ended just now.
            over: Whether no main step begins any more.
        """
        if step is not None:
            self._users.pop(step.name, None)
        while self._may_hold and not self._taking.locked():  # whoever takes now counts afresh what is needed
            keep = in_order((*self._needed(ended, over=over), *self._used()), self._shared)
            if not self._unsure and set(self._held) <= set(keep):
                return
            async with self._taking:
                await self._give_back(keep)

    async def step_aside(self, ended: Collection[str]) -> None:
        """Keep only what steps under way use, until `step_back`: the run waits for others, who may need the rest."""
        self._aside += 1
        await self.give_back(ended)

    def step_back(self) -> None:
        """Keep again what is needed from here on."""
        self._aside -= 1

    @property
    def _may_hold(self) -> bool:
        return bool(self._token) and self._token == self._slot.token and (bool(self._held) or self._unsure)

    def _holds(self, instruments: Collection[str]) -> bool:
        return bool(self._token) and self._token == self._slot.token and set(instruments) <= set(self._held)

    def _needed(self, ended: Collection[str], *, over: bool) -> tuple[str, ...]:
        return () if self._aside else shared_by(self._steps, ended, self._shared, cleanup_only=over)

    def _used(self) -> list[str]:
        """Name what steps under way use; those of a session that is gone are under way no more."""
        return [name for token, names in self._users.values() if token == self._slot.token for name in names]

    async def _take(
        self, step: StepPlan, mine: tuple[str, ...], ended: Collection[str], within: timedelta | None
    ) -> StepFault | None:
        """Ask until they are ours, the session is gone, or the run is stopped."""
        # What is asked for may have to be taken before what is held, which is then given back: nobody may use it now.
        await workflow.wait_condition(lambda: self._holds(mine) or not self._used() or self._stopped(step))
        shown, began = "", workflow.now()
        while (token := self._slot.token) and not self._stopped(step) and not self._holds(mine):
            wanted = in_order((*mine, *self._needed(ended, over=step.cleanup)), self._shared)
            left = None if within is None else max(began + within - workflow.now(), timedelta())
            self._token, self._held, self._unsure = token, (), True
            match await self._slot.acquire(step, wanted, shown, left):
                case StepFault() as fault:
                    return fault
                case Acquired(fault=StepFault() as fault):
                    return fault
                case Acquired(waiting_for=""):
                    self._held, self._unsure = wanted, False
                case Acquired(waiting_for=what, notice=notice):
                    shown = what
                    self._controls.note_waiting(
                        step.name, notice or Notice.of(NoticeCode.INSTRUMENT_AWAITED, what, said=what)
                    )
                case Lost(code=SessionLostError.code):
                    self._slot.token = ""  # a new process has none of them; it has made them safe before anything else
                case Lost() if step.cleanup:
                    await workflow.sleep(AWAY, summary="the batch's process is away")
                case Lost():
                    await self._controls.hold(AWAY, step)
                case never:  # pragma: no cover - the type checker proves it
                    assert_never(never)
        return None

    async def _give_back(self, keep: tuple[str, ...]) -> None:
        while self._may_hold:
            match await self._slot.release(keep):
                case Released() | StepFault():  # what is not safe is made safe by whoever takes it next
                    self._held, self._unsure = tuple(name for name in self._held if name in keep), False
                    return
                case Lost(code=SessionLostError.code):
                    self._slot.token = ""
                case Lost():
                    await workflow.sleep(AWAY, summary="the batch's process is away")
                case never:  # pragma: no cover - the type checker proves it
                    assert_never(never)

    def _stopped(self, step: StepPlan) -> bool:
        return not step.cleanup and (self._controls.stopping or self._controls.leaves_out(step))
