"""Sums over runs, against a plain count of the same runs; and what a run leaves behind to be counted."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from station.domain.measurement import Measurement, RangeLimit
from station.domain.outcome import Outcome
from station.domain.run import StepFault, StepReport, StepResult, UnitUnderTest
from station.storage.database import Database
from station.storage.durations import StepDurations, StepTrend
from station.storage.groups import Grouping, Span
from station.storage.history import RunFilter
from station.storage.journal import Journal, StepKey
from station.storage.runs import Runs
from station.storage.statistics import Cause, Measured, Stage, Statistics
from station.storage.tables import RUNS
from tests.storage.samples import PACKAGE, T0, VOLTS, accepted, after, begin, ended, passed

DURATIONS = [3.0, 1.0, 2.0, 10.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 11.0]


def told(number: int, at: datetime, outcome: str = "PASSED", **more: Any) -> dict[str, Any]:
    known = {
        "id": f"R{number:04}", "batch_id": "b1", "sequence_name": "pcb", "sequence_version": "1", "content_hash": "",
        "state": "completed", "status": "completed", "outcome": outcome, "refused": False, "round": 1, "recoveries": 0,
        "hardware_safe": True, "superseded": False, "accepted_at": at, "created_at": at,
        "judged": 1 if outcome in {"PASSED", "FAILED"} else None, "duration_s": None,
    }  # fmt: skip
    return known | more


async def write(database: Database, rows: list[dict[str, Any]]) -> None:
    def work(transaction: Connection) -> None:
        for row in rows:
            transaction.execute(insert(RUNS), row)

    await database.write(work)


async def run(database: Database, run_id: str, wip: str | None, outcome: Outcome, at: float) -> None:
    runs = Runs(database)
    await runs.accept(accepted(run_id, unit=UnitUnderTest(wip=wip, process=3), at=after(at)))
    await runs.finish(ended(run_id, outcome))


async def test_units_are_judged_by_their_first_and_their_last_run(database: Database) -> None:
    story = [("A", "FAILED"), ("A", "ERROR"), ("A", "PASSED"), ("B", "ERROR"), ("B", "PASSED"), ("C", "FAILED")]
    story += [(None, "FAILED"), (None, "PASSED"), ("D", "ABORTED")]
    for number, (wip, outcome) in enumerate(story):
        await run(database, f"RUN{number}", wip, Outcome(outcome), number)

    (found,) = await Statistics(database).sums(Span())

    # First: A failed, B passed, C failed, one without WIP failed, one passed. Last: A passed.
    assert (found.first_passed, found.first_judged) == (2, 5)
    assert (found.last_passed, found.last_judged) == (3, 5)
    assert (found.runs, found.passed, found.failed, found.error, found.aborted) == (9, 3, 3, 2, 1)


async def test_times_are_those_of_runs_that_judged_their_unit(database: Database) -> None:
    rows = [told(number, after(number), duration_s=seconds) for number, seconds in enumerate(DURATIONS)]
    await write(database, [*rows, told(99, T0, "ERROR", duration_s=1000.0), told(98, T0, judged=1)])

    (found,) = await Statistics(database).sums(Span())

    ordered = sorted(DURATIONS)
    assert found.mean_s == sum(ordered) / len(ordered)
    assert (found.p50_s, found.p95_s) == (ordered[math.ceil(11 * 0.5) - 1], ordered[math.ceil(11 * 0.95) - 1])


async def test_groups_begin_by_the_clock_of_the_station(database: Database) -> None:
    # 23:30 on a Sunday in UTC is a Monday morning in Korea.
    sunday = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    await write(database, [told(1, sunday), told(2, sunday + timedelta(hours=1), batch_id="b2", sequence_name="aging")])
    statistics, korea = Statistics(database), timedelta(hours=9)

    async def groups(by: Grouping, offset: timedelta = timedelta()) -> list[Any]:
        return [found.group for found in await statistics.sums(Span(), by, offset)]

    assert await groups(Grouping.BATCH) == ["b1", "b2"]
    assert await groups(Grouping.SEQUENCE) == ["aging", "pcb"]
    assert await groups(Grouping.HOUR) == [sunday.replace(minute=0), sunday + timedelta(minutes=30)]
    assert await groups(Grouping.DAY) == [datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)]
    assert await groups(Grouping.DAY, korea) == [datetime(2026, 3, 1, 15, tzinfo=UTC)]
    assert await groups(Grouping.WEEK) == [datetime(2026, 2, 23, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)]
    assert await groups(Grouping.WEEK, korea) == [datetime(2026, 3, 1, 15, tzinfo=UTC)]
    assert await statistics.sums(Span(since=sunday + timedelta(hours=2))) == []
    assert [found.runs for found in await statistics.sums(Span(batch="b2", sequence="aging"))] == [1]


async def measure(database: Database, run_id: str, values: list[float], at: float, *, batch: str = "b1") -> None:
    """A run that measures in each attempt of its step; all but the last are given up by going back."""
    journal = Journal(database)
    await Runs(database).accept(accepted(run_id, batch, at=after(at)))
    await journal.claim_session(batch, run_id, run_id, PACKAGE, {}, after(at))
    outcome = Outcome.PASSED
    for attempt, value in enumerate(values, 1):
        key = StepKey(run_id, "measure", attempt)
        await begin(journal, key, session=run_id, batch=batch, at=at + attempt)
        outcome = Outcome.PASSED if 4.9 <= value <= 5.1 else Outcome.FAILED
        one = Measurement(name="v", value=value, unit="V", limit=RangeLimit(low=4.9, high=5.1), outcome=outcome)
        result = passed("measure", attempt, one, VOLTS.model_copy(update={"name": "word", "value": "ok"}))
        report = result.report.model_copy(update={"outcome": outcome, "defects": ("D1",) if value > 5.1 else ()})
        result = result.model_copy(update={"report": report})
        await journal.finish_step(key, batch=batch, session=run_id, result=result, at=after(at + attempt))
    await Runs(database).finish(ended(run_id, outcome).model_copy(update={"defects": report.defects}))


async def broken(database: Database, run_id: str, at: float, outcome: Outcome, fault: StepFault | None) -> None:
    """A run whose step went wrong without measuring anything."""
    journal, key = Journal(database), StepKey(run_id, "measure")
    await Runs(database).accept(accepted(run_id, at=after(at)))
    await journal.claim_session("b1", run_id, run_id, PACKAGE, {}, after(at))
    await begin(journal, key, session=run_id, at=at + 1)
    result = StepResult(report=StepReport(step="measure", outcome=outcome, fault=fault))
    await journal.finish_step(key, batch="b1", session=run_id, result=result, at=after(at + 2))
    await Runs(database).finish(ended(run_id, outcome))


async def test_a_series_has_the_numbers_of_runs_that_are_over_oldest_first(database: Database) -> None:
    await measure(database, "RUN1", [5.0], 0)
    await measure(database, "RUN2", [5.2, 5.05], 10, batch="b2")
    statistics = Statistics(database)
    series = ("pcb_test", "measure", "v")

    found = await statistics.series(*series, Span(), 10)

    assert [(value.run_id, value.value, value.outcome) for value in found] == [
        ("RUN1", 5.0, Outcome.PASSED),
        ("RUN2", 5.2, Outcome.FAILED),
        ("RUN2", 5.05, Outcome.PASSED),
    ]
    assert found[0].limit == RangeLimit(low=4.9, high=5.1)
    assert [value.value for value in await statistics.series(*series, Span(), 1)] == [5.05]
    assert [value.value for value in await statistics.series(*series, Span(batch="b1"), 9)] == [5.0]
    assert await statistics.series(*series, Span(since=after(60)), 9) == []
    assert await statistics.series("pcb_test", "measure", "word", Span(), 9) == []
    assert await statistics.measured("pcb_test") == [Measured("measure", "v", "V")]


async def test_causes_are_those_of_the_attempts_that_count_most_frequent_first(database: Database) -> None:
    await measure(database, "RUN1", [5.2, 5.0], 0)  # the second attempt was good
    await measure(database, "RUN2", [5.2], 10)
    await measure(database, "RUN3", [4.0], 20)
    await broken(database, "RUN4", 30, Outcome.ERROR, StepFault(code="HARDWARE_TIMEOUT", message="silent"))
    await broken(database, "RUN5", 40, Outcome.FAILED, None)
    statistics, runs = Statistics(database), Runs(database)

    causes = await statistics.causes(Span())

    assert causes == [
        Cause("measure", "measurement", "v", 2),
        Cause("measure", "fault", "FAILED", 1),
        Cause("measure", "fault", "HARDWARE_TIMEOUT", 1),
    ]
    assert await statistics.causes(Span(batch="b2")) == []
    assert [run.run_id for run in await runs.list(RunFilter(failed_step="measure"))] == ["RUN5", "RUN4", "RUN3", "RUN2"]
    assert [run.run_id for run in await runs.list(RunFilter(defect="D1"))] == ["RUN2"]


async def test_times_of_steps_are_those_of_the_latest_runs(database: Database) -> None:
    await measure(database, "RUN1", [5.0], 0)
    await measure(database, "RUN2", [5.0, 5.0], 10)
    statistics = StepDurations(database)

    (every,) = await statistics.step_times("pcb_test", Span(), 10)
    (latest,) = await statistics.step_times("pcb_test", Span(), 1)

    assert (every.step, every.n, every.mean_s, every.p50_s, every.p95_s, every.max_s) == ("measure", 3, *[1.5] * 4)
    assert latest.n == 2
    assert await statistics.step_times("aging", Span(), 1) == []


async def test_a_step_is_followed_from_day_to_day_by_the_clock_of_the_station(database: Database) -> None:
    day = 86_400
    await measure(database, "RUN1", [5.0], 0)
    await measure(database, "RUN2", [5.0, 5.0], day)
    await measure(database, "RUN3", [5.0], 2 * day)
    durations, midnight = StepDurations(database), T0.replace(hour=0, minute=0, second=0, microsecond=0)

    async def trend(span: Span = Span(), runs: int = 10, **offset: Any) -> list[StepTrend]:  # noqa: B008 - frozen
        return await durations.trend("pcb_test", "measure", span, Grouping.DAY, runs, **offset)

    assert await trend() == [
        StepTrend(midnight, 1, 1.5, 1.5),
        StepTrend(midnight + timedelta(days=1), 2, 1.5, 1.5),
        StepTrend(midnight + timedelta(days=2), 1, 1.5, 1.5),
    ]
    assert [found.n for found in await trend(runs=2)] == [2, 1]
    assert [found.n for found in await trend(Span(until=after(day)))] == [1]
    # Noon in UTC is the evening in Korea, whose day began at 15:00 of the day before.
    assert (await trend(offset=timedelta(hours=9)))[0].began == midnight - timedelta(hours=9)
    assert await durations.trend("pcb_test", "nothing", Span(), Grouping.DAY, 10) == []


async def test_each_process_is_a_test_of_its_own_and_so_is_a_sequence_without_one(database: Database) -> None:
    rows = [
        told(1, T0, process_id=3), told(2, T0, "FAILED", process_id=3, sequence_name="other"),
        told(3, T0, process_id=4), told(4, T0, process_id=4, judged=2), told(5, T0, "ERROR", process_id=5),
        told(6, T0, "FAILED"), told(7, T0), told(8, T0, sequence_name="aging", batch_id="b2"),
    ]  # fmt: skip
    await write(database, rows)
    statistics = Statistics(database)

    stages = await statistics.stages(Span())

    assert set(stages) == {
        Stage(3, None, 1, 2),
        Stage(4, None, 1, 1),
        Stage(None, "pcb", 1, 2),
        Stage(None, "aging", 1, 1),
    }
    assert await statistics.stages(Span(batch="b2")) == [Stage(None, "aging", 1, 1)]


async def test_the_stand_grows_with_every_run_that_comes_and_ends(database: Database) -> None:
    statistics, stands = Statistics(database), []

    for change in (
        lambda: Runs(database).accept(accepted()),
        lambda: Runs(database).finish(ended()),
        lambda: Runs(database).accept(accepted("RUN2", at=after(1))),
    ):
        stands.append(await statistics.stand())
        await change()
    stands.append(await statistics.stand())

    assert stands == sorted(set(stands))
