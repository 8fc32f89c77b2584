"""One station for the tests of a module, and words for what differs from run to run."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from station.cli.main import run as run_command
from station.testing.reference_mes.server import ReferenceMes
from tests.support import RunningStation, running_station

PACKAGES = Path(__file__).parent / "packages"
BATCHES = [
    {"id": "quick", "sequence_package": PACKAGES / "quick"},
    {"id": "faulty", "sequence_package": PACKAGES / "faulty"},
    {"id": "slow", "sequence_package": PACKAGES / "slow"},
    {"id": "idle", "sequence_package": PACKAGES / "quick", "auto_start": False},
]

Command = Callable[..., tuple[int, str]]
"""Runs `station WORDS` in this process; gives the exit code and what was written, made comparable."""


Run = Callable[..., tuple[int, str]]
"""Runs a batch on a WIP, with further words of `station run`; gives the exit code and what was written."""


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStation]:
    with running_station(tmp_path_factory.mktemp("station"), BATCHES) as running:
        yield running


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: str, folder: Path | None = None) -> tuple[int, str]:
        if folder is not None:
            monkeypatch.chdir(folder)
        capsys.readouterr()
        code = run_command(list(words))
        written = capsys.readouterr()
        return code, plain(written.out + written.err, folder)

    return call


@pytest.fixture
def run(station: RunningStation, command: Command) -> Run:
    def start(batch: str, wip: str, *words: str) -> tuple[int, str]:
        return command("run", "--batch", batch, "--wip", wip, "--operator", "5", *words, folder=station.folder)

    return start


@pytest.fixture(scope="module")
def mes() -> Iterator[ReferenceMes]:
    with ReferenceMes() as running:
        yield running


def plain(text: str, folder: Path | None = None) -> str:
    """Replace what differs from run to run, and let columns be any width."""
    if folder is not None:
        text = text.replace(str(folder), "DIR")
    text = text.replace(str(PACKAGES), "PACKAGES")
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "TEMPORAL_RUN", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "HASH", text)
    text = re.sub(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b", "RUN", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", text)
    text = re.sub(r"\b\d\d:\d\d:\d\d\.\d{3}\b", "CLOCK", text)
    text = re.sub(r"\b\d+\.\d\d s\b", "N s", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"(process|is) \d{2,}\b", r"\1 PID", text)
    text = re.sub(r"(\s)\d{2,} +(\d+) +\d+ MB", r"\1PID \2 N MB", text)
    lines = [re.sub(r" {2,}", "  ", line).rstrip() for line in text.splitlines()]
    return "\n".join(lines).strip()


def holds(station: RunningStation) -> bool:
    """Whether the run on the batch `slow` is in its long step."""
    query = "SELECT step_name FROM step_results WHERE status = 'running'"
    return station.rows(query) == [("hold",)]
