"""What an exception of sequence code means: which outcome, which code, which severity."""

import traceback
from pathlib import Path

from pydantic import JsonValue

from station.domain.errors import (
    CriticalError,
    HardwareError,
    RecoverableError,
    StepError,
    TestFailure,
    TestSkipped,
    WarningError,
)
from station.domain.outcome import Outcome
from station.domain.plan import Severity
from station.domain.run import StepFault
from station.execution.jsonable import to_json_leniently

TRACEBACK_LINES = 12
LONGEST_MESSAGE = 2000

_MACHINERY = str(Path(__file__).parent)
_SEVERITIES = (
    (CriticalError, Severity.CRITICAL),
    (RecoverableError, Severity.RECOVERABLE),
    (WarningError, Severity.WARNING),
)


def judge_exception(error: BaseException) -> tuple[Outcome, StepFault]:
    """Tell the outcome of a step from what it raised, and why in words."""
    error = _decisive(error)
    details = _details(error)
    match error:
        case TestFailure():
            return Outcome.FAILED, StepFault(code=error.code, message=error.message, details=details)
        case TestSkipped():
            return Outcome.SKIPPED, StepFault(code=error.code, message=error.message, details=details)
        case StepError():
            code = _hardware_code(error) if isinstance(error, HardwareError) else error.code
            severity = next((severity for kind, severity in _SEVERITIES if isinstance(error, kind)), None)
            return Outcome.ERROR, StepFault(code=code, message=error.message, severity=severity, details=details)
        case MemoryError():
            message = "the step needed more memory than the batch has"
            fault = StepFault(code="MEMORY_LIMIT", message=message, severity=Severity.CRITICAL, details=details)
            return Outcome.ERROR, fault
        case SystemExit() | KeyboardInterrupt():
            message = f"the step asked the process to end ({type(error).__name__}); raise CriticalError instead"
            return Outcome.ERROR, StepFault(code="STEP_EXCEPTION", message=message, details=details)
        case _:
            return Outcome.ERROR, StepFault(code="STEP_EXCEPTION", message=describe(error), details=details)


def describe(error: BaseException) -> str:
    """Write an exception as one sentence for people."""
    text = str(error)
    name = type(error).__name__
    return f"{name}: {text}"[:LONGEST_MESSAGE] if text else name


def _hardware_code(error: HardwareError) -> str:
    return error.code if error.code.startswith("HARDWARE_") else HardwareError.code


def _decisive(error: BaseException) -> BaseException:
    """Pick what counts from an exception group: a fault of the station before a verdict on the unit."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    members = [_decisive(member) for member in error.exceptions]
    faults = [member for member in members if not isinstance(member, TestFailure | TestSkipped)]
    failures = [member for member in members if isinstance(member, TestFailure)]
    return (faults or failures or members)[0]


def _details(error: BaseException) -> dict[str, JsonValue]:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(_MACHINERY)] or list(frames)
    lines = "".join(traceback.format_list(own[-4:])).splitlines()
    details: dict[str, JsonValue] = {"exception": type(error).__name__, "traceback": list(lines[-TRACEBACK_LINES:])}
    facts = getattr(error, "facts", None)
    if isinstance(error, StepError) and facts:
        details["facts"] = to_json_leniently(facts)
    return details
