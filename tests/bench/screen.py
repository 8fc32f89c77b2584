"""The screen before sixteen busy slots, in a real browser: how late what it paints is, and what it costs the page."""

import bisect
import gzip
import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import AbstractContextManager as Lasting
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession

from tests.api.served import Served, served_station
from tests.bench.report import Report, percentile
from tests.browser.chromium import browser
from tests.browser.line import PACKAGES, wip
from tests.browser.screen import Screen, screen
from tests.support import ROOT, environment

SLOTS, RATE = 16, 10.0
WARM_UP = 10.0
"""Seconds after which what the page holds is what it needs."""
SCAN_EVERY = 1.0
STARTS = 10

ENTERED = """
// Before the page's own listeners, which keep a scan's keys to themselves.
window.entered = 0;
window.addEventListener("keydown", (event) => {
  if (event.code === "Enter") window.entered = performance.timeOrigin + event.timeStamp;
}, true);
"""
WATCH = """
() => {
  // When what changed was painted: after the frame that had the change. Times are those of the clock on the wall.
  window.painted = []; window.acknowledged = []; window.longest = [];
  const now = () => performance.timeOrigin + performance.now();
  const dirty = new Set(); let waiting = false, acknowledge = false;
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    waiting = false;
    const at = now();
    for (const tile of dirty) {
      const number = tile.querySelector('[class*="number"]')?.textContent ?? "";
      window.painted.push([tile.dataset.slot, tile.dataset.look, number, at]);
    }
    dirty.clear();
    if (acknowledge) { window.acknowledged.push(at - window.entered); acknowledge = false; }
  };
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const element = target instanceof Element ? target : target.parentElement;
      const tile = element?.closest("article");
      if (tile) dirty.add(tile);
      else if (element?.closest("[data-scanned]") || element?.querySelector?.("[data-scanned]")) acknowledge = true;
    }
    if (waiting || (dirty.size === 0 && !acknowledge)) return;
    waiting = true;
    requestAnimationFrame(() => channel.port2.postMessage(0));
  }).observe(document.getElementById("root"), {
    subtree: true, childList: true, characterData: true,
    attributes: true, attributeFilter: ["data-look", "data-scanned"],
  });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) window.longest.push(one.duration); })
    .observe({ type: "longtask" });
}
"""
TAKE = """
() => {
  const taken = { painted: window.painted, acknowledged: window.acknowledged, longest: window.longest };
  window.painted = []; window.acknowledged = []; window.longest = [];
  return taken;
}
"""


@dataclass
class Seen:
    """What was seen on the page.

    Attributes:
        painted: Slot, look, value and time of every change that was painted.
        acknowledged: Milliseconds from the Enter of a scan to its code on the screen.
        longest: Milliseconds of every task above 50.
        heap: Bytes after each collection.
    """

    painted: list[tuple[str, str, str, float]] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)
    longest: list[float] = field(default_factory=list)
    heap: list[int] = field(default_factory=list)

    def take(self, subject: Screen) -> None:
        taken: dict[str, Any] = subject.page.evaluate(TAKE)
        self.painted += [tuple(one) for one in taken["painted"]]
        self.acknowledged += taken["acknowledged"]
        self.longest += taken["longest"]


def station(folder: Path) -> Lasting[Served]:
    """Sixteen slots whose events somebody else writes; in the first a real run can be started."""
    batches = [
        {"id": f"slot_{n}", "sequence_package": PACKAGES / "quick", "auto_start": n == 1} for n in range(1, SLOTS + 1)
    ]
    return served_station(folder, batches)


def measure_screen(folder: Path, report: Report, minutes: float) -> None:
    """All figures of the screen."""
    folder.mkdir(parents=True, exist_ok=True)
    with station(folder) as served, browser() as chromium, screen(chromium, served.url) as subject:
        subject.page.add_init_script(ENTERED)
        subject.go().live().page.evaluate(WATCH)
        idle = scans(subject, 30)
        report.add("scan -> its code painted, on an idle screen, P95", percentile(idle, 0.95), 100, "ms")
        first, *begun = starts(served, subject)
        report.add("scan -> the run painted, without MES, P95", percentile(begun, 0.95), 700, "ms")
        report.add("the same, the first of a package, which is verified", first, 1400, "ms")
        under_load(served, subject, report, minutes * 60)
    report.add("script a page needs at first, compressed", initial_kilobytes(), 250, "KB")


def scans(subject: Screen, count: int) -> list[float]:
    """Milliseconds from Enter to the painted code, for scans of the keyboard's own speed."""
    seen = Seen()
    for number in range(count):
        scan(subject, number)
        subject.page.wait_for_timeout(150)
    seen.take(subject)
    assert seen.acknowledged, "no scan was acknowledged"
    return seen.acknowledged


def scan(subject: Screen, number: int) -> None:
    """Scan the barcode of a slot that there is not: it is acknowledged, and nothing comes of it."""
    subject.page.keyboard.type(f"SLOT-{100 + number}", delay=5)
    subject.page.keyboard.press("Enter")


def starts(served: Served, subject: Screen) -> list[float]:
    """Milliseconds from the Enter of a WIP's scan to the run on its tile."""
    found = []
    with served.client() as api:
        for number in range(STARTS):
            Seen().take(subject)
            subject.page.keyboard.type(wip(number + 1), delay=5)
            subject.page.keyboard.press("Enter")
            subject.wait_look("slot_1", "PASSED")
            entered: float = subject.page.evaluate("window.entered")
            (seen := Seen()).take(subject)
            # What is left of the run before may be painted once more while the next is scanned.
            found += [at - entered for _, look, _, at in seen.painted if look == "running" and at > entered][:1]
            served.wait_free(api, "slot_1")
    return found


def under_load(served: Served, subject: Screen, report: Report, seconds: float) -> None:
    """What the page does while sixteen slots tell it something ten times a second each."""
    session, seen = subject.page.context.new_cdp_session(subject.page), Seen()
    config, folder = served.station.config, served.station.folder
    command = ["-m", "tests.bench.run_writer", config.database_url(folder), "--slots", str(SLOTS), "--rate", str(RATE)]
    Seen().take(subject)
    writer = subprocess.Popen(
        [sys.executable, *command, "--seconds", str(seconds)],
        cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    begun, sampled, number = time.monotonic(), 0.0, 0
    while (passed := time.monotonic() - begun) < seconds:
        scan(subject, number)
        number += 1
        subject.page.wait_for_timeout(SCAN_EVERY * 1000)
        seen.take(subject)
        if passed >= WARM_UP and passed - sampled >= WARM_UP / 2:
            sampled = passed
            seen.heap.append(_heap(session))
    said, _ = writer.communicate(timeout=120)
    subject.page.wait_for_timeout(1000)
    seen.take(subject)
    _report(report, seen, [json.loads(line) for line in said.splitlines() if line], number)


def _heap(session: CDPSession) -> int:
    session.send("HeapProfiler.collectGarbage")
    used: int = session.send("Runtime.getHeapUsage")["usedSize"]
    return used


def _report(report: Report, seen: Seen, committed: list[list[Any]], scanned: int) -> None:
    values, verdicts = late(seen.painted, committed)
    report.add("values painted", len(values), 0.9 * sum(one[0] == "value" for one in committed), "", at_least=True)
    report.add("16 slots: event committed -> painted, P95", percentile(values, 0.95), 300, "ms")
    report.add("the same, P99", percentile(values, 0.99), 1000, "ms")
    report.add("16 slots: verdict committed -> painted, P95", percentile(verdicts, 0.95), 300, "ms")
    report.add("the same, P99", percentile(verdicts, 0.99), 500, "ms")
    report.add("16 slots: scan -> its code painted, P95", percentile(seen.acknowledged, 0.95), 100, "ms")
    report.add("scans that came too slow from this machine's keyboard", scanned - len(seen.acknowledged), scanned, "")
    report.add("longest task of the page", max(seen.longest, default=0.0), 200, "ms")
    third = max(1, len(seen.heap) // 3)
    grown = (sum(seen.heap[-third:]) - sum(seen.heap[:third])) / third / 2**20
    report.add("what the page holds, last third against first", grown, 2, "MB")
    report.add("what the page holds in the end", seen.heap[-1] / 2**20, 60, "MB")


def late(painted: list[tuple[str, str, str, float]], committed: list[list[Any]]) -> tuple[list[float], list[float]]:
    """Milliseconds from commit to paint, of values and of verdicts; a later value stands for those before it."""
    shown: dict[str, list[tuple[int, float]]] = defaultdict(list)
    looks: dict[tuple[str, str], list[float]] = defaultdict(list)
    for slot, look, text, at in painted:
        if found := re.match(r"\d+", text):
            shown[slot].append((int(found[0]), at))
        looks[slot, look].append(at)
    values, verdicts = [], []
    for kind, slot, what, committed_at in committed:
        moment = committed_at * 1000
        if kind == "value":
            place = bisect.bisect_left(shown[slot], (what, 0.0))
            values += [shown[slot][place][1] - moment] if place < len(shown[slot]) else []
        else:
            times = looks[slot, what]
            place = bisect.bisect_left(times, moment - 50)
            verdicts += [times[place] - moment] if place < len(times) else []
    return values, verdicts


def initial_kilobytes() -> float:
    """Kilobytes of script, compressed, that the page names."""
    static = ROOT / "api" / "static"
    names = re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', (static / "index.html").read_text(encoding="utf-8"))
    return sum(len(gzip.compress((static / name).read_bytes(), 6)) for name in names) / 1024
