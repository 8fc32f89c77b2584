"""A slot whose safe state nobody could confirm takes no run until a person has looked at it."""

from datetime import datetime

from pydantic import BaseModel

from station.domain.errors import SlotQuarantinedError
from station.domain.notice import Notice


class Quarantine(BaseModel):
    """Why a slot takes no run, and since when; the first cause stands until a person clears it.

    Attributes:
        reason: Why, in words.
        notice: The same as a code with parameters; None where the slot was closed before there were codes.
    """

    reason: str
    since: datetime
    notice: Notice | None = None

    def refusal(self, batch: str) -> SlotQuarantinedError:
        """Make the error with which a start is refused: why, since when, and how to clear it."""
        message = (
            f"Batch {batch} is in quarantine since {self.since:%Y-%m-%d %H:%M:%S %Z}: {self.reason}. "
            f'Look at the unit and the instruments, then clear it: station clear {batch} --reason "..."'
        )
        return SlotQuarantinedError(message, batch=batch, reason=self.reason, since=self.since.isoformat())
