"""A barrier: runs that were started together begin certain steps together, and what they tell each other for it."""

from enum import StrEnum

from pydantic import BaseModel, Field


class Barrier(BaseModel):
    """Where a run meets others.

    Attributes:
        group: The start they have in common; a later run on the same slot is of another one, or of none.
        members: The batches that were to be started.
        steps: Names of the steps that nobody begins before all have come to them.
    """

    group: str
    members: list[str]
    steps: list[str]


class News(StrEnum):
    """What is told at a barrier."""

    GATHERED = "gathered"
    """By whoever started them: these were started, and no others will be."""
    ARRIVED = "arrived"
    """The member is about to begin the step, or past it."""
    LEFT = "left"
    """The member begins no step any more, or is of another group."""


class BarrierNote(BaseModel):
    """One piece of news; a run that is not of the group has left it."""

    group: str
    news: News
    member: str = ""
    step: str = ""
    members: list[str] = Field(default_factory=list)
    """Who was started, where they have gathered."""


class BarrierMemory(BaseModel):
    """What a run knows of its group.

    Attributes:
        gathered: Whether everybody who will ever come has been started.
        left: Members that nobody waits for any more.
        arrived: Members by the step they have come to, this one too.
        told: Members that know of this one's arrival, by step.
        met: Steps at which this run has met the others, or passed by.
    """

    gathered: bool = False
    left: list[str] = Field(default_factory=list)
    arrived: dict[str, list[str]] = Field(default_factory=dict)
    told: dict[str, list[str]] = Field(default_factory=dict)
    met: list[str] = Field(default_factory=list)
