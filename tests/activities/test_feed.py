"""What a running step says: gathered, written soon, kept when the database refuses."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from activities import feed as feed_module
from activities.feed import GATHER, LiveFeed
from station.domain.errors import StorageError
from station.domain.events import EventType
from station.storage.database import Database
from station.storage.events import NewEvent
from station.storage.logs import LogLine, Logs
from tests.activities.conftest import BATCH, RUN, Slot, begin, call, step_request, until


class Paper(Logs):
    """Where lines are written; refuses, or takes its time, when told so."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.commits: list[tuple[list[str], int]] = []
        self.refusing = False
        self.patience = asyncio.Event()
        self.patience.set()

    async def append(self, lines: object, progress_events: object = ()) -> None:
        if self.refusing:
            raise StorageError("the disk is full")
        assert isinstance(lines, list)
        assert isinstance(progress_events, list)
        self.commits.append(([line.message for line in lines], len(progress_events)))
        await self.patience.wait()


@pytest.fixture
async def paper() -> Paper:
    return Paper(Database("sqlite:///never_opened.db"))


def line(message: str) -> LogLine:
    return LogLine(datetime.now(UTC), BATCH, "info", message, RUN, "measure")


def value() -> NewEvent:
    return NewEvent(datetime.now(UTC), EventType.STEP_PROGRESS, BATCH, RUN, {"step": "measure"})


async def test_what_is_said_within_one_moment_is_written_in_one_commit(paper: Paper) -> None:
    feed = LiveFeed(paper, BATCH)
    began = time.monotonic()

    feed.add_line(line("one"))
    feed.add_event(value())
    feed.add_line(line("two"))
    await until(lambda: bool(paper.commits), "a commit")

    assert paper.commits == [(["one", "two"], 1)]
    assert time.monotonic() - began >= GATHER.total_seconds()


async def test_what_is_said_while_a_commit_is_under_way_is_written_too(paper: Paper) -> None:
    feed = LiveFeed(paper, BATCH)
    paper.patience.clear()
    feed.add_line(line("one"))
    await until(lambda: bool(paper.commits), "a commit")

    feed.add_line(line("two"))
    paper.patience.set()
    await until(lambda: len(paper.commits) == 2, "another commit")

    assert paper.commits == [(["one"], 0), (["two"], 0)]


async def test_what_was_not_written_when_the_step_ends_is_handed_out(paper: Paper) -> None:
    feed = LiveFeed(paper, BATCH)
    feed.add_line(line("last words"))

    lines, events = feed.drain()
    await feed.close()

    assert ([one.message for one in lines], events) == (["last words"], [])
    assert paper.commits == []


async def test_what_the_database_refuses_is_kept_in_its_order(paper: Paper, caplog: pytest.LogCaptureFixture) -> None:
    feed = LiveFeed(paper, BATCH)
    paper.refusing = True
    feed.add_line(line("one"))
    await until(lambda: "is kept until it can be written: the disk is full" in caplog.text, "a warning")

    paper.refusing = False
    feed.add_line(line("two"))
    await feed.close()
    await feed.close()

    assert paper.commits == [(["one", "two"], 0)]


async def test_no_more_is_kept_than_memory_holds_and_a_line_says_how_much_was_dropped(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "KEPT", 3)
    feed = LiveFeed(paper, BATCH)
    paper.refusing = True
    for number in range(5):
        feed.add_line(line(str(number)))
    with pytest.raises(StorageError):
        await feed.flush()
    for _ in range(4):
        feed.add_event(value())
    feed.add_line(line("5"))
    with pytest.raises(StorageError):
        await feed.flush()

    paper.refusing = False
    feed.add_line(line("6"))
    await feed.flush()
    feed.add_line(line("7"))
    await feed.close()

    lost = "5 lines and live values before this are lost: the database was away for too long"
    assert paper.commits == [([lost, "4", "5", "6"], 3), (["7"], 0)]


async def test_a_notice_of_what_was_dropped_is_a_line_like_any_other(
    slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "KEPT", 1)
    feed = LiveFeed(Logs(slot.database), BATCH)
    for message in ("one", "two"):
        feed.add_line(line(message))

    await feed.close()

    told = [event.data["message"] for event in await slot.events("log")]
    assert told == ["1 lines and live values before this are lost: the database was away for too long", "two"]


async def test_what_a_step_says_is_seen_while_it_runs(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    running, _ = begin(process.execution.run_step, step_request("gated", token))

    while EventType.LOG not in [event.type for event in await slot.events_of_steps()]:
        assert not running.done()
        await asyncio.sleep(0.01)
    slot.tell("go")
    await running

    kinds = [event.type for event in await slot.events_of_steps()]
    assert kinds == ["step_start", "log", "measurement", "step_complete"]


async def test_what_a_step_said_is_kept_when_its_result_cannot_be_written(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    running = asyncio.create_task(call(process.execution.run_step, step_request("gated", token)))
    await slot.called("gated")

    await slot.database.close()
    slot.tell("go")
    with pytest.raises(StorageError):
        await running
    lines, events = process.hardware.feed.drain()
    await slot.database.open()

    assert [one.message for one in lines] in (["waiting"], [])  # the commit of the line may have been under way
    assert [(event.type, event.data["outcome"]) for event in events] == [("measurement", "PASSED")]
