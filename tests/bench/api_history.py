"""The history over the API on a million runs: every filter's first, middle and last page, and the statistics (S4-24).

The real process of the API, asked over HTTP. Says for each query its P95 and whether the target was HELD or BROKEN.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml

from api.paging import write_cursor
from tests.bench.history_seed import SPACING, seed, since
from tests.faults.rig import ROOT
from tests.support import free_ports

TARGET = 300.0
"""Milliseconds."""
ROUNDS = 20

Params = Mapping[str, Any]


def queries(count: int) -> dict[str, Params]:
    """What is asked of the list of runs."""
    middle = since(count) + timedelta(seconds=count * SPACING / 2)
    day = {"since": middle.isoformat(), "until": (middle + timedelta(days=1)).isoformat()}
    return {
        "no filter": {},
        "batch": {"batch_id": "b1"},
        "sequence": {"sequence_name": "pcb_test"},
        "version": {"sequence_version": "1.5.0"},
        "wip": {"wip_id": f"WIP-{count // 2:08}"},
        "wip prefix, few": {"wip_prefix": f"WIP-{count // 2:08}"[:-2]},
        "wip prefix, all": {"wip_prefix": "WIP-"},
        "process": {"process_id": 3},
        "operator": {"operator_id": "7"},
        "status stopped": {"status": "stopped"},
        "outcome PASSED": {"outcome": "PASSED"},
        "outcome FAILED": {"outcome": "FAILED"},
        "outcome ERROR or ABORTED": {"outcome": ["ERROR", "ABORTED"]},
        "outcome PASSED or FAILED": {"outcome": ["PASSED", "FAILED"]},
        "refused": {"refused": True},
        "synced": {"synced": True},
        "owed": {"synced": False},
        "failed step": {"failed_step": "weigh"},
        "failed step, rare": {"failed_step": "calibrate"},
        "failed step, none": {"failed_step": "nowhere"},
        "defect, rare": {"defect": "RARE"},
        "one day": day,
        "one day, batch, FAILED": {**day, "batch_id": "b1", "outcome": "FAILED"},
        "batch, FAILED": {"batch_id": "b1", "outcome": "FAILED"},
        "batch, ERROR, synced": {"batch_id": "b1", "outcome": "ERROR", "synced": True},
        "batch, failed step, defect": {"batch_id": "b1", "failed_step": "weigh", "defect": "DEF3"},
        "failed step, operator, process": {"failed_step": "weigh", "operator_id": "7", "process_id": 2},
        "never together: batch, sequence": {"batch_id": "b1", "sequence_name": "aging_test"},
        "never together: batch, process, prefix": {"batch_id": "b1", "process_id": 2, "wip_prefix": "WIP-"},
        "never together: status, outcome": {"status": "completed", "outcome": "FAILED"},
    }


def statistics(count: int) -> dict[str, tuple[str, Params]]:
    """What is asked of the statistics: of thirty days in the middle, which are 82,000 runs."""
    middle = since(count) + timedelta(seconds=count * SPACING / 2)
    month = {"since": middle.isoformat(), "until": (middle + timedelta(days=30)).isoformat()}
    values = {**month, "sequence_name": "pcb_test", "step": "weigh", "measurement": "rail"}
    return {
        "summary, a month": ("/api/statistics/summary", month),
        "summary by batch, a month": ("/api/statistics/summary", {**month, "group_by": "batch"}),
        "summary by day, a month": ("/api/statistics/summary", {**month, "group_by": "day", "utc_offset": 540}),
        "failures, a month": ("/api/statistics/failures", month),
        "failures of a batch, a month": ("/api/statistics/failures", {**month, "batch_id": "b1"}),
        "series, 1,000 values": ("/api/statistics/series", values),
        "steps, 1,000 runs": ("/api/statistics/steps", {**month, "sequence_name": "pcb_test"}),
    }


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The API's process on the database of a folder, and its address."""
    config = folder / "station.yaml"
    (port,) = free_ports(1)
    batch = {"id": "b1", "sequence_package": str(ROOT / "sequences" / "pcb_test")}
    station = {"station": {"id": "T1", "name": "bench"}, "server": {"port": port}, "batches": [batch]}
    config.write_text(yaml.safe_dump(station), encoding="utf-8")
    command = [sys.executable, "-m", "api", "--config", str(config)]
    with (folder / "api.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env={"PYTHONPATH": str(ROOT)})
    try:
        announced = folder / "data" / "run" / "api.json"
        until = time.monotonic() + 30
        while not announced.exists():
            assert process.poll() is None, (folder / "api.log").read_text(encoding="utf-8")
            assert time.monotonic() < until, "the API does not serve"
            time.sleep(0.05)
        yield str(json.loads(announced.read_text(encoding="utf-8"))["url"]), psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def p95(times: list[float]) -> float:
    return sorted(times)[max(0, -(-len(times) * 95 // 100) - 1)]


def median(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]


def asked(client: httpx.Client, path: str, params: Params) -> tuple[float, Any]:
    """Milliseconds until the whole answer was there, and the answer."""
    begun = time.perf_counter()
    answer = client.get(path, params=dict(params))
    taken = (time.perf_counter() - begun) * 1000
    assert answer.status_code == httpx.codes.OK, answer.text
    return taken, answer.json()


def measure(client: httpx.Client, api: psutil.Process, count: int, rounds: int) -> int:
    """Ask everything so often; gives how many targets were not reached."""
    broken = 0
    before = 0.0

    def processor() -> float:
        """Milliseconds of the processor for each request since it was asked last, which no other load changes much."""
        nonlocal before
        times = api.cpu_times()
        spent, before = 1000 * (times.user + times.system) - before, 1000 * (times.user + times.system)
        return spent / rounds

    processor()

    def say(what: str, times: list[float], found: str, target: float | None = TARGET) -> None:
        nonlocal broken
        verdict = "    " if target is None else "HELD" if p95(times) <= target else "BROKEN"
        broken += "BROKEN" in {verdict, found[-6:]}
        figures = f"P95 {p95(times):8.1f} ms  median {median(times):8.1f}  processor {processor():8.1f}"
        print(f"{verdict:6s} {what:50s} {figures}  {found}", flush=True)

    for name, params in queries(count).items():
        for page, share in (("first", 1.0), ("middle", 0.5), ("last", 0.02)):
            at = since(count) + timedelta(seconds=count * SPACING * share)
            cursor = {} if share == 1.0 else {"cursor": write_cursor("runs", at, "Z")}
            answers = [asked(client, "/api/results", {**params, **cursor, "limit": 50}) for _ in range(rounds)]
            say(f"{name}: {page} page", [taken for taken, _ in answers], f"{len(answers[0][1]['items'])} runs")
    for words in ({}, {"level": ["error"]}, {"text": "nowhere"}, {"batch_id": "b1", "text": "WIP-0001"}):
        answers = [asked(client, "/api/logs", {"limit": 200, **words}) for _ in range(rounds)]
        say(f"log {words or ''}", [taken for taken, _ in answers], f"{len(answers[0][1]['items'])} lines")
    _measure_statistics(client, count, rounds, say)
    return broken


def _measure_statistics(client: httpx.Client, count: int, rounds: int, say: Any) -> None:
    for name, (path, params) in statistics(count).items():
        # Another microsecond is another question, so that nothing of it is in the cache.
        moved = [
            {**params, "until": (datetime.fromisoformat(str(params["until"])) - timedelta(microseconds=n)).isoformat()}
            for n in range(rounds)
        ]
        found = [asked(client, path, each)[0] for each in moved]
        say(name, found, "")
        kept = [asked(client, path, moved[0])[0] for _ in range(rounds)]
        faster = median(found) / median(kept)
        say(f"{name}: from the cache", kept, f"{faster:.1f} x as fast: {'HELD' if faster >= 2 else 'BROKEN'}")
    taken, _ = asked(client, "/api/statistics/summary", {"since": since(count).isoformat()})
    say("summary, all runs (no target)", [taken], "", None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.api_history", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often everything is asked")
    parser.add_argument("--folder", type=Path, default=None, help="keep the database there, and use it again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="history-") as scratch:
        folder = arguments.folder or Path(scratch)
        file = folder / "data" / "station.db"
        if not file.exists():
            begun = time.monotonic()
            asyncio.run(seed(file, arguments.runs))
            size = file.stat().st_size / 2**30
            print(f"{arguments.runs} runs in {time.monotonic() - begun:.0f} s, {size:.1f} GiB", flush=True)
        with serving(folder) as (url, api), httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
            broken = measure(client, api, arguments.runs, arguments.rounds)
    print("all HELD" if not broken else f"{broken} BROKEN")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
