"""What is asked and answered is written once, and dropped where the database has lost the run."""

from datetime import UTC, datetime

import pytest

from activities.prompts import PromptRecording
from station.contracts.prompts import PromptEnd, PromptNote, PromptState, StepEnd
from station.domain.outcome import Outcome
from station.domain.prompt import Answer, OpenPrompt, Prompt
from station.domain.run import StepReport, StepResult
from station.storage.events import Events
from station.storage.prompts import Prompts
from tests.activities.conftest import BATCH, RUN, Slot, call

T0 = datetime(2026, 1, 31, 12, tzinfo=UTC)
PROMPT = Prompt.model_validate({"message": "Is it green?", "key": "led"})
ASKED = OpenPrompt(id="P:1", step="measure", prompt=PROMPT, asked_at=T0)
ANSWER = Answer(values={"answer": True}, by="kim", at=T0)


def told(run_id: str) -> tuple[PromptNote, PromptEnd, StepEnd]:
    result = StepResult(report=StepReport(step="measure", outcome=Outcome.FAILED))
    return (
        PromptNote(run_id=run_id, batch=BATCH, asked=ASKED),
        PromptEnd(
            run_id=run_id, batch=BATCH, id="P:1", step="measure", state=PromptState.ANSWERED, at=T0, answer=ANSWER
        ),
        StepEnd(run_id=run_id, batch=BATCH, index=0, round=1, at=T0, result=result),
    )


@pytest.mark.parametrize(("run_id", "written"), [(RUN, 1), ("LOST", 0)])
async def test_what_is_told_of_a_prompt_is_written_once_or_dropped(slot: Slot, run_id: str, written: int) -> None:
    recording, (note, end, step) = PromptRecording(Prompts(slot.database)), told(run_id)
    before = len(await Events(slot.database).after(0))

    for _ in range(2):
        await call(recording.record_prompt, note)
        await call(recording.record_prompt_end, end)
        await call(recording.record_step_end, step)

    records = await Prompts(slot.database).list()
    assert [(one.state, one.answer) for one in records] == [("answered", ANSWER)] * written
    assert len(await slot.runs.steps(RUN)) == written
    assert len(await Events(slot.database).after(0)) - before == 3 * written
