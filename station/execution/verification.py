"""Verifies a package in a child process, so that hostile or broken code cannot take the caller down."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from pydantic import TypeAdapter

from station.execution.findings import Finding
from station.execution.package import inspect_package, read_outline

MEMORY_LIMIT = 1536 * 1024 * 1024
"""Bytes of address space the child may use."""

_FINDINGS = TypeAdapter(list[Finding])


def verify_package(path: Path, timeout: timedelta = timedelta(seconds=20)) -> list[Finding]:
    """Say what is wrong with a package; its code runs in a child process with limits on time and memory.

    Blocks for at most the timeout and a little: call it from a thread where a loop must go on.
    """
    outline, findings = read_outline(path)
    if outline is None:
        return findings
    with tempfile.TemporaryDirectory(prefix="station-verify-") as folder:
        report = Path(folder) / "findings.json"
        ending = _run_child(outline.root, report, timeout)
        if report.is_file():
            with suppress(ValueError):
                return _FINDINGS.validate_json(report.read_bytes())
    message = f"importing it {ending}; a module must only define things when it is imported"
    file = f"{outline.module.replace('.', '/')}.py"
    return [*findings, Finding(code="MISSING_MODULE", file=file, message=message)]


def _run_child(root: Path, report: Path, timeout: timedelta) -> str:
    """Run this module in a child process and say how that ended."""
    library = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([library, known] if known else [library])}
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "station.execution.verification", str(root), str(report)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=report.parent,
        env=environment,
        start_new_session=True,
    )
    try:
        code = child.wait(timeout.total_seconds())
    except subprocess.TimeoutExpired:
        return f"takes longer than {timeout.total_seconds():g} s"
    finally:
        _kill_group(child)
    return f"ends the process (exit code {code})"


def _kill_group(child: "subprocess.Popen[bytes]") -> None:
    """End the child and whatever it started."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()


def _limit_memory() -> None:
    try:
        import resource  # noqa: PLC0415,RUF100 - absent on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(root: Path, report: Path) -> None:
    """Verify the package and write the findings; runs in the child."""
    _limit_memory()
    _, findings = inspect_package(root)
    draft = report.with_suffix(".part")
    draft.write_text(json.dumps([finding.model_dump(mode="json") for finding in findings]), encoding="utf-8")
    draft.replace(report)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
    os._exit(0)  # a thread the package started must not keep this process
