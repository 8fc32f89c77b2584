"""A program that has a nursery, as `station up` has one: `python -m tests.worker.cradle SCENARIO FOLDER`.

Forking is for processes without threads, so the nursery is tested in a process of its own; what it found out is
printed as JSON.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from worker.child import Child, ChildState, Program, RestartPolicy
from worker.nursery import Nursery

LOADED: list[str] = []


def main(words: Sequence[str]) -> int:
    """What a born process does."""
    match words:
        case ["tell"]:
            about = {
                "name": Path("/proc/self/comm").read_text(encoding="utf-8").strip(),
                "folder": str(Path.cwd()),
                "parent": os.getppid(),
                "leads": os.getsid(0) == os.getpid(),
                "loaded": LOADED,
                "input": sys.stdin.read(),
            }
            print(json.dumps(about))
        case ["exit", code]:
            return int(code)
        case ["signal", number]:
            os.kill(os.getpid(), int(number))
        case ["fail"]:
            raise ValueError("a bug")
        case _:
            time.sleep(60)
    return 0


class Nobody:
    """An observer that keeps how things ended."""

    def __init__(self) -> None:
        self.exits: list[str] = []
        self.ended = asyncio.Event()

    async def started(self, name: str, pid: int, restarts: int) -> None:
        """Nothing to do."""

    async def exited(self, name: str, exit_: object) -> None:
        self.exits.append(str(exit_))

    async def changed(self, name: str, state: ChildState, alert: str) -> None:
        if state is ChildState.ERROR:
            self.ended.set()

    async def usage(self, name: str, rss_bytes: int, cpu_percent: float) -> None:
        """Nothing to do."""


async def bear(nursery: Nursery, folder: Path, *words: str) -> "int | None":
    born = await nursery.bear("a name that is too long", words, folder, folder / "output")
    return None if born is None else await born.wait()


async def lives(nursery: Nursery, folder: Path) -> object:
    return {"code": await bear(nursery, folder, "tell"), "me": os.getpid()}


async def ends(nursery: Nursery, folder: Path) -> object:
    numbers = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT)
    codes = [await bear(nursery, folder, "exit", str(code)) for code in (0, 3, 70)]
    return codes + [await bear(nursery, folder, "signal", str(int(number))) for number in numbers]


async def fails(nursery: Nursery, folder: Path) -> object:
    return await bear(nursery, folder, "fail")


async def told_at_birth(nursery: Nursery, folder: Path) -> object:
    codes = []
    for _ in range(10):
        born = await nursery.bear("slot_1", ["sleep"], folder, folder / "output")
        assert born is not None
        born.terminate()
        codes.append(await born.wait())
        born.terminate()  # of one that has ended nothing is asked
    return codes


async def sleeps(nursery: Nursery, folder: Path) -> object:
    born = await nursery.bear("slot_1", ["sleep"], folder, folder / "output")
    assert born is not None
    family = [process.pid for process in psutil.Process().children(recursive=True)]
    print(json.dumps({"born": born.pid, "family": family}), flush=True)
    return await born.wait()


async def killed_nursery(nursery: Nursery, folder: Path) -> object:
    (process,) = psutil.Process().children()
    process.kill()
    observer = Nobody()
    program = Program(
        name="slot_1", arguments=["/bin/sh", "-c", "echo the ordinary way; exit 5"], role=["sleep"], folder=folder,
        output=folder / "output",
    )  # fmt: skip
    child = Child(program, RestartPolicy(enabled=False), observer, nursery)
    await child.start()
    await observer.ended.wait()
    return {"exits": len(observer.exits), "born": await bear(nursery, folder, "exit", "0")}


async def kept_alive(nursery: Nursery, folder: Path) -> object:
    observer = Nobody()
    program = Program(
        name="slot_1", arguments=["/bin/false"], role=["exit", "4"], folder=folder, output=folder / "output"
    )
    child = Child(program, RestartPolicy(enabled=False), observer, nursery)
    await child.start()
    await observer.ended.wait()
    return observer.exits


async def many(nursery: Nursery, folder: Path) -> object:
    """What one nursery is enough for."""
    found = {}
    for play in (lives, ends, fails, told_at_birth, kept_alive):
        (folder / play.__name__).mkdir()
        found[play.__name__] = await play(nursery, folder / play.__name__)
    return found


SCENARIOS = {play.__name__: play for play in (many, sleeps, killed_nursery)}


if __name__ == "__main__":
    made = Nursery.open(main, lambda: LOADED.append("libraries"))
    assert made is not None
    print(json.dumps(asyncio.run(SCENARIOS[sys.argv[1]](made, Path(sys.argv[2])))), flush=True)
    os._exit(0)
