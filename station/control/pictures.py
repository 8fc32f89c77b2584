"""The pictures that prompts show: files of the run's own version of its package, or files that a step kept."""

import asyncio
import re
from pathlib import Path

from station.control.layout import Layout
from station.execution.files import FileStore
from station.execution.store import PackageStore
from station.storage.database import Database
from station.storage.prompts import Prompts
from station.storage.runs import Runs

_DIGEST = re.compile(r"[0-9a-f]{64}")


async def picture_of(layout: Layout, database: Database, prompt_id: str) -> Path | None:
    """Find the picture of a prompt; None where it shows none, or the file is gone. A StorageError passes through."""
    record = await Prompts(database).get(prompt_id)
    picture = "" if record is None else record.asked.prompt.picture
    if record is None or not picture:
        return None
    if _DIGEST.fullmatch(picture):
        path = FileStore(layout.files).path_of(picture)
        return path if await asyncio.to_thread(path.is_file) else None
    run = await Runs(database).get(record.run_id)
    if run is None or run.plan is None:
        return None
    return await asyncio.to_thread(PackageStore(layout.packages).file, run.plan.package, picture)
