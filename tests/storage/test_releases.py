"""The database of every schema that ever was is opened, migrated, and read with nothing lost.

`releases/<schema>.sql` is the dump of a station's database at that schema: one unit in one process, told to the MES.
"""

import sqlite3
from pathlib import Path

import pytest

from station.domain.delivery import DeliveryState, MesAction
from station.domain.outcome import Outcome
from station.storage import schema
from station.storage.audit import Audit
from station.storage.batches import Batches
from station.storage.database import Database
from station.storage.events import Events
from station.storage.migrate import migrate
from station.storage.queue import SyncQueue
from station.storage.runs import Runs

RELEASES = Path(__file__).parent / "releases"


@pytest.mark.parametrize("release", sorted(RELEASES.glob("*.sql")), ids=lambda file: file.stem)
async def test_a_database_of_an_earlier_schema_keeps_what_it_holds(release: Path, tmp_path: Path) -> None:
    file = tmp_path / "station.db"
    with sqlite3.connect(file) as old:
        old.executescript(release.read_text(encoding="utf-8"))
        if release.stem != "0001":
            old.execute("INSERT INTO audit (entry_id, time, actor, action, target, reason, data) VALUES "
                        "('x', '2026-01-31 08:00:00.000000', 'kim', 'stop', 'slot_1', '', NULL)")  # fmt: skip
        rows = {
            table: old.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("measurements", "events")
        }
    old.close()
    url = f"sqlite:///{file}"

    await migrate(url)

    async with Database(url) as database:
        (run,) = await Runs(database).list()
        steps = await Runs(database).steps(run.run_id)
        owed = await SyncQueue(database).open(list(DeliveryState))
        events = await Events(database).after(0)
        (batch,) = await Batches(database).all()
        audit = await Audit(database).verify()
    assert (run.outcome, run.unit.process) == (Outcome.PASSED, 1)
    assert {step.key.step for step in steps} >= {"power_up", "power_down"}
    assert sum(len(step.result.measurements) for step in steps if step.result) == rows["measurements"]
    assert [record.item.action for record in owed] == [MesAction.START, MesAction.COMPLETE]
    assert len(events) == rows["events"]
    assert batch.hardware_safe
    assert (audit.whole, audit.entries > 0) == (True, release.stem != "0001")


def test_every_schema_but_the_present_one_has_its_dump() -> None:
    assert {file.stem for file in RELEASES.glob("*.sql")} == set(schema.REVISIONS) - {schema.HEAD}
