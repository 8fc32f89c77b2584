"""One batch's instruments and one package's code, brought together: opened once, then step after step, then closed."""

import asyncio
import copy
import dataclasses
import inspect
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field, JsonValue

from station.domain.clock import Clock, SystemClock
from station.domain.errors import CriticalError, HardwareError, StationError, StepError
from station.domain.outcome import Outcome
from station.domain.plan import Plan, StepPlan
from station.domain.prompt import AnsweredPrompt
from station.domain.run import StepFault, StepResult, UnitUnderTest
from station.domain.values import check_values
from station.execution.attempt import Attempt, StepListener, Surroundings
from station.execution.carrying import Carried, without_carried
from station.execution.commands import as_arguments
from station.execution.context import StepContext, context_state
from station.execution.execution import StepExecution, StepUnresponsive
from station.execution.faults import describe, judge_exception
from station.execution.files import FileStore
from station.execution.host import Host, Unresponsive
from station.execution.identity import IDENTIFY_UNIT, IDENTITY_PATIENCE, FoundUnit, identity_of
from station.execution.instruments import InstrumentInfo, Instruments
from station.execution.jsonable import to_json
from station.execution.listening import Forwarder, Silence
from station.execution.package import Package
from station.execution.running import Ending, call_user, holds, run_method, sum_up

__all__ = ["InstrumentInfo", "Restored", "Session", "StepExecution", "StepListener", "StepUnresponsive"]

INSTRUMENT_PATIENCE = timedelta(seconds=10)
SETUP_PATIENCE = timedelta(minutes=5)
MARGIN = timedelta(seconds=1)
"""How much longer the caller waits than the host should need; after that the host is taken for blocked."""


class Restored(BaseModel):
    """What finished steps left behind, for a session that is opened in the middle of a run.

    Attributes:
        values: What each finished step returned and measured, by step name.
        state: `ctx.state` as the last finished step left it.
    """

    values: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    state: dict[str, JsonValue] = Field(default_factory=dict)


class Session:
    """Instruments and sequence of one run, or the instruments alone for a manual session.

    All code of the package runs on the session's own thread and loop; all methods here are called on the caller's.

    Args:
        package: The version to run.
        plan: The run's plan; None for a manual session.
        hardware: Settings of the slot's instruments, by hardware id.
        files: Where steps keep files.
        unit: Who is on the bench.
        run_id: The run's identity.
        clock: Time as steps see it.
        instrument_patience: How long one call to one instrument may take when connecting, making safe and closing.
        setup_patience: How long the package's `setup` and `teardown` may take.
        shared: Instruments that other batches use too; `connect` brings them in, `disconnect` gives them away.

    Attributes:
        unit: Which unit lies in the slot, as the package said when the session was opened.
        is_stranger: Whether that is none of those it should be; nothing was set up for it.
    """

    def __init__(
        self,
        package: Package,
        plan: Plan | None,
        hardware: Mapping[str, Mapping[str, JsonValue]],
        files: FileStore,
        unit: UnitUnderTest,
        run_id: str,
        clock: Clock | None = None,
        *,
        instrument_patience: timedelta = INSTRUMENT_PATIENCE,
        setup_patience: timedelta = SETUP_PATIENCE,
        shared: Collection[str] = (),
    ) -> None:
        self._package = package
        self._setup_patience = setup_patience
        self._patience = instrument_patience
        self._host = Host(f"session {package.ref.name} {run_id}")
        self._instruments = Instruments(package, hardware, instrument_patience, shared)
        self._sequence: object | None = None
        self._setup_done = False
        self._closed = False
        self._stuck = False
        self.unit = FoundUnit()
        self.is_stranger = False
        self._state: dict[str, JsonValue] = {}
        self._results: dict[str, dict[str, JsonValue]] = {}
        self._around = Surroundings(
            manifest=package.manifest,
            plan=plan,
            parameters=plan.parameters if plan is not None else check_values({}, package.parameters)[0],
            unit=unit,
            run_id=run_id,
            clock=clock or SystemClock(),
            files=files,
            loop=self._host.loop,
            results=self._results,
            root=package.root,
        )

    # --- beginning ---

    async def open(
        self, restored: Restored | None = None, setup: bool = True, units: Collection[str] | None = None
    ) -> tuple[InstrumentInfo, ...]:
        """Connect the instruments and make them safe, build the sequence, and run the package's `setup`.

        What was opened is made safe and closed again when any of it fails.

        Args:
            restored: What finished steps left behind.
            setup: Whether to run the package's `setup`; cleanup after a crash does without.
            units: Identities of which the unit must have one, or `setup` does not run; empty: the package is asked for
                the unit's identity, whatever it is; None: it is not asked.

        Raises:
            HardwareError: If an instrument cannot be reached or made safe.
            StepError: If settings are wrong, or the sequence's own code fails.
        """  # noqa: DOC502 - raised by the helpers
        if restored is not None:
            self._state = dict(restored.state)
            self._results.update(restored.values)
        count = max(1, len(self._package.drivers))
        try:
            # Connect, make safe, identify: three calls to each instrument.
            await self._within(self._instruments.open, 3 * count * self._patience, "opening the instruments")
            await self._within(self._build, self._setup_patience, "building the sequence")
            if units is not None:
                self.unit = await self._find_unit(known=bool(units))
                self.is_stranger = bool(units) and self.unit.identity not in units
            if setup and not self.is_stranger:
                await self._within(lambda: self._call_lifecycle("setup"), self._setup_patience, "setup")
                self._setup_done = True
        except BaseException:
            await self.close()
            raise
        return self._instruments.info

    async def _within(self, work: Callable[[], Coroutine[Any, Any, None]], timeout: timedelta, what: str) -> None:
        """Do some work on the host and turn what goes wrong into one of our errors.

        Raises:
            HardwareError: If the work does not end in time.
            StepError: If the work fails.
            StationError: As the work raised it.
        """
        try:
            await self._host.run(work, timeout + MARGIN)
        except StationError:
            raise
        except Unresponsive as error:
            self._stuck = True
            msg = f"{what} did not end within {timeout.total_seconds():g} s; is the code blocking?"
            raise HardwareError(msg) from error
        except Exception as error:
            _, fault = judge_exception(error)
            msg = f"{what} failed with {describe(error)}"
            raise StepError(msg, **fault.details) from error

    async def _build(self) -> None:
        cls = self._package.sequence_class
        drivers = dict(self._instruments.drivers)
        signature = inspect.signature(cls)
        open_ended = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in signature.parameters.values())
        accepted = {name: driver for name, driver in drivers.items() if open_ended or name in signature.parameters}
        sequence = cls(**accepted)
        for name, driver in drivers.items():
            if not hasattr(sequence, name):
                setattr(sequence, name, driver)
        for name, value in self._around.parameters.items():
            setattr(sequence, f"_param_{name}", value)
        self._sequence = sequence

    async def _find_unit(self, *, known: bool) -> FoundUnit:
        """Ask the package which unit lies in the slot.

        Args:
            known: Whether it was known before; then a package that fails to say it cannot tell any more.

        Raises:
            StationError: If the package fails to say.
        """
        if self._package.step(IDENTIFY_UNIT) is not None:
            return FoundUnit()
        answers: list[str] = []

        async def ask() -> None:
            context = StepContext(Attempt(self._around, Silence()), copy.deepcopy(self._state))
            answers.append(await identity_of(self._host, self._sequence, context))

        try:
            await self._within(ask, min(self._setup_patience, IDENTITY_PATIENCE), IDENTIFY_UNIT)
        except StationError as error:
            if not known:
                raise
            return FoundUnit(problem=error.message)
        return FoundUnit(answers[0])

    async def _call_lifecycle(self, name: str) -> None:
        """Run the package's `setup` or `teardown`, which may use the state as steps do.

        Raises:
            CriticalError: If the state it leaves cannot be kept.
        """
        method = getattr(self._sequence, name, None)
        if not callable(method):
            return
        context = StepContext(Attempt(self._around, Silence()), self._state)
        await call_user(self._host, method, context)
        try:
            self._state = context_state(context)
        except ValueError as error:
            raise CriticalError(f"{name}: {error}") from error

    # --- steps ---

    def use_parameters(self, parameters: Mapping[str, JsonValue]) -> None:
        """Let the steps that begin from now on have these parameters: one that is run by hand may have its own."""
        self._around = dataclasses.replace(self._around, parameters=dict(parameters))
        for name, value in parameters.items():
            setattr(self._sequence, f"_param_{name}", value)

    def start_step(
        self,
        step: StepPlan,
        attempt: int,
        listener: StepListener,
        *,
        timeout: timedelta,
        grace: timedelta,
        elapsed: timedelta = timedelta(),
        state: Mapping[str, JsonValue] | None = None,
        segment: int = 1,
        answers: Sequence[AnsweredPrompt] = (),
    ) -> StepExecution:
        """Begin one attempt (one segment of a long one) and return at once.

        Args:
            step: The step.
            attempt: From 1.
            listener: Hears the step; called on the loop this is called on.
            timeout: After this the code is asked to stop.
            grace: How long it may then take to yield.
            elapsed: Powered time of earlier segments, from the last checkpoint.
            state: `ctx.state` of the last checkpoint; None: as the steps before left it.
            segment: From 1.
            answers: What the step was answered so far.

        Raises:
            StepError: If the session is closed.
        """
        if self._closed:
            msg = f"step {step.name} cannot begin: the session is closed"
            raise StepError(msg)
        forwarder = Forwarder(listener, asyncio.get_running_loop())
        given = dict(state or {})
        inner = Attempt(
            self._around, forwarder, step, attempt, elapsed, segment, Carried.out_of(given), answers=answers
        )
        inner.kept = state
        before = copy.deepcopy(self._state)
        context = StepContext(inner, before | without_carried(given))

        def finish(ending: Ending, spent: float, timed_out: bool) -> StepResult:
            result = sum_up(
                inner,
                context,
                ending,
                spent=timedelta(seconds=spent),
                timed_out=timed_out,
                kept_state=self._state,
            )
            return self._remember(result, before, inner)

        return StepExecution(
            self._host,
            inner,
            lambda: self._run(step, context, inner),
            finish,
            clock=self._around.clock,
            timeout=timeout,
            grace=grace,
        )

    async def _run(self, step: StepPlan, context: StepContext, attempt: Attempt) -> Ending:
        """Run a step's method on the host; whatever it raises becomes the ending."""
        definition = self._package.step(step.name)
        if definition is None or self._sequence is None:
            missing = f"package {self._package.ref.name} has no step {step.name}, or the session is not open"
            return Ending(raised=CriticalError(missing))
        try:
            if step.condition is not None and not await holds(self._host, step.condition, self._sequence, context):
                return Ending(unmet=step.condition)
        except BaseException as error:  # noqa: BLE001 - becomes the step's result
            return Ending(raised=error)
        if step.prompt is not None:
            attempt.keep_answer(step.prompt, judged=True)
        return await run_method(self._host, getattr(self._sequence, definition.method), context)

    def _remember(self, result: StepResult, before: Mapping[str, JsonValue], attempt: Attempt) -> StepResult:
        """Take over what a step left behind, so that the steps after it find it."""
        if result.report.outcome not in {Outcome.PASSED, Outcome.FAILED}:
            if attempt.step is None or attempt.step.segment is None or attempt.kept is None:
                return result
            return result.model_copy(update={"state": dict(attempt.kept)})  # where the next attempt goes on
        # Only what this step changed: a step that runs at the same time may have changed other keys.
        for key in before.keys() - result.state.keys():
            self._state.pop(key, None)
        self._state.update({key: item for key, item in result.state.items() if before.get(key, _ABSENT) != item})
        if result.report.finished:
            self._results[result.report.step] = dict(result.values)
            return result.model_copy(update={"state": dict(self._state)})
        found = attempt.found() if result.report.prompt is None else attempt.found_before_asking()
        return result.model_copy(update={"state": found.into(self._state)})

    # --- instruments ---

    async def make_safe(self) -> tuple[StepFault, ...]:
        """Make every instrument safe, each with its own timeout; problems are returned, not raised."""
        return await self._ask_instruments(self._instruments.make_safe, "HARDWARE_NOT_SAFE")

    async def connect(self, names: Collection[str]) -> tuple[InstrumentInfo, ...]:
        """Connect shared instruments that are ours now, make them safe and ask who they are.

        What was connected is made safe and disconnected again when any of it fails.

        Raises:
            HardwareError: If an instrument cannot be reached or made safe.
            StepError: If a driver's own code fails.
        """  # noqa: DOC502 - raised by the helpers
        count = max(1, len(names))
        try:
            await self._within(
                lambda: self._instruments.connect(names), 3 * count * self._patience, "connecting shared instruments"
            )
        except BaseException:
            await self.disconnect(names)
            raise
        return tuple(info for info in self._instruments.info if info.name in names)

    async def disconnect(self, names: Collection[str]) -> tuple[StepFault, ...]:
        """Make shared instruments safe and let go of them; problems are returned, not raised."""
        return await self._ask_instruments(lambda: self._instruments.disconnect(names), "HARDWARE_NOT_SAFE")

    async def identify(self) -> tuple[InstrumentInfo, ...]:
        """Ask each instrument who it is; one that does not answer keeps what is known of it."""
        await self._ask_instruments(self._instruments.identify, "HARDWARE_COMMUNICATION")
        return self._instruments.info

    async def self_test(self) -> tuple[StepFault, ...]:
        """Let each instrument test itself; problems are returned, not raised."""
        return await self._ask_instruments(self._instruments.self_test, "HARDWARE_ERROR")

    @property
    def instruments(self) -> tuple[InstrumentInfo, ...]:
        """What is known of each instrument, without asking it."""
        return self._instruments.info

    async def reconnect(self) -> tuple[StepFault, ...]:
        """Disconnect, connect and make safe every instrument, ask who it is; problems are returned, not raised."""

        async def again() -> tuple[StepFault, ...]:
            try:
                await self._instruments.reconnect()
            except HardwareError as error:
                named = {"instrument": str(error.facts.get("instrument", ""))}
                return (StepFault(code=error.code, message=error.message, details=dict(named)),)
            return await self._instruments.identify()

        return await self._ask_instruments(again, "HARDWARE_NOT_CONNECTED")

    async def command(
        self, instrument: str, method: str, arguments: Mapping[str, JsonValue], timeout: timedelta
    ) -> JsonValue:
        """Call a public method of a driver by hand.

        Raises:
            StepError: If there is no such instrument or method, or the arguments do not fit.
            HardwareError: If the call fails or takes too long.
            StepUnresponsive: If it blocks, so that only ending the process helps.
        """  # noqa: DOC502 - the last is raised by a helper
        driver = self._instruments.drivers.get(instrument)
        function = None if method.startswith("_") else getattr(driver, method, None)
        if driver is None or not callable(function):
            msg = f"there is no command {method} on an instrument {instrument}"
            raise StepError(msg)
        try:
            inspect.signature(function).bind(**arguments)
        except TypeError as error:
            msg = f"{instrument}.{method}: {error}"
            raise StepError(msg) from error

        async def call() -> object:
            answer = function(**as_arguments(function, arguments))
            return await answer if inspect.isawaitable(answer) else answer

        try:
            return to_json(await self._host.run(call, timeout), f"the answer of {instrument}.{method}")
        except HardwareError:
            raise
        except Unresponsive as error:
            await self._must_answer(f"{instrument}.{method}")
            msg = f"instrument {instrument}: {method} did not end within {timeout.total_seconds():g} s and was cut off"
            raise HardwareError(msg, instrument=instrument) from error
        except Exception as error:
            msg = f"instrument {instrument}: {method} failed with {describe(error)}"
            raise HardwareError(msg, instrument=instrument) from error

    async def _must_answer(self, what: str) -> None:
        """Find out whether the host still answers.

        Raises:
            StepUnresponsive: If it does not.
        """
        try:
            await self._host.run(lambda: asyncio.sleep(0), MARGIN)
        except Unresponsive as error:
            self._stuck = True
            msg = f"{what} blocks and does not yield"
            raise StepUnresponsive(msg) from error

    async def _ask_instruments(
        self, act: Callable[[], Coroutine[Any, Any, tuple[StepFault, ...]]], code: str
    ) -> tuple[StepFault, ...]:
        count = len(self._instruments.drivers)
        try:
            if self._stuck:  # ask first whether the host answers at all, instead of waiting for each instrument
                await self._host.run(lambda: asyncio.sleep(0), MARGIN)
            # At most four calls to each: disconnect, connect, make safe, identify.
            return await self._host.run(act, 4 * count * self._patience + MARGIN)
        except Exception as error:  # noqa: BLE001 - the promise is to return problems
            names = ", ".join(self._instruments.drivers)
            message = f"instruments {names} could not be asked: {describe(error)}"
            return (StepFault(code=code, message=message),)

    # --- end ---

    async def close(self) -> tuple[StepFault, ...]:
        """Make safe, run the package's `teardown`, disconnect in reverse; never raises, and may be called twice."""
        if self._closed:
            return ()
        self._closed = True
        faults = list(await self.make_safe())
        if self._setup_done:
            try:
                await self._within(lambda: self._call_lifecycle("teardown"), self._setup_patience, "teardown")
            except Exception as error:  # noqa: BLE001 - the promise is to return problems
                faults.append(StepFault(code="TEARDOWN_FAILED", message=describe(error)))
        faults += await self._ask_instruments(self._instruments.close, "HARDWARE_ERROR")
        if not await self._host.close():
            message = "code of the package does not yield; its thread is left behind"
            faults.append(StepFault(code="STEP_UNRESPONSIVE", message=message))
        return tuple(faults)


_ABSENT = object()
