"""A call: somebody at the station asks for help, until somebody comes or the call is withdrawn."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel

from station.domain.errors import CommandRefusedError


class CallReason(StrEnum):
    """What is needed at the station."""

    MATERIAL = "material"
    MACHINE = "machine"
    QUALITY = "quality"
    OTHER = "other"


class CallState(StrEnum):
    """How a call stands."""

    OPEN = "open"
    ANSWERED = "answered"
    """Somebody comes."""
    WITHDRAWN = "withdrawn"
    """It is not needed any more."""


class Call(BaseModel):
    """A call; a station has one open call at most.

    Attributes:
        call_id: Unlike any other call's.
        reason: What is needed.
        state: How it stands.
        called_at: When somebody called.
        called_by: Who.
        ended_at: When it was answered or withdrawn.
        ended_by: Who did that; empty while it is open.
    """

    call_id: str
    reason: CallReason
    state: CallState = CallState.OPEN
    called_at: datetime
    called_by: str
    ended_at: datetime | None = None
    ended_by: str = ""

    def end(self, state: CallState, at: datetime, by: str) -> Self:
        """Give the call as it is when somebody comes, or nobody needs to.

        Raises:
            CommandRefusedError: If it has ended before.
        """
        if self.state is not CallState.OPEN:
            msg = f"The call was {self.state} by {self.ended_by} before."
            raise CommandRefusedError("CALL_NOT_OPEN", msg, state=self.state.value, by=self.ended_by)
        return self.model_copy(update={"state": state, "ended_at": at, "ended_by": by})
