"""One server for all tests of the workflows, a stage of its own for each, and an eye on how runs change their state."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from station.domain.outcome import RunState
from station.domain.transitions import TRANSITIONS, may_follow
from tests.workflows.desk import Desk
from tests.workflows.stage import Stage, connect, start_server
from workflows.whereabouts import Whereabouts


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server() -> AsyncIterator[str]:
    """Where the server listens."""
    async with start_server() as environment:
        yield environment.client.service_client.config.target_host


@pytest.fixture
async def stage(server: str) -> Stage:
    """A station of its own on the one server."""
    return Stage(await connect(server))


@pytest.fixture
def desk(stage: Stage) -> Desk:
    """Whoever owes the MES something, with an engine of its own."""
    return Desk(stage.client, stage.station)


Crossing = tuple[RunState, RunState]
_SEEN: set[Crossing] = set()
_FILES: set[Path] = set()


class WatchedState:
    """Stands for the state of every run in this process, and remembers how it changes."""

    def __init__(self, crossings: list[Crossing]) -> None:
        self._crossings = crossings

    def __get__(self, run: object, _owner: type | None = None) -> RunState:
        state: RunState = vars(run)["state"]
        return state

    def __set__(self, run: object, state: RunState) -> None:
        before = vars(run).get("state", state)
        self._crossings.append((before, state))
        vars(run)["state"] = state


@pytest.fixture(autouse=True)
def crossings(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[list[Crossing]]:
    """How the runs of a test changed their state; every change must be in the table."""
    seen: list[Crossing] = []
    monkeypatch.setattr(Whereabouts, "state", WatchedState(seen), raising=False)
    yield seen
    assert [crossing for crossing in seen if not may_follow(*crossing)] == [], "not in station/domain/transitions.py"
    _SEEN.update(seen)
    _FILES.add(request.path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which transitions of the table no test has reached, where all files here were run."""
    if set(Path(__file__).parent.glob("test_*.py")) - _FILES:
        return
    table = {(before, after) for before, following in TRANSITIONS.items() for after in following}
    for before, after in sorted(table - _SEEN):
        terminalreporter.write_line(f"no test takes a run from {before} to {after}")
