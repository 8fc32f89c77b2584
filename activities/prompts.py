"""Writes what runs ask people and what they answer, on the engine's queue."""

from temporalio import activity

from activities.recording import unless_lost
from station.contracts.prompts import PromptEnd, PromptNote, StepEnd
from station.storage.prompts import Prompts


class PromptRecording:
    """Implements the contracts about prompts; every one may be repeated without harm."""

    def __init__(self, prompts: Prompts) -> None:
        """Write through these queries."""
        self._prompts = prompts

    @activity.defn(name="station.record_prompt")
    async def record_prompt(self, request: PromptNote) -> None:
        """Write that somebody is asked, once."""
        await unless_lost(self._prompts.ask(request.run_id, request.batch, request.asked))

    @activity.defn(name="station.record_prompt_end")
    async def record_prompt_end(self, request: PromptEnd) -> None:
        """Write what became of a prompt; the first word stands."""
        await self._prompts.close(
            request.run_id, request.batch, request.id, request.step, request.state.value, request.answer, request.at
        )

    @activity.defn(name="station.record_step_end")
    async def record_step_end(self, request: StepEnd) -> None:
        """Write what an attempt came to that no process will write; one that has its result is left alone."""
        await unless_lost(
            self._prompts.end_step(
                request.run_id, request.batch, request.index, request.round, request.result, request.at
            )
        )
