"""The locks of shared instruments: one file each, held by one process of the station at a time."""

import fcntl
import os
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError


class Holder(BaseModel):
    """Who has an instrument, as the lock's file says it to people.

    Attributes:
        batch: The batch.
        run_id: Its run.
        since: When it took the instrument.
        pid: Its process.
    """

    batch: str
    run_id: str = ""
    since: datetime
    pid: int = 0


class SharedLocks:
    """The shared instruments of one process, by the station's names for them.

    The lock is the operating system's and goes with the process, however it dies. What is written into the file is for
    people, and for whoever comes after a process that died with the instrument in its hands: while it is there, nobody
    has confirmed that the instrument is safe.

    Args:
        file_of: The lock's file, by name.
        batch: Whose process this is.
        pid: Which process this is.
    """

    def __init__(self, file_of: Callable[[str], Path], batch: str, pid: int) -> None:
        self._file_of = file_of
        self._batch = batch
        self._pid = pid
        self._held: dict[str, int] = {}

    @property
    def held(self) -> frozenset[str]:
        """What this process holds."""
        return frozenset(self._held)

    def take(self, name: str, run_id: str, now: datetime) -> bool:
        """Take an instrument, at once or not at all; one that is held already stays held."""
        if name in self._held:
            return True
        lock = self._lock(name)
        if lock is None:
            return False
        self._held[name] = lock
        holder = Holder(batch=self._batch, run_id=run_id, since=now, pid=self._pid)
        with suppress(OSError):  # the lock matters, the note is for people
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{holder.model_dump_json()}\n".encode(), 0)
        return True

    def take_left_behind(self, name: str) -> bool:
        """Take an instrument that an earlier process of this batch died with, if it still lies there."""
        lock = self._lock(name)
        if lock is None:
            return False  # somebody has it, and has made it safe
        left = self.holder(name)
        if left is None or left.batch != self._batch:
            os.close(lock)
            return False
        self._held[name] = lock
        return True

    def give_back(self, names: Collection[str], *, safe: bool) -> None:
        """Let others have instruments.

        Args:
            names: Which; those that are not held are left out.
            safe: Whether they are known to be safe; else the note stays, for whoever takes them next.
        """
        for name in [name for name in self._held if name in names]:
            lock = self._held.pop(name)
            if safe:
                with suppress(OSError):
                    os.ftruncate(lock, 0)
            os.close(lock)

    def holder(self, name: str) -> Holder | None:
        """Tell who has an instrument; None: nobody, or somebody who has not yet written so."""
        try:
            return Holder.model_validate_json(self._file_of(name).read_bytes())
        except (OSError, ValidationError):
            return None

    def _lock(self, name: str) -> int | None:
        file = self._file_of(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        # Not inherited by what a step starts: the instrument is to be free when this process is gone.
        lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock
