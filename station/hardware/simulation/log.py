"""The bench's log: one JSON object per line, written out before anybody can see the effect of what it tells."""

import json
import time
from io import FileIO
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

EventKind = Literal["start", "stop", "connect", "disconnect", "command", "reply", "state", "fault"]

UNSAFE = ("output", "heater", "load")
"""The physical states that put energy on a unit, by their names in `state` events."""


class BenchEvent(BaseModel):
    """One thing that happened on the bench."""

    model_config = ConfigDict(frozen=True)

    t: float
    """When, in seconds since 1970."""
    mono: float
    """When, by the machine's monotonic clock, in seconds; use differences of this one."""
    event: EventKind
    slot: str | None = None
    """None for the bench as a whole and for connections to the PLC, which serves all slots."""
    instrument: str | None = None
    connection: int | None = None
    """Number of the connection, unique between one start and the next."""
    peer: str | None = None
    text: str | None = None
    """The command or the reply as it went over the line."""
    name: str | None = None
    """state: which physical thing; fault: which misbehaviour."""
    value: bool | float | str | None = None


class BenchLog:
    """Appends events to the log file; every event is handed to the operating system before `write` returns.

    A bench that is killed loses nothing it has logged. A machine that loses power may: this is a witness of killed
    processes, not of power cuts of its own machine.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None

    def open(self) -> None:
        """Open the file, to append to it; made with its folders when missing."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        torn = self.path.exists() and self.path.read_bytes()[-1:] not in {b"", b"\n"}
        self._file = self.path.open("ab", buffering=0)
        if torn:  # a bench was killed while it wrote: keep its last words on a line of their own
            self._file.write(b"\n")

    def write(
        self,
        event: EventKind,
        slot: str | None = None,
        instrument: str | None = None,
        *,
        connection: int | None = None,
        peer: str | None = None,
        text: str | None = None,
        name: str | None = None,
        value: bool | float | str | None = None,
    ) -> None:
        """Append one event, stamped with the time of this call.

        Raises:
            ValueError: The log is not open.
        """
        if self._file is None:
            msg = f"{self.path} is not open"
            raise ValueError(msg)
        facts = {"connection": connection, "peer": peer, "text": text, "name": name, "value": value}
        line = {"t": time.time(), "mono": time.monotonic(), "slot": slot, "instrument": instrument, "event": event}
        line |= {key: fact for key, fact in facts.items() if fact is not None}
        self._file.write(json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._file is not None:
            self._file.close()
