"""What is counted from events: totals that outlive the API, because they are kept with the event they count up to."""

from bisect import bisect_left
from datetime import timedelta

from pydantic import BaseModel, JsonValue

from station.domain.events import EventType
from station.domain.outcome import Outcome
from station.domain.run import RunResult
from station.storage.metrics import CountedEvent

TYPES = (EventType.SEQUENCE_COMPLETE, EventType.STEP_COMPLETE, EventType.ERROR)
"""The events that count."""
VERSION = 1
"""Of what is counted; totals of another version are counted anew from the first event."""

RUN_BUCKETS = (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Seconds; 60, 120 and 300 are the documented ones."""
STEP_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)

_RESULT = {Outcome.PASSED: "pass", Outcome.FAILED: "fail", Outcome.ERROR: "error", Outcome.ABORTED: "aborted"}
_STATUS = {Outcome.PASSED: "success", Outcome.FAILED: "success", Outcome.ERROR: "error", Outcome.ABORTED: "aborted"}
"""A pipeline that came to its end did, whatever it found."""
_MOST_TYPES = 200
"""Packages have codes of their own; what comes after so many counts as OTHER."""


class Spread(BaseModel):
    """A histogram: how many were at most as long as each bucket, apart from the buckets before it; and their sum."""

    counts: list[int]
    sum: float = 0.0

    def add(self, seconds: float, buckets: tuple[float, ...]) -> None:
        """Count one."""
        self.counts[bisect_left(buckets, seconds)] += 1
        self.sum += seconds


class Totals(BaseModel):
    """Everything that is counted.

    Attributes:
        sequences: Runs, by batch and result.
        pipelines: Runs, by sequence and status.
        run_seconds: Their time, by batch.
        pipeline_seconds: Their time, by sequence.
        step_seconds: Time of attempts, by batch.
        errors: By code.
    """

    version: int = VERSION
    sequences: dict[str, dict[str, int]] = {}
    pipelines: dict[str, dict[str, int]] = {}
    run_seconds: dict[str, Spread] = {}
    pipeline_seconds: dict[str, Spread] = {}
    step_seconds: dict[str, Spread] = {}
    errors: dict[str, int] = {}

    def count(self, event: CountedEvent) -> None:
        """Count an event."""
        match event.type:
            case EventType.SEQUENCE_COMPLETE:
                self._run(event, RunResult.model_validate(event.data["result"]))
            case EventType.STEP_COMPLETE:
                _spread(self.step_seconds, event.batch, STEP_BUCKETS).add(_seconds(event), STEP_BUCKETS)
                if event.data.get("outcome") == Outcome.ERROR:
                    self._error(_code(event.data.get("fault")))
            case EventType.ERROR:
                self._error(_kind(event.data))

    def _run(self, event: CountedEvent, result: RunResult) -> None:
        # What somebody took to answer is no part of the test's time.
        took = max(timedelta(), result.completed_at - result.started_at - result.waited).total_seconds()
        _add(self.sequences, event.batch, _RESULT[result.outcome])
        _add(self.pipelines, event.sequence, _STATUS[result.outcome])
        _spread(self.run_seconds, event.batch, RUN_BUCKETS).add(took, RUN_BUCKETS)
        _spread(self.pipeline_seconds, event.sequence, RUN_BUCKETS).add(took, RUN_BUCKETS)
        if result.outcome is Outcome.ERROR and result.reason is not None and result.reason.step is None:
            self._error(result.reason.code)  # that of a step was counted with the step

    def _error(self, kind: str) -> None:
        if kind not in self.errors and len(self.errors) >= _MOST_TYPES:
            kind = "OTHER"
        self.errors[kind] = self.errors.get(kind, 0) + 1


def _add(counters: dict[str, dict[str, int]], name: str, result: str) -> None:
    of_name = counters.setdefault(name, {})
    of_name[result] = of_name.get(result, 0) + 1


def _spread(spreads: dict[str, Spread], name: str, buckets: tuple[float, ...]) -> Spread:
    return spreads.setdefault(name, Spread(counts=[0] * (len(buckets) + 1)))


def _seconds(event: CountedEvent) -> float:
    elapsed = event.data.get("elapsed_s")
    return max(0.0, float(elapsed)) if isinstance(elapsed, int | float) else 0.0


def _code(fault: JsonValue) -> str:
    code = fault.get("code") if isinstance(fault, dict) else None
    return code[:64] if isinstance(code, str) and code else "STEP_ERROR"


def _kind(data: dict[str, JsonValue]) -> str:
    """What kind of trouble an error event tells of."""
    left = data.get("exit")
    if isinstance(left, dict) and isinstance(left.get("kind"), str):
        return f"PROCESS_{str(left['kind']).upper()}"
    return "SLOT_QUARANTINED" if "quarantine" in data else "ALERT"
