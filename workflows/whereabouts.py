"""Where a run is on its way, and what holds it up: written down, and shown in Temporal's own tools."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from temporalio import workflow

from station.contracts import search
from station.domain.notice import Notice, NoticeCode
from station.domain.outcome import Outcome, RunState
from station.domain.plan import StepPlan
from station.domain.run import RunStatus
from workflows.prompts import Prompts
from workflows.question import Question
from workflows.telling import Telling
from workflows.underway import UnderWay
from workflows.view import details


class Whereabouts:
    """The state of one run, as people see it.

    Attributes:
        state: The last one it entered.
        outcome: None while the run goes on.
        paused: Whether the run is held before its next step.
        pause_note: Who holds it, and why; None: nobody does.
        over: Whether its main steps are over: nobody holds the rest.
        waits: What steps under way wait for, by step; that is no time of theirs.
    """

    def __init__(
        self,
        state: RunState,
        telling: Telling,
        question: Question,
        prompts: Prompts,
        under_way: UnderWay,
        status: Callable[[], RunStatus],
    ) -> None:
        """Be in a state; `status` is what is drawn."""
        self.state = state
        self.outcome: Outcome | None = None
        self.paused = False
        self.pause_note: Notice | None = None
        self.over = False
        self.waits: dict[str, Notice] = {}
        self._telling = telling
        self._question = question
        self._prompts = prompts
        self._under_way = under_way
        self._status = status
        self._absence: Notice | None = None
        self._shown_at = datetime.min.replace(tzinfo=UTC)

    @property
    def working(self) -> list[StepPlan]:
        """The steps under way that wait for nothing."""
        return [step for step in self._under_way.steps if step.name not in self.waits]

    @property
    def state_now(self) -> RunState:
        """The state, where a run that was paused counts as running until its steps have ended."""
        return RunState.PAUSED if self.paused and not self.working and not self.over else self.state

    @property
    def waiting(self) -> Notice | None:
        """What holds the run up; None while it moves."""
        pause_note = None if self.over else self.pause_note
        waits = next(iter(self.waits.values()), None)
        return self._question.asked or self._absence or self._prompts.awaited or pause_note or waits

    @property
    def waiting_for(self) -> str:
        """What holds the run up, in words; empty while it moves."""
        return self.waiting.text if self.waiting else ""

    async def unpaused(self, step: StepPlan, given_up: Callable[[], bool]) -> None:
        """Hold a step that may begin now until the end of a pause, or until it is given up."""
        if self.pause_note is not None and not self.over:
            self.waits[step.name] = self.pause_note
            self.enter(RunState.PAUSED)
            await workflow.wait_condition(lambda: not self.paused or given_up())
            self.enter(RunState.RUNNING)

    def end_pause(self) -> None:
        """Let the run go on."""
        self.paused, self.pause_note = False, None

    def enter(self, state: RunState) -> None:
        """Be in a state, and have it written down; the run never waits for the database with its hardware on."""
        self.state = state
        self.show()
        self._telling.state(state, self.waiting, self._question.choices)

    def note_waiting(self, step: str, what: Notice | None) -> None:
        """Show what a step waits for; None: it goes on."""
        before = self.waits.get(step)
        if (before.text if before else "") == (what.text if what else ""):
            return
        if what is None:
            del self.waits[step]
        else:
            self.waits[step] = what
        if self.waits:
            self.enter(self.state)
        else:  # its own start tells watchers; whoever begins together with others has no time for more
            self.note_change()

    def note_asking(self) -> None:
        """Be PROMPTING while there is nothing to do but to wait for an answer."""
        alone = self._prompts.waits_alone(self._under_way.names)
        if alone and self.state is RunState.RUNNING:
            self.enter(RunState.PROMPTING)
        elif not alone and self.state is RunState.PROMPTING:
            self.enter(RunState.RUNNING)

    async def note_absence(self, note: str, back: Callable[[], bool]) -> None:
        """Be WAITING_FOR_WORKER until the batch's process is back."""
        before = self.state
        self._absence = Notice.of(NoticeCode.PROCESS_AWAY, f"the batch's process: {note}", said=note)
        self.enter(RunState.WAITING_FOR_WORKER)
        await workflow.wait_condition(back)
        self._absence = None
        if self.state is RunState.WAITING_FOR_WORKER:
            self.enter(before)
        self.note_asking()

    def note_change(self) -> None:
        """Show the steps in Temporal's own UI, once a second at the most: drawing the table costs time."""
        if workflow.now() - self._shown_at >= timedelta(seconds=1):
            self._draw()

    def show(self) -> None:
        """Show the state where Temporal's own tools look for it."""
        workflow.upsert_search_attributes(
            [search.STATE.value_set(self.state), search.OUTCOME.value_set(self.outcome or "")]
        )
        self._draw()

    def _draw(self) -> None:
        self._shown_at = workflow.now()
        workflow.set_current_details(details(self._status()))
