"""Hostile packages are verified in a child process and take nobody down."""

import time
from datetime import timedelta

import pytest

from station.execution.verification import verify_package
from tests.execution.conftest import MANIFEST, Package


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


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys\nsys.exit(0)", "importing it fails with SystemExit: 0"),
        (
            "import os\nos._exit(7)",
            "importing it ends the process (exit code 7); a module must only define things when it is imported",
        ),
        (
            "import os\nos.kill(os.getpid(), 9)",
            "importing it ends the process (exit code -9); a module must only define things when it is imported",
        ),
        ("x = bytearray(2 << 30)", "importing it fails with MemoryError"),
        ("print('x' * 1_000_000)\nraise ValueError('loud')", "importing it fails with ValueError: loud"),
    ],
)
def test_code_that_ends_the_process_is_a_finding(package: Package, code: str, message: str) -> None:
    package.write("manifest.yaml", MANIFEST).write("sequence.py", code)

    (finding,) = verify_package(package.root)

    assert (finding.code, finding.message) == ("MISSING_MODULE", message)


def test_code_that_never_ends_is_cut_off_with_everything_it_started(package: Package) -> None:
    package.write("manifest.yaml", MANIFEST).write("sequence.py", "import time\ntime.sleep(3600)")
    began = time.monotonic()

    (finding,) = verify_package(package.root, timedelta(seconds=2))

    assert finding.message == (
        "importing it takes longer than 2 s; a module must only define things when it is imported"
    )
    assert time.monotonic() - began < 10
