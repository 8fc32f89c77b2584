"""What is known of a run while it goes on, put together from its events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from station.domain.events import EventType
from station.domain.measurement import Limit, describe_limit
from station.domain.outcome import Outcome, RunState
from station.domain.plan import Plan
from station.domain.prompt import Prompt
from station.domain.run import RunReason, RunResult, StepFault
from station.storage.events import Event

_LIMIT: TypeAdapter[Limit | None] = TypeAdapter(Limit | None)


def how_to_answer(batch: str, id: str, prompt: Prompt) -> str:
    """Write the command that answers a prompt, with dots where the answer stands."""
    fields = " ".join(f"{field.name}=..." for field in prompt.fields)
    return f"station answer {batch} {id.rpartition(':')[2]} {fields}"


def how_to_recover(batch: str, choices: Sequence[str]) -> str:
    """Write the command that says how an interrupted run goes on; empty where it does not ask."""
    return f" (station recover {batch} {'|'.join(choices)})" if choices else ""


@dataclass
class Value:
    """One measurement, as people read it."""

    name: str
    value: Any
    unit: str
    limit: str
    outcome: str


@dataclass
class Attempt:
    """One attempt of a step.

    Attributes:
        outcome: Empty while it runs and where it was cut off.
        progress: What the step says of how far it is.
        given_up: Whether the run went back behind it: then it does not count any more.
    """

    step: str
    title: str
    attempt: int
    began: datetime | None
    state: str = "running"
    outcome: str = ""
    elapsed: timedelta = timedelta()
    progress: str = ""
    values: list[Value] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    fault: StepFault | None = None
    given_up: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state != "running"


class Picture:
    """The run, as its events tell it so far.

    Attributes:
        plan: Known once the run is accepted.
        state: Where the run is on its way.
        waiting_for: What holds it up, in words.
        choices: What may be chosen where the run asks how to go on.
        process: What is wrong with the batch's process; empty if nothing is.
        note: What holds the run up as far as the watcher knows, such as that the engine does not answer.
        notice: What the watcher itself does, such as stopping the run.
        attempts: In the order they began.
        prompts: What is asked and not answered yet, by id: the question, and the command that answers it.
        result: Set when the run is over.
        refused: Set where the engine refused the run before it began.
    """

    def __init__(self, run_id: str, batch: str) -> None:
        self.run_id = run_id
        self.batch = batch
        self.plan: Plan | None = None
        self.accepted = False
        self.state = RunState.ACCEPTED.value
        self.waiting_for = ""
        self.choices: list[str] = []
        self.process = ""
        self.note = ""
        self.notice = ""
        self.recoveries = 0
        self.attempts: list[Attempt] = []
        self.prompts: dict[str, tuple[str, str]] = {}
        self.result: RunResult | None = None
        self.refused: RunReason | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more happens to the run."""
        return self.result is not None or self.refused is not None

    def title(self, step: str) -> str:
        """What people call a step."""
        steps = self.plan.steps if self.plan else ()
        return next((plan.title for plan in steps if plan.name == step and plan.title), step)

    def pending(self) -> list[str]:
        """Titles of the steps that have not begun, in order."""
        begun = {attempt.step for attempt in self.attempts if not attempt.given_up}
        return [plan.title or plan.name for plan in (self.plan.steps if self.plan else ()) if plan.name not in begun]

    def holdup(self) -> str:
        """What holds the run up, in words; empty while it moves."""
        return self.note or self.waiting_for + how_to_recover(self.batch, self.choices) or self.process

    def take(self, event: Event) -> None:
        """Add what an event tells."""
        if event.run_id is None:
            if event.batch == self.batch and event.type == EventType.BATCH_STATUS:
                self._process(event.data)
            return
        if event.run_id != self.run_id:
            return
        data: dict[str, Any] = dict(event.data)
        match event.type:
            case EventType.RUN_ACCEPTED:
                self.accepted = True
            case EventType.RUN_REFUSED:
                self.refused = RunReason.model_validate(data["reason"])
            case EventType.BATCH_STATUS:
                self.state, self.choices = data.get("state", self.state), data.get("choices", [])
                self.waiting_for = data.get("waiting_for", self.waiting_for)
            case EventType.RUN_WENT_BACK:
                self._go_back(data)
            case EventType.RUN_RECOVERED:
                self.recoveries = data["recoveries"]
            case EventType.SEQUENCE_COMPLETE:
                self.result = RunResult.model_validate(data["result"])
                self.state = RunState.COMPLETED.value
                self.waiting_for, self.choices = "", []
                self.prompts.clear()
            case EventType.PROMPT:
                self.prompts[data["prompt"]] = self._question(data)
            case EventType.PROMPT_ANSWERED | EventType.PROMPT_CLOSED:
                self.prompts.pop(data["prompt"], None)
            case _:
                self._step_event(event, data)

    def _go_back(self, data: dict[str, Any]) -> None:
        for attempt in self.attempts:
            if attempt.attempt <= data["given_up"].get(attempt.step, 0):
                attempt.given_up = True
        why = f": {data['reason']}" if data.get("reason") else ""
        self.notice = f"back to {self.title(data['step'])} ({data.get('by') or 'somebody'}{why})"

    def _question(self, data: dict[str, Any]) -> tuple[str, str]:
        prompt = Prompt.model_validate(data["asked"])
        fields = "; ".join(f"{field.name}: {field.allowed}" for field in prompt.fields)
        question = f"{self.title(data['step'])} asks: {prompt.message} ({fields})"
        return question, how_to_answer(self.batch, data["prompt"], prompt)

    def _step_event(self, event: Event, data: dict[str, Any]) -> None:
        match event.type:
            case EventType.STEP_START:
                self._begin(data, event.time)
            case EventType.STEP_PROGRESS:
                self._progress(data)
            case EventType.MEASUREMENT:
                if attempt := self._current(data["step"]):
                    _add(attempt.values, _value(data))
            case EventType.STEP_COMPLETE:
                self._complete(data)
            case EventType.STEP_INTERRUPTED:
                if attempt := self._find(data["step"], data["attempt"]):
                    attempt.state, attempt.progress = "interrupted", data.get("reason", "")
            case _:
                pass

    def _process(self, data: dict[str, Any]) -> None:
        if "alert" in data:
            state = data.get("process_state", "")
            self.process = f"the batch's process: {data['alert']}" if data["alert"] and state != "running" else ""

    def _begin(self, data: dict[str, Any], at: datetime) -> None:
        known = self._find(data["step"], data["attempt"])
        if known is None:
            self.attempts.append(Attempt(data["step"], self.title(data["step"]), data["attempt"], at))
        else:
            known.state = "running"
        # A step that runs is no longer waited for, and waits for nothing.
        self.waiting_for, self.choices = "", []
        if self.state == RunState.ACCEPTED:
            self.state = RunState.RUNNING.value

    def _progress(self, data: dict[str, Any]) -> None:
        attempt = self._current(data["step"])
        if attempt is None:
            return
        if "fraction" in data:
            attempt.progress = f"{data['fraction']:.0%} {data.get('text', '')}".strip()
        elif "segments_done" in data:
            attempt.progress = f"{data['segments_done']} segments done"

    def _complete(self, data: dict[str, Any]) -> None:
        attempt = self._find(data["step"], data["attempt"])
        if attempt is None:
            attempt = Attempt(data["step"], self.title(data["step"]), data["attempt"], None)
            self.attempts.append(attempt)
        attempt.outcome, attempt.progress = data["outcome"], ""
        attempt.state = attempt.outcome
        attempt.elapsed = timedelta(seconds=data["elapsed_s"])
        attempt.defects = list(data.get("defects") or ())
        attempt.fault = StepFault.model_validate(data["fault"]) if data.get("fault") else None
        for measured in data.get("measurements") or ():
            _add(attempt.values, _value(measured))

    def _current(self, step: str) -> Attempt | None:
        return next((attempt for attempt in reversed(self.attempts) if attempt.step == step), None)

    def _find(self, step: str, number: int) -> Attempt | None:
        return next((a for a in self.attempts if a.step == step and a.attempt == number), None)


def _value(data: dict[str, Any]) -> Value:
    limit = data.get("limit")
    text = limit if isinstance(limit, str) else describe_limit(_LIMIT.validate_python(limit))
    return Value(data["name"], data.get("value"), data.get("unit") or "", text, data.get("outcome") or Outcome.PASSED)


def _add(values: list[Value], value: Value) -> None:
    """Add a measurement, or replace the one of that name."""
    for index, known in enumerate(values):
        if known.name == value.name:
            values[index] = value
            return
    values.append(value)
