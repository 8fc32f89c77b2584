"""Answers the prompts of a sequence in its author's tests, as a person at the station would."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from station.domain.errors import AnswerError
from station.domain.measurement import Measurement
from station.domain.outcome import Outcome
from station.domain.plan import StepPlan
from station.domain.prompt import (
    BY_TIMEOUT,
    Answer,
    AnsweredPrompt,
    OpenPrompt,
    Prompt,
    answer_measurements,
    check_answer,
)
from station.domain.run import StepFault

Answers = Mapping[str, object] | Callable[[OpenPrompt], object]
"""What a prompt is answered, by its key or `step.key`, or by whoever is called with it.

The value of the only field, or all by name; None: nobody answers in time.
"""

BY = "test"


class Answering:
    """Answers in place of people; each key of a step once."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._given: list[AnsweredPrompt] = []

    def given(self, step: str) -> list[AnsweredPrompt]:
        """What a step was answered so far."""
        return [one for one in self._given if one.step == step]

    def answer(self, step: str, prompt: Prompt) -> StepFault | None:
        """Answer a prompt; a fault where nobody does in time and the step is ABORTED for it.

        Raises:
            AnswerError: If the test does not say what to answer, or the prompt does not allow it.
        """  # noqa: DOC502 - raised by the helpers
        if any(one.key == prompt.key for one in self.given(step)):
            return None
        now = datetime.now(UTC)
        number = len(self._given) + 1
        asked = OpenPrompt(id=f"test:{number}", step=step, prompt=prompt, asked_at=now)
        said = self._said(asked)
        if said is None:
            if prompt.defaults is None:
                return StepFault(code="PROMPT_TIMEOUT", message=f"Nobody answered {prompt.key} of {step} in time.")
            answer = Answer(values=prompt.defaults, by=BY_TIMEOUT, at=now + (prompt.timeout or timedelta()))
        else:
            values = said if isinstance(said, Mapping) else {prompt.fields[0].name: said}
            answer = Answer(values=check_answer(prompt, values), by=BY, at=now)
        kept = AnsweredPrompt(id=asked.id, step=step, key=prompt.key, kinds=prompt.kinds, answer=answer)
        self._given.append(kept)
        return None

    def before(self, step: StepPlan, parameters: Mapping[str, JsonValue]) -> tuple[StepFault | None, list[Measurement]]:
        """Answer what is asked before a step begins; a fault where the step does not begin for it."""
        name = (step.condition or "").removeprefix("!")
        left_out = name in parameters and bool(parameters[name]) is (step.condition or "").startswith("!")
        if step.prompt is None or left_out:
            return None, []
        if fault := self.answer(step.name, step.prompt):
            return fault, []
        known = next(one for one in self.given(step.name) if one.key == step.prompt.key)
        measured = list(answer_measurements(step.prompt, known.answer, judged=True))
        if any(one.outcome is Outcome.FAILED for one in measured):
            message = f"{step.prompt.message}: {known.answer} (answered by {known.answer.by})"
            return StepFault(code="PROMPT_FAILED", message=message), measured
        return None, measured

    def _said(self, asked: OpenPrompt) -> object:
        """Find what the test says.

        Raises:
            AnswerError: If it says nothing.
        """
        if callable(self._answers):
            return self._answers(asked)
        for key in (f"{asked.step}.{asked.prompt.key}", asked.prompt.key):
            if key in self._answers:
                return self._answers[key]
        msg = (
            f"step {asked.step} asks {asked.prompt.key} ({asked.prompt.message}), and the test does not say what to "
            f"answer: give run_sequence answers={{'{asked.prompt.key}': ...}}"
        )
        raise AnswerError(msg, step=asked.step, key=asked.prompt.key)
