"""A program that is tied to its parent dies when the parent does, however that happens."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support import until
from worker.child import TETHER

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere our processes watch their parent")

PARENT = """
import os, subprocess, sys, time
tied = subprocess.Popen([sys.executable, "-I", "-S", sys.argv[1], str(os.getpid()), "/bin/sleep", "60"])
print(tied.pid, flush=True)
time.sleep(60)
"""


def name_of(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else process.name()
    except psutil.NoSuchProcess:
        return ""


def test_the_program_dies_when_its_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-S", "-c", PARENT, str(TETHER)], text=True, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        tied = int(parent.stdout.readline())
        until(lambda: name_of(tied) == "sleep", 10, "the program does not run")

        os.kill(parent.pid, signal.SIGKILL)

    until(lambda: name_of(tied) == "", 10, "the program outlives its parent")


def test_a_program_whose_parent_is_dead_already_never_begins(tmp_path: Path) -> None:
    traces = tmp_path / "traces"

    done = subprocess.run([sys.executable, "-I", "-S", str(TETHER), "1", "/usr/bin/touch", str(traces)], timeout=30)

    assert done.returncode == 0
    assert not traces.exists()
