"""A process that stands still is told from one that works, and is replaced."""

import os
import signal
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from station.control.pulse import PulseWatch
from station.storage.batches import ExitKind
from tests.activities.conftest import until
from tests.worker.test_child import QUICK, Diary, is_gone
from worker.child import Child, Program

BEATS = "echo $$ > pulse; while :; do touch pulse; sleep 0.05; done"
HANGS = "echo $$ > pulse; touch pulse; exec sleep 60"
SILENT = "exec sleep 60"

Make = Callable[[str], Child]


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
async def make(tmp_path: Path, diary: Diary) -> AsyncIterator[Make]:
    children: list[Child] = []

    def child(script: str) -> Child:
        program = Program(
            name="demo",
            arguments=["/bin/sh", "-c", script],
            folder=tmp_path,
            output=tmp_path / "demo.log",
            pulse=tmp_path / "pulse",
            patience=timedelta(seconds=1),
        )
        children.append(Child(program, QUICK, diary))
        return children[-1]

    yield child
    for each in children:
        await each.stop()


async def test_a_process_stopped_by_a_signal_is_killed_and_replaced(make: Make, diary: Diary, tmp_path: Path) -> None:
    child = make(BEATS)
    await child.start()
    await until((tmp_path / "pulse").exists, "its first sign of life")
    (first,) = diary.pids

    os.kill(first, signal.SIGSTOP)
    await until(lambda: len(diary.pids) == 2, "its successor")

    assert is_gone(first)
    assert diary.exits[0].kind is ExitKind.KILLED
    assert diary.exits[0].message == "gave no sign of life for 1 s and was killed; it had been stopped by a signal"


async def test_a_process_that_hangs_is_killed_for_it(make: Make, diary: Diary) -> None:
    await make(HANGS).start()
    await until(lambda: bool(diary.exits), "its end")

    assert diary.exits[0].kind is ExitKind.UNRESPONSIVE
    assert diary.exits[0].message == "gave no sign of life for 1 s and was killed"


async def test_a_process_that_has_not_begun_to_give_signs_of_life_is_left_alone(
    make: Make, diary: Diary, tmp_path: Path
) -> None:
    (tmp_path / "pulse").write_text("1\n", encoding="utf-8")  # its predecessor's
    await make(SILENT).start()
    await until(lambda: len(diary.used) >= 1, "two seconds of it")

    assert diary.exits == []


def test_a_clock_that_is_set_back_is_a_sign_of_life_too(tmp_path: Path) -> None:
    file = tmp_path / "pulse"
    file.write_text("17\n", encoding="utf-8")
    watch = PulseWatch(file, 17, timedelta())
    assert not watch.stands_still()
    assert watch.stands_still()

    os.utime(file, (1, 1))

    assert not watch.stands_still()
