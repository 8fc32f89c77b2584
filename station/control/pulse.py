"""A process's sign of life, which tells one that works from one that stands still.

Each process of ours touches a file of its own as often as it says to the engine that it is alive. A process whose
event loop hangs, because code in C holds the interpreter, or that was stopped by a signal, does not. It looks alive
from outside, holds its slot's lock, and no other process could take the slot over.
"""

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


async def beat(file: Path, interval: timedelta) -> None:
    """Give signs of life for as long as the process lives."""
    _begin(file)
    while True:
        await asyncio.sleep(interval.total_seconds())
        os.utime(file)


def _begin(file: Path) -> None:
    file.write_text(f"{os.getpid()}\n", encoding="utf-8")


@dataclass
class PulseWatch:
    """Looks for the signs of life of one process.

    The clock of the file system is not trusted, only that it changes: somebody may set it.

    Attributes:
        patience: How long a process may stand still.
    """

    file: Path
    pid: int
    patience: timedelta
    _seen: int = 0
    _seen_at: float = 0.0

    def stands_still(self) -> bool:
        """Whether the process gave signs of life once and has not for longer than the patience."""
        try:
            beat_at = self.file.stat().st_mtime_ns
            if not self._seen and self.file.read_text(encoding="utf-8").strip() != str(self.pid):
                return False  # it is loading; the file is its predecessor's
        except OSError:
            return False
        now = time.monotonic()
        if beat_at != self._seen:
            self._seen, self._seen_at = beat_at, now
        return now - self._seen_at > self.patience.total_seconds()
