"""A slot says that it is simulated only where every instrument of it is of the bench that runs beside the station."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from station.config.model import StationConfig
from station.control.layout import Layout
from station.control.simulated import is_simulated

DMM = {"port": "data/sim/slot_1/dmm", "baudrate": 9600}
POWER = {"ip": "127.0.0.1", "port": 15025}
PLC = {"endpoint": "opc.tcp://127.0.0.1:14843", "slot": "slot_3"}


def told(folder: Path, hardware: dict[str, Any], pid: int | None = None) -> bool:
    config = StationConfig.model_validate(
        {"station": {"id": "a", "name": "a"}, "batches": [{"id": "b", "sequence_package": "s", "hardware": hardware}]}
    )
    layout = Layout.of(config, folder)
    layout.simulation.mkdir(parents=True, exist_ok=True)
    facts = {
        "pid": pid or os.getpid(), "host": "127.0.0.1", "endpoint": PLC["endpoint"],
        "ports": {"dmm": {"slot_1": str(layout.simulation / "slot_1" / "dmm")}, "psu": {"slot_1": 15025}},
    }  # fmt: skip
    (layout.simulation / "bench.json").write_text(json.dumps(facts), encoding="utf-8")
    return is_simulated(layout, config.batch("b"))


@pytest.mark.parametrize("hardware", [{"dmm": DMM, "power": POWER}, {"plc": PLC}])
def test_instruments_of_the_bench_are_simulated(tmp_path: Path, hardware: dict[str, Any]) -> None:
    assert told(tmp_path, hardware)


@pytest.mark.parametrize(
    "hardware",
    [
        {},
        {"dmm": DMM, "power": POWER | {"ip": "192.168.0.7"}},
        {"dmm": {"port": "/dev/ttyUSB0"}},
        {"plc": {"endpoint": "opc.tcp://10.0.0.5:4840"}},
        {"dmm": DMM, "odd": {"address": 7}},
    ],
)
def test_whatever_is_not_known_to_be_simulated_is_real(tmp_path: Path, hardware: dict[str, Any]) -> None:
    assert not told(tmp_path, hardware)


def test_a_bench_that_is_gone_simulates_nothing(tmp_path: Path) -> None:
    assert not told(tmp_path, {"dmm": DMM}, pid=2**22 + 7)
