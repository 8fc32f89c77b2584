"""The workflow `station.run` as clients see it: its name and its handlers, no bodies."""

from temporalio import workflow

from station.contracts.barrier import BarrierNote
from station.contracts.messages import PauseRequest, RecoverRequest, RunEnd, RunInput, StopRequest
from station.contracts.prompts import AnswerRequest
from station.contracts.steering import GotoRequest, SkipRequest
from station.domain.run import RunStatus


@workflow.defn(name="station.run", sandboxed=False)
class RunContract:
    """One execution of a sequence on one unit."""

    @workflow.run
    async def run(self, request: RunInput) -> RunEnd:
        """Live from acceptance to result."""
        raise NotImplementedError

    @workflow.signal(name="stop")
    async def stop(self, request: StopRequest) -> None:
        """Stop, clean up, end as ABORTED; the first stop counts."""
        raise NotImplementedError

    @workflow.update(name="pause")
    async def pause(self, request: PauseRequest) -> RunStatus:
        """Hold before the next step."""
        raise NotImplementedError

    @workflow.update(name="resume")
    async def resume(self, request: PauseRequest) -> RunStatus:
        """Go on after a pause."""
        raise NotImplementedError

    @workflow.update(name="skip_step")
    async def skip_step(self, request: SkipRequest) -> RunStatus:
        """Leave out a step that has not ended; the run cannot PASS any more."""
        raise NotImplementedError

    @workflow.update(name="goto_step")
    async def goto_step(self, request: GotoRequest) -> RunStatus:
        """Go back to a step: it and those after it are done again."""
        raise NotImplementedError

    @workflow.update(name="recover")
    async def recover(self, request: RecoverRequest) -> RunStatus:
        """Choose what becomes of an interrupted run."""
        raise NotImplementedError

    @workflow.update(name="answer_prompt")
    async def answer_prompt(self, request: AnswerRequest) -> RunStatus:
        """Answer a prompt; the first answer counts."""
        raise NotImplementedError

    @workflow.signal(name="meet")
    async def meet(self, note: BarrierNote) -> None:
        """Take news of a run that was started together with this one."""
        raise NotImplementedError

    @workflow.query(name="status")
    def status(self) -> RunStatus:
        """Where the run is now."""
        raise NotImplementedError
