"""What a running step says reaches the database in a few milliseconds, and is not lost when it cannot."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from activities.feed import LiveFeed, StepFeed
from station.domain.errors import StorageError
from station.domain.measurement import Measurement, RangeLimit
from station.storage.events import NewEvent
from station.storage.logs import LogLine
from tests.activities.slot.conftest import until

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


class Notebook:
    """Stands for the table of logs: keeps what is written, and can be made to refuse it."""

    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.events: list[NewEvent] = []
        self.refused = 0
        self.refuses = False

    async def append(self, lines: Sequence[LogLine], events: Sequence[NewEvent] = ()) -> None:
        if self.refuses:
            self.refused += 1
            raise StorageError("the disk is full")
        self.lines += lines
        self.events += events


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def feed(notebook: Notebook) -> LiveFeed:
    return LiveFeed(notebook, "slot_1")  # type: ignore[arg-type]


def speaker(feed: LiveFeed) -> StepFeed:
    return StepFeed(feed, batch="slot_1", run_id="RUN1", step="a", now=lambda: NOW, checkpoint=lambda *_: None)


async def test_what_is_said_is_written_soon_and_together(feed: LiveFeed, notebook: Notebook) -> None:
    step = speaker(feed)

    step.log("info", "hello", {"n": 1})
    step.measurement(Measurement(name="v", value=5.0, unit="V", limit=RangeLimit(low=4.9)))
    step.progress(0.5, "half")
    await until(lambda: bool(notebook.lines))

    assert [(line.step, line.level, line.message, line.data) for line in notebook.lines] == [
        ("a", "info", "hello", {"n": 1})
    ]
    assert [(event.type.value, event.data) for event in notebook.events] == [
        (
            "measurement",
            {"step": "a", "name": "v", "value": 5.0, "unit": "V", "limit": ">= 4.9", "outcome": "PASSED"},
        ),
        ("step_progress", {"step": "a", "fraction": 0.5, "text": "half"}),
    ]


async def test_what_is_still_on_its_way_is_handed_to_whoever_writes_the_steps_end(
    feed: LiveFeed, notebook: Notebook
) -> None:
    speaker(feed).log("info", "the last words", {})

    lines, events = feed.drain()
    await feed.close()

    assert [line.message for line in lines] == ["the last words"]
    assert events == []
    assert notebook.lines == []


async def test_what_could_not_be_written_is_written_later_in_its_order(feed: LiveFeed, notebook: Notebook) -> None:
    step = speaker(feed)
    notebook.refuses = True
    step.log("info", "first", {})
    await until(lambda: notebook.refused == 1)

    notebook.refuses = False
    step.log("info", "second", {})
    await feed.close()

    assert [line.message for line in notebook.lines] == ["first", "second"]


async def test_closing_says_when_something_could_not_be_written(feed: LiveFeed, notebook: Notebook) -> None:
    notebook.refuses = True
    speaker(feed).log("info", "lost", {})

    with pytest.raises(StorageError, match="the disk is full"):
        await feed.close()


async def test_a_checkpoint_is_passed_on_with_what_the_step_keeps(feed: LiveFeed) -> None:
    kept: list[object] = []
    step = StepFeed(
        feed, batch="slot_1", run_id="RUN1", step="a", now=lambda: NOW, checkpoint=lambda *args: kept.append(args)
    )

    step.checkpoint(timedelta(seconds=3), {"n": 1})

    assert kept == [(timedelta(seconds=3), {"n": 1})]
