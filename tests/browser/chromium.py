"""The system's browser: found, put in place where that is allowed, started, and asked for pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    # Nothing but this machine can be reached, whoever asks.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
)


def find() -> Path | None:
    """Find the system's Chromium; None where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return None if found is None else Path(found)


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
