"""The commands about users, keys and the audit, on a station that was never started."""

import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from station.cli.main import run as run_command
from tests.cli.conftest import PACKAGES
from tests.support import RunningStation, prepare_station

PASSWORD = "correct horse battery"  # noqa: S105 - of a user of this test


class Desk:
    """Types commands, with a password on standard input."""

    def __init__(
        self, station: RunningStation, monkeypatch: pytest.MonkeyPatch, out: pytest.CaptureFixture[str]
    ) -> None:
        self.station = station
        self._monkeypatch = monkeypatch
        self._out = out

    def __call__(self, *words: str, password: str = PASSWORD) -> tuple[int, str]:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        self._out.readouterr()
        code = run_command([*words, "--config", str(self.station.config_file)])
        written = self._out.readouterr()
        return code, written.out + written.err

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json")[1])

    def file(self) -> Path:
        return self.station.layout.data / "station.db"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    station = prepare_station(tmp_path, [{"id": "quick", "sequence_package": PACKAGES / "quick"}])
    monkeypatch.chdir(tmp_path)
    return Desk(station, monkeypatch, capsys)


def test_users_are_let_in_and_out_before_the_station_ever_started(desk: Desk) -> None:
    made, _ = desk("user", "add", "Kim", "--role", "manager")
    twice, why = desk("user", "add", "kim", "--role", "viewer")
    short, too_short = desk("user", "add", "lee", "--role", "viewer", password="kurz")  # noqa: S106
    desk("user", "role", "kim", "--role", "viewer")
    desk("user", "disable", "kim")

    (user,) = desk.json("user")
    deeds = [entry["action"] for entry in desk.json("audit")]

    assert (made, twice, short) == (0, 2, 2)
    assert "USER_EXISTS" in why
    assert "PASSWORD_NOT_ALLOWED" in too_short
    assert (user["name"], user["role"], user["active"]) == ("kim", "viewer", False)
    assert deeds == ["user_disable", "user_role", "user_add"]


def test_a_badge_is_given_and_taken_away_and_is_nowhere_in_the_files(desk: Desk) -> None:
    badge = "BADGE-7QK2M4XW9ZTR"
    desk("user", "add", "kim", "--role", "operator")

    given, said = desk("user", "badge", "kim", password=badge)
    short, why = desk("user", "badge", "kim", password="BADGE-1")  # noqa: S106
    (kim,) = desk.json("user")
    removed, _ = desk("user", "no-badge", "kim")
    deeds = [entry["action"] for entry in desk.json("audit")]

    assert (given, short, removed, kim["badge"]) == (0, 2, 0, True)
    assert "badge: yes" in said
    assert "BADGE_NOT_ALLOWED" in why
    assert deeds == ["user_badge_remove", "user_badge", "user_add"]
    assert [
        file for file in desk.station.folder.rglob("*") if file.is_file() and badge.encode() in file.read_bytes()
    ] == []


def test_a_key_is_shown_once_and_is_nowhere_in_the_files(desk: Desk) -> None:
    key = desk.json("key", "add", "scanner", "--role", "operator")["key"]
    desk("user", "add", "kim", "--role", "manager")

    listed = desk("key")[1]
    code, _ = desk("key", "revoke", "scanner")
    again, why = desk("key", "add", "scanner", "--role", "operator")

    assert code == 0
    assert "scanner" in listed
    assert (again, "KEY_EXISTS" in why) == (2, True)
    for file in desk.station.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert key.encode() not in content, file
            assert PASSWORD.encode() not in content, file


def test_a_hash_for_station_yaml_is_of_the_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))

    code = run_command(["password-hash"])

    assert code == 0
    assert bcrypt.checkpw(PASSWORD.encode(), capsys.readouterr().out.strip().encode())


def test_the_audit_is_verified_and_its_break_is_named(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        desk("user", "add", name, "--role", "viewer")
    whole, said = desk("audit", "verify")
    head = said.split()[-1]
    noted, _ = desk("audit", "verify", "--known", head)
    with closing(sqlite3.connect(desk.file())) as database, database:
        database.execute("UPDATE audit SET actor = 'somebody else' WHERE id = 2")

    broken, where = desk("audit", "verify")

    assert (whole, noted, broken) == (0, 0, 2)
    assert "breaks at entry 2" in where
    assert desk.json("audit", "verify")["broken_id"] == 2
