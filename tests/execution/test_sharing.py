"""The lock of a shared instrument: one process at a time, free when its process is gone, and what it leaves behind."""

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from station.execution.sharing import SharedLocks

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

HOLDS = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from station.execution.sharing import SharedLocks
locks = SharedLocks(lambda name: Path(sys.argv[1]) / name, "slot_2", 42)
assert locks.take("dmm", "RUN2", datetime(2026, 3, 1, 12, tzinfo=UTC))
print("held", flush=True)
time.sleep(60)
"""


def locks(folder: Path, batch: str = "slot_1") -> SharedLocks:
    return SharedLocks(lambda name: folder / name, batch, 7)


def other_process(folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_an_instrument_is_held_by_one_process_and_says_whose(tmp_path: Path) -> None:
    first, second = locks(tmp_path), locks(tmp_path, "slot_2")

    assert first.take("dmm", "RUN1", NOW)
    assert first.take("dmm", "RUN1", NOW)
    assert not second.take("dmm", "RUN2", NOW)

    assert first.held == {"dmm"}
    assert second.held == frozenset()
    holder = second.holder("dmm")
    assert holder is not None
    assert (holder.batch, holder.run_id, holder.since, holder.pid) == ("slot_1", "RUN1", NOW, 7)


def test_given_back_it_is_anybodys(tmp_path: Path) -> None:
    first, second = locks(tmp_path), locks(tmp_path, "slot_2")
    first.take("dmm", "RUN1", NOW)

    first.give_back(["dmm", "psu"], safe=True)

    assert first.held == frozenset()
    assert second.holder("dmm") is None
    assert second.take("dmm", "RUN2", NOW)


def test_nobody_has_what_nobody_ever_took(tmp_path: Path) -> None:
    assert locks(tmp_path).holder("dmm") is None


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    mine = locks(tmp_path)
    process = other_process(tmp_path)
    try:
        assert not mine.take("dmm", "RUN1", NOW)

        process.send_signal(signal.SIGKILL)
        process.wait()
        begun = time.monotonic()
        assert mine.take("dmm", "RUN1", NOW)
    finally:
        process.kill()
        process.communicate()

    assert time.monotonic() - begun < 0.5


def test_what_a_process_died_with_its_successor_finds_and_nobody_else(tmp_path: Path) -> None:
    process = other_process(tmp_path)
    process.kill()
    process.communicate()
    successor, stranger = locks(tmp_path, "slot_2"), locks(tmp_path, "slot_3")

    assert not stranger.take_left_behind("dmm")
    assert successor.take_left_behind("dmm")
    assert successor.held == {"dmm"}
    successor.give_back(["dmm"], safe=True)

    assert not locks(tmp_path, "slot_2").take_left_behind("dmm")


def test_what_somebody_else_has_taken_meanwhile_is_not_left_behind(tmp_path: Path) -> None:
    stranger = locks(tmp_path, "slot_3")
    stranger.take("dmm", "RUN3", NOW)

    assert not locks(tmp_path, "slot_2").take_left_behind("dmm")
    assert not locks(tmp_path, "slot_2").take_left_behind("psu")


def test_an_instrument_that_could_not_be_made_safe_is_still_left_behind(tmp_path: Path) -> None:
    first = locks(tmp_path)
    first.take("dmm", "RUN1", NOW)

    first.give_back(["dmm"], safe=False)

    assert locks(tmp_path).take_left_behind("dmm")
