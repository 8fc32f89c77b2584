"""Whether a station is up in a data directory: its supervisor holds a lock there, which dies with it."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pydantic import BaseModel

from station.config.model import StationConfig
from station.control.layout import Layout
from station.domain.errors import StationUpError


class StationPresence(BaseModel):
    """Whether the station is up.

    Attributes:
        up: A supervisor owns the data directory.
        ready: It can take runs; False while it starts and while it goes down.
        pid: The supervisor's process.
        since: When it became ready.
    """

    up: bool
    ready: bool = False
    pid: int | None = None
    since: datetime | None = None


def presence(layout: Layout) -> StationPresence:
    """Tell whether a supervisor owns the data directory, and what it said of itself when it was ready."""
    if not _is_locked(layout):
        return StationPresence(up=False)
    try:
        about = json.loads(layout.ready.read_text(encoding="utf-8"))
        return StationPresence(up=True, ready=True, pid=about["pid"], since=about["since"])
    except (OSError, ValueError, KeyError):  # it is starting, or going down
        return StationPresence(up=True)


def takes_runs(config: StationConfig, layout: Layout) -> bool:
    """Tell whether the station takes runs and commands: it is up, and not going down.

    With an engine that is not its own, its processes may have been started without a supervisor; then nobody says when
    they go down, and they take whatever the engine takes.
    """
    there = presence(layout)
    return there.ready or (bool(config.temporal.address) and not there.up)


@contextmanager
def alone(layout: Layout, wish: str) -> Iterator[None]:
    """Own the data directory for a while, so that no station can start in it.

    Args:
        layout: Whose data directory.
        wish: What is to be done, for the message: `The engine's file is put aside`.

    Raises:
        StationUpError: If a station is up there.
    """
    layout.data.mkdir(parents=True, exist_ok=True)
    with layout.lock.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = (
                f"{wish} only while the station is down, and it is up in {layout.data}; end it first (SIGTERM, Ctrl-C)."
            )
            raise StationUpError(msg, data=str(layout.data)) from error
        yield


def _is_locked(layout: Layout) -> bool:
    try:
        with layout.lock.open("r") as lock:
            # Shared and for an instant: two that look at the same time are no obstacle to each other.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
