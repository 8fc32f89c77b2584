"""After a run went back, a session and the MES know only what still counts."""

from datetime import UTC, datetime, timedelta

from activities.recording import Recording
from activities.steering import SteeringRecords
from station.contracts.messages import RecordResultRequest
from station.contracts.steering import SkippedStep, WentBack
from station.domain.delivery import MesPlan
from station.domain.outcome import Outcome, StepState
from station.domain.run import RunResult, StepFault, UnitUnderTest
from station.storage.audit import Audit
from station.storage.steering import Steering
from station.storage.steps import StepKey
from tests.activities.conftest import BATCH, RUN, Process, Slot, call, step_request

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


async def gated(process: Process, token: str, attempt: int) -> dict[str, object]:
    """What the step `gated` returns, which tells whether it finds what `measure` left behind."""
    await call(process.execution.run_step, step_request("gated", token, attempt))
    row = await process.hardware.stores.journal.finished(RUN, 1)
    return dict(next(one.values for one in row if one.report.step == "gated"))


async def went_back(slot: Slot, step: str, given_up: dict[str, int]) -> None:
    request = WentBack(run_id=RUN, batch=BATCH, step=step, given_up=given_up, by="kim", at=T0)
    await call(SteeringRecords(Steering(slot.database)).record_going_back, request)


async def test_a_session_that_is_opened_anew_knows_nothing_of_what_was_given_up(slot: Slot) -> None:
    slot.tell("go")
    process = slot.process()
    token = (await process.open()).token
    await call(process.execution.run_step, step_request("measure", token))
    before = await gated(process, token, 1)

    await went_back(slot, "measure", {"measure": 1, "gated": 1})
    token = (await process.open()).token
    after = await gated(process, token, 2)

    assert (before, after) == ({"before": True}, {"before": False})
    assert slot.calls.count("make_safe") >= 2


async def test_the_mes_gets_the_values_of_what_counts(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    await call(process.execution.run_step, step_request("measure", token))
    recording = Recording(slot.runs, slot.journal, slot.batches, Audit(slot.database))
    await went_back(slot, "measure", {"measure": 1})

    result = RunResult(run_id=RUN, outcome=Outcome.PASSED, started_at=T0, completed_at=T0 + timedelta(seconds=2))
    unit = UnitUnderTest(wip="WIP-1", process=1, operator="5")
    recorded = await call(
        recording.record_result, RecordResultRequest(batch=BATCH, result=result, unit=unit, mes=MesPlan())
    )

    assert recorded is not None
    assert recorded.owed is not None
    assert recorded.owed.payload["measurements"] == {"cycle_time_ms": 2000}


async def test_a_long_step_that_was_given_up_begins_at_its_beginning(slot: Slot) -> None:
    process = slot.process()
    token = (await process.open()).token
    journal, key = slot.journal, step_request("soak", token)
    await journal.begin_step(
        StepKey(RUN, "soak"), batch=BATCH, session=token, index=4, round=1, segment=1, task_token=None, pid=1, at=T0
    )
    await journal.checkpoint(StepKey(RUN, "soak"), token, timedelta(seconds=50), {"ticks": 5}, T0)
    await journal.interrupt_step(StepKey(RUN, "soak"), "was killed", T0)
    step = next(step for step in slot.plan.steps if step.name == "soak")
    again = key.model_copy(update={"attempt": 2})
    goes_on = await process.execution._earlier_part(step, again)

    await went_back(slot, "soak", {"soak": 1})

    assert goes_on is not None
    assert await process.execution._earlier_part(step, again) is None


async def test_a_step_that_was_left_out_has_its_row(slot: Slot) -> None:
    request = SkippedStep(
        run_id=RUN, batch=BATCH, step="measure", index=0, attempt=1,
        fault=StepFault(code="STEP_SKIPPED", message="Left out by kim"), at=T0,
    )  # fmt: skip

    await call(SteeringRecords(Steering(slot.database)).record_skipped, request)

    row = await slot.row("measure")
    assert row is not None
    assert (row.status, row.fault) == (StepState.SKIPPED, request.fault)
