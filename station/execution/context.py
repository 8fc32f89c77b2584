"""What a step is given: a place to measure, log, keep state and files, wait, and be told to stop."""

import asyncio
import concurrent.futures
import copy
import mimetypes
import re
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from pydantic import JsonValue

from station.domain.errors import StepError
from station.domain.measurement import Limit, Scalar
from station.domain.outcome import Outcome
from station.domain.prompt import AnsweredPrompt
from station.domain.prompt_fields import PromptField
from station.domain.run import Attachment
from station.execution.ask import Said
from station.execution.attempt import Attempt
from station.execution.jsonable import STATE_LIMIT, NotJsonError, to_json_leniently, to_object
from station.execution.manifest import make_limit
from station.execution.soak import Soak, Tick

T = TypeVar("T")

Level = Literal["debug", "info", "warning", "error"]
LEVELS = ("debug", "info", "warning", "error")
_DEFECT = re.compile(r"^[A-Z][A-Z0-9_]*$")
DEFECT_LENGTH = 50
_UNSET: Any = object()


class StepContext:
    """One attempt of one step, as its author sees it.

    Attributes:
        state: Kept with the step's result and given to the steps after it, also after a crash. JSON-able, at most
            64 KiB. Attributes on `self` do not survive a crash; this does.
        parameters: What the run was started with, by name.
        results: What earlier steps returned and measured, by step name.
        unit: Who is on the bench: wip, process, operator.
        run_id: The run's identity.
        step: The step's name.
        attempt: From 1.
        segment: From 1; which segment of a long step this is.
        soaked: How far `soak` has come.
        answers: What this step was answered so far, by the prompt's key; the manifest's prompt among them.
    """

    def __init__(self, attempt: Attempt, state: Mapping[str, JsonValue] | None = None) -> None:
        around = attempt.around
        self.state: dict[str, Any] = copy.deepcopy(dict(state or {}))
        self.parameters: Mapping[str, JsonValue] = MappingProxyType(dict(around.parameters))
        self.results: Mapping[str, Mapping[str, JsonValue]] = MappingProxyType(
            {name: MappingProxyType(dict(values)) for name, values in around.results.items()}
        )
        self.unit = around.unit
        self.run_id = around.run_id
        self.step = attempt.step.name if attempt.step is not None else ""
        self.attempt = attempt.number
        self.segment = attempt.segment
        self.answers: dict[str, JsonValue] = {one.key: _bare(one) for one in attempt.answers}
        self._attempt = attempt
        self._around = around
        self.soaked = Soak(
            clock=around.clock,
            start=attempt.elapsed - attempt.carried.outside,
            segment=attempt.step.segment if attempt.step is not None else None,
            checkpoint=self._checkpoint,
            progress=self.progress,
        )

    # --- what is found out about the unit ---

    def measure(
        self,
        name: str,
        value: object,
        unit: str = "",
        low: float | None = None,
        high: float | None = None,
        *,
        equals: Scalar = _UNSET,
        one_of: list[Scalar] | tuple[Scalar, ...] | None = None,
        regex: str | None = None,
        nominal: float | None = None,
        percent: float | None = None,
    ) -> bool:
        """Record a value and judge it; a limit given here wins over the manifest's of the same name.

        Args:
            name: Unique within the step; letters, digits, `_`, `.` and `-`.
            value: A number, a text, true or false. NaN and infinity FAIL against any limit.
            unit: SI symbol; the manifest's where nothing is given.
            low: Smallest value that passes.
            high: Largest value that passes.
            equals: The only value that passes.
            one_of: The values that pass.
            regex: What the whole text must match.
            nominal: With `percent`: the value aimed at.
            percent: How far from `nominal` still passes.

        Returns:
            Whether the value is within its limit; True where there is no limit.

        Raises:
            StepError: If the name was measured before in this step, or the arguments make no sense.
        """
        given = {"low": low, "high": high, "one_of": one_of, "regex": regex, "nominal": nominal, "percent": percent}
        said: dict[str, Any] = {key: item for key, item in given.items() if item is not None}
        if equals is not _UNSET:
            said["equals"] = equals
        if self._attempt.ended:
            msg = f"ctx.measure({name!r}, ...): the step {self.step} has ended already"
            raise StepError(msg)
        try:
            limit: Limit | None = make_limit(said)
            measurement = self._attempt.recorder.record(name, value, unit, limit)
        except ValueError as error:
            msg = f"ctx.measure({name!r}, ...): {error}"
            raise StepError(msg) from error
        self._attempt.listener.measurement(measurement)
        return measurement.outcome is Outcome.PASSED

    def defect(self, code: str) -> None:
        """Say what is wrong with the unit, by its code; the step FAILS.

        Raises:
            StepError: If the code is not upper case letters, digits and `_`.
        """
        if len(code) > DEFECT_LENGTH or not _DEFECT.match(code):
            msg = f"ctx.defect({code!r}): a defect code is upper case letters, digits and `_`, at most {DEFECT_LENGTH}"
            raise StepError(msg)
        known = self._around.manifest.defects
        if known and code not in known:
            self.log(f"defect code {code} is not among `defects` of the manifest", "warning")
        if code not in self._attempt.defects:
            self._attempt.defects.append(code)

    def attach(self, source: Path | str | bytes, name: str | None = None, media_type: str | None = None) -> Attachment:
        """Keep a file with the step's result: a path, or bytes with a name.

        Raises:
            StepError: If bytes come without a name, or the file cannot be read.
        """
        if isinstance(source, bytes):
            if name is None:
                msg = "ctx.attach(bytes): give name=, as in name='ripple.csv'"
                raise StepError(msg)
            stored = self._around.files.put_bytes(source)
        else:
            path = Path(source)
            name = name or path.name
            if not path.is_file():
                msg = f"ctx.attach: there is no file {path}"
                raise StepError(msg)
            stored = self._around.files.put_file(path)
        kind = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        attachment = Attachment(name=name, sha256=stored.sha256, size=stored.size, media_type=kind)
        self._attempt.attachments.append(attachment)
        return attachment

    # --- what people see meanwhile ---

    def log(self, message: str, level: Level = "info", **data: object) -> None:
        """Write a line; extra keywords become its data."""
        shown = level if level in LEVELS else "info"
        self._attempt.listener.log(shown, str(message), {key: to_json_leniently(item) for key, item in data.items()})

    def progress(self, fraction: float, text: str = "") -> None:
        """Say how far the step is, 0.0 to 1.0."""
        self._attempt.listener.progress(min(1.0, max(0.0, float(fraction))), str(text))

    # --- what people are asked ---

    async def prompt(
        self,
        message: Said,
        *fields: PromptField,
        key: str | None = None,
        picture: str | Path | Attachment | None = None,
        timeout: float | None = None,
        on_timeout: Literal["abort", "default"] = "abort",
    ) -> Any:  # noqa: ANN401 - the kind of field decides
        """Ask a person, and wait for the answer however long it takes.

        No code is held in memory meanwhile. A prompt without an answer ends this part of the step; with the answer the
        step is called again from its first line, in a new process if need be, and the prompt returns at once.
        `ctx.state` is kept, what is measured again replaces what was measured before.

        Args:
            message: What is asked, plain or as {"ko": ..., "en": ...}.
            *fields: What may be answered, made with `ask`; without any: yes or no.
            key: Which question of the step it is; without one, prompts are told apart by their order.
            picture: A file of the package, or what `attach` gave.
            timeout: Seconds after which nobody need answer any more, powered off or not; None: never.
            on_timeout: `abort` ends the run with cleanup, `default` takes the default of each field.

        Returns:
            The value of the only field, or the values of all by name.

        Raises:
            StepError: If the prompt makes no sense, or was answered as another question.
        """  # noqa: DOC502 - raised by the helper
        return self._ask(message, fields, key, picture, timeout, on_timeout)

    def prompt_sync(
        self,
        message: Said,
        *fields: PromptField,
        key: str | None = None,
        picture: str | Path | Attachment | None = None,
        timeout: float | None = None,
        on_timeout: Literal["abort", "default"] = "abort",
    ) -> Any:  # noqa: ANN401
        """Do what `prompt` does in a sync step.

        Raises:
            StepError: If the prompt makes no sense, or was answered as another question.
        """  # noqa: DOC502 - raised by the helper
        return self._ask(message, fields, key, picture, timeout, on_timeout)

    def _ask(
        self,
        message: Said,
        fields: Sequence[PromptField],
        key: str | None,
        picture: str | Path | Attachment | None,
        timeout: float | None,
        on_timeout: str,
    ) -> JsonValue:
        """Ask.

        Raises:
            StepError: If nobody can be asked here, or the prompt makes no sense.
        """
        step = self._attempt.step
        if step is None or step.cleanup:
            msg = "setup, teardown and cleanup steps must end without anybody; ask in a step before them"
            raise StepError(msg)
        asking = self._attempt.asking
        prompt = asking.make(message, fields, key=key, picture=picture, timeout=timeout, on_timeout=on_timeout)
        value = asking.values(prompt)
        self._attempt.keep_answer(prompt, judged=False)
        return value

    # --- time ---

    @property
    def stopping(self) -> bool:
        """Whether the step was asked to stop; sync code looks here in its loops."""
        return self._attempt.switch.reason is not None

    async def sleep(self, seconds: float) -> None:
        """Wait; ends at once when the step is stopped."""
        await self._around.clock.sleep(seconds)

    def sleep_sync(self, seconds: float) -> None:
        """Wait in a sync step.

        Raises:
            asyncio.CancelledError: At once when the step is stopped.
        """  # noqa: DOC502 - raised by run_sync
        self.run_sync(self._around.clock.sleep(seconds))

    def run_sync(self, work: Coroutine[Any, Any, T]) -> T:
        """Do async work, as a driver's, from a sync step.

        Raises:
            asyncio.CancelledError: At once when the step is stopped.
            StepError: If it is called in an async step.
        """
        if _on_a_loop():
            work.close()
            msg = "run_sync, sleep_sync and soak_sync are for sync steps; an async step writes `await ctx.sleep(...)`"
            raise StepError(msg)
        future = asyncio.run_coroutine_threadsafe(work, self._around.loop)
        either: list[concurrent.futures.Future[Any]] = [future, self._attempt.switch.pressed]
        concurrent.futures.wait(either, return_when=concurrent.futures.FIRST_COMPLETED)
        if self.stopping:
            future.cancel()
            raise asyncio.CancelledError(self._attempt.switch.reason)
        return future.result()

    async def soak(self, duration_s: float, every_s: float) -> AsyncIterator[Tick]:
        """Go on for a long time and do something every so often: `async for tick in ctx.soak(8 * 3600, 10)`.

        Ticks come at 0, `every_s`, 2 `every_s` ... and at the end; a tick that is late because the last one took long
        is left out. Only powered time counts. After each tick the elapsed time and `ctx.state` are kept, so that a
        crash loses one tick at most. When the step's segment is used up the step ends here, is recorded, and is
        called again from its first line with the elapsed time restored: what is written below the loop runs once, at
        the very end.

        Raises:
            StepError: If a step soaks twice, or the times make no sense.
        """  # noqa: DOC502 - raised by the soak
        for tick, wait in self.soaked.ticks(duration_s, every_s):
            if wait > 0:
                await self._around.clock.sleep(wait)
            if tick is not None:
                yield tick

    def soak_sync(self, duration_s: float, every_s: float) -> Iterator[Tick]:
        """Do what `soak` does in a sync step: `for tick in ctx.soak_sync(3600, 10)`.

        Raises:
            StepError: If a step soaks twice, or the times make no sense.
            asyncio.CancelledError: At once when the step is stopped.
        """  # noqa: DOC502 - raised by the soak and the sleep
        for tick, wait in self.soaked.ticks(duration_s, every_s):
            if wait > 0:
                self.sleep_sync(wait)
            if tick is not None:
                yield tick

    def _checkpoint(self, elapsed: timedelta) -> None:
        try:
            kept = self._attempt.found().into(context_state(self))
        except NotJsonError as error:
            raise StepError(str(error)) from error
        self._attempt.kept = kept
        self._attempt.listener.checkpoint(elapsed + self._attempt.carried.outside, kept)


def _bare(one: AnsweredPrompt) -> JsonValue:
    values = one.answer.values
    return next(iter(values.values())) if len(values) == 1 else dict(values)


def _on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def context_state(context: StepContext) -> dict[str, JsonValue]:
    """Copy the state of a step as JSON.

    Raises:
        NotJsonError: If a part of it cannot be kept.
    """
    if not isinstance(context.state, Mapping):
        msg = f"ctx.state is a {type(context.state).__name__}; it must stay a dict"
        raise NotJsonError(msg)
    return to_object(context.state, "ctx.state", STATE_LIMIT, keep_non_finite=False)
