"""The system's browser: found, put in place where that is allowed, started, and asked for pages."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

REQUIRED = "BROWSER_REQUIRED"
"""Set where a machine without a browser is a failure; .ci/run does so."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    # Nothing but this machine can be reached, whoever asks.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
)
INSTALL = (
    ("apt-get", "update", "--quiet=2"),
    ("apt-get", "install", "--quiet=2", "--yes", "--no-install-recommends", "chromium"),
)


def find() -> Path | None:
    """Find the system's Chromium; None where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return None if found is None else Path(found)


def find_or_install() -> Path | None:
    """Find it, or have apt bring it where apt is there and we are root; None where that is not possible."""
    found = find()
    if found is not None or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return found
    print("There is no Chromium on this machine: apt-get installs it", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in INSTALL:
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            return None
    return find()


@contextmanager
def browser(*arguments: str) -> Iterator[Browser]:
    """A running browser without a window; its pages reach nothing but this machine."""
    found = find()
    assert found is not None, "there is no Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=found, chromium_sandbox=os.geteuid() != 0, args=[*ARGUMENTS, *arguments]
        )
        try:
            yield running
        finally:
            running.close()
