"""What is said of log lines."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field, JsonValue

from api.schemas.common import Asked, Text, Time
from station.storage.logs import LogFilter, LogLine

Level = Literal["debug", "info", "warning", "error", "critical"]


class RunLogsAsked(Asked):
    """Which lines of a run; what is left out does not narrow.

    Attributes:
        level: Any of these; may be given several times.
        text: What the message holds, in upper or lower case.
        limit: At most so many.
        cursor: `next_cursor` of the page before.
    """

    step: Text | None = None
    level: list[Level] = Field(default=[], max_length=5)
    since: Time | None = None
    until: Time | None = None
    text: Text | None = None
    limit: int = Field(default=200, ge=1, le=1000)
    cursor: str | None = Field(default=None, max_length=300)

    def filter(self, batch: str | None = None, run_id: str | None = None) -> LogFilter:
        """Translate what is asked."""
        return LogFilter(
            batch=batch,
            run_id=run_id,
            step=self.step,
            levels=tuple(dict.fromkeys(self.level)),
            since=self.since,
            until=self.until,
            text=self.text or "",
        )


class LogsAsked(RunLogsAsked):
    """Which lines of the station."""

    batch_id: Text | None = None
    execution_id: Text | None = None


class LogRow(BaseModel):
    """One line of the log.

    Attributes:
        data: What the line carries besides its message.
    """

    id: int
    timestamp: datetime
    batch_id: str
    execution_id: str | None
    step_name: str | None
    level: str
    message: str
    data: dict[str, JsonValue]

    @classmethod
    def of(cls, line: LogLine) -> Self:
        """Translate a line."""
        return cls(
            id=line.id or 0,
            timestamp=line.time,
            batch_id=line.batch,
            execution_id=line.run_id,
            step_name=line.step,
            level=line.level,
            message=line.message,
            data=line.data,
        )


class LogsPage(BaseModel):
    """Lines, newest first.

    Attributes:
        items: They may be fewer than asked for, even none, where a search has not come to its end: see `next_cursor`.
        next_cursor: For the next page; null: there is no more.
    """

    items: list[LogRow]
    next_cursor: str | None
