"""Manual control and quarantine on the command line, as a person at the keyboard meets them."""

import json
import re
import signal
import time
from collections.abc import Iterator

import pytest

from station.cli.place import user
from tests.cli.conftest import PACKAGES, Command
from tests.support import RunningStation, running_station, until

pytestmark = pytest.mark.station

BATCHES = [
    {"id": "handy", "sequence_package": PACKAGES / "handy"},
    {"id": "other", "sequence_package": PACKAGES / "handy", "auto_start": False},
]


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStation]:
    settings = {"manual": {"client_timeout": 3}, "error_handling": {"step_errors": {"max_retries": 0}}}
    with running_station(tmp_path_factory.mktemp("station"), BATCHES, **settings) as running:
        yield running


@pytest.fixture
def manual(station: RunningStation, command: Command) -> Command:
    def call(*words: str) -> tuple[int, str]:
        return command(*words, folder=station.folder)

    return call


def test_the_commands_of_a_slot_are_listed_with_what_may_be_given(manual: Command) -> None:
    code, written = manual("manual", "commands", "handy")

    lines = written.splitlines()
    assert code == 0
    assert lines[1] == "lamp.shine  level=0..10 cd  cd  control  --yes  Shine."
    assert lines[2] == "lamp.level  cd  measurement  How bright it is."
    assert any(line.startswith("lamp.burn") and "raw, --yes" in line for line in lines)
    assert lines[-1] == "steps (station manual step handy STEP): look, dark"
    assert json.loads(manual("manual", "commands", "handy", "--json")[1])["steps"] == ["look", "dark"]


def test_one_command_opens_a_session_and_leaves_it(manual: Command) -> None:
    code, written = manual("manual", "do", "handy", "lamp.shine", "level=7.5", "--yes")
    after = manual("manual", "do", "handy", "lamp.level")
    nobody = manual("manual", "handy")

    assert (code, written) == (0, "lamp.shine level=7.5: 7.5 cd  N s")
    assert after == (0, "lamp.level: 0 cd  N s")
    assert nobody == (0, "handy: nobody has it in hand")


def test_what_is_wrong_is_said_with_its_code(manual: Command) -> None:
    answers = {
        words: manual("manual", "do", "handy", *words)
        for words in (
            ("lamp.shine", "--yes", "level=-1"), ("lamp.shine", "level=7"), ("lamp.shin",), ("lamp.burn", "--yes"),
            ("lamp.shine", "level"),
        )
    }  # fmt: skip

    assert [code for code, _ in answers.values()] == [2] * 5
    assert [written for _, written in answers.values()] == [
        "INVALID_ARGUMENT: lamp.shine: level is -1 cd, below its minimum 0 cd.",
        "CONFIRMATION_MISSING: lamp.shine must be confirmed: it is marked as dangerous. Say --yes if it is meant.",
        "COMMAND_NOT_FOUND: There is no command lamp.shin (did you mean lamp.shine?).",
        "lamp.burn: HARDWARE_ERROR: no filament",
        "INVALID_PARAMETERS: 'level' is not NAME=VALUE, such as supply_voltage=11.5",
    ]
    assert manual("manual", "do")[0] == 2
    assert manual("manual", "frobnicate", "handy")[0] == 2
    assert manual("manual", "nowhere")[0] == 2


def test_an_open_session_stays_and_is_shown(manual: Command) -> None:
    opened = manual("manual", "open", "handy", "--reason", "flicker")
    manual("manual", "do", "handy", "lamp.shine", "level=5", "--yes")
    shown = manual("manual", "show", "handy")
    refused = manual("run", "--batch", "handy", "--no-mes")
    status = manual("status")
    safe = manual("manual", "safe", "handy")
    dark = manual("manual", "do", "handy", "lamp.level", "--json")
    left = manual("manual", "leave", "handy")
    gone = manual("manual", "leave", "handy")

    assert opened[1].startswith(f"handy: in hand of {user()} since TIME\n  lamp  LAMP 1\n  closes by itself at TIME")
    assert shown[1].endswith("lamp.shine level=5: 5 cd  N s")
    assert refused[0] == 2
    assert refused[1].startswith("SEQUENCE_ALREADY_RUNNING: Batch handy is in manual control: ")
    assert f"handy: in hand of {user()} since TIME" in status[1]
    assert safe == (0, "make safe: done  N s")
    assert json.loads(dark[1])["value"] == 0
    assert left == (0, "handy: left; the instruments are safe")
    assert gone == (2, "BATCH_NOT_RUNNING: Nobody has batch handy in hand; open it with: station manual open handy")


def test_a_step_is_run_by_hand(manual: Command) -> None:
    code, written = manual("manual", "step", "handy", "look", "level=0.5")
    for_machines = json.loads(manual("manual", "step", "handy", "look", "--json")[1])
    unknown = manual("manual", "step", "handy", "lock")

    assert code == 0
    assert written == "step look level=0.5: FAILED  N s\n  level  FAILED  0.5 cd  >= 1"
    assert for_machines["report"]["outcome"] == "PASSED"
    assert unknown == (2, "STEP_NOT_FOUND: The sequence has no step lock (did you mean look?).")


def test_a_client_that_holds_leaves_on_ctrl_c_and_is_told_when_it_was_stopped(
    station: RunningStation, manual: Command
) -> None:
    client = station.start_cli("manual", "open", "handy", "--hold")
    until(
        lambda: "in hand of" in manual("manual", "handy")[1] and " closes" in manual("manual", "handy")[1], 20, "open"
    )
    time.sleep(4)
    still = manual("manual", "handy")[1]
    client.send_signal(signal.SIGINT)
    said, _ = client.communicate(timeout=20)
    stopped = station.start_cli("manual", "open", "handy", "--hold")
    until(lambda: " closes" in manual("manual", "handy")[1], 20, "open")
    stop = manual("stop", "handy", "--reason", "smoke")
    told, _ = stopped.communicate(timeout=20)

    assert "in hand of" in still
    assert (client.returncode, said.splitlines()[-1]) == (0, "handy: left; the instruments are safe")
    assert stop == (0, "handy: manual control was told to end; the instruments are made safe")
    assert told.splitlines()[-1] == "handy: the session was ended; the instruments were made safe"


def test_a_batch_whose_process_is_not_there_is_not_taken_in_hand(manual: Command) -> None:
    code, written = manual("manual", "open", "other")

    assert code == 2
    assert written == (
        "BATCH_NOT_RUNNING: Batch other has no process (it was stopped, or never started); start it with: "
        "station batch start other"
    )


def test_a_slot_in_quarantine_is_shown_refused_and_cleared(station: RunningStation, manual: Command) -> None:
    stuck = station.folder / "stuck"
    manual("manual", "open", "handy")
    stuck.touch()
    left = manual("manual", "leave", "handy")
    status, for_machines = manual("status"), json.loads(manual("status", "--json")[1])
    refused = manual("run", "--batch", "handy", "--no-mes")
    in_vain = manual("clear", "handy", "--reason", "looks dark")
    stuck.unlink()
    without_reason = manual("clear", "handy")
    cleared = manual("clear", "handy", "--reason", "new lamp")
    fine = manual("run", "--batch", "handy", "--no-mes")
    again = manual("clear", "handy", "--reason", "new lamp", "--no-make-safe")

    why = "the instruments could not be made safe: instrument lamp: the lamp stays on"
    assert left == (
        2, "handy: left; the safe state could not be confirmed: instrument lamp: the lamp stays on"
    )  # fmt: skip
    assert re.search(r"^handy +.* quarantine$", status[1], re.MULTILINE)
    assert f"handy: in quarantine since TIME: {why} (station clear handy --reason ...)" in status[1]
    assert for_machines["batches"][0]["quarantine"]["reason"] == why
    assert refused[0] == 2
    assert refused[1].startswith("SLOT_QUARANTINED: Batch handy is in quarantine since ")
    assert in_vain[0] == 2
    assert in_vain[1].startswith("HARDWARE_NOT_SAFE: Batch handy could not be taken in hand: instrument lamp: ")
    assert without_reason[0] == 2
    assert without_reason[1].startswith("REASON_MISSING: ")
    assert cleared == (0, f"handy: takes runs again; it was in quarantine since TIME: {why}")
    assert fine[0] == 0
    assert again == (2, "NOT_QUARANTINED: Batch handy is not in quarantine.")
