"""Backs a station up while it works: the engine's file, the results, the configuration, each as it is at one moment."""

import asyncio
import shutil
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel

from station.config.model import StationConfig
from station.control.layout import Layout
from station.domain.errors import StorageError
from station.storage.health import backup, copy_file

_FORMAT = "%Y%m%dT%H%M%SZ"


class BackupReport(BaseModel):
    """What was backed up where.

    Attributes:
        left_out: What is not in it, and who has to see to it.
        removed: Older backups that were removed.
    """

    folder: Path
    files: list[str]
    left_out: list[str] = []
    removed: list[Path] = []


async def back_up(
    config: StationConfig, config_file: Path, layout: Layout, into: Path, *, keep: int, now: datetime
) -> BackupReport:
    """Back a station up into a new folder.

    The engine's file is copied before the results: a run the engine knows less of goes on with what the journal has,
    while results that a run believes to be written would be lost.

    Args:
        config: The station's configuration.
        config_file: Its file.
        layout: Where the station keeps its files.
        into: The folder of all backups.
        keep: How many are kept, this one counted.
        now: The time, in UTC; it names the backup.

    Raises:
        StorageError: If something cannot be copied; the older backups stay then.
    """
    folder = into / now.strftime(_FORMAT)
    part = folder.with_suffix(".part")
    report = BackupReport(folder=folder, files=[])
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        if config.temporal.address:
            report.left_out.append(f"the Temporal server at {config.temporal.address} backs itself up")
        elif (engine := layout.engine / "temporal.db").exists():
            (part / "temporal").mkdir()
            await asyncio.to_thread(copy_file, engine, part / "temporal" / engine.name)
            shutil.copy2(layout.engine / "VERSION", part / "temporal")
            report.files += ["temporal/temporal.db", "temporal/VERSION"]
        url = config.database_url(layout.base)
        if url.startswith("sqlite"):
            await backup(url, part / "station.db")
            report.files.append("station.db")
        else:
            report.left_out.append("the results are on a database server: pg_dump")
        shutil.copy2(config_file, part / "station.yaml")
        report.files.append("station.yaml")
        part.rename(folder)
        report.removed = _remove_old(into, keep)
    except OSError as error:
        msg = f"The backup to {into} failed: {error.strerror or error}."
        raise StorageError(msg) from error
    return report


def _remove_old(into: Path, keep: int) -> list[Path]:
    kept = []
    for folder in into.iterdir():
        try:
            datetime.strptime(folder.name, _FORMAT)  # noqa: DTZ007 - only whether it is one of ours
        except ValueError:
            continue
        kept.append(folder)
    old = sorted(kept)[:-keep]
    for folder in old:
        shutil.rmtree(folder)
    return old
