"""What the station's processes use: memory, and processor time since somebody last looked."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
from pydantic import BaseModel

from station.config.model import StationConfig
from station.control.layout import Layout
from station.control.presence import presence

_AT_LEAST = 1.0
"""Seconds between two looks; over less time the share of a processor says nothing."""
SUPERVISOR = "supervisor"


class ProcessUsage(BaseModel):
    """What one process uses.

    Attributes:
        name: supervisor, temporal, engine, api, or a batch's id.
        memory_bytes: Resident memory.
        cpu_percent: Of one processor, since the look before; of its whole life where there was none.
        memory_limit_bytes: What it may use; null: no limit.
        memory_warning: Whether it is near its limit.
    """

    name: str
    batch_id: str | None = None
    pid: int
    started_at: datetime
    memory_bytes: int
    cpu_percent: float
    memory_limit_bytes: int | None = None
    memory_warning: bool = False


@dataclass
class _Look:
    started: float
    at: float
    cpu: float
    percent: float


@dataclass
class UsageWatch:
    """Looks at the processes, and remembers the look before.

    Attributes:
        config: The station's configuration.
        layout: Where its processes leave their ids.
    """

    config: StationConfig
    layout: Layout
    _looks: dict[int, _Look] = field(default_factory=dict)

    def look(self) -> list[ProcessUsage]:
        """Look at every process of the station that lives."""
        batches = [batch.id for batch in self.config.batches]
        pids: dict[str, int | None] = {SUPERVISOR: presence(self.layout).pid}
        for name in ("temporal", "engine", "api", *batches):
            pids[name] = _pid(self.layout.process_file(name))
        found = [usage for name, pid in pids.items() if pid and (usage := self._of(name, pid, name in batches))]
        living = {usage.pid for usage in found}
        self._looks = {pid: look for pid, look in self._looks.items() if pid in living}
        return found

    def _of(self, name: str, pid: int, is_batch: bool) -> ProcessUsage | None:
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                times, memory, started = process.cpu_times(), process.memory_info().rss, process.create_time()
        except psutil.Error:
            return None
        limit = self.config.batch(name).resource_limits if is_batch else None
        allowed = limit.max_memory_mb * 2**20 if limit and limit.max_memory_mb else None
        return ProcessUsage(
            name=name,
            batch_id=name if is_batch else None,
            pid=pid,
            started_at=datetime.fromtimestamp(started, UTC),
            memory_bytes=memory,
            cpu_percent=round(self._percent(pid, started, times.user + times.system), 1),
            memory_limit_bytes=allowed,
            memory_warning=bool(limit and allowed and memory >= allowed * limit.warn_percent / 100),
        )

    def _percent(self, pid: int, started: float, cpu: float) -> float:
        now = time.monotonic()
        before = self._looks.get(pid)
        if before is not None and before.started == started:
            if now - before.at < _AT_LEAST:
                return before.percent
            percent = 100 * (cpu - before.cpu) / (now - before.at)
        else:
            percent = 100 * cpu / max(_AT_LEAST, time.time() - started)
        self._looks[pid] = _Look(started, now, cpu, percent)
        return percent


def _pid(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
