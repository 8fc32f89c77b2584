"""What a running step says, gathered and written every few milliseconds instead of line by line."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import JsonValue

from station.domain.errors import StationError
from station.domain.events import EventType
from station.domain.measurement import Measurement, describe_limit
from station.storage.events import NewEvent
from station.storage.logs import LogLine, Logs

logger = logging.getLogger(__name__)

GATHER = timedelta(milliseconds=50)
"""Lines of this long are written in one commit; a commit costs a flush to disk."""
KEPT = 10_000
"""Of lines, and of live values, so many are kept while the database is away; a step may say more than memory holds."""


@dataclass(frozen=True)
class _Notice(LogLine):
    """The line that says how much was dropped."""

    dropped: int = 0


def _notice(dropped: int, batch: str, oldest: LogLine | NewEvent) -> _Notice:
    message = f"{dropped} lines and live values before this are lost: the database was away for too long"
    return _Notice(oldest.time, batch, "warning", message, oldest.run_id, dropped=dropped)


class LiveFeed:
    """Log lines and live values on their way to the database.

    Whatever is still on its way when a step ends is handed out by `drain`, to be written with the step's result:
    so a watcher sees a step's last line before its end.
    """

    def __init__(self, logs: Logs, batch: str) -> None:
        """Write for one batch."""
        self._logs = logs
        self._batch = batch
        self._lines: list[LogLine] = []
        self._events: list[NewEvent] = []
        self._dropped = 0
        self._writing: asyncio.Task[None] | None = None

    def add_line(self, line: LogLine) -> None:
        """Take a line along."""
        self._lines.append(line)
        self._drop_oldest()
        self._schedule()

    def add_event(self, event: NewEvent) -> None:
        """Take a live value along."""
        self._events.append(event)
        self._drop_oldest()
        self._schedule()

    def drain(self) -> tuple[list[LogLine], list[NewEvent]]:
        """Hand out what has not been written; where something had to be dropped, a line says so first."""
        lines, self._lines = self._lines, []
        events, self._events = self._events, []
        if self._dropped:
            oldest = lines[0] if lines else events[0]
            lines = [_notice(self._dropped, self._batch, oldest), *lines]
            self._dropped = 0
        return lines, events

    def give_back(self, lines: list[LogLine], events: list[NewEvent]) -> None:
        """Take back what was handed out and could not be written; it goes with what comes next."""
        if lines and isinstance(lines[0], _Notice):
            self._dropped += lines[0].dropped
            lines = lines[1:]
        self._lines, self._events = lines + self._lines, events + self._events
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        for kept in (self._lines, self._events):
            if (surplus := len(kept) - KEPT) > 0:
                del kept[:surplus]
                self._dropped += surplus

    async def flush(self) -> None:
        """Write what is left.

        Raises:
            StationError: If it cannot be written; it is kept.
        """
        lines, events = self.drain()
        if not lines and not events:
            return
        try:
            await self._logs.append(lines, events)
        except StationError:
            self.give_back(lines, events)
            raise

    def _schedule(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        while self._lines or self._events:  # more may be said while a commit is under way
            await asyncio.sleep(GATHER.total_seconds())
            try:
                await self.flush()
            except StationError as error:
                logger.warning("what the step says is kept until it can be written: %s", error.message)
                return

    async def close(self) -> None:
        """Write what is left and stop."""
        if self._writing is not None:
            await self._writing
        await self.flush()


class StepFeed:
    """Listens to one attempt of a step and passes on what it says."""

    def __init__(
        self,
        feed: LiveFeed,
        *,
        batch: str,
        run_id: str,
        step: str,
        now: Callable[[], datetime],
        checkpoint: Callable[[timedelta, Mapping[str, JsonValue]], None],
    ) -> None:
        """Speak for one step of one run."""
        self._feed = feed
        self._batch = batch
        self._run_id = run_id
        self._step = step
        self._now = now
        self._checkpoint = checkpoint

    def measurement(self, measurement: Measurement) -> None:
        """A value was judged; the row follows with the step's result."""
        self._event(
            EventType.MEASUREMENT,
            {
                "name": measurement.name,
                "value": measurement.value,
                "unit": measurement.unit,
                "limit": describe_limit(measurement.limit),
                "outcome": measurement.outcome.value,
            },
        )

    def log(self, level: str, message: str, data: Mapping[str, JsonValue]) -> None:
        """The step wrote a line."""
        self._feed.add_line(
            LogLine(
                batch=self._batch,
                run_id=self._run_id,
                step=self._step,
                level=level,
                message=message,
                data=dict(data),
                time=self._now(),
            )
        )

    def progress(self, fraction: float, text: str) -> None:
        """The step told how far it is."""
        self._event(EventType.STEP_PROGRESS, {"fraction": fraction, "text": text})

    def checkpoint(self, elapsed: timedelta, state: Mapping[str, JsonValue]) -> None:
        """A long step is so far that it can go on from here."""
        self._checkpoint(elapsed, state)

    def _event(self, type_: EventType, data: dict[str, JsonValue]) -> None:
        self._feed.add_event(
            NewEvent(
                batch=self._batch, run_id=self._run_id, type=type_, data={"step": self._step, **data}, time=self._now()
            )
        )
