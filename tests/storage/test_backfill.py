"""A history that was written before it could be searched is searched like one that was written today."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from station.domain.outcome import Outcome
from station.domain.run import RunReason, StepFault
from station.storage import migrate as migrate_module
from station.storage.database import Database
from station.storage.migrate import migrate
from station.storage.runs import Runs
from tests.storage.samples import UNIT, accepted, after, ended
from tests.storage.test_statistics import broken, measure, run

DERIVED = (
    "SELECT id, judged, superseded, duration_s FROM execution_results ORDER BY id",
    "SELECT id, sequence_name, step_name FROM measurements ORDER BY id",
    "SELECT execution_id, kind, step_name, name, batch_id, sequence_name, accepted_at "
    "FROM findings ORDER BY 1, 2, 3, 4",
)


def before(file: Path, revision: str) -> None:
    """Make a database of an earlier schema."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate_module.__file__).with_name("migrations")))
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def copy(new: Path, old: Path) -> None:
    """Take over what the earlier schema had a place for."""
    with closing(sqlite3.connect(old)) as database:
        database.execute("ATTACH ? AS new", (str(new),))
        for table in ("execution_results", "step_results", "measurements"):
            columns = ", ".join(f'"{row[1]}"' for row in database.execute(f"PRAGMA main.table_info({table})"))
            database.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM new.{table}")
        database.commit()


def derived(file: Path) -> list[list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(file)) as database:
        return [database.execute(query).fetchall() for query in DERIVED]


async def write_history(database: Database) -> None:
    for number, (wip, outcome) in enumerate(
        [("A", "FAILED"), ("A", "ERROR"), ("A", "PASSED"), ("A", "FAILED"), (None, "PASSED"), ("B", "ABORTED")]
    ):
        await run(database, f"RUN{number}", wip, Outcome(outcome), number)
    await measure(database, "RUN7", [5.2, 5.0], 70)
    await measure(database, "RUN8", [5.0, 5.2], 80)
    await broken(database, "RUN81", 83, Outcome.ERROR, StepFault(code="HARDWARE_TIMEOUT", message="silent"))
    await broken(database, "RUN82", 86, Outcome.FAILED, None)
    runs = Runs(database)
    await runs.refuse("RUN9", "b1", "aging", UNIT, RunReason(code="X", message="no"), after(90))
    await run(database, "RUN91", "C", Outcome.PASSED, 91)
    await runs.accept(accepted("RUN92", at=after(95)))


async def test_what_follows_from_an_earlier_history_is_what_would_be_written_today(tmp_path: Path) -> None:
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    await migrate(f"sqlite:///{new}")
    async with Database(f"sqlite:///{new}") as database:
        await write_history(database)
        waited = ended("RUN93").model_copy(update={"waited": timedelta(seconds=7)})
        await Runs(database).accept(accepted("RUN93", at=after(96)))
        await Runs(database).finish(waited)

    await asyncio.to_thread(before, old, "0002")
    await asyncio.to_thread(copy, new, old)
    await migrate(f"sqlite:///{old}")

    today = await asyncio.to_thread(derived, new)
    assert await asyncio.to_thread(derived, old) == today
    assert len(today[2]) == 7
