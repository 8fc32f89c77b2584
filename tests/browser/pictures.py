"""`python -m tests.browser.pictures`: a picture of every screen, in both languages, into docs/screenshots."""

import argparse
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager as Lasting
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, expect

from station.testing.reference_mes.server import ReferenceMes
from tests.api.inside import HASH, PASSWORD
from tests.api.served import Served, served_station
from tests.browser.chromium import browser
from tests.browser.line import PACKAGES, PCB, line, wip
from tests.browser.scenes import Scene, engineers, operators
from tests.browser.screen import Language, Screen, Theme, screen
from tests.support import ROOT, running_bench, until

FOLDER = ROOT / "docs" / "screenshots"
LANGUAGES: tuple[Language, ...] = ("ko", "en")
QUEUE = "eng-queue"
"""A station without an MES has nothing to show there."""
LARGEST = 250 * 1024
"""Bytes of one picture."""


@dataclass(frozen=True)
class Set:
    """Scenes of one station.

    Attributes:
        theme: In which they are shown.
    """

    station: Callable[[Path], Lasting[Served]]
    scenes: Sequence[Scene]
    theme: Theme = "dark"


@contextmanager
def one_slot(folder: Path) -> Iterator[Served]:
    """A station with one slot, and a good unit in it."""
    with running_bench(folder) as bench:
        batches = [{"id": "good", "name": "Slot 1", "sequence_package": PCB, "hardware": bench.hardware()}]
        with served_station(folder, batches) as served:
            yield served


@contextmanager
def sixteen_slots(folder: Path) -> Iterator[Served]:
    """A station with as many slots as fit on a screen."""
    packages = {"slow": {"seconds": 120.0}, "quick": {}, "faulty": {}}
    kinds = ["slow", "quick", "slow", "quick", "faulty", "slow", "quick", "slow"]
    batches = [
        {"id": f"s{n:02d}", "name": f"Slot {n}", "sequence_package": PACKAGES / kind, "parameters": packages[kind]}
        for n, kind in enumerate([*kinds, *kinds], 1)
    ]
    with served_station(folder, batches) as served:
        yield served


@contextmanager
def guarded(folder: Path) -> Iterator[Served]:
    """A station that wants to know who looks."""
    auth = {"enabled": True, "basic": {"username": "boss", "password_hash": HASH}, "whitelist_role": "none"}
    batches = [{"id": "quick", "sequence_package": PACKAGES / "quick"}]
    with served_station(folder, batches, server={"auth": auth}) as served:
        yield served


@contextmanager
def away_from_its_mes(folder: Path) -> Iterator[Served]:
    """A station whose MES was there and is away, and what it is owed meanwhile."""
    with ReferenceMes() as mes:
        backend = {"url": mes.url, "api_key": mes.settings.api_key, "online_wait": 1, "timeout": 1}
        batches = [
            {"id": "quick", "name": "Slot 1", "sequence_package": PACKAGES / "quick", "process": 1},
            {"id": "slow", "name": "Slot 2", "sequence_package": PACKAGES / "slow", "process": 1},
        ]
        with served_station(folder, batches, backend=backend) as served, served.client() as api:
            first, second, stopped = mes.seed(3)
            served.start(api, "slow", wip_id=stopped, operator_id=42)
            served.wait_state(api, "slow", "running")
            api.post("/api/batches/slow/sequence/stop", json={})
            served.wait_free(api, "slow")
            until(lambda: [one["state"] for one in owed(api)] == ["parked"], 20, "the MES was not told of the start")
            mes.down()
            for unit in (first, second):
                served.start(api, "quick", wip_id=unit, operator_id=42)
                served.wait_free(api, "quick")
            until(lambda: all(one["retry_count"] for one in owed(api)[1::2]), 30, "nothing was tried")
            yield served


def owed(api: httpx.Client) -> list[dict[str, Any]]:
    """What the MES has not been told."""
    found: list[dict[str, Any]] = api.get("/api/queue").json()["items"]
    return found


@contextmanager
def a_pass(served: Served, api: httpx.Client) -> Iterator[None]:
    served.start(api, "good", wip_id=wip(1))
    served.wait_free(api, "good")
    yield


@contextmanager
def a_shift(served: Served, api: httpx.Client) -> Iterator[None]:
    """Everything that sixteen slots can be at once."""
    slots = [one["id"] for one in api.get("/api/batches").json()]
    for number, slot in enumerate(slots[:14], 1):
        parameters = {"voltage": 9.0} if number == 4 else {}
        served.start(api, slot, wip_id=wip(number), **({"parameters": parameters} if parameters else {}))
    for number, slot in enumerate(slots[:14], 1):
        if number not in {1, 3, 6, 8, 9, 11, 14}:
            served.wait_free(api, slot)
    served.station.child("s03").kill()
    served.wait_state(api, "s03", "interrupted", 60)
    try:
        yield
    finally:
        api.post("/api/batches/stop", json={})


def locked(screen: Screen) -> None:
    """Somebody logged in, and went away."""
    for field, text in zip(screen.page.locator("input").all(), ("boss", PASSWORD), strict=True):
        field.fill(text)
    screen.page.keyboard.press("Enter")
    screen.live()
    screen.page.evaluate("localStorage.setItem('station.touched', String(Date.now() - 3600e3))")
    expect(screen.page.get_by_role("alertdialog")).to_be_visible()


def locked_engineer(screen: Screen) -> None:
    """The same, on the engineer's screen."""
    locked(screen)
    screen.go("/eng").live()
    expect(screen.page.get_by_role("alertdialog")).to_be_visible()


def sets() -> list[Set]:
    """Every picture there is, by the stations they are taken of."""
    return [
        Set(line, operators()),
        Set(line, [scene for scene in engineers() if scene.name != QUEUE], theme="light"),
        Set(away_from_its_mes, [scene for scene in engineers() if scene.name == QUEUE], theme="light"),
        Set(one_slot, [Scene("op-one-slot", bring=a_pass)]),
        Set(sixteen_slots, [Scene("op-sixteen-slots", bring=a_shift)], theme="light"),
        Set(
            guarded,
            [
                Scene("login", path="/login", live=False),
                Scene("op-locked", path="/login", press=locked, live=False),
                Scene("eng-locked", path="/login", press=locked_engineer, live=False),
            ],
        ),
    ]


def take(chromium: Browser, one: Set, folder: Path, wanted: str) -> Iterator[Path]:
    """Take the pictures of a set whose name has this in it."""
    chosen = [scene for scene in one.scenes if wanted in scene.name]
    if not chosen:
        return
    with one.station(Path(tempfile.mkdtemp(prefix="pictures-"))) as served, served.client() as api:
        for scene in chosen:
            with scene.bring(served, api):
                for language in LANGUAGES:
                    with screen(chromium, served.url, language=language, theme=one.theme) as subject:
                        subject.go(scene.address(api))
                        yield picture(subject, scene, folder / f"{scene.name}.{language}.png")


def picture(subject: Screen, scene: Scene, file: Path) -> Path:
    """Take one picture."""
    if scene.live:
        subject.live()
    scene.press(subject)
    subject.page.evaluate("document.fonts.ready")
    subject.page.wait_for_timeout(300)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(smaller(subject.page.screenshot()))
    return file


def smaller(png: bytes) -> bytes:
    """The same picture, packed as tightly as zlib can; its points are not touched."""
    begin, place, data, end = png[:8], 8, b"", b""
    head = b""
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        kind, chunk = png[place + 4 : place + 8], png[place : place + 12 + length]
        if kind == b"IDAT":
            data += chunk[8:-4]
        elif kind == b"IHDR":
            head = chunk
        elif kind == b"IEND":
            end = chunk
        place += 12 + length
    packed = zlib.compress(zlib.decompress(data), 9)
    body = b"IDAT" + packed
    whole = begin + head + struct.pack(">I", len(packed)) + body + struct.pack(">I", zlib.crc32(body)) + end
    return min(png, whole, key=len)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.pictures", description=__doc__)
    parser.add_argument("--only", default="", help="pictures whose name has this in it")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    too_large = []
    with browser() as chromium:
        for one in sets():
            for file in take(chromium, one, arguments.folder, arguments.only):
                size = file.stat().st_size
                too_large += [file] if size > LARGEST else []
                print(f"{file.name:32s} {size / 1024:6.0f} KB", flush=True)
    print(*(f"{file.name} is larger than {LARGEST // 1024} KB" for file in too_large), sep="\n", end="")
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main())
