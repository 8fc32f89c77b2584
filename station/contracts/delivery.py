"""The workflow `station.delivery` and the activities around it, as their callers see them."""

from datetime import datetime, timedelta

from pydantic import BaseModel, Field
from temporalio import activity, workflow

from station.domain.delivery import Delivered, OwedItem


class QueuedItem(BaseModel):
    """An item on its way.

    Attributes:
        attempts: Calls made so far.
        lost: How many of them nobody lived to answer, so that they say nothing about the MES.
        unknown: Whether an earlier call may have arrived without its answer coming back.
        outcome: Set when it is parked.
    """

    item: OwedItem
    attempts: int = 0
    lost: int = 0
    unknown: bool = False
    outcome: Delivered | None = None


class DeliveryInput(BaseModel):
    """What a delivery is begun with; `queue` and `done` are carried over when its history is cut."""

    station: str
    wip: str
    queue: list[QueuedItem] = Field(default_factory=list)
    done: list[Delivered] = Field(default_factory=list)


class SubmitRequest(BaseModel):
    """Take an item, and say within `wait` what became of it.

    Attributes:
        unknown: Whether a call may have been made for it that the engine no longer knows of.
        before: What was owed for the same WIP before it, oldest first. The run that owes it may not have handed it
            over yet, and the item must not overtake it.
    """

    item: OwedItem
    wait: timedelta = timedelta(seconds=3)
    unknown: bool = False
    before: list[OwedItem] = Field(default_factory=list)


class Decision(BaseModel):
    """What is decided about an item: `retry`, `discard`, which needs a reason, or `refused` by the run itself."""

    item_id: str
    action: str
    by: str
    reason: str = ""
    result: str | None = None
    """PASS, FAIL or REWORK: the disposition of a unit whose run said nothing about it."""


class DeliveryStatus(BaseModel):
    """What a delivery owes now, in order.

    Attributes:
        next_try: When the first item is tried next by itself; None: it is being tried, or a person is waited for.
    """

    wip: str
    queue: list[QueuedItem] = Field(default_factory=list)
    last_error: str = ""
    next_try: datetime | None = None


class DeliverRequest(BaseModel):
    """Make one call for an item."""

    queued: QueuedItem


class Attempt(BaseModel):
    """What one call came to.

    Attributes:
        delivered: Set when it is over: delivered or refused.
        error: Why it must be tried again.
        retry_after: The MES's own wish, where it has one.
        unknown: Whether the call may have arrived all the same.
        lost: Whether nobody lived to say what it came to.
    """

    delivered: Delivered | None = None
    follow_up: OwedItem | None = None
    """What is owed now that this is delivered: a conversion."""
    error: str = ""
    retry_after: timedelta | None = None
    unknown: bool = False
    lost: bool = False


class DiscardRequest(BaseModel):
    """Write down that a person decided not to send an item, or to try it again."""

    station: str
    wip: str
    decision: Decision


class SubmitToMes(BaseModel):
    """Owe an item to the MES and wait a short while for it."""

    station: str
    item: OwedItem
    wait: timedelta = timedelta(seconds=3)


@workflow.defn(name="station.delivery", sandboxed=False)
class DeliveryContract:
    """Everything owed to the MES for one WIP, first in, first out, one call at a time."""

    @workflow.run
    async def run(self, request: DeliveryInput) -> None:
        """Live until nothing is owed."""
        raise NotImplementedError

    @workflow.update(name="submit")
    async def submit(self, request: SubmitRequest) -> Delivered:
        """Take an item; the same item is taken once."""
        raise NotImplementedError

    @workflow.update(name="decide")
    async def decide(self, request: Decision) -> DeliveryStatus:
        """Take a person's decision about a parked item."""
        raise NotImplementedError

    @workflow.signal(name="send_now")
    async def send_now(self) -> None:
        """Do not wait for the next try."""
        raise NotImplementedError

    @workflow.query(name="owed")
    def owed(self) -> DeliveryStatus:
        """What is owed now."""
        raise NotImplementedError


@activity.defn(name="station.submit_to_mes")
async def submit_to_mes(request: SubmitToMes) -> Delivered:
    """Write the item down, hand it to its WIP's delivery, and wait a short while."""
    raise NotImplementedError


@activity.defn(name="station.deliver")
async def deliver(request: DeliverRequest) -> Attempt:
    """Make one call to the MES and write down what came of it."""
    raise NotImplementedError


@activity.defn(name="station.record_decision")
async def record_decision(request: DiscardRequest) -> None:
    """Write down what a person decided."""
    raise NotImplementedError
