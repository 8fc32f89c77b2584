"""One attempt of one step from the inside: what it has found out so far, who listens, and whether it must stop."""

import asyncio
import concurrent.futures
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from station.domain.clock import Clock
from station.domain.measurement import Measurement
from station.domain.plan import Plan, StepPlan
from station.domain.prompt import AnsweredPrompt, Prompt, answer_measurements
from station.domain.run import Attachment, UnitUnderTest
from station.execution.asking import Asking
from station.execution.carrying import Carried
from station.execution.files import FileStore
from station.execution.manifest import Manifest
from station.execution.recording import Recorder


class StepListener(Protocol):
    """Who hears what a step says while it runs; always called on the loop that started the step."""

    def measurement(self, measurement: Measurement) -> None:
        """Something was measured and judged."""

    def log(self, level: str, message: str, data: Mapping[str, JsonValue]) -> None:
        """The step wrote a line."""

    def progress(self, fraction: float, text: str) -> None:
        """The step is that far, 0.0 to 1.0."""

    def checkpoint(self, elapsed: timedelta, state: Mapping[str, JsonValue]) -> None:
        """A long step can be taken up again from here."""


@dataclass(frozen=True)
class Surroundings:
    """What all steps of a session share.

    Attributes:
        loop: The host's loop; sync steps wait on it.
        results: What earlier steps returned and measured, by step name; grows while the session goes on.
        root: The package's folder.
    """

    manifest: Manifest
    plan: Plan | None
    parameters: Mapping[str, JsonValue]
    unit: UnitUnderTest
    run_id: str
    clock: Clock
    files: FileStore
    loop: asyncio.AbstractEventLoop
    results: Mapping[str, Mapping[str, JsonValue]]
    root: Path


@dataclass
class StopSwitch:
    """Tells a step that it was asked to stop, in the ways sync and async code can hear."""

    reason: str | None = None
    pressed: "concurrent.futures.Future[None]" = field(default_factory=concurrent.futures.Future)

    def press(self, reason: str) -> None:
        """Ask to stop; the first reason counts."""
        if self.reason is None:
            self.reason = reason
            self.pressed.set_result(None)


@dataclass
class Attempt:
    """What one attempt of a step has come to so far; filled through its context, read when it ends.

    Attributes:
        step: The step; None while a session is set up or torn down.
        number: From 1.
        elapsed: Powered time of earlier segments.
        segment: From 1.
        carried: What earlier segments and parts found out.
        kept: `ctx.state` of the last checkpoint, with what it carries; None: there was none.
        asking: What it asks people.
        ended: Nothing it still says is heard.
    """

    around: Surroundings
    listener: StepListener
    step: StepPlan | None = None
    number: int = 1
    elapsed: timedelta = timedelta()
    segment: int = 1
    carried: Carried = field(default_factory=Carried)
    switch: StopSwitch = field(default_factory=StopSwitch)
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    kept: Mapping[str, JsonValue] | None = None
    ended: bool = False
    answers: Sequence[AnsweredPrompt] = ()
    outside: timedelta | None = None
    """Powered time of this part, where it ended to ask and has not soaked."""
    recorder: Recorder = field(init=False)
    asking: Asking = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no measurements."""
        self.recorder = Recorder(self.around.manifest, self.around.plan)
        self.asking = Asking(self.around.root, self.answers)

    def keep_answer(self, prompt: Prompt, *, judged: bool) -> None:
        """Keep the answer to a prompt as measurements."""
        known = self.asking.answered(prompt)
        for measurement in answer_measurements(prompt, known.answer, judged=judged) if known is not None else ():
            if self.recorder.keep_answer(measurement):
                self.listener.measurement(measurement)

    def found(self) -> Carried:
        """Sum up what this and earlier parts have found out so far."""
        carried, recorder = self.carried, self.recorder
        names = {kept.name for kept in self.attachments}
        return Carried(
            failures=tuple(dict.fromkeys((*carried.failures, *self._not_redone(), *recorder.failures))),
            defects=tuple(dict.fromkeys((*carried.defects, *self.defects))),
            attachments=(
                *carried.attachments,
                *(kept for kept in carried.redone_attachments if kept.name not in names),
                *self.attachments,
            ),
            values=carried.values | recorder.values(),
            outside=carried.outside,
        )

    def found_before_asking(self) -> Carried:
        """Sum up for the part after a prompt, which does again what this one did; what was soaked is not done again."""
        found = self.found()
        if self.outside is None:
            return found.model_copy(update={"asking": self.asking.open})
        names = {kept.name for kept in self.attachments}
        return found.model_copy(
            update={
                "failures": self.carried.failures,
                "attachments": self.carried.attachments,
                "redone_failures": tuple(dict.fromkeys((*self._not_redone(), *self.recorder.failures))),
                "redone_attachments": (
                    *(kept for kept in self.carried.redone_attachments if kept.name not in names),
                    *self.attachments,
                ),
                "outside": self.carried.outside + self.outside,
                "asking": self.asking.open,
            }
        )

    def _not_redone(self) -> tuple[str, ...]:
        """Name what was out of limits before a prompt and has not been measured again."""
        again = self.recorder.values()
        return tuple(name for name in self.carried.redone_failures if name not in again)
