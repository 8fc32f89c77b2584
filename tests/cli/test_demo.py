"""`station demo` and `station up --sim`, with real processes; nothing is left behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import plain
from tests.support import ROOT, cli, environment, prepare_station, until

pytestmark = pytest.mark.station

GOOD = r"""A station of its own in data/demo: bench with a good unit, MES (documented), Temporal, engine, batch_1
run RUN on batch_1 · WIP-KR01PSA2511-001
power_up  PASSED  N s
  output_voltage  PASSED  V V
input_voltage  PASSED  N s
  input_voltage  PASSED  V V  12 ± 2 %
rails  PASSED  N s
  rail_5v0  PASSED  V V  4.85 .. 5.15
  rail_3v3  PASSED  V V  3.2 .. 3.4
  rail_1v8  PASSED  V V  1.74 .. 1.86
supply_current  PASSED  N s
  supply_current  PASSED  V A  0.08 .. 0.2
ripple  PASSED  N s
  ripple_5v0  PASSED  V mV  <= 30
  ripple_3v3  PASSED  V mV  <= 20
  ripple_1v8  PASSED  V mV  <= 15
functional_check  PASSED  N s
  firmware  PASSED  OK 1.4.2  /OK \d+\.\d+\.\d+/
  serial  PASSED  SIM-0001
power_down  PASSED  N s
  output_after  PASSED  V V  <= 0.5
PASSED  batch_1  N s  run RUN
MES:  start delivered
  end PASS delivered
PASSED  process 2  N s  run RUN  MES: start delivered, end PASS delivered
PASSED  process 3  N s  run RUN  MES: start delivered, end PASS delivered
PASSED  process 4  N s  run RUN  MES: start delivered, end PASS delivered
PASSED  process 5  N s  run RUN  MES: start delivered, end PASS delivered
PASSED  process 6  N s  run RUN  MES: start delivered, end PASS delivered, serial number delivered
serial number  SN-KR01PSA2511-001
the MES's ledger of WIP-KR01PSA2511-001: 6 starts, 6 PASS, 1 conversion, 0 duplicates"""

NEUROHUB = """
serial number  KR01PSA251101001
the MES's ledger of WIP-KR01PSA251101-001: 6 starts, 6 PASS, 1 conversion, 0 duplicates"""

BAD = """
FAILED  batch_1  N s  run RUN
reason:  STEP_FAILED: rails: out of limits: rail_3v3
defects: DEF101
MES:  start delivered
  end FAIL delivered
the MES's ledger of WIP-KR01PSA2511-002: 1 start, 0 PASS, 1 FAIL, 0 conversions, 0 duplicates"""

WITHOUT = """
FAILED  batch_1  N s  run RUN
reason:  STEP_FAILED: rails: out of limits: rail_3v3
defects: DEF101"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def test_a_good_unit_goes_through_the_whole_line_and_nothing_is_left_running(folder: Path) -> None:
    ended = cli("demo", folder=folder, timeout=130)

    assert _without_values(plain(ended.stdout)) == GOOD
    assert ended.stderr == ""
    assert ended.returncode == 0
    assert _left(folder) == []


def test_a_second_demo_is_quick_and_speaks_as_the_real_mes_does(folder: Path) -> None:
    begun = time.monotonic()

    ended = cli("demo", "--profile", "neurohub", folder=folder, timeout=130)

    assert plain(ended.stdout).endswith(NEUROHUB)
    assert ended.returncode == 0
    assert time.monotonic() - begun < 45  # 15 on two idle cores
    assert _left(folder) == []


def test_a_bad_unit_fails_in_its_first_process_and_the_mes_is_told(folder: Path) -> None:
    ended = cli("demo", "--unit", "bad", folder=folder, timeout=130)

    assert plain(ended.stdout).endswith(BAD)
    assert ended.returncode == 1


def test_a_demo_without_mes_says_so(folder: Path) -> None:
    ended = cli("demo", "--unit", "bad", "--profile", "none", folder=folder, timeout=130)

    written = plain(ended.stdout)
    assert "run RUN on batch_1 · WIP-KR01PSA2511-001 · without MES\n" in written
    assert "rail_3v3  FAILED  2." in written
    assert written.endswith(WITHOUT)
    assert ended.returncode == 1


def test_a_demo_that_is_ended_takes_everything_down(folder: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "station.cli", "demo"],
        cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    until(lambda: len(psutil.Process(running.pid).children(recursive=True)) >= 3, 20, "it starts nothing")
    busy = cli("demo", folder=folder)

    running.send_signal(signal.SIGTERM)

    assert running.wait(60) == 130
    assert busy.returncode == 2
    assert busy.stderr.startswith("DEMO_BUSY: Another demo runs in ")
    assert _left(folder) == []


def test_up_with_the_bench_becomes_the_supervisor_and_the_bench_dies_with_it(tmp_path: Path) -> None:
    station = prepare_station(tmp_path, [])
    log, free = tmp_path / "up.log", ("--psu-port", "0", "--opcua-port", "0", "--control-port", "0")
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "station.cli", "up", "--sim", "--slots", "1", *free, "-c", str(station.config_file)],
            cwd=tmp_path, env=environment(), stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        until(lambda: "\nready\n" in log.read_text() or running.poll() is not None, 60, "the station is not ready")
        commands = [process.cmdline() for process in psutil.Process(running.pid).children()]
        own = psutil.Process(running.pid).cmdline()
    finally:
        running.send_signal(signal.SIGTERM)
        code = running.wait(60)
    lines = log.read_text().splitlines()

    assert lines[0] == "Station           Station T1 (T1), files in data"
    assert lines[2] == f"Temporal Web UI   http://127.0.0.1:{station.config.temporal.ui_port}"
    assert lines[3].startswith("Simulated bench   data/sim, 1 slots, process ")
    assert own[1:4] == ["-m", "worker", "up"]
    assert any("station.hardware.simulation" in command for command in commands)
    assert code == 0
    until(lambda: _left(tmp_path) == [], 5, f"left: {_left(tmp_path)}")


def test_up_without_its_packages_says_so(tmp_path: Path) -> None:
    station = prepare_station(tmp_path, [{"id": "b", "sequence_package": ROOT / "sequences" / "pcb_tset"}])

    ended = cli("up", "-c", str(station.config_file), folder=tmp_path)

    assert ended.returncode == 78
    assert "did you mean" in ended.stderr


def _left(folder: Path) -> list[list[str]]:
    """The processes whose working folder is this one."""
    left = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                left.append(process.cmdline())
        except psutil.Error:
            continue
    return left


def _without_values(text: str) -> str:
    import re

    return re.sub(r"(PASSED  )-?[\d.e-]+ (V|mV|A)\b", r"\1V \2", text)
