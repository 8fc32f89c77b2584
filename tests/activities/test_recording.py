"""What workflows decide reaches the database, as often as it is told; and whether a process has taken a call up."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from activities.recording import Recording
from activities.steering import SteeringRecords
from station.contracts.messages import (
    Presence,
    ProbeRequest,
    RecordResultRequest,
    RecoveryNote,
    RunInput,
    StateChange,
)
from station.contracts.steering import SkippedStep
from station.domain.audit import Deed
from station.domain.delivery import MesPlan
from station.domain.events import EventType
from station.domain.notice import Notice, NoticeCode
from station.domain.outcome import Outcome, RunState
from station.domain.plan import Severity
from station.domain.run import RunResult, StepFault, UnitUnderTest
from station.storage.audit import Audit
from station.storage.batches import ExitKind, ProcessExit
from station.storage.events import Events
from station.storage.quarantine import Quarantines
from station.storage.queue import SyncQueue
from station.storage.steering import Steering
from station.storage.steps import StepKey
from tests.activities.conftest import BATCH, RUN, Slot, call

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def recording(slot: Slot) -> Recording:
    return Recording(slot.runs, slot.journal, slot.batches, Audit(slot.database))


async def kinds(slot: Slot, *wanted: EventType) -> list[str]:
    return [event.type for event in await Events(slot.database).after(0) if event.type in wanted]


async def test_an_accepted_run_has_its_row_once(slot: Slot, recording: Recording) -> None:
    unit = UnitUnderTest(wip="WIP-1", operator="kim")
    request = RunInput(run_id="RUN2", station="T1", batch=BATCH, plan=slot.plan, unit=unit, accepted_at=T0)

    await call(recording.record_accepted, request)
    await call(recording.record_accepted, request)

    run = await slot.runs.get("RUN2")
    assert run is not None
    assert (run.unit, run.workflow_id, run.temporal_run_id) == (unit, "run/T1/slot_1", "test-run")
    assert await kinds(slot, EventType.RUN_ACCEPTED) == [EventType.RUN_ACCEPTED] * 2  # the fixture's own, and this one


async def test_a_run_asked_for_before_its_slot_was_in_quarantine_is_refused_once(
    slot: Slot, recording: Recording
) -> None:
    await Quarantines(slot.database).set(BATCH, Notice.of(NoticeCode.UNSAFE_START, "the output stays on"), T0)
    request = RunInput(run_id="RUN2", station="T1", batch=BATCH, plan=slot.plan, accepted_at=T0)

    reason = await call(recording.record_accepted, request)
    repeated = ActivityEnvironment()
    repeated.info = replace(repeated.info, attempt=2)
    again = await call(recording.record_accepted, request, repeated)

    run = await slot.runs.get("RUN2")
    assert reason is not None
    assert reason.code == "SLOT_QUARANTINED"
    assert again == reason
    assert run is not None
    assert (run.refused, run.reason) == (True, reason)


async def test_a_deed_is_in_the_audit_once_however_often_it_is_told(slot: Slot, recording: Recording) -> None:
    deed = Deed(id=f"{RUN}/1", at=T0, actor="kim", action="stop", target=BATCH, reason="smoke", data={"run": RUN})

    await call(recording.record_deed, deed)
    await call(recording.record_deed, deed)

    assert [entry.deed for entry in await Audit(slot.database).list()] == [deed]


async def test_a_state_is_written_with_what_it_waits_for_and_what_can_be_chosen(
    slot: Slot, recording: Recording
) -> None:
    change = StateChange(
        run_id=RUN, batch=BATCH, state=RunState.INTERRUPTED, at=T0, waiting_for="somebody", choices=["resume", "abort"]
    )

    await call(recording.record_state, change)
    await call(recording.record_state, change.model_copy(update={"state": RunState.PAUSED, "choices": []}))

    run = await slot.runs.get(RUN)
    told = [event.data for event in await Events(slot.database).after(0) if event.type == EventType.BATCH_STATUS]
    assert run is not None
    assert run.state is RunState.PAUSED
    assert told == [
        {"state": "interrupted", "waiting_for": "somebody", "waiting": None, "choices": ["resume", "abort"]},
        {"state": "paused", "waiting_for": "somebody", "waiting": None},
    ]


async def test_a_recovery_is_counted_once_and_a_restart_begins_a_round(slot: Slot, recording: Recording) -> None:
    resumed = RecoveryNote(run_id=RUN, batch=BATCH, recoveries=1, reason="opened anew", at=T0)
    restarted = resumed.model_copy(update={"recoveries": 2, "round": 2})

    for note in (resumed, resumed, restarted, restarted):
        await call(recording.record_recovery, note)

    run = await slot.runs.get(RUN)
    assert run is not None
    assert (run.recoveries, run.round) == (2, 2)
    assert len(await kinds(slot, EventType.RUN_RECOVERED)) == 2


async def test_the_first_result_stands(slot: Slot, recording: Recording) -> None:
    result = RunResult(
        run_id=RUN, outcome=Outcome.PASSED, started_at=T0, completed_at=T0 + timedelta(minutes=1), hardware_safe=True
    )

    for outcome in (Outcome.PASSED, Outcome.ERROR):
        again = result.model_copy(update={"outcome": outcome})
        await call(recording.record_result, RecordResultRequest(batch=BATCH, result=again))

    run = await slot.runs.get(RUN)
    assert run is not None
    assert (run.state, run.outcome) == (RunState.COMPLETED, Outcome.PASSED)
    assert await kinds(slot, EventType.SEQUENCE_COMPLETE) == ["sequence_complete"]


async def test_a_run_the_database_has_lost_is_written_anew_with_its_end(slot: Slot, recording: Recording) -> None:
    unit = UnitUnderTest(wip="WIP-1", process=1, operator="5")
    result = RunResult(
        run_id="LOST", outcome=Outcome.FAILED, started_at=T0, completed_at=T0 + timedelta(minutes=1), recoveries=1
    )
    request = RecordResultRequest(
        batch=BATCH, result=result, unit=unit, mes=MesPlan(), round=2, package=slot.plan.package,
        parameters={"volts": 5}, accepted_at=T0 - timedelta(seconds=1),
    )  # fmt: skip

    recorded = [await call(recording.record_result, request) for _ in range(2)]

    run = await slot.runs.get("LOST")
    assert run is not None
    assert (run.batch, run.package, run.unit, run.parameters) == (BATCH, slot.plan.package, unit, {"volts": 5})
    assert (run.state, run.outcome, run.result, run.round) == (RunState.COMPLETED, Outcome.FAILED, result, 2)
    assert (run.accepted_at, run.workflow_id) == (T0 - timedelta(seconds=1), "test")
    assert [one.owed.item_id for one in recorded if one and one.owed] == ["LOST/complete_process"] * 2
    assert len(await SyncQueue(slot.database).open(wip="WIP-1")) == 1
    (alert,) = [event for event in await Events(slot.database).after(0) if event.type == EventType.ERROR]
    assert "LOST" in str(alert.data["error"])


async def test_a_run_of_an_older_history_that_the_database_has_lost_has_its_end_too(
    slot: Slot, recording: Recording
) -> None:
    result = RunResult(run_id="LOST", outcome=Outcome.PASSED, started_at=T0, completed_at=T0 + timedelta(minutes=1))

    await call(recording.record_result, RecordResultRequest(batch=BATCH, result=result))

    run = await slot.runs.get("LOST")
    assert run is not None
    assert (run.outcome, run.accepted_at) == (Outcome.PASSED, T0)


async def test_what_a_run_tells_of_its_way_is_dropped_where_the_database_has_lost_the_run(
    slot: Slot, recording: Recording
) -> None:
    steering = SteeringRecords(Steering(slot.database))
    fault = StepFault(code="STEP_SKIPPED", message="left out by kim", severity=Severity.WARNING)

    await call(recording.record_state, StateChange(run_id="LOST", batch=BATCH, state=RunState.PAUSED, at=T0))
    await call(
        recording.record_recovery,
        RecoveryNote(run_id="LOST", batch=BATCH, recoveries=1, reason="opened anew", at=T0, round=2),
    )
    await call(
        steering.record_skipped,
        SkippedStep(run_id="LOST", batch=BATCH, step="measure", index=0, attempt=1, round=1, fault=fault, at=T0),
    )

    assert await slot.runs.get("LOST") is None
    assert [event for event in await Events(slot.database).after(0) if event.run_id == "LOST"] == []


# Is the process there?


@dataclass
class World:
    """What is known of the batch's process and of the step it was given."""

    slot: Slot

    async def supervised(self, pid: int = 7) -> None:
        await self.slot.batches.process_started(BATCH, pid, T0, 0)

    async def died(self, pid: int = 7, alert: str = "") -> None:
        end = ProcessExit(ExitKind.CRASHED, message="crashed with SIGSEGV")
        await self.slot.batches.process_exited(BATCH, pid, end, T0)
        if alert:
            await self.slot.batches.set_process_state(BATCH, "backoff", T0, alert=alert)

    async def step_begun(self, pid: int = 7) -> None:
        await self.slot.journal.claim_session(BATCH, "token", RUN, self.slot.plan.package, {}, T0)
        await self.slot.journal.begin_step(
            StepKey(RUN, "measure"), batch=BATCH, session="token", index=0, round=1, segment=1, task_token=None,
            pid=pid, at=T0,
        )  # fmt: skip


async def nothing_known(world: World) -> None:
    """Neither a process nor a step."""


async def up(world: World) -> None:
    await world.supervised()


async def up_and_at_it(world: World) -> None:
    await world.supervised()
    await world.step_begun()


async def at_it_without_supervisor(world: World) -> None:
    await world.step_begun()


async def another_run_without_supervisor(world: World) -> None:
    await world.slot.journal.claim_session(BATCH, "token", RUN, world.slot.plan.package, {}, T0)


async def died_at_it(world: World) -> None:
    await up_and_at_it(world)
    await world.died()


async def died_and_waits(world: World) -> None:
    await up_and_at_it(world)
    await world.died(alert="it crashed with SIGSEGV; restart 1 in 2 s")


async def replaced(world: World) -> None:
    await died_at_it(world)
    await world.supervised(pid=8)


async def stopped_by_somebody(world: World) -> None:
    await world.supervised()
    await world.slot.batches.process_exited(BATCH, 7, ProcessExit(ExitKind.STOPPED), T0)


@pytest.mark.parametrize(
    ("given", "step", "expected"),
    [
        (nothing_known, "measure", Presence(started=False, note="nobody supervises it")),
        (nothing_known, "", Presence(started=False, note="nobody supervises it")),
        (up, "", Presence(started=True)),
        (up, "measure", Presence(started=False, note="it is running")),
        (up_and_at_it, "measure", Presence(started=True)),
        (at_it_without_supervisor, "measure", Presence(started=True)),
        (another_run_without_supervisor, "measure", Presence(started=False, note="nobody supervises it")),
        (died_at_it, "measure", Presence(started=False, note="it is crashed")),
        (died_and_waits, "measure", Presence(started=False, note="it crashed with SIGSEGV; restart 1 in 2 s")),
        (replaced, "measure", Presence(started=False, note="it is running")),
        (stopped_by_somebody, "", Presence(started=False, note="it is stopped")),
    ],
)
async def test_whether_a_process_has_taken_up_what_it_was_given(
    slot: Slot, recording: Recording, given: Callable[[World], object], step: str, expected: Presence
) -> None:
    await given(World(slot))  # type: ignore[misc]

    presence = await call(recording.probe, ProbeRequest(run_id=RUN, batch=BATCH, step=step))

    assert presence == expected
