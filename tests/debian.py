"""Programs of Debian's that some tests need: brought where that is allowed, said to be missing where it is not."""

import os
import shutil
import subprocess
import sys

COMPLETE = "STATION_TEST_COMPLETE"
"""Set where no test may be left out because a program is missing; `.ci/run` does so."""
_QUIET = {"DEBIAN_FRONTEND": "noninteractive"}


def bring(package: str) -> bool:
    """Install a package with apt, where apt is there and we are root; False where that is not possible."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    print(f"apt-get installs {package}, which tests need", file=sys.stderr)
    options = ("--quiet=2", "--yes", "--no-install-recommends")
    commands = (("apt-get", "update", "--quiet=2"), ("apt-get", "install", *options, package))
    return all(
        subprocess.run(command, env={**os.environ, **_QUIET}, stdout=subprocess.DEVNULL, check=False).returncode == 0
        for command in commands
    )


def missing(package: str, left_out: str) -> int:
    """Say that tests are left out; returns the exit code, which is an error where none may be."""
    print(f"{left_out} are left out: there is no {package} on this machine (apt-get install {package})")
    return 1 if os.environ.get(COMPLETE) else 0
