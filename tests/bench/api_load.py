"""The API under a hundred users: how fast it answers, and whether the steps of four slots feel it (E28, S3-32)."""

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.bench.report import Report, percentile
from tests.faults.rig import ROOT, choose_ports, make_rig

STEADY = ROOT / "tests" / "faults" / "packages" / "steady"
SLOTS, STEP = 4, 1.0
USERS, RATE = 100, 20.0
"""So many people, and so many requests a second of all of them together."""
QUIET = 15.0
"""Seconds without anybody, for comparison."""

MIX: tuple[tuple[str, int], ...] = (
    ("/api/batches", 8),
    ("/api/batches/slot_1", 4),
    ("/api/results?limit=50", 3),
    ("/api/prompts", 1),
    ("/api/queue", 1),
    ("/api/system/health", 2),
    ("/metrics", 1),
)
"""What they ask for, and how often."""


@dataclass
class Asked:
    """How the requests were answered: seconds of each by path, and what went wrong."""

    times: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def all(self) -> list[float]:
        return sorted(time for times in self.times.values() for time in times)


async def user(url: str, number: int, until: float, asked: Asked) -> None:
    """One person with a connection of their own, who looks around at odd times."""
    dice = random.Random(number)
    paths, weights = zip(*MIX, strict=True)
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        while True:
            pause = dice.expovariate(RATE / USERS)
            if time.monotonic() + pause > until:
                return
            await asyncio.sleep(pause)
            (path,) = dice.choices(paths, weights)
            begun = time.monotonic()
            try:
                answer = await client.get(path)
            except httpx.HTTPError as error:
                asked.errors[f"{path}: {error!r}"] += 1
                continue
            asked.times.setdefault(path, []).append(time.monotonic() - begun)
            if not answer.is_success:
                asked.errors[f"{path}: {answer.status_code}"] += 1


def step_times(file: Path, since: str, until: str = "9999-12-31 00:00:00") -> list[float]:
    """Seconds of each step that began in that time."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
    try:
        rows = connection.execute(
            "SELECT elapsed_s FROM step_results WHERE status = 'completed' AND started_at > ? AND started_at < ?",
            (since, until),
        ).fetchall()
    finally:
        connection.close()
    return [row[0] for row in rows]


def now(file: Path) -> str:
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
    try:
        return str(connection.execute("SELECT max(started_at) FROM step_results").fetchone()[0])
    finally:
        connection.close()


async def keep_running(url: str, slot: str, ending: asyncio.Event) -> None:
    """Start a run on a slot again and again."""
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        while not ending.is_set():
            await client.post(f"/api/batches/{slot}/sequence/start", json={"parameters": {"pause": STEP}})
            await asyncio.sleep(1)


async def measure_load(folder: Path, report: Report, seconds: float) -> None:
    """Four slots that run, then a hundred people besides."""
    batches = [
        {"id": f"slot_{number}", "sequence_package": str(STEADY), "auto_start": True} for number in range(1, SLOTS + 1)
    ]
    rig = make_rig(folder, batches, choose_ports(), {"server": {"port": 0}})
    try:
        rig.start_station()
        url, file, ending = rig.url, rig.layout.data / "station.db", asyncio.Event()
        runs = [asyncio.create_task(keep_running(url, batch["id"], ending)) for batch in batches]
        while not step_times(file, ""):
            await asyncio.sleep(0.5)
        await asyncio.sleep(5)
        quiet_since = now(file)
        await asyncio.sleep(QUIET)
        loaded_since, asked = now(file), Asked()
        until = time.monotonic() + seconds
        await asyncio.gather(*(user(url, number, until, asked) for number in range(USERS)))
        quiet, loaded = step_times(file, quiet_since, loaded_since), step_times(file, loaded_since)
        ending.set()
        for run in runs:
            run.cancel()
        for path, times in sorted(asked.times.items()):
            times.sort()
            print(f"     {path:34s} n {len(times):5d}  p50 {1000 * percentile(times, 0.5):6.1f} ms  "
                  f"p95 {1000 * percentile(times, 0.95):6.1f} ms  max {1000 * times[-1]:6.1f} ms")  # fmt: skip
        for error, times in asked.errors.items():
            print(f"     {error}  {times} times")
        report.add("requests a second, of a hundred users", len(asked.all) / seconds, 0.9 * RATE, "/s", at_least=True)
        report.add("P95 of all answers", 1000 * percentile(asked.all, 0.95), 100, "ms")
        report.add("answers that were errors, or none", sum(asked.errors.values()), 0, "")
        report.add("slowest step against the slowest one without users", 1000 * (max(loaded) - max(quiet)), 200, "ms")
    finally:
        rig.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.api_load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    arguments = parser.parse_args()
    report = Report()
    asyncio.run(measure_load(Path(tempfile.mkdtemp(prefix="bench-")), report, arguments.seconds))
    return 1 if report.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
