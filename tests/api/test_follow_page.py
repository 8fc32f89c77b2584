"""The clients of `docs/how-to/follow-a-station-live.md` do what the page says: they resume, and read anew when told."""

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from station.storage.database import Database
from tests.api.listener import line, write
from tests.api.served import Served

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "follow-a-station-live.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.station


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def until(condition: Callable[[], bool], message: str) -> None:
    end = time.monotonic() + 45
    while not condition():
        assert time.monotonic() < end, message
        time.sleep(0.02)


async def write_while_the_api_dies(served: Served, database: Database, heard: Callable[[], list[int]]) -> list[int]:
    """Write before, while and after the API is dead, and wait until a client has heard the last of it."""
    first = await write(database, [line("quick", 1)])
    until(lambda: first in heard(), "the first event did not come")
    served.kill()
    last = await write(database, [line("quick", 2), line("slow", 3)])
    until(lambda: last in heard(), "the client did not resume")
    return [row[0] for row in served.station.rows(f"SELECT id FROM events WHERE id >= {first} AND id <= {last}")]


async def check(served: Served, *command: str) -> None:
    """Run a client that says each id it hears, and `read` when it reads anew."""
    heard = list[Any]()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        listening = threading.Thread(target=lambda: heard.extend(map(json.loads, client.stdout or ())), daemon=True)
        listening.start()
        try:
            until(lambda: "read" in heard, "it did not begin")
            async with served.station.database() as database:
                expected = await write_while_the_api_dies(served, database, lambda: heard)
        finally:
            client.kill()
            listening.join()

    assert [id for id in heard if isinstance(id, int) and expected[0] <= id <= expected[-1]] == expected
    assert heard.count("read") == 1


async def test_the_client_in_python(served: Served) -> None:
    say = """
def say(value):
    print(json.dumps(value), flush=True)
"""
    address = f"{served.url.replace('http', 'ws')}/ws"
    follow = f"follow({address!r}, lambda event: say(event['id']), lambda: say('read'))"
    await check(served, sys.executable, "-c", block("python") + say + follow)


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node to run a browser's script")
async def test_the_client_in_a_browser(served: Served) -> None:
    say = "const say = (value) => console.log(JSON.stringify(value));"
    address = f"{served.url.replace('http', 'ws')}/ws"
    follow = f'follow("{address}", ({{ id }}) => say(id), () => say("read"), () => say("stale"));'
    words = ("--experimental-websocket", "--no-warnings", "-e")
    await check(served, "node", *words, block("javascript") + say + follow)
