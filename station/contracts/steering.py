"""What clients, the run and the recorder say to each other when a run is steered: a step left out, a step done again.

These structures are in the history of runs: fields may be added with defaults, never removed or made stricter.
"""

from datetime import datetime

from pydantic import BaseModel, Field
from temporalio import activity

from station.domain.run import StepFault


class SkipRequest(BaseModel):
    """Leave a step out; one that is under way is asked to yield first."""

    step: str
    by: str = ""
    reason: str = ""


class GotoRequest(BaseModel):
    """Go back to a step: it and every step after it, or depending on it, are done again.

    Attributes:
        step: The step to begin again with; empty: the step under way, or else the last one that ended.
        force: Also repeat steps that are declared not repeatable; needs a reason.
    """

    step: str = ""
    by: str = ""
    reason: str = ""
    force: bool = False


class SkippedStep(BaseModel):
    """A step was left out, as an attempt of its own."""

    run_id: str
    batch: str
    step: str
    index: int
    attempt: int
    round: int = 1
    fault: StepFault
    at: datetime


class WentBack(BaseModel):
    """A run goes back.

    Attributes:
        step: The step it begins again with.
        given_up: The last attempt of each step that is done again; it and those before it no longer count.
    """

    run_id: str
    batch: str
    step: str
    given_up: dict[str, int] = Field(default_factory=dict)
    by: str = ""
    reason: str = ""
    at: datetime


@activity.defn(name="station.record_skipped")
async def record_skipped(request: SkippedStep) -> None:
    """Write the attempt that stands for a step that was left out."""
    raise NotImplementedError


@activity.defn(name="station.record_going_back")
async def record_going_back(request: WentBack) -> None:
    """Write which attempts no longer count."""
    raise NotImplementedError
