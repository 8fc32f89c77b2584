"""A run and its MES: told before any hardware moves, and of the end after the result is written."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError

from station.contracts.delivery import SubmitToMes
from station.contracts.messages import RecordedResult, RecordResultRequest, RunInput
from station.domain.delivery import Delivered, DeliveryState, MesAction, MesPlan, MesRefusal, OwedItem
from station.domain.outcome import Outcome
from station.domain.run import RunReason, UnitUnderTest
from tests.workflows.fakes import FakeRecorder, FakeSlot
from tests.workflows.stage import Stage, ended, plan, step
from workflows.reporting import Reporting

START, COMPLETE = "RUN1/start_process", "RUN1/complete_process"
ONLINE_WAIT = timedelta(seconds=2)
REFUSAL = MesRefusal(code="WIP_NOT_FOUND", message="nobody knows it", message_ko="WIP를 찾을 수 없습니다")


class TellingRecorder(FakeRecorder):
    """Stands for the results database and for whoever hands items over to their WIP's delivery.

    Attributes:
        submitted: What was handed over.
        moved_before: What the slot had been asked for at each of them.
        answers: What is answered; afterwards, that it is on its way.
        ends: What the results database was told of the end.
    """

    def __init__(self, slot: FakeSlot) -> None:
        super().__init__()
        self._slot = slot
        self.submitted: list[SubmitToMes] = []
        self.moved_before: list[list[str]] = []
        self.answers: list[DeliveryState | Exception] = []
        self.refusal: MesRefusal | None = None
        self.owes_the_end = True
        self.ends: list[RecordResultRequest] = []

    @activity.defn(name="station.submit_to_mes")
    async def submit_to_mes(self, request: SubmitToMes) -> Delivered:
        """Keep it, and answer as told."""
        self.submitted.append(request)
        self.moved_before.append(list(self._slot.calls))
        self.told.append(request.item.action)
        answer = self.answers.pop(0) if self.answers else DeliveryState.PENDING
        if isinstance(answer, Exception):
            raise answer
        return Delivered(item_id=request.item.item_id, state=answer, refusal=self.refusal)

    @activity.defn(name="station.record_result")
    async def record_result(self, request: RecordResultRequest) -> RecordedResult:  # type: ignore[override]
        """Keep it, and owe the MES the end where it is told of the run."""
        await super().record_result(request)
        self.ends.append(request)
        owed = request.mes is not None and self.owes_the_end
        return RecordedResult(owed=_end() if owed else None)

    @property
    def activities(self) -> list[Callable[..., Awaitable[object]]]:
        """What the engine's worker serves beside the workflow."""
        return [*super().activities, self.submit_to_mes]

    @property
    def items(self) -> list[str]:
        """What was handed over, by identity."""
        return [request.item.item_id for request in self.submitted]


@pytest.fixture
def recorder(stage: Stage) -> TellingRecorder:
    """The recorder of the stage, which tells the MES too."""
    stage.recorder = recorder = TellingRecorder(stage.slot)
    return recorder


async def run(stage: Stage, mes: MesPlan | None) -> tuple[Outcome, RunReason | None]:
    async with stage.engine(), stage.process():
        end = await ended(await stage.start(plan(step("a")), mes=mes))
    return end.outcome, end.reason


async def test_the_start_is_told_before_any_hardware_moves_and_the_end_after_it_is_written(
    stage: Stage, recorder: TellingRecorder
) -> None:
    outcome = await run(stage, MesPlan(online_wait=ONLINE_WAIT))
    start, end = recorder.submitted
    result = recorder.result

    assert outcome == (Outcome.PASSED, None)
    assert recorder.moved_before == [[], ["open run", "a:1", "close"]]
    assert recorder.told[-2:] == ["result", "complete_process"]
    assert (start.wait, end.wait) == (ONLINE_WAIT, timedelta())
    assert start.item == OwedItem(
        item_id=START,
        run_id="RUN1",
        batch="slot_1",
        action=MesAction.START,
        wip="WIP-1",
        process=1,
        operator="kim",
        payload={"started_at": result.started_at.isoformat()},
        created_at=result.started_at,
    )
    assert end.item == _end()


async def test_a_run_without_mes_tells_nothing(stage: Stage, recorder: TellingRecorder) -> None:
    outcome = await run(stage, None)

    assert outcome == (Outcome.PASSED, None)
    assert recorder.submitted == []
    assert recorder.ends[0].mes is None


async def test_a_run_whose_end_says_nothing_owes_nothing(stage: Stage, recorder: TellingRecorder) -> None:
    recorder.owes_the_end = False

    await run(stage, MesPlan())

    assert recorder.items == [START]


@pytest.mark.parametrize("state", [DeliveryState.REFUSED, DeliveryState.PARKED])
async def test_a_refused_unit_is_not_touched_and_its_end_is_not_told(
    stage: Stage, recorder: TellingRecorder, state: DeliveryState
) -> None:
    recorder.answers, recorder.refusal = [state], REFUSAL

    outcome = await run(stage, MesPlan())

    assert outcome == (Outcome.ABORTED, RunReason(code="WIP_NOT_FOUND", message="nobody knows it"))
    assert stage.slot.calls == []
    assert recorder.items == [START]
    assert recorder.ends[0].mes is None


@pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.PENDING, DeliveryState.DISCARDED])
async def test_whatever_else_becomes_of_the_start_production_goes_on(
    stage: Stage, recorder: TellingRecorder, state: DeliveryState
) -> None:
    recorder.answers = [state]

    outcome = await run(stage, MesPlan())

    assert outcome == (Outcome.PASSED, None)
    assert recorder.items == [START, COMPLETE]


async def test_what_an_engine_died_over_is_handed_over_again(stage: Stage, recorder: TellingRecorder) -> None:
    killed = ApplicationError("the engine was killed", non_retryable=True)
    recorder.answers = [killed, DeliveryState.DELIVERED, killed, DeliveryState.PENDING]

    outcome = await run(stage, MesPlan())

    assert outcome == (Outcome.PASSED, None)
    assert recorder.items == [START, START, COMPLETE, COMPLETE]
    assert recorder.submitted[0] == recorder.submitted[1]


async def test_a_start_that_can_never_be_told_is_the_stations_fault_and_no_hardware_moves(
    stage: Stage, recorder: TellingRecorder
) -> None:
    recorder.answers = [ApplicationError("it cannot be read", type="ValidationError", non_retryable=True)] * 5

    outcome, reason = await run(stage, MesPlan())

    assert outcome is Outcome.ERROR
    assert stage.slot.calls == []
    assert reason is not None
    assert reason.code == "INTERNAL_ERROR"
    assert "the MES cannot be told (start_process): ValidationError: it cannot be read" in reason.message
    # It may have arrived all the same, so somebody decides about the unit.
    assert [end.mes is not None for end in recorder.ends] == [True]
    assert recorder.items == [START] * 5 + [COMPLETE]


async def test_an_end_that_cannot_be_handed_over_does_not_hold_the_slot(
    stage: Stage, recorder: TellingRecorder
) -> None:
    broken = ApplicationError("it cannot be read", type="ValidationError", non_retryable=True)
    recorder.answers = [DeliveryState.DELIVERED, *[broken] * 5]

    outcome = await run(stage, MesPlan())

    assert outcome == (Outcome.PASSED, None)
    assert recorder.items == [START] + [COMPLETE] * 5


async def test_a_database_that_is_away_is_waited_for(stage: Stage, recorder: TellingRecorder) -> None:
    away = ApplicationError("the disk is full", type="STORAGE_FAILED", non_retryable=True)
    recorder.answers = [*[away] * 6, DeliveryState.DELIVERED]

    outcome = await run(stage, MesPlan())

    assert outcome == (Outcome.PASSED, None)
    assert recorder.items == [START] * 7 + [COMPLETE]


async def test_a_unit_without_wip_has_nothing_to_be_told_of() -> None:
    request = RunInput(
        run_id="RUN1", station="T1", batch="slot_1", plan=plan(step("a")), unit=UnitUnderTest(), mes=MesPlan(),
        accepted_at=datetime.now(UTC),
    )  # fmt: skip

    reporting = Reporting(request)

    assert not reporting.told
    assert await reporting.start(datetime.now(UTC)) is None


def _end() -> OwedItem:
    moment = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    return OwedItem(
        item_id=COMPLETE, run_id="RUN1", batch="slot_1", action=MesAction.COMPLETE, wip="WIP-1", created_at=moment
    )
