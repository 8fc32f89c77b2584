"""Tests of what is kept of batches."""

from dataclasses import replace

import pytest

from station.storage.batches import Batches, ExitKind, ProcessExit
from station.storage.database import Database
from station.storage.events import Events
from station.storage.journal import Journal
from tests.storage.samples import T0, after

KILLED = ProcessExit(ExitKind.KILLED, signal=9, message="the process of batch b1 was killed by signal 9")
BY_SIGNAL_9 = {"kind": "killed", "code": None, "signal": 9, "message": KILLED.message, "pid": 100}


async def told(database: Database) -> list[tuple[str, dict[str, object]]]:
    return [(event.type, dict(event.data)) for event in await Events(database).after(0)]


async def test_what_is_wanted_of_a_batch_is_kept(database: Database) -> None:
    batches = Batches(database)
    assert await batches.get("b1") is None

    await batches.set_desired("b1", "running", T0)

    found = await batches.get("b1")
    assert found is not None
    assert (found.desired, found.process_state, found.hardware_safe, found.updated_at) == (
        "running",
        "stopped",
        True,
        T0,
    )
    assert await told(database) == [("batch_status", {"desired": "running"})]
    with pytest.raises(ValueError, match="running or stopped"):
        await batches.set_desired("b1", "perhaps", T0)


async def test_a_process_that_dies_unasked_is_an_error_for_everybody_to_see(database: Database) -> None:
    batches = Batches(database)
    await batches.process_started("b1", 100, T0, 0)
    await batches.usage("b1", 3_000_000_000, 12.5, after(1))

    await batches.process_exited("b1", 100, KILLED, after(2))

    found = await batches.get("b1")
    assert found is not None
    assert (found.process_state, found.pid, found.rss_bytes) == ("crashed", None, None)
    assert found.last_exit == replace(KILLED, pid=100)
    assert await told(database) == [
        ("batch_status", {"process_state": "running", "pid": 100, "restarts": 0, "alert": ""}),
        ("batch_status", {"process_state": "crashed", "pid": None, "exit": BY_SIGNAL_9}),
        ("error", {"error": KILLED.message, "exit": BY_SIGNAL_9}),
    ]


async def test_a_process_that_was_asked_to_stop_is_no_error(database: Database) -> None:
    batches = Batches(database)
    await batches.process_started("b1", 100, T0, 0)

    await batches.process_exited("b1", 100, ProcessExit(ExitKind.STOPPED, code=0), after(2))

    found = await batches.get("b1")
    assert found is not None
    assert found.process_state == "stopped"
    assert [type for type, _ in await told(database)] == ["batch_status", "batch_status"]


async def test_late_news_of_a_process_that_has_a_successor_changes_nothing(database: Database) -> None:
    batches = Batches(database)
    await batches.process_started("b1", 101, T0, 1)
    before = await batches.get("b1")

    await batches.process_exited("b1", 100, KILLED, after(2))

    assert await batches.get("b1") == before


async def test_an_alert_stays_until_the_process_is_up_again(database: Database) -> None:
    batches = Batches(database)

    await batches.set_process_state("b1", "error", T0, alert="restarted three times in a row")
    alarmed = await batches.get("b1")
    await batches.process_started("b1", 7, after(1), 0)

    calm = await batches.get("b1")
    assert alarmed is not None
    assert calm is not None
    assert (alarmed.process_state, alarmed.alert) == ("error", "restarted three times in a row")
    assert (calm.process_state, calm.alert, calm.process_started_at) == ("running", "", after(1))
    assert ("error", {"error": "restarted three times in a row"}) in await told(database)


async def test_usage_is_told_only_when_asked(database: Database) -> None:
    batches = Batches(database)

    await batches.usage("b1", 1000, 1.5, T0)
    await batches.usage("b1", 2000, 2.5, after(1), announce=True)

    found = await batches.get("b1")
    assert found is not None
    assert (found.rss_bytes, found.cpu_percent) == (2000, 2.5)
    assert await told(database) == [("batch_status", {"rss_bytes": 2000, "cpu_percent": 2.5})]


async def test_batches_are_listed_by_name(database: Database) -> None:
    batches = Batches(database)
    await Journal(database).claim_session("b2", "token", None, None, {}, T0)
    await batches.set_desired("b1", "stopped", T0)

    found = await batches.all()

    assert [(batch.batch, batch.hardware_safe) for batch in found] == [("b1", True), ("b2", False)]
