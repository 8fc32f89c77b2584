"""Processes that are born instead of started; the nursery itself lives in a program of its own, `cradle`."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support import ROOT, environment, until
from worker.nursery import Nursery

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no nursery")


def begin(scenario: str, folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.worker.cradle", scenario, str(folder)],
        cwd=ROOT, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def play(scenario: str, folder: Path) -> Any:
    with begin(scenario, folder) as program:
        answer, complaint = program.communicate(timeout=30)
    assert program.returncode == 0, complaint
    return json.loads(answer)


def is_gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("many")


@pytest.fixture(scope="module")
def found(folder: Path) -> Any:
    """What became of several processes of one nursery."""
    return play("many", folder)


def test_a_born_process_has_its_name_its_folder_and_everything_loaded(found: Any, folder: Path) -> None:
    assert found["lives"]["code"] == 0
    assert json.loads((folder / "lives" / "output").read_text()) == {
        "name": "a name that is",
        "folder": str(folder / "lives"),
        "parent": found["lives"]["me"],
        "leads": True,
        "loaded": ["libraries"],
        "input": "",
    }


def test_how_it_ended_is_seen(found: Any) -> None:
    assert found["ends"] == [0, 3, 70, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT]


def test_a_bug_in_it_ends_it_with_its_traceback_in_the_log(found: Any, folder: Path) -> None:
    assert found["fails"] == 1
    assert (folder / "fails" / "output").read_text().endswith("ValueError: a bug\n")


def test_it_hears_that_it_is_to_end_while_it_is_being_born(found: Any) -> None:
    assert found["told_at_birth"] == [-signal.SIGTERM] * 10


def test_a_supervised_process_is_born_where_that_can_be(found: Any) -> None:
    (exit_,) = found["kept_alive"]

    assert "ended by itself with exit code 4" in exit_


def test_it_dies_with_the_supervisor_and_so_does_the_nursery(tmp_path: Path) -> None:
    with begin("sleeps", tmp_path) as supervisor:
        assert supervisor.stdout is not None
        about = json.loads(supervisor.stdout.readline())

        os.kill(supervisor.pid, signal.SIGKILL)

    assert about["born"] in about["family"]  # and the nursery, which gave birth to it
    until(lambda: all(is_gone(pid) for pid in about["family"]), 10, "its processes outlive the supervisor")


def test_where_the_nursery_was_killed_processes_are_started_the_ordinary_way(tmp_path: Path) -> None:
    answer = play("killed_nursery", tmp_path)

    assert answer == {"exits": 1, "born": None}
    assert (tmp_path / "output").read_text() == "the ordinary way\n"


def test_where_the_system_cannot_do_it_there_is_no_nursery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert Nursery.open(lambda words: 0, lambda: None) is None
