"""Tests of what is kept of runs."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from station.domain.errors import RunNotFoundError
from station.domain.outcome import Outcome, RunState
from station.domain.plan import PackageRef
from station.domain.run import RunReason, UnitUnderTest
from station.storage.database import Database
from station.storage.events import Event, Events
from station.storage.runs import OwedItem, Position, RunFilter, Runs
from station.storage.tables import RUNS, SYNC_QUEUE
from tests.storage.samples import PACKAGE, PLAN, T0, UNIT, accepted, after, ended

OWED = OwedItem("RUN1:complete", "wip_process", "WIP-1", "complete_process", {"result": "PASS"})


async def events(database: Database) -> list[Event]:
    return await Events(database).after(0)


async def test_a_run_is_there_from_the_moment_it_is_accepted(database: Database) -> None:
    runs = Runs(database)

    await runs.accept(accepted())

    run = await runs.get("RUN1")
    assert run is not None
    assert (run.state, run.status, run.outcome, run.refused) == (RunState.ACCEPTED, "running", None, False)
    assert (run.package, run.unit, run.plan, run.parameters) == (PACKAGE, UNIT, PLAN, {"volts": 5.0})
    assert (run.accepted_at, run.started_at, run.workflow_id) == (T0, None, "run/st/b1")
    (event,) = await events(database)
    assert (event.type, event.batch, event.run_id, event.time) == ("run_accepted", "b1", "RUN1", T0)
    assert event.data == {
        "sequence": "pcb_test",
        "version": "1.2.3",
        "wip": "WIP-1",
        "process": 3,
        "operator": "kim",
        "steps": 2,
    }


async def test_accepting_twice_changes_nothing(database: Database) -> None:
    runs = Runs(database)
    await runs.accept(accepted())
    await runs.set_state("RUN1", RunState.RUNNING, after(1))

    await runs.accept(accepted(batch="elsewhere", at=after(2)))

    run = await runs.get("RUN1")
    assert run is not None
    assert (run.batch, run.state) == ("b1", RunState.RUNNING)
    assert [event.type for event in await events(database)] == ["run_accepted", "batch_status"]


@pytest.mark.parametrize("sequence", [PACKAGE, "pcb_test"])
async def test_a_refused_start_is_kept_with_its_reason(database: Database, sequence: PackageRef | str) -> None:
    runs = Runs(database)
    reason = RunReason(code="SEQUENCE_ALREADY_RUNNING", message="batch b1 has a run already")

    for _ in range(2):
        await runs.refuse("RUN9", "b1", sequence, UNIT, reason, T0)

    run = await runs.get("RUN9")
    assert run is not None
    assert (run.refused, run.outcome, run.reason, run.completed_at) == (True, None, reason, T0)
    assert (run.package.name, run.state) == ("pcb_test", RunState.COMPLETED)
    assert await runs.open_runs() == []
    (event,) = await events(database)
    assert event.type == "run_refused"
    assert event.data == {"sequence": "pcb_test", "wip": "WIP-1", "reason": reason.model_dump(mode="json")}


async def test_states_are_told_as_they_change(database: Database) -> None:
    runs = Runs(database)
    await runs.accept(accepted())

    await runs.set_state("RUN1", RunState.PAUSED, after(3), waiting_for="the operator", detail={"actor": "kim"})

    run = await runs.get("RUN1")
    assert run is not None
    assert run.state is RunState.PAUSED
    event = (await events(database))[-1]
    assert (event.type, event.time) == ("batch_status", after(3))
    assert event.data == {"state": "paused", "waiting_for": "the operator", "actor": "kim"}


async def test_the_start_of_a_run_is_that_of_its_first_execution(database: Database) -> None:
    runs = Runs(database)
    await runs.accept(accepted())

    await runs.begin("RUN1", "temporal-1", after(1))
    await runs.begin("RUN1", "temporal-2", after(99))

    run = await runs.get("RUN1")
    assert run is not None
    assert (run.started_at, run.temporal_run_id) == (after(1), "temporal-2")


async def test_instruments_that_were_noted_stay_when_others_are(database: Database) -> None:
    runs = Runs(database)
    await runs.accept(accepted())

    await runs.note_instruments("RUN1", {"dmm": {"driver": "Dmm", "identity": "DMM 1"}})
    await runs.note_instruments("RUN1", {"psu": {"driver": "Psu", "identity": ""}})

    run = await runs.get("RUN1")
    assert run is not None
    assert run.instruments == {
        "dmm": {"driver": "Dmm", "identity": "DMM 1"},
        "psu": {"driver": "Psu", "identity": ""},
    }
    with pytest.raises(RunNotFoundError):
        await runs.note_instruments("RUN2", {})


async def test_rounds_and_recoveries_are_counted_and_told_once(database: Database) -> None:
    runs = Runs(database)
    await runs.accept(accepted())

    for _ in range(2):
        await runs.recovered("RUN1", 1, "its process was killed", after(5))
        await runs.new_round("RUN1", 2, after(6))

    run = await runs.get("RUN1")
    assert run is not None
    assert (run.recoveries, run.round) == (1, 2)
    told = [(event.type, event.data) for event in await events(database)][1:]
    assert told == [
        ("run_recovered", {"recoveries": 1, "reason": "its process was killed"}),
        ("batch_status", {"state": "accepted", "round": 2}),
    ]


async def test_a_result_and_what_is_owed_for_it_are_kept_together_and_once(database: Database) -> None:
    runs = Runs(database)
    await runs.accept(accepted())
    result = ended().model_copy(update={"recoveries": 2, "defects": ("D1",), "hardware_safe": False})

    await runs.finish(result, [OWED])
    await runs.finish(ended(outcome=Outcome.FAILED), [OWED])

    run = await runs.get("RUN1")
    assert run is not None
    assert (run.state, run.status, run.outcome) == (RunState.COMPLETED, "completed", Outcome.PASSED)
    assert (run.defects, run.recoveries, run.hardware_safe) == (("D1",), 2, False)
    assert (run.started_at, run.completed_at) == (after(1), after(60))
    assert run.result == result
    async with database.read() as session:
        (owed,) = (await session.execute(select(SYNC_QUEUE))).all()
    assert (owed.item_id, owed.entity_type, owed.entity_id, owed.action, owed.payload, owed.execution_id) == (
        "RUN1:complete",
        "wip_process",
        "WIP-1",
        "complete_process",
        {"result": "PASS"},
        "RUN1",
    )
    assert (owed.state, owed.retry_count, owed.created_at, owed.synced_at) == ("pending", 0, after(60), None)
    completed = [event for event in await events(database) if event.type == "sequence_complete"]
    assert [event.data for event in completed] == [{"result": result.model_dump(mode="json")}]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.PASSED, "completed"),
        (Outcome.FAILED, "failed"),
        (Outcome.ERROR, "failed"),
        (Outcome.ABORTED, "stopped"),
    ],
)
async def test_the_documented_status_follows_from_the_outcome(
    database: Database, outcome: Outcome, status: str
) -> None:
    runs = Runs(database)
    await runs.accept(accepted())

    await runs.finish(ended(outcome=outcome))

    run = await runs.get("RUN1")
    assert run is not None
    assert run.status == status


async def test_a_completed_run_is_never_changed(database: Database) -> None:
    runs = Runs(database)
    await runs.accept(accepted())
    await runs.finish(ended())
    before, told = await runs.get("RUN1"), len(await events(database))

    await runs.set_state("RUN1", RunState.RUNNING, after(70))
    await runs.set_state("RUN1", RunState.COMPLETED, after(70))
    await runs.begin("RUN1", "temporal-9", after(70))
    await runs.new_round("RUN1", 9, after(70))
    await runs.recovered("RUN1", 9, "no", after(70))

    assert await runs.get("RUN1") == before
    assert len(await events(database)) == told


async def test_a_run_is_not_completed_without_a_result(database: Database) -> None:
    runs = Runs(database)
    await runs.accept(accepted())

    with pytest.raises(ValueError, match="finish"):
        await runs.set_state("RUN1", RunState.COMPLETED, after(70))


async def test_an_unknown_run_is_an_error_to_writers_and_nothing_to_readers(database: Database) -> None:
    runs = Runs(database)

    for write in (
        runs.set_state("NONE", RunState.RUNNING, T0),
        runs.begin("NONE", "t", T0),
        runs.new_round("NONE", 2, T0),
        runs.recovered("NONE", 1, "", T0),
        runs.finish(ended("NONE"), [OWED]),
    ):
        with pytest.raises(RunNotFoundError):
            await write

    assert await runs.get("NONE") is None
    assert await runs.steps("NONE") == []


async def test_open_runs_are_those_a_lost_engine_is_rebuilt_from(database: Database) -> None:
    runs = Runs(database)
    for name in ("RUN1", "RUN2", "RUN3"):
        await runs.accept(accepted(name))
    await runs.finish(ended("RUN2"))

    found = await runs.open_runs()

    assert [(run.run_id, run.plan) for run in found] == [("RUN1", PLAN), ("RUN3", PLAN)]


async def test_runs_are_listed_newest_first_page_by_page(database: Database) -> None:
    runs = Runs(database)
    for number in range(5):
        await runs.accept(accepted(f"RUN{number}"))

    first = await runs.list(limit=2)
    second = await runs.list(limit=2, after=Position(first[-1].accepted_at, first[-1].run_id))

    assert [run.run_id for run in first + second] == ["RUN4", "RUN3", "RUN2", "RUN1"]
    assert first[0].plan is None


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (RunFilter(), ["RUN3", "RUN2", "RUN1"]),
        (RunFilter(batch="b2"), ["RUN2"]),
        (RunFilter(wip="WIP-2"), ["RUN2"]),
        (RunFilter(outcomes=(Outcome.FAILED,)), ["RUN2"]),
        (RunFilter(sequence="pcb_test"), ["RUN2", "RUN1"]),
        (RunFilter(refused=True), ["RUN3"]),
        (RunFilter(refused=False), ["RUN2", "RUN1"]),
        (RunFilter(since=T0 + timedelta(hours=1)), ["RUN3", "RUN2"]),
        (RunFilter(since=T0 + timedelta(hours=1), until=T0 + timedelta(hours=2)), ["RUN2"]),
        (RunFilter(batch="b1", outcomes=(Outcome.FAILED,)), []),
    ],
)
async def test_filters_narrow_the_list(database: Database, filter: RunFilter, expected: list[str]) -> None:
    runs = Runs(database)
    await runs.accept(accepted())
    await runs.accept(accepted("RUN2", "b2", UnitUnderTest(wip="WIP-2"), after(3600)))
    await runs.finish(ended("RUN2", Outcome.FAILED))
    await runs.refuse("RUN3", "b1", "aging", UNIT, RunReason(code="X", message="no"), after(7200))

    found = await runs.list(filter)

    assert [run.run_id for run in found] == expected


async def test_a_run_accepted_by_this_version_has_the_documented_columns(database: Database) -> None:
    await Runs(database).accept(accepted())

    async with database.read() as session:
        row = (await session.execute(select(RUNS))).mappings().one()

    assert {name: row[name] for name in ("id", "batch_id", "sequence_name", "sequence_version", "status")} == {
        "id": "RUN1",
        "batch_id": "b1",
        "sequence_name": "pcb_test",
        "sequence_version": "1.2.3",
        "status": "running",
    }


async def test_one_unit_is_in_one_process_at_a_time(database: Database) -> None:
    runs = Runs(database)
    await runs.accept(accepted())

    again = await runs.accept(accepted("RUN2", "b2", UNIT))
    elsewhere = await runs.accept(accepted("RUN3", "b3", UNIT.model_copy(update={"process": 4})))
    await runs.finish(ended())
    later = await runs.accept(accepted("RUN4", "b2", UNIT))

    assert again == "RUN1"
    assert await runs.get("RUN2") is None
    assert (elsewhere, later) == (None, None)
