"""`python -m tests.bench.run_writer`: writes the events of runs on many slots, and says when each was committed.

Runs as a screen sees them: accepted, steps with values, progress and log lines, a verdict, and the next one. The values
count up, so that whoever sees one knows which event it is of.
"""

import argparse
import asyncio
import json
import secrets
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from station.domain.events import EventType
from station.domain.ids import new_id
from station.storage.database import Database
from station.storage.events import Events, NewEvent

RUN_LASTS = 80
"""Events of a run."""
STEPS = 12
PAUSE = 1.0
"""Seconds between two runs of a slot."""
OUTCOMES = ("PASSED", "FAILED", "PASSED", "ERROR")


def value(number: int, batch: str, place: int) -> dict[str, Any]:
    return {
        "name": f"rail_{place % 7}", "value": number, "unit": "mV", "limit": "0 .. 1000000", "outcome": "PASSED",
    }  # fmt: skip


def run_events(batch: str, first: int, outcome: str) -> Iterator[tuple[EventType, dict[str, Any], int | None]]:
    """The events of one run; with the number that is in the value, where the event has one."""
    start = {"sequence": "endless", "version": "1.0.0", "wip": f"WIP-KR01PSA{first % 10000:04d}-001", "steps": STEPS}
    yield EventType.RUN_ACCEPTED, start, None
    yield EventType.BATCH_STATUS, {"state": "running", "waiting_for": ""}, None
    for place in range(RUN_LASTS - 3):
        number, step = first + place, {"step": f"step_{place * STEPS // RUN_LASTS:02d}"}
        at = {**step, "index": place * STEPS // RUN_LASTS, "attempt": 1}
        match place % 6:
            case 0:
                yield EventType.STEP_START, {**at, "segment": 1}, None
            case 1 | 3:
                yield EventType.MEASUREMENT, {**step, **value(number, batch, place)}, number
            case 2:
                log = {**step, "level": "info", "message": f"line {number} " + "x" * 80, "data": {}}
                yield EventType.LOG, log, None
            case 4:
                yield EventType.STEP_PROGRESS, {**step, "fraction": 0.5, "text": f"sample {number}"}, None
            case _:
                data = {**at, "outcome": "PASSED", "elapsed_s": 0.6, "measurements": [value(number, batch, place)]}
                yield EventType.STEP_COMPLETE, {**data, "defects": [], "fault": None}, number
    now = datetime.now(UTC).isoformat()
    reason = None if outcome == "PASSED" else {"code": "STEP_FAILED", "message": "a value is out", "step": "step_03"}
    result = {"outcome": outcome, "reason": reason, "started_at": now, "completed_at": now, "hardware_safe": True}
    yield EventType.SEQUENCE_COMPLETE, {"result": result}, None


async def slot(events: Events, batch: str, rate: float, until: float, offset: float, said: list[str]) -> None:
    """One slot's runs, each event in a transaction of its own."""
    await asyncio.sleep(offset)
    number, count, due = 1, 0, time.monotonic()
    while time.monotonic() < until:
        run, outcome = new_id(datetime.now(UTC), secrets.token_bytes(10)), OUTCOMES[count % len(OUTCOMES)]
        for kind, data, shown in run_events(batch, number, outcome):
            await events.append(NewEvent(datetime.now(UTC), kind, batch, run, data))
            if shown is not None:
                said.append(json.dumps(["value", batch, shown, time.time()]))
            elif kind is EventType.SEQUENCE_COMPLETE:
                said.append(json.dumps(["verdict", batch, outcome, time.time()]))
            due = max(due + 1 / rate, time.monotonic())
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        number, count = number + RUN_LASTS, count + 1
        await asyncio.sleep(PAUSE)


async def write(url: str, slots: int, rate: float, seconds: float) -> None:
    said: list[str] = []
    async with Database(url) as database:
        until = time.monotonic() + seconds
        work = [
            slot(Events(database), f"slot_{n}", rate, until, n * 8 / slots, said) for n in range(1, slots + 1)
        ]  # not all in the same moment
        await asyncio.gather(*work)
    sys.stdout.write("\n".join(said) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--rate", type=float, default=10.0, help="events of each slot in a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    asyncio.run(write(arguments.url, arguments.slots, arguments.rate, arguments.seconds))


if __name__ == "__main__":
    main()
