"""What was left out and what was given up is kept, and what was given up does not count."""

from station.domain.events import EventType
from station.domain.outcome import Outcome, StepState
from station.domain.run import StepFault
from station.storage.database import Database
from station.storage.events import Event, Events
from station.storage.journal import Journal, StepKey
from station.storage.runs import Runs
from station.storage.steering import Steering
from tests.storage.samples import VOLTS, after, begin, passed, running

FAULT = StepFault(code="STEP_SKIPPED", message="Left out by kim")


async def did(journal: Journal, step: str, attempt: int, at: float) -> None:
    """An attempt that passed."""
    key = StepKey("RUN1", step, attempt)
    await begin(journal, key, at=at)
    result = passed(step, attempt, VOLTS)
    await journal.finish_step(key, batch="b1", session="S1", result=result, at=after(at + 1))


async def events(database: Database, kind: EventType) -> list[Event]:
    return [event for event in await Events(database).after(0) if event.type == kind]


async def counting(journal: Journal) -> list[tuple[str, int]]:
    return [(one.report.step, one.report.attempt) for one in await journal.finished("RUN1", 1)]


async def go_back(database: Database, step: str, given_up: dict[str, int], run_id: str = "RUN1") -> None:
    await Steering(database).went_back(
        run_id, batch="b1", step=step, given_up=given_up, by="kim", reason="slipped", at=after(60)
    )


async def test_a_step_that_was_left_out_has_an_attempt_once(database: Database) -> None:
    await running(database)
    steering, key = Steering(database), StepKey("RUN1", "measure", 2)

    for _ in range(2):
        await steering.skipped(key, batch="b1", index=1, round=1, fault=FAULT, at=after(5))

    (row,) = await Runs(database).steps("RUN1")
    (event,) = await events(database, EventType.STEP_COMPLETE)
    assert (row.key, row.status, row.fault, row.session) == (key, StepState.SKIPPED, FAULT, "")
    assert row.result is not None
    assert row.result.report.outcome is Outcome.SKIPPED
    assert (event.data["step"], event.data["attempt"], event.data["outcome"]) == ("measure", 2, "SKIPPED")


async def test_what_was_given_up_stays_and_does_not_count(database: Database) -> None:
    journal = await running(database)
    for at, step in enumerate(("a", "b", "c"), 1):
        await did(journal, step, 1, 10 * at)

    await go_back(database, "b", {"b": 1, "c": 1})
    before = await counting(journal)
    await did(journal, "b", 2, 70)
    now = await counting(journal)

    rows = {(row.key.step, row.key.attempt): row for row in await Runs(database).steps("RUN1")}
    assert before == [("a", 1)]
    assert now == [("a", 1), ("b", 2)]
    assert [key for key, row in rows.items() if row.given_up] == [("b", 1), ("c", 1)]
    kept = rows["c", 1].result
    assert kept is not None
    assert kept.measurements == (VOLTS,)


async def test_to_go_back_is_told_once_and_touches_one_run(database: Database) -> None:
    journal = await running(database)
    await did(journal, "b", 1, 10)
    other = await running(database, "b2", "RUN2", session="S2")
    key = StepKey("RUN2", "b", 1)
    await other.begin_step(
        key, batch="b2", session="S2", index=1, round=1, segment=1, task_token=None, pid=1, at=after(11)
    )
    await other.finish_step(key, batch="b2", session="S2", result=passed("b"), at=after(12))

    await go_back(database, "b", {"b": 1})
    await go_back(database, "b", {"b": 1})

    (event,) = await events(database, EventType.RUN_WENT_BACK)
    assert event.data == {"step": "b", "given_up": {"b": 1}, "by": "kim", "reason": "slipped"}
    assert await counting(journal) == []
    assert len(await journal.finished("RUN2", 1)) == 1


async def test_an_attempt_after_those_that_were_given_up_counts_however_late_it_is_told(database: Database) -> None:
    journal = await running(database)
    await did(journal, "b", 1, 10)
    await did(journal, "b", 2, 20)

    await go_back(database, "b", {"b": 1})

    assert await counting(journal) == [("b", 2)]
