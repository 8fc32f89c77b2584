"""`python -m tests.bench.event_writer`: writes events as busy slots would, and says when each was committed."""

import argparse
import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from station.domain.events import EventType
from station.storage.database import Database
from station.storage.events import Events, NewEvent

TYPES = (EventType.LOG, EventType.MEASUREMENT, EventType.STEP_PROGRESS, EventType.BATCH_STATUS)


def event(batch: str, number: int, padding: str) -> NewEvent:
    """One event; its number is in its data."""
    step = {"step": "measure", "n": number}
    data: dict[str, Any] = {
        EventType.LOG: {**step, "level": "info", "message": f"line {number} {padding}", "data": {"n": number}},
        EventType.MEASUREMENT: {
            **step, "name": f"rail_{number % 7}", "value": 5.0, "unit": "V", "limit": "4.5 .. 5.5", "outcome": "PASSED",
        },
        EventType.STEP_PROGRESS: {**step, "fraction": 0.5, "text": padding},
        EventType.BATCH_STATUS: {"state": "running", "waiting_for": "", "n": number},
    }[TYPES[number % len(TYPES)]]  # fmt: skip
    return NewEvent(datetime.now(UTC), TYPES[number % len(TYPES)], batch, f"RUN_{batch}", data)


async def slot(events: Events, batch: str, rate: float, until: float, padding: str, said: list[str]) -> None:
    """One slot's events, each in a transaction of its own."""
    number, due = 0, time.monotonic()
    while time.monotonic() < until:
        number += 1
        await events.append(event(batch, number, padding))
        said.append(json.dumps([batch, number, time.monotonic()]))
        due += 1 / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def write(url: str, slots: int, rate: float, seconds: float, size: int) -> None:
    said: list[str] = []
    async with Database(url) as database:
        until = time.monotonic() + seconds
        work = [slot(Events(database), f"slot_{n}", rate, until, "x" * size, said) for n in range(1, slots + 1)]
        await asyncio.gather(*work)
    sys.stdout.write("\n".join(said) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--rate", type=float, default=10.0, help="events of each slot in a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--size", type=int, default=100, help="letters of padding in an event")
    arguments = parser.parse_args()
    asyncio.run(write(arguments.url, arguments.slots, arguments.rate, arguments.seconds, arguments.size))


if __name__ == "__main__":
    main()
