"""Opens sessions for the steps of a run, and asks where another unit lies in the slot than the one it began with."""

from typing import Protocol

from station.contracts.messages import UNIT_CHANGED, RunProgress, SessionPurpose
from station.domain.notice import Notice, NoticeCode
from station.domain.plan import RecoveryMode, StepPlan
from station.domain.run import StepFault
from workflows.question import ABORT, CHOICES
from workflows.refusing import FullRestart
from workflows.slot import Lost, Slot

UNIT_CHOICES = (RecoveryMode.RESUME.value, RecoveryMode.FULL_RESTART.value, ABORT)


class Controls(Protocol):
    """What opening needs of the run."""

    async def choose(
        self, step: StepPlan, why: str, asked: Notice | None = None, choices: tuple[str, ...] = CHOICES
    ) -> RecoveryMode | None:
        """Ask what to do with a step; None: it has no future, stop it."""


class Opening:
    """Opens the slot for one run, and for the unit it began with."""

    def __init__(self, progress: RunProgress, slot: Slot, controls: Controls) -> None:
        """Open for the run of that progress."""
        self._progress = progress
        self._slot = slot
        self._controls = controls
        self._taken: list[str] = []
        """Identities somebody has said yes to, for the session that is to be opened now."""
        self._exchange = ""

    @property
    def note(self) -> str:
        """How the session came to be that is open now, for people."""
        return f"the session was opened anew{self._exchange}"

    async def open(self, step: StepPlan) -> StepFault | Lost | None:
        """Open a session; None: it is open, or the step it is for has no future.

        Raises:
            FullRestart: If another unit is there, and somebody chose to begin anew with it.
        """
        while True:
            known = [self._progress.unit, *self._taken] if self._progress.unit else []
            answer = await self._slot.open(self._progress.round, SessionPurpose.RUN, known)
            if not isinstance(answer, StepFault) or answer.code != UNIT_CHANGED:
                break
            text = f"{step.title or step.name} cannot go on: {answer.message}; somebody must choose how to go on"
            asked = Notice.of(NoticeCode.UNIT_CHANGED, text, step=step.title or step.name, said=answer.message)
            mode = await self._controls.choose(step, answer.message, asked, UNIT_CHOICES)
            if mode is None:
                return None
            if mode is RecoveryMode.FULL_RESTART:
                self._progress.unit, self._taken = "", []
                raise FullRestart
            self._taken = [self._slot.unit]
        if answer is None:
            self._take_note(self._slot.unit)
        return answer

    def _take_note(self, unit: str) -> None:
        """Remember which unit the run goes on with."""
        before, self._taken, self._exchange = self._progress.unit, [], ""
        if before and unit != before:
            self._exchange = f" with {unit or 'a unit nobody can tell'} in the slot; the run began with {before}"
        self._progress.unit = unit or before
