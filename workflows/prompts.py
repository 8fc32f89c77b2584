"""Asks people on behalf of a run's steps: each question once, each answered once, however long it takes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from temporalio import workflow

from station.contracts import prompts as contracts
from station.contracts.messages import RunInput, RunProgress
from station.contracts.prompts import AnswerRequest, PromptEnd, PromptNote, PromptState, StepEnd
from station.domain.errors import AnswerError
from station.domain.measurement import Measurement
from station.domain.notice import Notice, NoticeCode
from station.domain.outcome import Outcome
from station.domain.plan import Plan, StepPlan
from station.domain.prompt import (
    BY_TIMEOUT,
    Answer,
    AnsweredPrompt,
    OpenPrompt,
    Prompt,
    answer_measurements,
    check_answer,
)
from station.domain.run import StepFault, StepReport, StepResult
from workflows.refusing import refuse
from workflows.telling import Telling

_STOPPED = StepFault(code="STOPPED", message="The run was stopped.")


@dataclass
class _Asked:
    """A question and, once somebody has given it, its answer."""

    prompt: OpenPrompt
    answer: Answer | None = None


class Prompts:
    """The questions of one run.

    Answers are kept by step and key for as long as the round lasts: whatever is killed, and however often a step is
    done again, nobody is asked the same thing twice.
    """

    def __init__(
        self,
        request: RunInput,
        progress: RunProgress,
        telling: Telling,
        given_up: Callable[[StepPlan], bool],
        changed: Callable[[], None],
    ) -> None:
        """Ask for the run of that request.

        Args:
            request: The run.
            progress: Where answers are kept.
            telling: What is asked and answered is written down through it.
            given_up: Whether a step has no future, so that nobody need answer it any more.
            changed: Called when a prompt was opened or closed.
        """
        self._request = request
        self._progress = progress
        self._telling = telling
        self._given_up = given_up
        self._changed = changed
        self._asked: list[_Asked] = []
        self._closed: dict[str, str] = {one.id: _how_answered(one.answer) for one in progress.answers}
        self._askers = {one.step for one in progress.answers}
        self._idle_since: datetime | None = None

    @property
    def open(self) -> tuple[OpenPrompt, ...]:
        """What is asked and not answered yet, oldest first."""
        return tuple(asked.prompt for asked in self._asked if asked.answer is None)

    @property
    def awaited(self) -> Notice | None:
        """What the run waits for; None where nothing is asked."""
        asked = self.open
        if not asked:
            return None
        more = f" (and {len(asked) - 1} more)" if len(asked) > 1 else ""
        text = f"an answer: {asked[0].prompt.message}{more}"
        return Notice.of(NoticeCode.ANSWER_AWAITED, text, count=len(asked), said=str(asked[0].prompt.message))

    def answers(self, step: str) -> list[AnsweredPrompt]:
        """What a step was answered in this round."""
        return [one for one in self._progress.answers if one.step == step]

    def has_asked(self, step: str) -> bool:
        """Whether a step has asked anything in this round."""
        return step in self._askers

    def begin_round(self) -> None:
        """Forget the answers of the round that is given up: the unit is tested anew, and people are asked anew."""
        self._progress.answers = []
        self._askers.clear()

    # Asking

    async def ask(self, step: StepPlan, prompt: Prompt) -> Answer | StepFault:
        """Ask, and wait for the answer; a fault where there is none and the step cannot go on."""
        known = next((one for one in self.answers(step.name) if one.key == prompt.key), None)
        if known is not None:
            return known.answer
        self._askers.add(step.name)
        if self._given_up(step):
            return _STOPPED
        asked = self._open(step, prompt)
        try:
            await workflow.wait_condition(
                lambda: asked.answer is not None or self._given_up(step),
                timeout=prompt.timeout,
                timeout_summary=f"an answer to {asked.prompt.id}",
            )
        except TimeoutError:
            if prompt.defaults is not None and asked.answer is None:
                asked.answer = Answer(values=prompt.defaults, by=BY_TIMEOUT, at=workflow.now())
        return self._close(step, asked)

    def _open(self, step: StepPlan, prompt: Prompt) -> _Asked:
        self._progress.asked += 1
        now = workflow.now()
        asked = _Asked(
            OpenPrompt(
                id=f"{self._request.run_id}:{self._progress.asked}",
                step=step.name,
                prompt=prompt,
                asked_at=now,
                until=now + prompt.timeout if prompt.timeout is not None else None,
            )
        )
        self._asked.append(asked)
        note = PromptNote(run_id=self._request.run_id, batch=self._request.batch, asked=asked.prompt)
        self._telling.later(contracts.record_prompt, note, f"{step.title or step.name} asks: {prompt.key}")
        self._changed()
        return asked

    def _close(self, step: StepPlan, asked: _Asked) -> Answer | StepFault:
        self._asked.remove(asked)
        one, answer = asked.prompt, asked.answer
        if answer is not None:
            self._closed[one.id] = _how_answered(answer)
            kept = AnsweredPrompt(id=one.id, step=one.step, key=one.prompt.key, kinds=one.prompt.kinds, answer=answer)
            self._progress.answers.append(kept)
            self._tell_end(one, PromptState.TIMED_OUT if answer.by == BY_TIMEOUT else PromptState.ANSWERED, answer)
            self._changed()
            return answer
        if self._given_up(step):
            state, fault = PromptState.WITHDRAWN, _STOPPED
        else:
            seconds = one.prompt.timeout.total_seconds() if one.prompt.timeout else 0
            message = f"Nobody answered {one.prompt.key} of {one.step} within {seconds:g} s: {one.prompt.message}"
            state, fault = PromptState.TIMED_OUT, StepFault(code="PROMPT_TIMEOUT", message=message)
        self._closed[one.id] = state.value.replace("_", " ")
        self._tell_end(one, state, None)
        self._changed()
        return fault

    def _tell_end(self, one: OpenPrompt, state: PromptState, answer: Answer | None) -> None:
        end = PromptEnd(
            run_id=self._request.run_id,
            batch=self._request.batch,
            id=one.id,
            step=one.step,
            state=state,
            at=answer.at if answer else workflow.now(),
            answer=answer,
        )
        self._telling.later(contracts.record_prompt_end, end, f"{one.prompt.key} of {one.step}: {state}")

    # Answering

    def check(self, request: AnswerRequest) -> None:
        """Refuse an answer that cannot be taken."""
        self._read(request)

    def take(self, request: AnswerRequest) -> None:
        """Take the answer; whoever comes second is refused here too."""
        asked, values = self._read(request)
        asked.answer = Answer(values=values, by=request.by or "somebody", at=workflow.now())
        self._telling.deed(
            asked.answer.by,
            "answer",
            data={"prompt": request.prompt, "step": asked.prompt.step, "values": values},
        )

    def _read(self, request: AnswerRequest) -> tuple[_Asked, dict[str, JsonValue]]:
        asked = next((one for one in self._asked if one.prompt.id == request.prompt), None)
        if asked is None:
            what = self._closed.get(request.prompt, "not asked by this run")
            refuse("PROMPT_NOT_OPEN", f"Prompt {request.prompt} is {what}.")
        if asked.answer is not None:
            refuse("PROMPT_NOT_OPEN", f"Prompt {request.prompt} is {_how_answered(asked.answer)}.")
        try:
            return asked, check_answer(asked.prompt.prompt, request.values)
        except AnswerError as error:
            refuse(error.code, error.message)

    # What an answer means for its step

    async def ask_before(self, step: StepPlan, plan: Plan, attempt: int) -> StepReport | None:
        """Ask what the package wants to know before a step begins.

        Returns:
            None where the step may begin; its report where there is no answer, or one that says no.
        """
        if step.prompt is None or not _applies(step, plan):
            return None
        answer = await self.ask(step, step.prompt)
        measured: tuple[Measurement, ...] = ()
        if isinstance(answer, StepFault):
            report = StepReport(step=step.name, attempt=attempt, outcome=Outcome.ABORTED, fault=answer)
        else:
            measured = answer_measurements(step.prompt, answer, judged=True)
            bad = tuple(one.name for one in measured if one.outcome is Outcome.FAILED)
            if not bad:
                return None
            message = f"{step.prompt.message}: {answer} (answered by {answer.by})"
            fault = StepFault(code="PROMPT_FAILED", message=message)
            report = StepReport(step=step.name, attempt=attempt, outcome=Outcome.FAILED, failures=bad, fault=fault)
        if report.fault is not _STOPPED:
            self._progress.attempts[step.name] = attempt
            self.tell_step_end(step, report, measured)
        return report

    def tell_step_end(self, step: StepPlan, report: StepReport, measured: tuple[Measurement, ...] = ()) -> None:
        """Have it written down that an attempt has ended without its process."""
        values = {one.name: one.value for one in measured}
        end = StepEnd(
            run_id=self._request.run_id,
            batch=self._request.batch,
            index=step.index,
            round=self._progress.round,
            at=workflow.now(),
            result=StepResult(report=report, measurements=measured, values=values),
        )
        self._telling.later(contracts.record_step_end, end, f"{step.title or step.name}: {report.outcome}")

    # Waiting

    def waits_alone(self, running: Collection[str]) -> bool:
        """Whether the run does nothing but wait for answers; the time it does is counted.

        Args:
            running: Names of the steps under way, those that ask among them.
        """
        asking = {asked.prompt.step for asked in self._asked if asked.answer is None}
        alone = bool(asking) and asking >= set(running)
        if alone and self._idle_since is None:
            self._idle_since = workflow.now()
        elif not alone and self._idle_since is not None:
            self._progress.waited += workflow.now() - self._idle_since
            self._idle_since = None
        return alone


def _applies(step: StepPlan, plan: Plan) -> bool:
    """Whether a step with a condition will run, as far as its parameters tell."""
    name = (step.condition or "").removeprefix("!")
    if name not in plan.parameters:
        return True
    return bool(plan.parameters[name]) is not (step.condition or "").startswith("!")


def _how_answered(answer: Answer) -> str:
    return f"answered already, by {answer.by} at {answer.at:%Y-%m-%d %H:%M:%S} UTC: {answer}"
