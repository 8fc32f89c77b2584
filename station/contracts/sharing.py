"""Shared instruments: how a run asks its batch's process for those that other batches use too."""

from datetime import timedelta

from pydantic import BaseModel, Field
from temporalio import activity

from station.contracts.messages import Instrument
from station.domain.notice import Notice
from station.domain.run import StepFault


class AcquireRequest(BaseModel):
    """Take shared instruments, connect them, make them safe.

    Attributes:
        instruments: By the package's names; what is held already stays.
        shown: What the run shows already; only news ends the call before it has what it wants.
        within: How long it may wait; None: as long as it takes.
        patience: After this the call ends, so that it can be made again.
    """

    run_id: str
    batch: str
    session: str
    instruments: list[str]
    shown: str = ""
    within: timedelta | None = None
    patience: timedelta = timedelta(minutes=30)


class Acquired(BaseModel):
    """What came of it.

    Attributes:
        waiting_for: Which instrument is held by whom and since when; empty: all are ours.
        fault: Set where an instrument cannot be connected, or the time is over.
    """

    instruments: list[Instrument] = Field(default_factory=list)
    waiting_for: str = ""
    notice: Notice | None = None
    """The same as a code with parameters."""
    fault: StepFault | None = None


class ReleaseRequest(BaseModel):
    """Make shared instruments safe, disconnect them and let others have them: all but those to `keep`."""

    run_id: str
    batch: str
    session: str
    keep: list[str] = Field(default_factory=list)


class Released(BaseModel):
    """What giving back came to; the instruments are given back in any case, and made safe by whoever takes them."""

    problems: list[str] = Field(default_factory=list)


@activity.defn(name="station.acquire")
async def acquire(request: AcquireRequest) -> Acquired:
    """Take shared instruments in the order of their names, however long that takes, and connect them."""
    raise NotImplementedError


@activity.defn(name="station.release")
async def release(request: ReleaseRequest) -> Released:
    """Give shared instruments back."""
    raise NotImplementedError
