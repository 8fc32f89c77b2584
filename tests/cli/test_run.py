"""`station run` and the commands about a run, on a station of real processes."""

import json
import signal
import subprocess

import pytest

from tests.cli.conftest import Command, holds, plain
from tests.support import RunningStation, until

pytestmark = pytest.mark.station

FAILED = """\
run RUN on quick · WIP-1 · without MES
look  PASSED  N s
  label  PASSED  2026-01-31
weigh  FAILED  N s
  rail  FAILED  4.2 V  4.5 .. 5.5
  defects: DEF1
tidy  PASSED  N s
FAILED  quick  N s  run RUN
reason:  STEP_FAILED: weigh: out of limits: rail
defects: DEF1"""


GIVEN_UP = "SELECT id FROM step_results WHERE given_up"


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
    until(lambda: holds(station), 20, "the run does not come to its long step")

    busy = station.cli("run", "--batch", "slow")
    watching.send_signal(signal.SIGINT)
    written, _ = watching.communicate(timeout=30)

    assert busy.returncode == 2
    assert busy.stderr.startswith("SEQUENCE_ALREADY_RUNNING: ")
    assert "Ctrl-C: the run is being stopped, with cleanup" in written
    assert plain(written).endswith(
        "tidy  PASSED  N s\n  tidied  PASSED  true\n"
        f"ABORTED  slow  N s  run RUN\nreason:  STOPPED: Stopped by {_user()}: Ctrl-C at the keyboard"
    )
    assert watching.returncode == 3


def test_a_run_is_held_and_goes_on_and_is_stopped_by_command(station: RunningStation, command: Command) -> None:
    watching = station.start_cli("run", "--batch", "slow", "--json")
    until(lambda: holds(station), 20, "the run does not come to its long step")

    paused = command("pause", "slow", "--reason", "lunch", folder=station.folder)
    again = command("pause", "slow")
    resumed = command("resume", "slow")
    stopped = command("stop", "slow", "--reason", "wrong unit")
    answer = _json_of(watching)

    assert paused == (0, f"slow: run RUN is paused by {_user()}: lunch, finishing hold")
    assert again == (2, "RUN_PAUSED: The run is paused already.")
    assert resumed == (0, "slow: goes on; run RUN is running, finishing hold")
    assert stopped == (0, "slow: the run was told to stop; cleanup runs")
    assert answer["reason"]["message"] == f"Stopped by {_user()}: wrong unit"
    assert watching.returncode == 3


def test_a_step_is_repeated_and_left_out_by_command(station: RunningStation, command: Command) -> None:
    watching = station.start_cli("run", "--batch", "slow", "--json")
    until(lambda: holds(station), 20, "the run does not come to its long step")

    refused = command("repeat", "slow", folder=station.folder)
    back = command("goto", "slow", "first", "--force", "--reason", "was not seated")
    until(lambda: len(station.rows(GIVEN_UP)) == 2 and holds(station), 20, "the run does not go back")
    nowhere = command("goto", "slow", "third")
    skipped = command("skip", "slow", "hold", "--reason", "in a hurry")
    answer = _json_of(watching)
    shown = command("show", "last")

    assert refused == (
        2,
        "STEP_NOT_REPEATABLE: hold must not be repeated (repeatable=False); force it with a reason if you must.",
    )
    assert back == (0, "slow: back to first; run RUN is running, finishing hold")
    assert nowhere == (2, "STEP_NOT_FOUND: The sequence has no step 'third'; it has first, hold.")
    assert skipped == (
        0, "slow: hold is left out; the run can end ABORTED at best; run RUN is running, finishing hold"
    )  # fmt: skip
    assert (answer["outcome"], answer["reason"]["code"]) == ("ABORTED", "STEP_SKIPPED")
    assert answer["reason"]["message"] == f"Left out by {_user()}: in a hurry"
    assert watching.returncode == 3
    assert "first  1  PASSED given up" in shown[1]
    assert "first  2  PASSED  " in shown[1]
    assert "hold  3  SKIPPED  " in shown[1]


def test_the_watcher_outlives_the_engine_and_the_batch_and_a_person_chooses(
    station: RunningStation, command: Command
) -> None:
    watching = station.start_cli("run", "--batch", "slow", "-p", "seconds=3")
    until(lambda: holds(station), 20, "the run does not come to its long step")

    station.child("slow").kill()
    station.child("engine").kill()
    asks = "SELECT 1 FROM execution_results WHERE state = 'interrupted'"
    until(lambda: bool(station.rows(asks)), 30, "the run does not ask")
    status = command("status", folder=station.folder)
    wrong = command("recover", "slow", "sideways")
    chosen = command("recover", "slow", "resume")
    written, _ = watching.communicate(timeout=60)

    cut_off = "hold was cut off (was killed by SIGKILL); somebody must choose how to go on"
    asks_to_choose = f"waits: {cut_off} (station recover slow resume|full_restart|skip_failed|abort)"
    assert f"slow: {asks_to_choose}" in status[1]
    assert "slow: finished: first PASSED; interrupted: hold; to come: tidy\n" in status[1]
    assert wrong == (
        2, "INVALID_CHOICE: 'sideways' is not a choice; choose one of resume, full_restart, skip_failed, abort."
    )  # fmt: skip
    assert chosen == (0, "slow: resume it is; run RUN")
    assert asks_to_choose in written
    assert plain(written).endswith(
        "hold #2  PASSED  N s\ntidy  PASSED  N s\n  tidied  PASSED  true\n"
        "PASSED  slow  N s  run RUN\nrecovered from 1 interruption(s)"
    )
    assert watching.returncode == 0


def _json_of(process: "subprocess.Popen[str]") -> dict[str, dict[str, str]]:
    written, _ = process.communicate(timeout=30)
    answer: dict[str, dict[str, str]] = json.loads(written)
    return answer


def _user() -> str:
    import getpass

    return getpass.getuser()
