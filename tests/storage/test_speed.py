"""Prints what the journal costs per step; asserts nothing about time, which belongs to the machine."""

import time

from station.storage.database import Database
from station.storage.journal import StepKey
from tests.storage.samples import VOLTS, after, begin, passed, running

STEPS = 200


async def test_the_journal_keeps_up(database: Database) -> None:
    journal = await running(database)
    await begin(journal, StepKey("RUN1", "measure", 1))

    start = time.perf_counter()
    for attempt in range(2, STEPS + 2):
        key = StepKey("RUN1", "measure", attempt)
        await begin(journal, key)
        result = passed("measure", attempt, VOLTS)
        await journal.finish_step(key, batch="b1", session="S1", result=result, at=after(attempt))
    cost = (time.perf_counter() - start) / STEPS

    print(f"begin_step + finish_step: {cost * 1000:.2f} ms")
    assert len(await journal.finished("RUN1", 1)) == 1
