"""`make bench`: the station against its targets, and against bare Temporal in the same run."""

import argparse
import asyncio
import contextlib
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from temporalio.client import Client

from tests.bench import bare
from tests.bench.api_load import measure_load
from tests.bench.api_socket import measure_followers, measure_socket
from tests.bench.mes import measure_mes
from tests.bench.report import Report
from tests.bench.screen import measure_screen
from tests.faults.rig import ROOT, Rig, choose_ports, make_rig
from tests.faults.shift import ended, start, until_step
from tests.faults.watcher import Watcher, seconds

PACKAGES = Path(__file__).parent / "packages"
SLOTS = 10
ROUNDS = 5
STEADY = ROOT / "tests" / "faults" / "packages" / "steady"


@contextlib.contextmanager
def bare_workers(rig: Rig, roles: list[str]) -> Iterator[None]:
    """Processes of the bare topology on the rig's Temporal server."""
    address = f"127.0.0.1:{rig.config.temporal.port}"
    command = [sys.executable, "-m", "tests.bench.bare", address]
    workers = [subprocess.Popen([*command, role], cwd=ROOT) for role in roles]
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


async def bare_times(client: Client, slots: int, steps: int) -> list[float]:
    """Seconds that so many bare activities took, on each of so many slots at once."""

    async def one(number: int) -> float:
        run = f"bare/{number}/{time.monotonic_ns()}"
        queue = bare.batch_queue(number)
        handle = await client.start_workflow("bench.bare", args=[queue, steps], id=run, task_queue=bare.ENGINE)
        return float(await handle.result())

    return list(await asyncio.gather(*(one(number) for number in range(slots))))


def step_span(rig: Rig, run_id: str) -> float:
    """Seconds from the first step's start to the last step's end."""
    watcher = Watcher(rig.layout.data / "station.db")
    ((first, last),) = watcher.rows(
        "SELECT min(started_at), max(completed_at) FROM step_results WHERE execution_id = ?", run_id
    )
    return seconds(last) - seconds(first)


async def run_on(rig: Rig, slots: list[str]) -> list[float]:
    """Run the slots' packages at once; seconds from each one's first step to its last."""
    runs = [await start(rig, slot) for slot in slots]
    for run_id in runs:
        await ended(rig, run_id, within=120)
    return [step_span(rig, run_id) for run_id in runs]


async def measure_steps(rig: Rig, client: Client, report: Report) -> None:
    """What a step costs, against a bare activity; the two take turns, so that the machine's moods hit both."""
    ours, theirs = [], []
    with bare_workers(rig, ["engine", "0"]):
        await bare_times(client, 1, 30)
        await run_on(rig, ["one"])
        for _ in range(ROUNDS):
            theirs.append((await bare_times(client, 1, 60))[0] / 60)
            ours.append((await run_on(rig, ["one"]))[0] / 60)
    ratio = statistics.median(mine / bare for mine, bare in zip(ours, theirs, strict=True))
    report.add("bare activity", 1000 * statistics.median(theirs), 1000, "ms/step")
    report.add("engine's cost per step, one batch", 1000 * statistics.median(ours), 20, "ms/step")
    report.add("the same against a bare activity", ratio, 1.6, "x")


async def measure_many(rig: Rig, client: Client, report: Report) -> None:
    """Ten batches at once, fifty steps each."""
    slots = [f"many_{number}" for number in range(SLOTS)]
    with bare_workers(rig, ["engine", *(str(number) for number in range(SLOTS))]):
        await bare_times(client, SLOTS, 10)
        bare_rates, our_rates, spreads = [], [], []
        for _ in range(3):
            bare_rates.append(SLOTS * 50 / max(await bare_times(client, SLOTS, 50)))
            spans = await run_on(rig, slots)
            our_rates.append(SLOTS * 50 / max(spans))
            spreads.append(max(spans) / statistics.median(spans))
    rates = [mine / bare for mine, bare in zip(our_rates, bare_rates, strict=True)]
    report.add("ten batches at once: bare", statistics.median(bare_rates), 0, "steps/s", at_least=True)
    report.add("ten batches at once: station", statistics.median(our_rates), 0, "steps/s", at_least=True)
    report.add("the same against bare", statistics.median(rates), 0.7, "x", at_least=True)
    report.add("slowest slot against the median slot", statistics.median(spreads), 1.5, "x")


async def measure_graphs(rig: Rig, report: Report) -> None:
    spans = await run_on(rig, ["wide"])
    report.add("4 independent 1 s steps", spans[0], 2.0, "s")
    spans = [(await run_on(rig, ["graph"]))[0] for _ in range(3)]
    report.add("a graph of 100 steps doing nothing", statistics.median(spans), 3.0, "s")


async def measure_recovery(rig: Rig, report: Report) -> None:
    """A killed worker, then a power cut of everything."""
    watcher = Watcher(rig.layout.data / "station.db")
    run_id = await start(rig, "steady", {"pause": 1.0})
    await until_step(rig, run_id, "step_02")
    killed = time.time()
    assert await rig.kill("steady")
    await _until_event(watcher, run_id, "step_start", killed)
    report.add("worker killed in a step -> next step begins", time.time() - killed, 10, "s")
    killed = time.time()
    rig.kill_everything()
    up = await asyncio.to_thread(rig.start_station)
    await _until_event(watcher, run_id, "step_start", killed)
    report.add("power cut of everything -> the run moves again", time.time() - killed, 15, "s")
    report.add("station up -> ready, second start", up, 8, "s")


async def _until_event(watcher: Watcher, run_id: str, kind: str, after: float) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for event in watcher.poll():
            if event.run_id == run_id and event.type == kind and event.at > after:
                return
        await asyncio.sleep(0.01)
    raise AssertionError(f"no {kind} of {run_id} within a minute")


def measure_memory(rig: Rig, report: Report) -> None:
    """Everything the station has in memory while nothing runs; shared pages counted once, by proportion."""
    supervisor = rig.process("supervisor")
    assert supervisor is not None
    time.sleep(3)
    total = sum(p.memory_full_info().pss for p in [supervisor, *supervisor.children(recursive=True)])
    report.add("idle memory, four batches, everything counted", total / 2**20, 900, "MB")


def _slot(name: str, package: Path) -> dict[str, Any]:
    return {"id": name, "sequence_package": str(package), "auto_start": True}


@contextlib.contextmanager
def station(folder: Path, batches: list[dict[str, Any]]) -> Iterator[Rig]:
    rig = make_rig(folder, batches, choose_ports())
    try:
        rig.start_station()
        yield rig
    finally:
        rig.close()


async def engine(folder: Path, report: Report) -> None:
    """The engine's own figures (design of the product: numbers to reach)."""
    single = [_slot("one", PACKAGES / "noop_60"), _slot("wide", PACKAGES / "wide_4")]
    single += [_slot("graph", PACKAGES / "graph_100"), _slot("steady", STEADY)]
    with station(folder / "single", single) as rig:
        client = await bare.connect(f"127.0.0.1:{rig.config.temporal.port}")
        measure_memory(rig, report)
        await measure_steps(rig, client, report)
        await measure_graphs(rig, report)
        await measure_recovery(rig, report)
    many = [_slot(f"many_{number}", PACKAGES / "noop_50") for number in range(SLOTS)]
    with station(folder / "many", many) as rig:
        client = await bare.connect(f"127.0.0.1:{rig.config.temporal.port}")
        await measure_many(rig, client, report)
    await measure_mes(folder / "mes", report)


async def api(folder: Path, report: Report) -> None:
    """The API under load, and its socket; a long history is measured by `python -m tests.bench.api_history`."""
    await measure_load(folder / "load", report, 120)
    await measure_socket(folder / "socket", report, 60)
    await measure_followers(folder / "followers", report)


async def the_screen(folder: Path, report: Report, minutes: float) -> None:
    """The screen in a real browser; its driver has a loop of its own, and so a thread."""
    await asyncio.to_thread(measure_screen, folder, report, minutes)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--suite", choices=["engine", "api", "screen"], default="engine")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long the screen is under load")
    parser.add_argument("--json", type=Path, default=None, help="write the figures there too")
    arguments = parser.parse_args()
    report = Report()
    gc.freeze()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    suites = {"engine": engine, "api": api, "screen": partial(the_screen, minutes=arguments.minutes)}
    asyncio.run(suites[arguments.suite](folder, report))
    if arguments.json:
        arguments.json.write_text(json.dumps(report.rows), encoding="utf-8")
    print(f"{len(report.rows) - report.missed} held, {report.missed} missed")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
