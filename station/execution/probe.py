"""`python -m station.execution.probe`: imports a package in a process that has little to lose, and writes what it is.

Not a prison: package code runs as the station's own user, here as on a line. It keeps what goes wrong while a package
is imported away from everybody else, and finds out at which line it did.
"""

import faulthandler
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from station.execution.description import Description
from station.execution.package import inspect_package
from station.execution.source import lint_source

MEMORY_LIMIT = 1536 * 1024 * 1024
"""Bytes of address space the process may use."""
FILE_LIMIT = 64 * 1024 * 1024
"""Bytes a file it writes may have."""
MOST_PROGRAMS = 16
"""Programs a package may start while it is imported; some libraries look for their parts with one."""
NICE = 10
"""Other slots go first."""
REPORT, SOURCE, TRACE = "report.json", "source.json", "trace.txt"
SOURCE_TOO = "source-too"

_REFUSED = frozenset({"os.fork", "os.forkpty", "os.exec"})
_COUNTED = frozenset({"subprocess.Popen", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn"})
_TOLD = frozenset({"os.kill", "os.killpg"})


class NotWhileImportedError(RuntimeError):
    """What no module may do while it is imported."""


def main(root: Path, folder: Path, deadline: float, *, source_too: bool) -> None:
    """Import the package and write the report.

    Args:
        root: The package's folder.
        folder: Where the report is written, and the trace of what went on when the process had to end.
        deadline: Of the system's monotonic clock; this process does not live longer.
        source_too: Whether its source is looked over as well, before it is imported.
    """
    _limit()
    trace = (folder / TRACE).open("w", encoding="utf-8")  # stays open: what watches over this process writes into it
    faulthandler.enable(trace)
    faulthandler.dump_traceback_later(max(0.1, deadline - time.monotonic()), exit=True, file=trace)
    if source_too:
        _write(folder / SOURCE, {"findings": [finding.model_dump(mode="json") for finding in lint_source(root)]})
    _listen(root, folder / TRACE)
    package, findings = inspect_package(root)
    found = {
        "findings": [finding.model_dump(mode="json") for finding in findings],
        "description": Description.of(package).model_dump(mode="json") if package else None,
    }
    _write(folder / REPORT, found)


def _write(file: Path, found: Mapping[str, object]) -> None:
    draft = file.with_suffix(".part")
    draft.write_text(json.dumps(found), encoding="utf-8")
    draft.replace(file)


def _limit() -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415,RUF100 - absent on Windows

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT, FILE_LIMIT))
    os.nice(NICE)


def _listen(root: Path, trace: Path) -> None:
    """Refuse what no module may do while it is imported, and note the line at which one ends this process."""
    started = 0

    def heard(event: str, _: tuple[object, ...]) -> None:
        nonlocal started
        if event in _REFUSED:
            msg = f"a module must not start processes while it is imported ({event})"
            raise NotWhileImportedError(msg)
        if event in _COUNTED:
            started += 1
            if started > MOST_PROGRAMS:
                msg = f"a module must not start processes while it is imported ({event})"
                raise NotWhileImportedError(msg)
        if event in _TOLD:
            _note(root, trace)

    def leave(code: int = 0) -> NoReturn:
        _note(root, trace)
        _exit(code)

    sys.addaudithook(heard)
    os._exit = leave  # type: ignore[assignment]
    os.abort = leave


def _note(root: Path, trace: Path) -> None:
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - what `inspect` calls too
    while frame is not None:
        if Path(frame.f_code.co_filename).is_relative_to(root):
            trace.write_text(f'  File "{frame.f_code.co_filename}", line {frame.f_lineno}\n', encoding="utf-8")
            return
        frame = frame.f_back


_exit: Callable[[int], NoReturn] = os._exit  # before a package can be given another one

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), source_too=SOURCE_TOO in sys.argv)
    _exit(0)  # a thread the package started must not keep this process
