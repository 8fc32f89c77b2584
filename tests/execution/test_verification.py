"""Hostile packages are verified in a child process and take nobody down."""

import subprocess
import sys
import time
from datetime import timedelta

import psutil
import pytest

from station.execution.verification import verify_package
from tests.execution.conftest import MANIFEST, Package
from tests.support import ROOT


def test_a_good_package_has_no_findings(package: Package) -> None:
    package.sequence("@step(1)\nasync def one(self): ...")

    assert verify_package(package.root) == []


def test_findings_of_the_child_come_back(package: Package) -> None:
    package.sequence("@step(1, uses=['x'])\nasync def one(self): ...", "colour: red\n")

    findings = verify_package(package.root)

    assert [(finding.code, finding.severity, finding.file) for finding in findings] == [
        ("UNKNOWN_KEY", "warning", "manifest.yaml"),
        ("INVALID_SCHEMA", "error", "sequence.py"),
    ]


ONLY_DEFINES = "; a module must only define things when it is imported"
NO_PROCESSES = "importing it fails with NotWhileImportedError: a module must not start processes while it is imported"


@pytest.mark.parametrize(
    ("code", "line", "message"),
    [
        ("import sys\nsys.exit(0)", 2, "importing it fails with SystemExit: 0"),
        ("import os\nos._exit(7)", 2, f"importing it ends the process (exit code 7){ONLY_DEFINES}"),
        ("import os\nos.abort()", 2, f"importing it ends the process (exit code 0){ONLY_DEFINES}"),
        ("import os\n\nos.kill(os.getpid(), 9)", 3, f"importing it ends the process (exit code -9){ONLY_DEFINES}"),
        ("import ctypes\nctypes.string_at(0)", 2, f"importing it ends the process (exit code -11){ONLY_DEFINES}"),
        ("x = bytearray(2 << 30)", 1, "importing it fails with MemoryError"),
        ("import os\nwhile True:\n    os.fork()", 3, f"{NO_PROCESSES} (os.fork)"),
        ("import os\nos.execv('/bin/true', ['true'])", 2, f"{NO_PROCESSES} (os.exec)"),
        (
            "import subprocess\nwhile True:\n    subprocess.Popen(['sleep', '60'])",
            3,
            f"{NO_PROCESSES} (subprocess.Popen)",
        ),
        ("import os\nos.closerange(0, 9999)\nraise ValueError('deaf')", 3, "importing it fails with ValueError: deaf"),
        (
            "for _ in range(100):\n    print('x' * 1_000_000)\nraise ValueError('loud')",
            3,
            "importing it fails with ValueError: loud",
        ),
        (
            "with open('full', 'wb') as file:\n    file.truncate(1 << 30)",
            2,
            "importing it fails with OSError: [Errno 27] File too large",
        ),
    ],
)
def test_e16_what_a_hostile_module_does_is_a_finding_with_its_line(
    package: Package, code: str, line: int, message: str
) -> None:
    package.write("manifest.yaml", MANIFEST).write("sequence.py", code)

    (finding,) = verify_package(package.root)

    assert (finding.code, finding.file, finding.line, finding.message) == (
        "MISSING_MODULE",
        "sequence.py",
        line,
        message,
    )


@pytest.mark.parametrize("code", ["import time\n\ntime.sleep(3600)", "import math\nn = 1\nwhile True: n += 1"])
def test_e16_code_that_never_ends_is_cut_off_at_a_line_that_is_named(package: Package, code: str) -> None:
    package.write("manifest.yaml", MANIFEST).write("sequence.py", code)
    began = time.monotonic()

    (finding,) = verify_package(package.root, timedelta(seconds=2))

    assert finding.message == f"importing it takes longer than 2 s{ONLY_DEFINES}"
    assert (finding.file, finding.line) == ("sequence.py", 3)
    assert time.monotonic() - began < 10


def test_e16_a_shell_that_multiplies_is_ended_with_everything_it_started(package: Package) -> None:
    code = """
        import os, time
        os.system("for i in $(seq 100); do sleep 987 & done; setsid sleep 987 & sleep 987")
    """
    package.write("manifest.yaml", MANIFEST).write("sequence.py", code)

    (finding,) = verify_package(package.root)

    assert finding.message == f"importing it starts more than 40 processes{ONLY_DEFINES}"
    left = [process for process in psutil.process_iter(["name", "cmdline"]) if process.info["name"] == "sleep"]
    assert [process for process in left if "987" in (process.info["cmdline"] or [])] == []


def test_e16_the_child_ends_although_whoever_asked_for_it_is_gone(package: Package) -> None:
    package.write("manifest.yaml", MANIFEST).write("sequence.py", "import time\ntime.sleep(3600)")
    code = (
        "import sys; from station.execution.verification import *;"
        "verify_package(Path(sys.argv[1]), timedelta(seconds=3))"
    )
    asking = subprocess.Popen([sys.executable, "-c", code, str(package.root)], cwd=ROOT)
    while not (children := psutil.Process(asking.pid).children()):
        time.sleep(0.05)

    asking.kill()
    asking.wait()
    gone, _ = psutil.wait_procs(children, timeout=10)

    assert gone == children
