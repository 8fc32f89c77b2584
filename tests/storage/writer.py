"""A process that accepts runs one after the other and reports each as soon as it is committed.

Arguments: URL, prefix of the runs' ids, how many (0: for ever).
"""

import asyncio
import itertools
import sys

from station.storage.database import Database
from station.storage.runs import Runs
from tests.storage.samples import accepted


async def main(url: str, prefix: str, count: int) -> None:
    """Write and report until killed, or until done."""
    async with Database(url) as database:
        runs = Runs(database)
        for number in range(count) if count else itertools.count():
            run_id = f"{prefix}-{number:06}"
            await runs.accept(accepted(run_id, prefix))
            print(run_id, flush=True)


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
