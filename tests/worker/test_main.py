"""`python -m worker`: how it ends, and what it says, when it cannot do what it was asked for."""

import fcntl
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from station.control.engine import find_binary, version_of
from tests.support import ROOT, RunningStation, environment, prepare_station, until

SLOT: dict[str, Any] = {
    "id": "slot_1",
    "sequence_package": ROOT / "sequences" / "pcb_test",
    "hardware": {"dmm": {"port": "dmm"}, "power": {"ip": "127.0.0.1", "port": 1}},
}


def begin(station: RunningStation, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "worker", *words, "--config", str(station.config_file)],
        cwd=station.folder, env=environment(), text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def work(station: RunningStation, *words: str) -> tuple[int, str]:
    """Run a role that ends by itself; returns its exit code and what it said."""
    with begin(station, *words) as process:
        said, _ = process.communicate(timeout=30)
    return process.returncode, said


def log_of(station: RunningStation, role: str) -> str:
    return "".join(file.read_text() for file in sorted(station.layout.logs.glob(f"*{role}*")))


def test_a_wrong_configuration_ends_it_with_78_and_the_place(tmp_path: Path) -> None:
    station = prepare_station(tmp_path, [])
    station.config_file.write_text("station: {id: T1, name: T}\nbatchs: []\n", encoding="utf-8")

    code, said = work(station, "up")

    assert code == 78
    assert "batchs" in said
    assert "station.yaml:2:" in said
    assert "Traceback" not in said


def test_a_second_station_in_the_same_folder_ends_with_75(tmp_path: Path) -> None:
    station = prepare_station(tmp_path, [])
    station.layout.data.mkdir()

    with station.layout.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, said = work(station, "up")

    assert code == 75
    assert f"another station is up in {station.layout.data}" in said


def test_an_engine_file_of_another_version_is_not_opened_and_it_is_said_how_to_move_on(tmp_path: Path) -> None:
    station = prepare_station(tmp_path, [])
    station.layout.engine.mkdir(parents=True)
    (station.layout.engine / "temporal.db").touch()
    (station.layout.engine / "VERSION").write_text("temporal version 0.1\n", encoding="utf-8")

    code, said = work(station, "up")

    assert code == 2
    assert "ENGINE_UNAVAILABLE" in said
    assert f"“temporal version 0.1”, this is “{version_of(find_binary(station.config.temporal))}”" in said
    assert "station engine reset" in said
    assert "Traceback" not in said


def test_a_server_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    station = prepare_station(tmp_path, [], temporal={"binary": "/nowhere/temporal"})

    code, said = work(station, "up")

    assert code == 2
    assert "temporal.binary is /nowhere/temporal, and there is no such file." in said


def test_a_batch_that_is_not_configured_ends_with_2(tmp_path: Path) -> None:
    station = prepare_station(tmp_path, [SLOT])

    code, _ = work(station, "batch", "slot_9")

    assert code == 2
    assert 'no batch \\"slot_9\\"; the configuration has slot_1' in log_of(station, "slot_9")


@pytest.mark.station
@pytest.mark.parametrize("words", [("up",), ("engine",), ("batch", "slot_1")])
def test_it_can_be_ended_while_its_engine_is_away(tmp_path: Path, words: tuple[str, ...]) -> None:
    station = prepare_station(tmp_path, [SLOT], temporal={"address": "127.0.0.1:1"})
    signs = {
        "up": lambda: station.layout.process_file("slot_1").exists(),
        "engine": lambda: (station.layout.data / "station.db").exists(),
        "batch": lambda: station.layout.batch_lock("slot_1").exists(),
    }

    if words[0] == "batch":
        migrated = begin(station, "engine")  # the database is made by others
        until(signs["engine"], 30, "there is no database")
        migrated.terminate()
        migrated.communicate(timeout=30)
    with begin(station, *words) as process:
        until(signs[words[0]], 30, "it does not begin")
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)

    assert process.returncode == 0, said
    assert "Traceback" not in said
