"""Watches a station from outside, through its database alone, and remembers what it has seen."""

import json
import sqlite3
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Seen:
    """One event as it was read."""

    id: int
    at: float
    type: str
    batch: str | None
    run_id: str | None
    data: dict[str, Any]


@dataclass
class Watcher:
    """Reads the events of a station as they come."""

    file: Path
    events: list[Seen] = field(default_factory=list)
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def poll(self) -> list[Seen]:
        """Read what is new; may be called from several threads."""
        with self._reading:
            last = self.events[-1].id if self.events else 0
            new = [
                Seen(row[0], seconds(row[1]), row[2], row[3], row[4], json.loads(row[5]))
                for row in self.rows(
                    "SELECT id, time, type, batch_id, execution_id, data FROM events WHERE id > ? ORDER BY id", last
                )
            ]
            self.events += new
            return new

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read with SQLite itself, not with the code under test."""
        if not self.file.exists():
            return []
        connection = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            connection.close()

    def vanished(self) -> list[int]:
        """Events that were seen once and are not there any more."""
        there = {row[0] for row in self.rows("SELECT id FROM events")}
        return [event.id for event in self.events if event.id not in there]

    def integrity(self) -> str:
        return str(self.rows("PRAGMA integrity_check")[0][0])


def seconds(text: str) -> float:
    """Turn a time of the database into seconds since 1970."""
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
