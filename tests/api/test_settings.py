"""station.yaml over the API: shown without secrets, checked with lines, saved whole with a backup, taken back."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.conftest import BATCHES
from tests.api.inside import FAR, PASSWORD, inside
from tests.api.served import Served, served_station

SETTINGS = "/api/system/settings"
KEY = "the-literal-key-of-this-test"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A station with a literal secret in its file."""
    with served_station(tmp_path_factory.mktemp("settings"), BATCHES, backend={"api_key": KEY}) as running:
        yield running


@pytest.fixture
def file(served: Served) -> Iterator[Path]:
    """Its station.yaml, which is put back."""
    path = served.station.config_file
    before = path.read_bytes()
    yield path
    path.write_bytes(before)


def read(api: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = api.get(SETTINGS).json()
    return found


def edited(settings: dict[str, Any]) -> str:
    return str(settings["text"]).replace("Station T1", "Bench 7")


@pytest.mark.station
def test_the_file_is_shown_without_its_secrets(api: httpx.Client, file: Path) -> None:
    settings = read(api)

    assert KEY in file.read_text(encoding="utf-8")
    assert KEY not in api.get(SETTINGS).text
    assert "<secret 1>" in settings["text"]
    assert (settings["problems"], settings["changes"], settings["writable"]) == ([], [], True)


@pytest.mark.station
def test_a_text_is_checked_line_by_line_without_saving_it(api: httpx.Client, file: Path) -> None:
    settings, before = read(api), file.read_bytes()
    wrong = settings["text"] + "loging:\n  level: LOUD\nexecution:\n  grace_period: soon\n"

    answer = api.post(f"{SETTINGS}/validate", json={"text": wrong, "hash": settings["hash"]})

    lines = wrong.splitlines()
    found = {problem["path"]: problem for problem in answer.json()["problems"]}
    assert answer.status_code == 200
    assert found["loging"]["line"] == lines.index("loging:") + 1
    assert 'did you mean "logging"' in found["loging"]["text"]
    assert (found["loging"]["code"], found["loging"]["params"]) == ("SETTING_UNKNOWN", {"meant": "logging"})
    late = found["execution.grace_period"]
    assert (late["code"], late["params"]["given"]["value"]) == ("SETTING_WRONG", '"soon"')
    assert [one["kind"] for one in late["wanted"]] == ["seconds"]
    assert found["execution.grace_period"]["line"] == lines.index("  grace_period: soon") + 1
    assert file.read_bytes() == before


@pytest.mark.station
def test_what_differs_from_what_runs_says_when_it_takes_effect(api: httpx.Client, file: Path) -> None:
    settings = read(api)
    text = (
        edited(settings) + "error_handling:\n  step_errors:\n    max_retries: 7\nrecovery:\n  checkpoint_interval: 2\n"
    )
    text = text.replace('"<secret 1>"', "another-key").replace("<secret 1>", "another-key")

    check = api.post(f"{SETTINGS}/validate", json={"text": text, "hash": settings["hash"]}).json()

    found = {change["path"]: (change["before"], change["after"], change["effect"]) for change in check["changes"]}
    assert check["problems"] == []
    assert found == {
        "station.name": ("Station T1", "Bench 7", "restart"),
        "backend.api_key": ("***", "***", "restart"),
        "error_handling.step_errors.max_retries": (3, 7, "next_runs"),
        "recovery.checkpoint_interval": (1, 2, "never"),
    }
    assert any(line.startswith("+") and "Bench 7" in line for line in check["diff"])
    assert "another-key" not in str(check)


@pytest.mark.station
def test_a_save_keeps_secrets_rights_and_a_backup_and_is_in_the_audit(
    served: Served, api: httpx.Client, file: Path
) -> None:
    file.chmod(0o640)
    settings, before = read(api), file.read_bytes()

    answer = api.put(SETTINGS, json={"text": edited(settings), "hash": settings["hash"], "reason": "new name"})

    backups = api.get(f"{SETTINGS}/backups").json()
    assert (answer.status_code, KEY in answer.text) == (200, False)
    assert file.read_bytes() == before.replace(b"Station T1", b"Bench 7")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    kept = served.station.layout.settings / f"{backups[0]['id']}.yaml"
    assert (kept.read_bytes(), stat.S_IMODE(kept.stat().st_mode)) == (before, 0o600)
    assert list(file.parent.glob(".*.part")) == []
    found = served.station.rows("SELECT actor, action, reason, data FROM audit ORDER BY id DESC LIMIT 1")[0]
    assert found[:3] == ("127.0.0.1", "settings_save", "new name")
    assert "station.name" in found[3]
    assert KEY not in found[3]


@pytest.mark.station
def test_a_backup_is_taken_back(api: httpx.Client, file: Path) -> None:
    settings, before = read(api), file.read_bytes()
    saved = api.put(SETTINGS, json={"text": edited(settings), "hash": settings["hash"]}).json()
    backup = api.get(f"{SETTINGS}/backups").json()[0]["id"]

    shown = api.post(f"{SETTINGS}/validate", json={"backup": backup})
    restored = api.post(f"{SETTINGS}/restore", json={"backup": backup, "hash": saved["hash"]})

    assert any("Bench 7" in line for line in shown.json()["diff"])
    assert (restored.status_code, restored.json()["changes"]) == (200, [])
    assert file.read_bytes() == before
    assert len(api.get(f"{SETTINGS}/backups").json()) >= 2


@pytest.mark.station
def test_whoever_knows_an_older_file_changes_nothing(api: httpx.Client, file: Path) -> None:
    settings = read(api)
    with file.open("a", encoding="utf-8") as out:
        out.write("shutdown: stop_runs\n")
    before = file.read_bytes()
    asked = {"text": edited(settings), "hash": settings["hash"]}

    answers = [api.put(SETTINGS, json=asked), api.post(f"{SETTINGS}/validate", json=asked)]

    assert [(each.status_code, each.json()["error"]) for each in answers] == [(409, "SETTINGS_CHANGED")] * 2
    assert file.read_bytes() == before


@pytest.mark.station
def test_what_is_wrong_is_not_saved(api: httpx.Client, file: Path) -> None:
    settings, before = read(api), file.read_bytes()
    wrong = settings["text"] + "shutdown: never\n"

    answer = api.put(SETTINGS, json={"text": wrong, "hash": settings["hash"]})
    moved = api.put(SETTINGS, json={"text": f"{wrong} #<secret 1>", "hash": settings["hash"]})
    broken = api.put(SETTINGS, json={"text": "station: {", "hash": settings["hash"]})

    assert (answer.status_code, answer.json()["error"]) == (422, "CONFIG_INVALID")
    assert answer.json()["details"]["problems"][0]["line"] == wrong.splitlines().index("shutdown: never") + 1
    assert (moved.status_code, KEY in moved.text) == (422, False)
    assert broken.status_code == 422
    assert file.read_bytes() == before


@pytest.mark.station
def test_a_file_that_is_no_yaml_is_not_shown_and_can_be_replaced(api: httpx.Client, file: Path) -> None:
    good = file.read_text(encoding="utf-8").replace(KEY, "${HOME}")
    file.write_text(f"backend: {{api_key: {KEY}\n", encoding="utf-8")

    settings = read(api)
    saved = api.put(SETTINGS, json={"text": good, "hash": settings["hash"]})

    assert (settings["text"], len(settings["problems"])) == ("", 1)
    assert KEY not in str(settings)
    assert (saved.status_code, file.read_text(encoding="utf-8")) == (200, good)


@pytest.mark.station
def test_without_room_for_a_backup_nothing_is_written(served: Served, api: httpx.Client, file: Path) -> None:
    settings, before, folder = read(api), file.read_bytes(), served.station.layout.settings
    aside = folder.rename(folder.with_name("aside")) if folder.exists() else None
    folder.write_text("in the way", encoding="utf-8")
    try:
        answer = api.put(SETTINGS, json={"text": edited(settings), "hash": settings["hash"]})
    finally:
        folder.unlink()
        if aside is not None:
            aside.rename(folder)

    assert (answer.status_code, answer.json()["error"]) == (503, "SETTINGS_NOT_WRITTEN")
    assert file.read_bytes() == before


@pytest.mark.station
@pytest.mark.parametrize("backup", ["../../station", "20260101T000000000000Z-00000000", "x" * 60])
def test_a_backup_that_is_not_there_is_not_found(api: httpx.Client, file: Path, backup: str) -> None:
    answer = api.post(f"{SETTINGS}/restore", json={"backup": backup, "hash": read(api)["hash"]})

    assert (answer.status_code, answer.json()["error"]) == (404, "BACKUP_NOT_FOUND")


@pytest.mark.parametrize("role", ["viewer", "operator", "manager"])
async def test_only_administrators_see_and_change_them(tmp_path: Path, role: str) -> None:
    async with inside(tmp_path) as found:
        client = await found.logged_in(role, PASSWORD, FAR)
        answers = [
            await client.get(SETTINGS),
            await client.put(SETTINGS, json={"text": "", "hash": "0" * 64}),
            await client.get(f"{SETTINGS}/backups"),
        ]

    assert [each.status_code for each in answers] == [403, 403, 403]
