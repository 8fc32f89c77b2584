"""What can keep a run from beginning: nothing is touched, and nothing is owed."""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from station.contracts.messages import RunInput
from station.domain.delivery import MesPlan
from station.domain.outcome import Outcome
from station.domain.run import RunReason
from tests.workflows.fakes import FakeRecorder
from tests.workflows.stage import Stage, ended, plan, step
from tests.workflows.test_delivery_reporting import TellingRecorder

TAKEN = RunReason(code="WIP_RUNNING", message="WIP-1 is under test on slot_2")


class StrictRecorder(FakeRecorder):
    """Stands for a results database in which another run has the same WIP and process."""

    @activity.defn(name="station.record_accepted")
    async def record_accepted(self, request: RunInput) -> RunReason | None:  # type: ignore[override]
        """Keep it, and say no."""
        await super().record_accepted(request)
        return TAKEN


async def test_a_run_whose_wip_is_under_test_elsewhere_ends_before_anything_is_touched(stage: Stage) -> None:
    stage.recorder = StrictRecorder()

    end = await stage.run(plan(step("a"), step("off", cleanup=True)))

    assert stage.slot.calls == []
    assert (end.outcome, end.reason) == (Outcome.ABORTED, TAKEN)
    assert stage.recorder.told == []


async def test_a_run_goes_on_where_the_mes_was_taken_out_of_the_configuration_meanwhile(stage: Stage) -> None:
    stage.recorder = recorder = TellingRecorder(stage.slot)
    gone = ApplicationError("there is no such activity", type="NotFoundError", non_retryable=True)
    recorder.answers = [gone, gone]

    async with stage.engine(), stage.process():
        end = await ended(await stage.start(plan(step("a")), mes=MesPlan()))

    assert stage.slot.calls == ["open run", "a:1", "close"]
    assert end.outcome is Outcome.PASSED
    assert [request.item.action for request in recorder.submitted] == ["start_process", "complete_process"]
