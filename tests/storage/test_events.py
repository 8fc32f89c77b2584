"""Tests of live events and log lines."""

from pathlib import Path

from sqlalchemy import delete

from station.domain.events import EventType
from station.storage.database import Database
from station.storage.events import Events, NewEvent
from station.storage.logs import LogFilter, LogLine, Logs
from station.storage.migrate import migrate
from station.storage.tables import EVENTS
from tests.storage.samples import T0, after


async def test_a_watcher_resumes_after_the_last_id_it_saw(database: Database) -> None:
    events = Events(database)
    assert await events.last_id() == 0
    await events.append(*(NewEvent(after(n), EventType.LOG, "b1", "RUN1", {"n": n}) for n in range(5)))

    first = await events.after(0, limit=2)
    rest = await events.after(first[-1].id)

    assert [event.data["n"] for event in first + rest] == [0, 1, 2, 3, 4]
    assert [event.id for event in first + rest] == sorted({event.id for event in first + rest})
    assert await events.after(await events.last_id()) == []


async def test_the_serial_number_of_a_run_is_the_one_it_was_told_last(database: Database) -> None:
    events = Events(database)
    told = [("RUN1", {"state": "delivered", "serial": "SN-1"}), ("RUN1", {"state": "delivered"}), ("RUN2", {})]
    await events.append(*(NewEvent(T0, EventType.DELIVERY, "b1", run, dict(data)) for run, data in told))

    assert await events.serial_of("RUN1") == "SN-1"
    assert await events.serial_of("RUN2") is None


async def test_a_watcher_may_ask_for_some_batches(database: Database) -> None:
    events = Events(database)
    await events.append(*(NewEvent(T0, EventType.BATCH_STATUS, batch) for batch in ("b1", "b2", None, "b3")))

    found = await events.after(0, batches=["b1", "b3"])

    assert [event.batch for event in found] == ["b1", "b3"]
    assert await events.after(0, batches=[]) == []


async def test_an_id_is_never_given_twice_not_even_after_the_events_were_deleted(database: Database) -> None:
    events = Events(database)
    await events.append(*(NewEvent(T0, EventType.LOG) for _ in range(3)))
    last = await events.last_id()
    await database.write(lambda transaction: transaction.execute(delete(EVENTS)))

    await events.append(NewEvent(T0, EventType.LOG))

    assert await events.last_id() > last


async def test_a_database_keeps_its_epoch_and_another_one_has_another(database: Database, tmp_path: Path) -> None:
    first = await Events(database).epoch()
    await Events(database).append(NewEvent(T0, EventType.LOG))
    other = f"sqlite:///{tmp_path / 'other.db'}"
    await migrate(other)

    async with Database(other) as opened:
        assert await Events(opened).epoch() != first
    assert await Events(database).epoch() == first


async def test_lines_are_logged_with_their_events_in_one_go(database: Database) -> None:
    logs = Logs(database)
    lines = [
        LogLine(T0, "b1", "info", "안녕", "RUN1", "measure", {"volts": 5.0}),
        LogLine(after(1), "b2", "error", "half a pair \ud800 and a \x00"),
    ]

    await logs.append(lines, [NewEvent(after(2), EventType.STEP_PROGRESS, "b1", "RUN1", {"percent": 10})])
    await logs.append([])

    found = await logs.list()
    assert [(line.message, line.batch, line.data) for line in found] == [
        ("안녕", "b1", {"volts": 5.0}),
        ("half a pair \\ud800 and a \\x00", "b2", {}),
    ]
    told = await Events(database).after(0)
    assert [event.type for event in told] == ["log", "log", "step_progress"]
    assert told[0].data == {"level": "info", "message": "안녕", "step": "measure", "data": {"volts": 5.0}}


async def test_filters_narrow_the_log(database: Database) -> None:
    logs = Logs(database)
    await logs.append(
        [
            LogLine(after(n), batch, level, f"line {n}", run, "measure")
            for n, (batch, level, run) in enumerate(
                [("b1", "info", "RUN1"), ("b1", "error", "RUN1"), ("b2", "info", "RUN2"), ("b1", "info", None)]
            )
        ]
    )

    async def listed(filter: LogFilter, limit: int = 200) -> list[str]:
        return [line.message for line in await logs.list(filter, limit)]

    assert await listed(LogFilter(batch="b1")) == ["line 0", "line 1", "line 3"]
    assert await listed(LogFilter(run_id="RUN1", levels=("error", "critical"))) == ["line 1"]
    assert await listed(LogFilter(levels=("info", "error")), 2) == ["line 2", "line 3"]
    assert await listed(LogFilter(since=after(1), until=after(3))) == ["line 1", "line 2"]
    assert await listed(LogFilter(step="measure"), 2) == ["line 2", "line 3"]
    assert await listed(LogFilter(text="NE 2")) == ["line 2"]
    assert await listed(LogFilter(text="%")) == []
