"""`station doctor` on stations that are not well, and `station engine` on one that never ran."""

import json
import socket
from pathlib import Path

from tests.cli.conftest import PACKAGES, Command
from tests.support import prepare_station

OLD = {"serial_number": "MY1", "calibrated_until": "2020-01-31"}


def test_what_is_wrong_is_said_with_its_mend_and_exits_with_1(command: Command, tmp_path: Path) -> None:
    hardware = {"dmm": {"port": "data/sim/slot_1/dmm", **OLD}, "power": {"ip": "127.0.0.1", "port": 9}}
    station = prepare_station(
        tmp_path,
        [
            {"id": "b1", "sequence_package": PACKAGES / "quick", "hardware": hardware},
            {"id": "b2", "sequence_package": "nowhere"},
        ],
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "station.db").write_bytes(b"")

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", station.config.temporal.port))
        taken.listen()
        code, written = command("doctor", "--instruments", folder=tmp_path)

    assert code == 1
    assert "error port temporal.port" not in written
    for sentence in (
        f"error  port  temporal.port {station.config.temporal.port} is taken by another program",
        "→ End it, or change temporal.port.",
        "error  database  the results database DIR/data/station.db is empty",
        "error  package  nowhere: MISSING_DIR: there is no package folder DIR/nowhere",
        "→ Mend it; needed by b2.",
        "calibration dmm of b1 (serial number MY1): ended on 2020-01-31",
        "→ Calibrate it, then set batches.b1.hardware.dmm.calibrated_until.",
        "error  instrument  dmm of b1: there is no device data/sim/slot_1/dmm",
        "error  instrument  power of b1: 127.0.0.1:PORT takes no connection",
    ):
        assert sentence in written


def test_a_fresh_station_is_well_and_says_so_to_machines(command: Command, tmp_path: Path) -> None:
    prepare_station(tmp_path, [{"id": "b1", "sequence_package": PACKAGES / "quick"}])

    code, written = command("doctor", "--json", folder=tmp_path)

    answer = json.loads(written)
    assert (code, answer["ok"]) == (0, True)
    assert {check["name"] for check in answer["checks"]} == {
        "python", "data", "disk", "station", "engine", "temporal", "port", "database", "clock", "package",
    }  # fmt: skip
    assert not (tmp_path / "data").exists()


def test_an_engine_that_never_ran_has_nothing_to_reset(command: Command, tmp_path: Path) -> None:
    prepare_station(tmp_path, [])

    status = command("engine", "status", folder=tmp_path)
    reset = command("engine", "reset", folder=tmp_path)

    assert status[0] == 0
    assert "made by  nobody yet" in status[1]
    assert reset == (
        2, "ENGINE_UNAVAILABLE: There is no engine file in DIR/data/temporal and no open run; nothing to reset."
    )  # fmt: skip


def test_an_engine_elsewhere_is_not_reset_from_here(command: Command, tmp_path: Path) -> None:
    prepare_station(tmp_path, [], temporal={"address": "10.0.0.5:7233"})

    assert command("engine", "reset", folder=tmp_path) == (
        2, "ENGINE_UNAVAILABLE: The Temporal server 10.0.0.5:7233 is not the station's own; it is not reset from here."
    )  # fmt: skip
