"""`station backup`, on a station that works meanwhile."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support import RunningStation

pytestmark = pytest.mark.station


def test_s0_57_a_backup_of_a_station_at_work_is_whole_and_old_ones_go(station: RunningStation, tmp_path: Path) -> None:
    assert station.cli("run", "--batch", "quick").returncode == 0
    into = tmp_path / "backups"
    for name in ("20200101T020000Z", "20200102T020000Z", "keep-this"):
        (into / name).mkdir(parents=True)

    done = station.cli("backup", str(into), "--keep", "2", "--json")

    report = json.loads(done.stdout)
    folder = Path(report["folder"])
    assert done.returncode == 0, done.stderr
    assert report["files"] == ["temporal/temporal.db", "temporal/VERSION", "station.db", "station.yaml"]
    assert sorted(one.name for one in into.iterdir()) == ["20200102T020000Z", folder.name, "keep-this"]
    for file, query in (
        ("station.db", "SELECT count(*) FROM execution_results WHERE outcome = 'PASSED'"),
        ("temporal/temporal.db", "SELECT count(*) > 0 FROM executions"),
    ):
        with closing(sqlite3.connect(folder / file)) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert copy.execute(query).fetchone() == (1,)
