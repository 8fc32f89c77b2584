"""Verifies a package in a child process, so that hostile or broken code cannot take the caller down."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
from pydantic import BaseModel, ValidationError

from station.execution.description import Description
from station.execution.findings import Finding
from station.execution.package import Outline, read_outline
from station.execution.probe import REPORT, SOURCE, SOURCE_TOO, TRACE

TIMEOUT = timedelta(seconds=20)
"""How long the import of a package may take."""
MOST_PROCESSES = 40
"""Processes there may be at once while a package is imported."""
LARGEST_REPORT = 32 * 1024 * 1024
"""Bytes of what the child may say about a package."""

_LOOK = 0.1
_TAKING_LEAVE = 1.0
"""Seconds the child has to end itself when its time is up, after which it is killed."""
_GONE_WITHIN = 5.0
"""Seconds what it started has to be gone after it was killed."""
_PROBE = (sys.executable, "-P", "-m", "station.execution.probe")
_MARK = "STATION_PROBE"
_PLACE = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)


@dataclass(frozen=True)
class Examined:
    """What came of looking at a package.

    Attributes:
        findings: What is wrong, odd or doubtful.
        description: What it is; None where it cannot be used.
    """

    findings: list[Finding]
    description: Description | None = None


class _Report(BaseModel):
    findings: list[Finding]
    description: Description | None = None


def verify_package(path: Path, timeout: timedelta = TIMEOUT) -> list[Finding]:
    """Say what is wrong with a package; as `examine_package`, of which this is a part."""
    return examine_package(path, timeout).findings


def examine_package(path: Path, timeout: timedelta = TIMEOUT, *, source_too: bool = False) -> Examined:
    """Say what is wrong with a package, and what it is.

    Its code runs in a child process with limits on time, memory and processes. Blocks for at most the timeout and a
    little: call it from a thread where a loop must go on.

    Args:
        path: The package's folder.
        timeout: How long it may take.
        source_too: Whether its source is looked over as well.
    """
    outline, findings = read_outline(path)
    root = path.resolve()
    if outline is None and not (source_too and root.is_dir()):
        return Examined(findings)
    with tempfile.TemporaryDirectory(prefix="station-verify-") as name:
        folder = Path(name)
        ending = _run_child(root, folder, timeout, source_too=source_too)
        source = _report(folder / SOURCE)
        report = _report(folder / REPORT)
        file, line = _place(folder / TRACE, root)
    more = source.findings if source else []
    if outline is None:
        return Examined([*findings, *more])
    if report is not None and _is_of(report, outline):
        return Examined([*report.findings, *more], report.description)
    file = file or f"{outline.module.replace('.', '/')}.py"
    message = f"importing it {ending}; a module must only define things when it is imported"
    return Examined([*findings, *more, Finding(code="MISSING_MODULE", file=file, line=line, message=message)])


def _report(file: Path) -> _Report | None:
    """Read what the child wrote; None where it wrote nothing that can be read."""
    try:
        return None if file.stat().st_size > LARGEST_REPORT else _Report.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def _is_of(report: _Report, outline: Outline) -> bool:
    return report.description is None or report.description.ref.content_hash == outline.content_hash


def _place(trace: Path, root: Path) -> tuple[str, int | None]:
    """Find the line of the package at which its process ended; nothing where nobody noted one."""
    with suppress(OSError, UnicodeDecodeError):
        for found in _PLACE.finditer(trace.read_text(encoding="utf-8")):
            file = Path(found["file"])
            if file.is_relative_to(root):
                return file.relative_to(root).as_posix(), int(found["line"])
    return "", None


def _run_child(root: Path, folder: Path, timeout: timedelta, *, source_too: bool) -> str:
    """Run the probe in a child process and say how that ended."""
    library = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    mark = str(folder)
    began, started_at = time.monotonic(), time.time()
    deadline = began + timeout.total_seconds()
    child = subprocess.Popen(
        [*_PROBE, str(root), str(folder), repr(deadline), *([SOURCE_TOO] if source_too else [])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([library, known] if known else [library]), _MARK: mark},
        start_new_session=True,
    )
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                code = child.wait(_LOOK)
                if time.monotonic() < deadline:
                    return f"ends the process (exit code {code})"
                break
            if _processes_of(child.pid) > MOST_PROCESSES:
                return f"starts more than {MOST_PROCESSES} processes"
            if time.monotonic() > deadline + _TAKING_LEAVE:
                break
        return f"takes longer than {timeout.total_seconds():g} s"
    finally:
        _end(child, mark, started_at)


def _processes_of(session: int) -> int:
    return sum(_session_of(pid) == session for pid in psutil.pids())


def _session_of(pid: int) -> int | None:
    if sys.platform == "win32":
        return None
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _end(child: "subprocess.Popen[bytes]", mark: str, since: float) -> None:
    """End the child and whatever it started, also what went into a session of its own."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()
    until = time.monotonic() + _GONE_WITHIN
    # Again: one may have started another meanwhile, and who is killed on a busy machine is there a moment longer.
    while (left := _started(mark, since)) and time.monotonic() < until:
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=_LOOK)


def _started(mark: str, since: float) -> list[psutil.Process]:
    """Find what the child started, wherever it went."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            # Times of processes are counted in hundredths of a second since the machine was started.
            if process.create_time() > since - 1 and process.environ().get(_MARK) == mark:
                found.append(process)
    return found
