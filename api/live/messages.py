"""What client and station say to each other on the socket, apart from the events themselves."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter
from pydantic.alias_generators import to_camel

MOST_BATCHES = 100
"""Batches one client may name."""


class Compat(StrEnum):
    """In whose words the station speaks on a socket."""

    NONE = "none"
    """Ours, which are those of the service's design document."""
    V1 = "v1"
    """Keys in camelCase; `log` is `log_entry`; beginnings and ends of steps are also told as `step_progress`."""
    PIPELINE = "pipeline"
    """What pipelines call it: `node_completed` and so on, where they have a word for it."""


class Snapshots(StrEnum):
    """Why a client has to read anew how things stand."""

    TOO_FAR = "too_far"
    """It was away for more events than are sent again."""
    OTHER_HISTORY = "other_history"
    """The events it has seen are not those of this database."""
    SLOW = "slow"
    """It took less than was said, even after what can be summed up was."""


_BatchIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=MOST_BATCHES)]


class FromClient(BaseModel):
    """Base of what clients say; keys may also be written in camelCase."""

    model_config = ConfigDict(alias_generator=AliasGenerator(validation_alias=to_camel), populate_by_name=True)


class Subscribe(FromClient):
    """Asks for the events of batches, besides those of batches asked for before.

    Attributes:
        batch_ids: Empty: every batch, and the station itself.
        last_id: The last id seen: what came after it is sent first. Only in a connection's first subscription.
        last_time: The `time` of that event: shows that it is the same one, should the database have been restored.
        epoch: As `hello` told it when that id was seen.
    """

    type: Literal["subscribe"]
    batch_ids: _BatchIds = []
    last_id: int | None = Field(default=None, ge=0, le=2**63 - 1)
    last_time: datetime | None = None
    epoch: str | None = Field(default=None, max_length=100)


class Unsubscribe(FromClient):
    """Takes back a subscription.

    Attributes:
        batch_ids: Empty: every batch.
    """

    type: Literal["unsubscribe"]
    batch_ids: _BatchIds = []


class Pong(FromClient):
    """May answer a ping; the station does not need it."""

    type: Literal["pong"]


ClientMessage = Annotated[Subscribe | Unsubscribe | Pong, Field(discriminator="type")]
CLIENT_MESSAGES: TypeAdapter[Subscribe | Unsubscribe | Pong] = TypeAdapter(ClientMessage)


class Hello(BaseModel):
    """The first message of a connection.

    Attributes:
        epoch: Which database the ids belong to; another one: everything seen before is void.
        id: As `last_id`.
        last_id: The latest event: whoever reads how things stand now goes on from it.
        station: The station's id.
        version: Of the station's software.
        compat: In whose words it speaks here.
    """

    type: Literal["hello"] = "hello"
    epoch: str
    id: int
    last_id: int
    station: str
    version: str
    compat: Compat


class Subscribed(BaseModel):
    """Answers `subscribe` and `unsubscribe`.

    Attributes:
        id: What comes now comes after this one.
        batch_ids: What is subscribed now; null: everything, apart from `without`.
        without: What was taken out of everything.
    """

    type: Literal["subscribed"] = "subscribed"
    id: int
    batch_ids: list[str] | None
    without: list[str] = []


class Ping(BaseModel):
    """Comes every second while the station sees what happens; three missing mean that what is shown is stale.

    Attributes:
        id: Everything up to it that was subscribed has been sent.
    """

    type: Literal["ping"] = "ping"
    id: int


class Snapshot(BaseModel):
    """Some events will not be sent: the client reads how things stand over REST, and goes on from here.

    Attributes:
        id: What comes now comes after this one.
        epoch: As in `hello`.
    """

    type: Literal["snapshot"] = "snapshot"
    id: int
    epoch: str
    reason: Snapshots


class Coalesced(BaseModel):
    """The client is slow: of the events up to an id some were left out or summed up in later ones of their kind.

    Attributes:
        until: The id up to which that holds; what comes up to there is what was kept.
        left_out: How many were.
    """

    type: Literal["coalesced"] = "coalesced"
    until: int
    left_out: int


class Refusal(BaseModel):
    """What the client said was not understood, or is not done. It has no id, unlike the event of this type.

    Attributes:
        code: As in the table of codes.
        error: One sentence.
    """

    type: Literal["error"] = "error"
    code: str
    error: str
    data: dict[str, JsonValue] = {}


ControlMessage = Hello | Subscribed | Ping | Snapshot | Coalesced | Refusal
