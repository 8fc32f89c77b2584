"""Tests of the journal: what is written around a step, and who may write it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from station.domain.errors import SessionLostError, StorageError
from station.domain.events import EventType
from station.domain.outcome import Outcome, StepState
from station.domain.run import Attachment, StepFault, StepReport, StepResult
from station.storage.batches import Batches
from station.storage.database import Database
from station.storage.events import Events, NewEvent
from station.storage.journal import Journal, StepKey
from station.storage.logs import LogFilter, LogLine, Logs
from station.storage.runs import Runs
from station.storage.tables import MEASUREMENTS
from tests.storage.samples import PACKAGE, TOO_LOW, VOLTS, accepted, after, begin, passed, running

KEY = StepKey("RUN1", "measure")


async def types(database: Database) -> list[str]:
    return [event.type for event in await Events(database).after(0)]


async def test_a_step_is_in_the_journal_before_it_touches_hardware(database: Database) -> None:
    journal = await running(database)

    await begin(journal, KEY)

    found = await journal.find(KEY)
    assert found is not None
    assert (found.status, found.session, found.task_token, found.worker_pid) == (StepState.RUNNING, "S1", b"task", 4711)
    assert (found.index, found.segment, found.segments_done, found.result) == (1, 1, 0, None)
    assert found.started_at == after(2)
    started = (await Events(database).after(0))[-1]
    assert (started.type, started.batch, started.run_id) == ("step_start", "b1", "RUN1")
    assert started.data == {"step": "measure", "index": 1, "attempt": 1, "segment": 1}


async def test_a_result_comes_back_as_it_was_given(database: Database) -> None:
    journal = await running(database)
    await begin(journal, KEY)
    report = StepReport(
        step="measure",
        outcome=Outcome.FAILED,
        elapsed=timedelta(seconds=1, microseconds=234567),
        failures=("v_low",),
        defects=("LOW_VOLTAGE",),
        fault=StepFault(code="TEST_FAILURE", message="전압이 낮습니다", details={"volts": 4.0}),
    )
    file = Attachment(name="wave.csv", sha256="ef" * 32, size=3, media_type="text/csv")
    result = StepResult(
        report=report, measurements=(VOLTS, TOO_LOW), attachments=(file,), values={"a": [1, 2.5]}, state={"n": None}
    )

    await journal.finish_step(KEY, batch="b1", session="S1", result=result, at=after(4))

    found = await journal.find(KEY)
    assert found is not None
    assert found.result == result
    assert (found.status, found.completed_at) == (StepState.FAILED, after(4))
    assert await Runs(database).steps("RUN1") == [found]
    assert (await Events(database).after(0))[-1].data == {
        "step": "measure",
        "index": 1,
        "attempt": 1,
        "outcome": "FAILED",
        "elapsed_s": 1.234567,
        "measurements": [
            {
                "name": "v_out",
                "value": 5.02,
                "unit": "V",
                "limit": {"kind": "range", "low": 4.9, "high": 5.1},
                "outcome": "PASSED",
            },
            {
                "name": "v_low",
                "value": 4.0,
                "unit": "V",
                "limit": {"kind": "range", "low": 4.9, "high": None},
                "outcome": "FAILED",
            },
        ],
        "defects": ["LOW_VOLTAGE"],
        "fault": {
            "code": "TEST_FAILURE",
            "message": "전압이 낮습니다",
            "severity": None,
            "details": {"volts": 4.0},
        },
    }


async def test_values_keep_their_kind(database: Database) -> None:
    journal = await running(database)
    await begin(journal, KEY)
    values = [5.0, 5, True, None, "5", "nan", float("inf"), 12345678901234567890123, [1.0, "x"], "\ud800 \x00"]
    measured = [VOLTS.model_copy(update={"name": f"m{n}", "value": value}) for n, value in enumerate(values)]

    await journal.finish_step(KEY, batch="b1", session="S1", result=passed("measure", 1, *measured), at=after(4))

    found = await journal.find(KEY)
    assert found is not None
    assert found.result is not None
    read = [measurement.value for measurement in found.result.measurements]
    assert repr(read) == repr([*values[:6], "inf", *values[7:9], "\\ud800 \\x00"])
    async with database.read() as session:
        numbers = (await session.scalars(select(MEASUREMENTS.c.number).order_by(MEASUREMENTS.c.position))).all()
    assert numbers == [5.0, 5.0, None, None, None, None, None, 12345678901234567890123.0, None, None]


async def test_logs_and_events_of_a_step_are_written_with_its_result(database: Database) -> None:
    journal = await running(database)
    await begin(journal, KEY)
    line = LogLine(after(3), "b1", "info", "voltage is stable", "RUN1", "measure", {"volts": 5.02})
    progress = NewEvent(after(3), EventType.STEP_PROGRESS, "b1", "RUN1", {"percent": 50})

    await journal.finish_step(
        KEY, batch="b1", session="S1", result=passed(), at=after(4), logs=[line], extra_events=[progress]
    )

    assert (await types(database))[-3:] == ["log", "step_progress", "step_complete"]
    (found,) = await Logs(database).list(LogFilter(run_id="RUN1"))
    assert (found.message, found.data, found.time) == ("voltage is stable", {"volts": 5.02}, after(3))


Write = Callable[[Journal], Awaitable[object]]


@pytest.mark.parametrize(
    "write",
    [
        lambda journal: begin(journal, StepKey("RUN1", "measure", 2)),
        lambda journal: begin(journal, KEY, segment=2),
        lambda journal: journal.checkpoint(KEY, "S1", timedelta(seconds=9), {"x": 1}, after(9)),
        lambda journal: journal.finish_step(
            KEY,
            batch="b1",
            session="S1",
            result=passed("measure", 1, VOLTS),
            at=after(9),
            logs=[LogLine(after(9), "b1", "info", "from a zombie")],
        ),
        lambda journal: journal.release_session("b1", "S1", True, after(9)),
    ],
    ids=["begin", "begin_segment", "checkpoint", "finish", "release"],
)
async def test_a_session_that_lost_its_hardware_writes_nothing(database: Database, write: Write) -> None:
    journal = await running(database)
    await begin(journal, KEY)
    await journal.claim_session("b1", "S2", "RUN1", PACKAGE, {}, after(5))
    before = (await Runs(database).steps("RUN1"), await types(database), await Batches(database).get("b1"))

    with pytest.raises(SessionLostError, match="another process has taken over"):
        await write(journal)

    assert (await Runs(database).steps("RUN1"), await types(database), await Batches(database).get("b1")) == before
    assert await Logs(database).list() == []


async def test_without_any_session_no_step_begins(database: Database) -> None:
    await Runs(database).accept(accepted())

    with pytest.raises(SessionLostError):
        await begin(Journal(database), KEY)

    assert await Runs(database).steps("RUN1") == []


async def test_a_session_of_one_batch_does_not_open_another(database: Database) -> None:
    await running(database, "b2", "RUN2", session="S1")
    journal = await running(database, "b1", "RUN1", session="OTHER")

    with pytest.raises(SessionLostError):
        await begin(journal, KEY, session="S1")

    assert await journal.find(KEY) is None


async def test_a_result_is_taken_once(database: Database) -> None:
    journal = await running(database)
    await begin(journal, KEY)
    await journal.finish_step(KEY, batch="b1", session="S1", result=passed(), at=after(4))

    with pytest.raises(SessionLostError):
        await journal.finish_step(KEY, batch="b1", session="S1", result=passed(), at=after(5))
    with pytest.raises(StorageError, match="has its result already"):
        await begin(journal, KEY)

    assert (await types(database)).count("step_complete") == 1


async def test_an_interrupted_step_takes_no_result_any_more(database: Database) -> None:
    journal = await running(database)
    await begin(journal, KEY)

    await journal.interrupt_step(KEY, "its process was killed", after(5))
    await journal.interrupt_step(KEY, "another reason", after(6))
    with pytest.raises(SessionLostError):
        await journal.finish_step(KEY, batch="b1", session="S1", result=passed(), at=after(7))

    found = await journal.find(KEY)
    assert found is not None
    assert (found.status, found.completed_at, found.result) == (StepState.INTERRUPTED, after(5), None)
    assert found.fault == StepFault(code="INTERRUPTED", message="its process was killed")
    assert (await types(database)).count("step_interrupted") == 1


async def test_interrupting_leaves_a_finished_step_alone(database: Database) -> None:
    journal = await running(database)
    await begin(journal, KEY)
    await journal.finish_step(KEY, batch="b1", session="S1", result=passed(), at=after(4))

    await journal.interrupt_step(KEY, "too late", after(5))

    found = await journal.find(KEY)
    assert found is not None
    assert (found.status, found.result) == (StepState.COMPLETED, passed())


async def test_a_step_that_was_never_begun_cannot_be_interrupted(database: Database) -> None:
    journal = await running(database)

    with pytest.raises(StorageError, match="never begun"):
        await journal.interrupt_step(KEY, "no reason", after(5))


async def test_an_attempt_under_way_in_another_session_must_be_reconciled_first(database: Database) -> None:
    journal = await running(database)
    await begin(journal, KEY)
    await journal.claim_session("b1", "S2", "RUN1", PACKAGE, {}, after(5))

    with pytest.raises(StorageError, match="must be reconciled"):
        await begin(journal, KEY, session="S2")
    await journal.interrupt_step(KEY, "its process was killed", after(6))
    await begin(journal, KEY, session="S2", at=7)

    found = await journal.find(KEY)
    assert found is not None
    assert (found.status, found.session, found.fault, found.completed_at) == (StepState.RUNNING, "S2", None, None)


async def test_what_an_attempt_goes_on_from_is_written_with_its_beginning(database: Database) -> None:
    journal = await running(database)

    await begin(journal, KEY, elapsed=timedelta(hours=7), state={"cycle": 10})

    found = await journal.find(KEY)
    assert found is not None
    assert (found.elapsed, found.state) == (timedelta(hours=7), {"cycle": 10})


async def test_a_long_step_goes_on_from_its_checkpoint(database: Database) -> None:
    journal = await running(database)
    first, last = VOLTS, TOO_LOW
    await begin(journal, KEY)
    await journal.checkpoint(KEY, "S1", timedelta(minutes=5), {"cycle": 10}, after(300))
    at_checkpoint = await journal.find(KEY)
    await journal.finish_step(
        KEY, batch="b1", session="S1", result=passed("measure", 1, first, finished=False), at=after(600)
    )
    between = await journal.find(KEY)
    await begin(journal, KEY, segment=2, at=601)

    await journal.finish_step(KEY, batch="b1", session="S1", result=passed("measure", 1, first, last), at=after(900))

    found = await journal.find(KEY)
    assert at_checkpoint is not None
    assert (at_checkpoint.elapsed, at_checkpoint.state) == (timedelta(minutes=5), {"cycle": 10})
    assert between is not None
    assert (between.status, between.segment, between.segments_done) == (StepState.RUNNING, 1, 1)
    assert (between.state, between.result) == ({"count": 1}, None)
    assert found is not None
    assert found.result is not None
    assert (found.started_at, found.segments_done, found.status) == (after(2), 2, StepState.COMPLETED)
    assert found.result.measurements == (first, last)
    assert (await types(database))[-4:] == ["step_start", "step_progress", "step_start", "step_complete"]


async def test_the_next_segment_may_run_in_another_session(database: Database) -> None:
    journal = await running(database)
    await begin(journal, KEY)
    await journal.finish_step(KEY, batch="b1", session="S1", result=passed(finished=False), at=after(600))
    await journal.claim_session("b1", "S2", "RUN1", PACKAGE, {}, after(700))

    await begin(journal, KEY, session="S2", segment=2, at=701)

    found = await journal.find(KEY)
    assert found is not None
    assert (found.session, found.segment, found.segments_done) == ("S2", 2, 1)


async def test_finished_gives_the_latest_result_of_each_step_in_the_order_they_ended(database: Database) -> None:
    journal = await running(database)
    for step, attempt, at in [("b", 1, 10), ("a", 1, 20), ("b", 2, 30), ("c", 1, 40), ("b", 3, 50)]:
        await begin(journal, StepKey("RUN1", step, attempt), at=at)
        if (step, attempt) != ("b", 3):
            key, result = StepKey("RUN1", step, attempt), passed(step, attempt)
            await journal.finish_step(key, batch="b1", session="S1", result=result, at=after(at + 1))

    found = await journal.finished("RUN1", 1)

    assert [(result.report.step, result.report.attempt) for result in found] == [("a", 1), ("b", 2), ("c", 1)]
    assert await journal.finished("RUN1", 2) == []


async def test_orphans_are_the_running_attempts_of_one_batch(database: Database) -> None:
    other = await running(database, "b2", "RUN2", session="S9")
    journal = await running(database)
    await begin(journal, KEY)
    await begin(journal, StepKey("RUN1", "power_on"), at=3)
    await journal.finish_step(
        StepKey("RUN1", "power_on"), batch="b1", session="S1", result=passed("power_on"), at=after(4)
    )

    orphans = await journal.orphans("b1")

    assert [(orphan.key, orphan.task_token) for orphan in orphans] == [(KEY, b"task")]
    assert await other.orphans("b2") == []


async def test_a_session_has_an_owner_until_it_is_released(database: Database) -> None:
    journal = await running(database)
    owner = await journal.owner("b1")
    while_open = await Batches(database).get("b1")

    await journal.release_session("b1", "S1", True, after(9))
    await journal.release_session("b1", "S1", False, after(10))

    assert owner is not None
    assert (owner.token, owner.run_id, owner.package, owner.hardware) == (
        "S1",
        "RUN1",
        PACKAGE,
        {"dmm": {"port": "sim"}},
    )
    assert owner.opened_at == after(1)
    assert await journal.owner("b1") is None
    assert await journal.owner("unheard_of") is None
    released = await Batches(database).get("b1")
    assert while_open is not None
    assert released is not None
    assert (while_open.hardware_safe, released.hardware_safe) == (False, True)


async def test_a_step_of_an_unknown_run_is_refused(database: Database) -> None:
    journal = await running(database)

    with pytest.raises(StorageError):
        await begin(journal, StepKey("NOBODY", "measure"))

    assert await journal.orphans("b1") == []
