"""`python -m tests.browser.soak`: ten thousand scans in a real browser, of which none may be lost and no two merged."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.browser.chromium import browser
from tests.browser.line import line, wip
from tests.browser.scanner import Mode, scan_many
from tests.browser.screen import Screen, screen

AT_ONCE = 100
"""Scans that are asked of the page at once."""
MODES: tuple[Mode, ...] = ("us", "hangul", "capslock")


@dataclass
class Soaked:
    """What came of many scans.

    Attributes:
        lost: Codes that were scanned, and not what the screen showed then.
        instead: What it showed.
    """

    scanned: int
    lost: list[str]
    instead: list[str]
    seconds: float

    def __str__(self) -> str:
        return f"{self.scanned} scans in {self.seconds:.0f} s: {len(self.lost)} lost or merged"


def soak(subject: Screen, count: int, say: Callable[[str], None] = lambda _: None) -> Soaked:
    """Scan so many different units, in every keyboard mode; every one must be on the screen before the next."""
    wanted = [f"WIP-KR{number // 1000:02d}PSA2511-{number % 1000:03d}" for number in range(count)]
    taken: list[str] = []
    begun = time.monotonic()
    for start in range(0, count, AT_ONCE):
        mode = MODES[start // AT_ONCE % len(MODES)]
        taken += scan_many(subject.page, wanted[start : start + AT_ONCE], mode)
        say(f"{len(taken)} scans in {time.monotonic() - begun:.0f} s")
    wrong = [(code, shown) for code, shown in zip(wanted, taken, strict=True) if code != shown]
    return Soaked(count, [code for code, _ in wrong], [shown for _, shown in wrong], time.monotonic() - begun)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.soak", description=__doc__)
    parser.add_argument("--scans", type=int, default=10_000)
    arguments = parser.parse_args()
    with line(Path(tempfile.mkdtemp(prefix="soak-"))) as served, browser() as chromium:
        with served.client() as api:
            served.start(api, "slow", wip_id=wip(1))
        with screen(chromium, served.url) as subject:
            soaked = soak(subject.go().live(), arguments.scans, print)
    print(soaked, *soaked.lost[:10], *soaked.instead[:10], sep="\n")
    return 1 if soaked.lost else 0


if __name__ == "__main__":
    sys.exit(main())
