"""`station run` and the commands about a run, on a station of real processes."""

import json
import signal
import subprocess

import pytest

from tests.cli.conftest import plain
from tests.support import RunningStation, until

pytestmark = pytest.mark.station

FAILED = """\
run RUN on quick · WIP-1
state: opening
state: running
look  PASSED  N s
  label  PASSED  2026-01-31
weigh  FAILED  N s
  rail  FAILED  4.2 V  4.5 .. 5.5
  defects: DEF1
state: cleaning_up
tidy  PASSED  N s
FAILED  quick  N s  run RUN
reason:  STEP_FAILED: weigh: out of limits: rail
defects: DEF1"""


def test_a_bad_unit_is_told_line_by_line_and_exits_with_1(station: RunningStation) -> None:
    words = ("--wip", "WIP-1", "-p", "voltage=4.2", "-p", "label=2026-01-31", "-p", "thorough=yes")

    ended = station.cli("run", "--batch", "quick", *words)

    assert plain(ended.stdout) == FAILED
    assert ended.returncode == 1


def test_a_good_unit_exits_with_0_and_machines_get_json(station: RunningStation) -> None:
    ended = station.cli("run", "--batch", "quick", "--operator", "kim", "--json")

    answer = json.loads(ended.stdout)
    assert ended.returncode == 0
    assert answer["outcome"] == "PASSED"
    assert [(step["step"], step["outcome"]) for step in answer["steps"]] == [
        ("look", "PASSED"), ("weigh", "PASSED"), ("tidy", "PASSED"),
    ]  # fmt: skip
    assert answer["steps"][1]["measurements"] == [
        {"name": "rail", "value": 5.0, "unit": "V", "limit": "4.5 .. 5.5", "outcome": "PASSED"}
    ]


def test_a_station_at_fault_exits_with_2(station: RunningStation) -> None:
    ended = station.cli("run", "--batch", "faulty")

    assert "ERROR  faulty  N s  run RUN\nreason:  STEP_CRITICAL: the fixture is open" in plain(ended.stdout)
    assert ended.returncode == 2


def test_a_refused_start_is_one_sentence_and_exits_with_2(station: RunningStation) -> None:
    ended = station.cli("run", "--batch", "quick", "-p", "nope=1")

    assert ended.stdout == ""
    assert ended.stderr == (
        "INVALID_PARAMETERS: parameters of quick refused: nope is unknown (there is label, thorough, voltage)\n"
    )
    assert ended.returncode == 2


def test_ctrl_c_stops_the_run_with_its_cleanup_and_exits_with_3(station: RunningStation) -> None:
    watching = station.start_cli("run", "--batch", "slow")
    _until_it_holds(station)

    busy = station.cli("run", "--batch", "slow")
    watching.send_signal(signal.SIGINT)
    written, _ = watching.communicate(timeout=30)

    assert busy.returncode == 2
    assert busy.stderr.startswith("SEQUENCE_ALREADY_RUNNING: ")
    assert "Ctrl-C: the run is being stopped, with cleanup" in written
    assert plain(written).endswith(
        "state: cleaning_up\ntidy  PASSED  N s\n  tidied  PASSED  true\n"
        f"ABORTED  slow  N s  run RUN\nreason:  STOPPED: Stopped by {_user()}: Ctrl-C at the keyboard"
    )
    assert watching.returncode == 3


def test_a_run_is_held_and_goes_on_and_is_stopped_by_command(station: RunningStation) -> None:
    watching = station.start_cli("run", "--batch", "slow", "--json")
    _until_it_holds(station)

    paused = station.cli("pause", "slow", "--reason", "lunch")
    again = station.cli("pause", "slow")
    resumed = station.cli("resume", "slow")
    stopped = station.cli("stop", "slow", "--reason", "wrong unit")
    answer = _json_of(watching)

    assert plain(paused.stdout) == f"slow: run RUN is paused by {_user()}: lunch, finishing hold"
    assert (again.returncode, again.stderr) == (2, "RUN_PAUSED: The run is paused already.\n")
    assert plain(resumed.stdout) == "slow: goes on; run RUN is running, finishing hold"
    assert stopped.stdout == "slow: the run was told to stop; cleanup runs\n"
    assert answer["reason"]["message"] == f"Stopped by {_user()}: wrong unit"
    assert watching.returncode == 3


def test_the_watcher_outlives_the_engine_and_the_batch_and_a_person_chooses(station: RunningStation) -> None:
    watching = station.start_cli("run", "--batch", "slow", "-p", "seconds=3")
    _until_it_holds(station)

    station.child("batch", "slow").kill()
    station.child("engine").kill()
    until(lambda: "recover slow" in station.cli("status").stdout, 30, "the run does not ask")
    wrong = station.cli("recover", "slow", "sideways")
    chosen = station.cli("recover", "slow", "resume")
    written, _ = watching.communicate(timeout=60)

    assert wrong.stderr == (
        "INVALID_CHOICE: 'sideways' is not a choice; choose one of resume, full_restart, skip_failed, abort.\n"
    )
    assert plain(chosen.stdout) == "slow: resume it is; run RUN"
    assert "waits: hold was cut off (was killed by SIGKILL); somebody must choose how to go on" in written
    assert plain(written).endswith(
        "hold #2  PASSED  N s\nstate: cleaning_up\ntidy  PASSED  N s\n  tidied  PASSED  true\n"
        "PASSED  slow  N s  run RUN\nrecovered from 1 interruption(s)"
    )
    assert watching.returncode == 0


def _until_it_holds(station: RunningStation) -> None:
    def holds() -> bool:
        batches = json.loads(station.cli("status", "--json").stdout)["batches"]
        run = next(batch["run"] for batch in batches if batch["batch"] == "slow")
        return run is not None and run["current"] == ["hold"]

    until(holds, 20, "the run does not come to its long step")


def _json_of(process: "subprocess.Popen[str]") -> dict[str, dict[str, str]]:
    written, _ = process.communicate(timeout=30)
    answer: dict[str, dict[str, str]] = json.loads(written)
    return answer


def _user() -> str:
    import getpass

    return getpass.getuser()
