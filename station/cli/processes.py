"""The processes a command starts: the station's supervisor and the simulated bench."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from station.domain.errors import ApplicationMissingError, ProcessFailedError

BENCH_WITHIN = timedelta(seconds=20)


@dataclass(frozen=True)
class BenchWish:
    """What a simulated bench is to have; a port of 0 lets the system choose."""

    slots: int
    psu_port: int
    opcua_port: int
    control_port: int

    def words(self, folder: Path) -> list[str]:
        """Write it as the bench's arguments."""
        return [
            "--dir", str(folder), "--slots", str(self.slots), "--psu-port", str(self.psu_port),
            "--opcua-port", str(self.opcua_port), "--control-port", str(self.control_port),
        ]  # fmt: skip


def application_root() -> Path:
    """Find the folder that holds the application: the packages `worker`, `workflows` and `activities`.

    Raises:
        ApplicationMissingError: If only the wheel is installed, which holds the library alone.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "worker" / "__main__.py").is_file():
        msg = (
            f"The package worker is not beside the library ({root}): a wheel holds the library for sequence authors. "
            "Run this command from a checkout or a release archive, or use the image."
        )
        raise ApplicationMissingError(msg, root=str(root))
    return root


def supervisor_command(config_file: Path) -> list[str]:
    """Build the command line of the supervisor."""
    return [sys.executable, "-m", "worker", "up", "--config", str(config_file)]


def bench_command(folder: Path, wish: BenchWish, *words: str) -> list[str]:
    """Build the command line of the simulated bench; `words` are further arguments of its own."""
    return [sys.executable, "-m", "station.hardware.simulation", *wish.words(folder), *words]


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """Add the application's folder to the environment, so that `python -m worker` finds it."""
    root, known = str(application_root()), base.get("PYTHONPATH")
    return {**base, "PYTHONPATH": os.pathsep.join([root, known] if known else [root])}


def start(command: Sequence[str], log: Path, env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a program that ends when this process ends, however it ends; Ctrl-C at the keyboard is not for it.

    Args:
        command: The program and its arguments.
        log: Where its output goes; begun afresh.
        env: Its environment.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tether = application_root() / "worker" / "tether.py"
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(tether), str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(env),
            start_new_session=True,
        )


async def until_ready(process: "subprocess.Popen[bytes]", file: Path, name: str, log: Path, within: timedelta) -> None:
    """Wait until a process has written the file in which it says that it is ready: JSON with its `pid`.

    Raises:
        ProcessFailedError: If it ended, or took too long; the message has the end of its output.
    """
    until = time.monotonic() + within.total_seconds()
    while time.monotonic() < until:
        if _announced_by(file) == process.pid:
            return
        if process.poll() is not None:
            msg = f"{name} ended with exit code {process.returncode} before it was ready:\n{tail(log)}"
            raise ProcessFailedError(msg, exit_code=process.returncode)
        await asyncio.sleep(0.02)
    msg = f"{name} was not ready within {within.total_seconds():g} s:\n{tail(log)}"
    raise ProcessFailedError(msg)


def end(process: "subprocess.Popen[bytes]", within: timedelta) -> bool:
    """Ask a process to end and wait; a process that does not is killed. Tells whether it ended by itself."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(within.total_seconds())
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def tail(log: Path, lines: int = 15) -> str:
    """Give the last lines of a log; empty where there is none."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _announced_by(file: Path) -> int | None:
    try:
        return int(json.loads(file.read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError, KeyError):  # not there yet
        return None
