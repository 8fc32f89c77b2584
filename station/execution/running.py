"""Runs the code of one attempt on the session's host and sums up what it came to; nothing it raises gets out."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import JsonValue

from station.domain.outcome import Outcome
from station.domain.run import StepFault, StepReport, StepResult
from station.execution.attempt import Attempt
from station.execution.context import StepContext, context_state
from station.execution.faults import describe, judge_exception
from station.execution.host import Host
from station.execution.jsonable import VALUES_LIMIT, NotJsonError, to_object
from station.execution.soak import SegmentEnd


@dataclass
class Ending:
    """How the code of an attempt ended: with a value, or with an exception."""

    returned: object = None
    raised: BaseException | None = None
    unmet: str | None = None
    """The condition that did not hold, so that the code was not called."""


@dataclass
class Verdict:
    """What an attempt comes to, before its measurements are looked at."""

    outcome: Outcome = Outcome.PASSED
    fault: StepFault | None = None
    finished: bool = True


async def call_user(host: Host, method: Callable[..., Any], context: StepContext) -> object:
    """Call a method of a sequence, with the context where it takes one; sync code gets a thread of its own.

    Raises:
        BaseException: Whatever the method raises.
    """  # noqa: DOC502
    arguments = (context,) if _takes_context(method) else ()
    if inspect.iscoroutinefunction(method):
        return await method(*arguments)
    future = host.run_in_new_thread(lambda: _call(method, arguments), name=f"step {context.step}")
    waiting = asyncio.wrap_future(future)
    while not waiting.done():
        with suppress(asyncio.CancelledError):  # sync code is never interrupted; it looks at ctx.stopping
            await asyncio.wait([waiting])
    ending = waiting.result()
    if ending.raised is not None:
        raise ending.raised
    return await ending.returned if inspect.isawaitable(ending.returned) else ending.returned


async def run_method(host: Host, method: Callable[..., Any], context: StepContext) -> Ending:
    """Call a method and catch whatever it raises."""
    try:
        return Ending(returned=await call_user(host, method, context))
    except BaseException as error:  # noqa: BLE001 - becomes the step's result, whatever it is
        return Ending(raised=error)


async def holds(host: Host, condition: str, sequence: object, context: StepContext) -> bool:
    """Tell whether a step's condition holds: a parameter or a method of the sequence, negated by `!`."""
    name = condition.removeprefix("!")
    if name in context.parameters:
        value: object = context.parameters[name]
    else:
        value = getattr(sequence, name)
        if callable(value):
            value = await call_user(host, value, context)
    return bool(value) is not condition.startswith("!")


def sum_up(
    attempt: Attempt,
    context: StepContext,
    ending: Ending,
    *,
    spent: timedelta,
    timed_out: bool,
    kept_state: Mapping[str, JsonValue],
) -> StepResult:
    """Make the result of an attempt.

    Args:
        attempt: The attempt, ended.
        context: What its code was given.
        ending: How its code ended.
        spent: Time this call took.
        timed_out: Whether its time was used up.
        kept_state: The session's state without what this attempt did to it.
    """
    verdict = _verdict(attempt, context, ending, timed_out=timed_out)
    values: dict[str, JsonValue] = {}
    state = dict(kept_state)
    if verdict.outcome in {Outcome.PASSED, Outcome.FAILED}:
        try:
            state = context_state(context)
            values = _take_values(attempt, ending.returned)
        except ValueError as error:
            verdict = Verdict(Outcome.ERROR, StepFault(code="STEP_RESULT_INVALID", message=str(error)))
            state = dict(kept_state)
    found = attempt.found()
    if verdict.outcome is Outcome.PASSED and (found.failures or found.defects):
        verdict.outcome = Outcome.FAILED
    asked = None if verdict.finished else attempt.asking.open
    if asked is not None and context.soaked.elapsed is None:
        attempt.outside = spent
    return StepResult(
        report=StepReport(
            step=context.step,
            attempt=attempt.number,
            outcome=verdict.outcome,
            finished=verdict.finished,
            elapsed=_elapsed(attempt, context, verdict.outcome, spent),
            failures=found.failures,
            defects=found.defects,
            fault=verdict.fault,
            prompt=asked,
        ),
        measurements=attempt.recorder.measurements,
        attachments=found.attachments,
        values=found.values | values,
        state=state,
    )


def _elapsed(attempt: Attempt, context: StepContext, outcome: Outcome, spent: timedelta) -> timedelta:
    """Count the time; of a soak only what its last checkpoint has, because the next attempt goes on from there."""
    if context.soaked.elapsed is not None:
        return context.soaked.elapsed + attempt.carried.outside
    goes_on = attempt.step is not None and attempt.step.segment is not None and bool(attempt.elapsed)
    return attempt.elapsed if goes_on and outcome is Outcome.ERROR else attempt.elapsed + spent


def _call(method: Callable[..., Any], arguments: tuple[StepContext, ...]) -> Ending:
    """Call sync code in its thread; the exception is carried as a value, because futures cannot carry every kind."""
    try:
        return Ending(returned=method(*arguments))
    except BaseException as error:  # noqa: BLE001 - raised again where it belongs
        return Ending(raised=error)


def _verdict(attempt: Attempt, context: StepContext, ending: Ending, *, timed_out: bool) -> Verdict:
    error = ending.raised
    cut = _cut_details(error)
    if timed_out:
        seconds = attempt.step.timeout.total_seconds() if attempt.step is not None else 0
        message = f"the step took longer than its {seconds:g} s and was stopped"
        return Verdict(Outcome.ERROR, StepFault(code="STEP_TIMEOUT", message=message, details=cut))
    if attempt.switch.reason is not None:
        fault = StepFault(code="STEP_STOPPED", message=attempt.switch.reason, details=cut)
        return Verdict(Outcome.ABORTED, fault)
    if context.soaked.ended_segment or attempt.asking.open is not None:
        if _is_segment_end(error):
            return Verdict(finished=False)
        if error is None:
            what = "its prompt" if attempt.asking.open is not None else "the end of its segment"
            message = f"the step caught {what}; let BaseException through (`except Exception`, no bare except)"
            return Verdict(Outcome.ERROR, StepFault(code="STEP_EXCEPTION", message=message))
    if ending.unmet is not None:
        message = f"the condition {ending.unmet} does not hold"
        return Verdict(Outcome.SKIPPED, StepFault(code="CONDITION_NOT_MET", message=message))
    if error is None:
        return Verdict()
    outcome, fault = judge_exception(error)
    return Verdict(outcome, fault)


def _take_values(attempt: Attempt, returned: object) -> dict[str, JsonValue]:
    """Check what a step returned and make measurements of it.

    Raises:
        NotJsonError: If it is no dict, or a part of it cannot be kept.
    """
    if returned is None:
        return {}
    if not isinstance(returned, Mapping):
        msg = f"the step returned a {type(returned).__name__}; return a dict of values, or nothing"
        raise NotJsonError(msg)
    values = to_object(returned, "the returned dict", VALUES_LIMIT)
    for measurement in attempt.recorder.take_returned(values):
        attempt.listener.measurement(measurement)
    return values


def _takes_context(method: Callable[..., Any]) -> bool:
    kinds = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return any(
        parameter.kind in kinds and parameter.default is inspect.Parameter.empty
        for parameter in inspect.signature(method).parameters.values()
    )


def _cut_details(error: BaseException | None) -> dict[str, JsonValue]:
    """Keep what code raised while it was stopped, unless that is only the stopping itself."""
    if error is None or isinstance(error, asyncio.CancelledError | SegmentEnd):
        return {}
    _, fault = judge_exception(error)
    return {"raised": describe(error), **fault.details}


def _is_segment_end(error: BaseException | None) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_is_segment_end(member) for member in error.exceptions)
    return isinstance(error, SegmentEnd)
