"""`python -m tests.bench.api_socket`: the socket with busy slots, good clients, sleepers and flooders (E19, E20)."""

import argparse
import asyncio
import contextlib
import gc
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.asyncio.client import connect

from tests.bench.abusers import Abused
from tests.bench.followers import follow_a_run, follow_through_kills
from tests.bench.report import Report, percentile
from tests.faults.rig import ROOT, Rig, choose_ports, make_rig
from tests.faults.watcher import Watcher

STEADY = ROOT / "tests" / "faults" / "packages" / "steady"
RUNNING = "running"
"""The one slot whose runs are real."""
FOLLOWERS, KILLS, RECONNECTS = 50, 20, 100
QUICK = ROOT / "tests" / "cli" / "packages" / "quick"
GOOD = 16
HELD_OFF_WITHIN = 5.0
"""Seconds after which who abuses the socket must be out."""
REST_EVERY = 0.2


@dataclass
class Crowd:
    """Everybody on the socket, and what they met with.

    Attributes:
        heard: For each good client, when each event came, by id.
        places: Batch and number of each event, by id.
        wrong: What a good client must not hear.
        rest: Seconds each request took.
    """

    url: str
    heard: list[dict[int, float]] = field(default_factory=list)
    places: dict[int, tuple[str, int]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)
    rest: list[float] = field(default_factory=list)
    rest_errors: int = 0
    ending: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def socket_url(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/ws"

    async def good(self, number: int) -> None:
        """A client that reads all it is told."""
        mine: dict[int, float] = {}
        self.heard.append(mine)
        last = 0
        async with connect(self.socket_url, proxy=None, max_queue=None) as socket:
            await socket.recv()
            await socket.send('{"type": "subscribe"}')
            async for text in socket:
                message = json.loads(text)
                if "time" in message:
                    mine[message["id"]] = time.monotonic()
                    if message["id"] <= last:
                        self.wrong["not in order, or twice"] += 1
                    last = message["id"]
                    if number == 0:
                        self._note(message)
                elif message["type"] not in {"ping", "subscribed"}:
                    self.wrong[message["type"]] += 1

    def _note(self, message: dict[str, Any]) -> None:
        data = message["data"]
        number = data.get("n", (data.get("data") or {}).get("n"))
        if number is not None:
            self.places[message["id"]] = (message["batch_id"], number)

    async def operator(self) -> None:
        """Somebody who uses the API meanwhile."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30, trust_env=False) as client:
            while not self.ending.is_set():
                begun = time.monotonic()
                answer = await client.get("/api/batches")
                self.rest.append(time.monotonic() - begun)
                self.rest_errors += not answer.is_success
                await self.pause(REST_EVERY)

    async def pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ending.wait(), seconds)


@dataclass
class Measured:
    """What came of it; `late` are the milliseconds from commit to client, of every good client and event.

    Attributes:
        grown: MB by which the API's memory grew.
        busy: The share of one processor that the API used.
        abused: What those met with who mean no good.
    """

    late: list[float]
    missing: int
    crowd: Crowd
    grown: float
    events: int
    busy: float
    abused: Abused


async def measure(
    rig: Rig, *, slots: int, rate: float, seconds: float, good: int = GOOD, sleepers: int = 0, abusers: int = 0
) -> Measured:
    """Let everybody at the API of a station, and find out what the good ones missed."""
    crowd = Crowd(rig.url)
    watcher, api = Watcher(rig.layout.data / "station.db"), rig.process("api")
    assert api is not None
    rss = api.memory_info().rss
    tasks = [asyncio.create_task(crowd.good(number)) for number in range(good)]
    tasks += [asyncio.create_task(crowd.operator())]
    abusing = asyncio.create_task(_abuse(crowd.socket_url, sleepers, abusers, seconds + 2))
    peak = asyncio.create_task(_peak(api, crowd.ending))
    await asyncio.sleep(1)
    (first,) = watcher.rows("SELECT max(id) FROM events")[0]
    begun, used = time.monotonic(), sum(api.cpu_times()[:2])
    committed = await _write(rig, slots, rate, seconds)
    busy = (sum(api.cpu_times()[:2]) - used) / (time.monotonic() - begun)
    await asyncio.sleep(2)
    crowd.ending.set()
    await asyncio.sleep(0.2)
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            crowd.wrong[repr(outcome)] += 1
    abused = await abusing
    ids = {row[0] for row in watcher.rows("SELECT id FROM events WHERE id > ? AND execution_id LIKE 'RUN_%'", first)}
    missing = sum(len(ids - mine.keys()) for mine in crowd.heard)
    at = {id: committed[place] for id, place in crowd.places.items() if place in committed}
    late = sorted(1000 * (mine[id] - when) for mine in crowd.heard for id, when in at.items() if id in mine)
    return Measured(late, missing, crowd, (await peak - rss) / 2**20, len(ids), busy, abused)


async def _write(rig: Rig, slots: int, rate: float, seconds: float) -> dict[tuple[str, int], float]:
    """Have events written by a process of their own; gives when each was committed."""
    words = ["--slots", str(slots), "--rate", str(rate), "--seconds", str(seconds)]
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.event_writer", rig.config.database_url(rig.folder), *words,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await writer.communicate()
    assert writer.returncode == 0
    return {(batch, number): at for batch, number, at in map(json.loads, said.decode().splitlines())}


async def _abuse(url: str, sleepers: int, abusers: int, seconds: float) -> Abused:
    """Have the socket abused by a process of its own, so that the good clients have theirs for themselves."""
    words = ["--sleepers", str(sleepers), "--abusers", str(abusers), "--seconds", str(seconds)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.abusers", url, *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return Abused(**json.loads(said))


async def _peak(process: psutil.Process, ending: asyncio.Event) -> int:
    highest = 0
    while not ending.is_set():
        highest = max(highest, process.memory_info().rss)
        await asyncio.sleep(0.25)
    return highest


@contextlib.contextmanager
def station(folder: Path, slots: int) -> Any:
    """A station whose slots are there, and whose events somebody else writes."""
    batches = [
        {"id": f"slot_{number}", "sequence_package": str(QUICK), "auto_start": False} for number in range(1, slots + 1)
    ]
    batches.append({"id": RUNNING, "sequence_package": str(STEADY), "auto_start": True})
    rig = make_rig(folder, batches, choose_ports(), {"server": {"port": 0}})
    try:
        rig.start_station()
        yield rig
    finally:
        rig.close()


async def measure_socket(folder: Path, report: Report, seconds: float) -> None:
    """Sixteen busy slots, first with good clients alone, then with everybody else."""
    with station(folder, 16) as rig:
        quiet = await measure(rig, slots=16, rate=10, seconds=seconds / 2)
        report.add("events a second of 16 slots", quiet.events / (seconds / 2), 150, "/s", at_least=True)
        _report(report, "16 clients", quiet)
        crowded = await measure(rig, slots=16, rate=10, seconds=seconds, sleepers=100, abusers=84)
        _report(report, "200 sockets", crowded)
        for what, times in sorted(crowded.abused.closed.items()):
            print(f"     {what:40s} {times:6d} times")
        report.add("200 sockets: longest that abuse was let go on", crowded.abused.held, HELD_OFF_WITHIN, "s")


async def measure_followers(folder: Path, report: Report) -> None:
    """A run followed by somebody who connects anew at each event; then everybody, while the API is killed."""
    with station(folder, 4) as rig:
        one = await follow_a_run(rig, RUNNING, 0.2, reconnects=RECONNECTS)
        print(f"     connected {len(one.back)} times during {len(one.expected)} events of a run")
        report.add("reconnects in a run: events missed or twice", one.wrong, 0, "")
        report.add("reconnects in a run: heard again, P95", percentile(one.back, 0.95), 2, "s")
        many = await follow_through_kills(rig, 4, followers=FOLLOWERS, kills=KILLS)
        print(f"     {FOLLOWERS} clients, {KILLS} kills, {len(many.expected)} events, {len(many.back)} connections")
        report.add("kills of the API: clients without the whole", many.wrong, 0, "")


def _report(report: Report, who: str, measured: Measured) -> None:
    late, crowd = measured.late, measured.crowd
    print(f"     {who}: the API used {measured.busy:.2f} of a processor; wrong: {dict(crowd.wrong)}")
    print(f"     late p50 {percentile(late, 0.5):.1f} ms  p99 {percentile(late, 0.99):.1f} ms  "
          f"max {percentile(late, 1.0):.1f} ms  of {len(late)}")  # fmt: skip
    report.add(f"{who}: event committed -> client, P95", percentile(late, 0.95), 100, "ms")
    report.add(f"{who}: events good clients missed", measured.missing, 0, "")
    report.add(f"{who}: messages good clients must not get", sum(crowd.wrong.values()), 0, "")
    report.add(f"{who}: GET /api/batches, P95", 1000 * percentile(crowd.rest, 0.95), 300, "ms")
    report.add(f"{who}: answers that were errors", crowd.rest_errors, 0, "")
    report.add(f"{who}: growth of the API's memory", measured.grown, 150, "MB")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.api_socket", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    report = Report()
    gc.freeze()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    asyncio.run(measure_socket(folder / "socket", report, arguments.seconds))
    asyncio.run(measure_followers(folder / "followers", report))
    print("HELD" if not report.missed else f"BROKEN: {report.missed} targets missed")
    return 1 if report.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
