"""Asks what is to become of a run that was interrupted; the first answer counts."""

from collections.abc import Callable

from temporalio import workflow

from station.contracts.messages import RecoverRequest
from station.domain.notice import Notice, NoticeCode
from station.domain.plan import RecoveryMode, StepPlan
from workflows.refusing import refuse

ABORT = "abort"
CHOICES = (
    RecoveryMode.RESUME.value,
    RecoveryMode.FULL_RESTART.value,
    RecoveryMode.SKIP_FAILED.value,
    ABORT,
)


class Question:
    """The question a run asks; one at a time, however many steps were interrupted.

    Attributes:
        asked: What is asked, for people; None while nothing is.
    """

    def __init__(self) -> None:
        """Ask nothing yet."""
        self.asked: Notice | None = None
        self._step: StepPlan | None = None
        self._answer: RecoverRequest | None = None
        self._choices: tuple[str, ...] = CHOICES

    @property
    def text(self) -> str:
        """What is asked, in words; empty while nothing is."""
        return self.asked.text if self.asked else ""

    @property
    def step(self) -> str:
        """Name of the step that is asked about; empty while nothing is."""
        return self._step.name if self._step else ""

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be answered now."""
        return self._choices if self._step else ()

    async def turn(self, given_up: Callable[[], bool]) -> bool:
        """Wait until nobody else's question is open; False where there is nothing to ask any more."""
        while self._step is not None:  # several wait for their turn, and wake up together
            await workflow.wait_condition(lambda: self._step is None or given_up())
            if given_up():
                return False
        return True

    def open(self, step: StepPlan, why: str, asked: Notice | None, choices: tuple[str, ...]) -> None:
        """Ask about a step that was cut off, or that cannot go on for what `asked` says."""
        self._step, self._answer, self._choices = step, None, choices
        title = step.title or step.name
        text = f"{title} was cut off ({why}); somebody must choose how to go on"
        self.asked = asked or Notice.of(NoticeCode.STEP_CUT_OFF, text, step=title, said=why)

    async def answered(self, given_up: Callable[[], bool]) -> RecoverRequest | None:
        """Wait for the answer; None where the run ends without one."""
        await workflow.wait_condition(lambda: self._answer is not None or given_up())
        answer, self._step, self.asked = self._answer, None, None
        return answer

    def take(self, answer: RecoverRequest) -> None:
        """Take the answer."""
        self._answer = answer

    def check(self, answer: RecoverRequest) -> None:
        """Refuse an answer that cannot be taken."""
        if self._step is None or self._answer is not None:
            refuse("RUN_NOT_INTERRUPTED", "The run does not ask what to do; it may have been answered already.")
        if answer.choice not in self._choices:
            refuse("INVALID_CHOICE", f"{answer.choice!r} is not a choice; choose one of {', '.join(self._choices)}.")
