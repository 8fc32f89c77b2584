"""Prompts as rows: asked once, closed once, and the end of a step no process writes."""

from datetime import timedelta

from station.domain.events import EventType
from station.domain.measurement import Measurement
from station.domain.outcome import Outcome, StepState
from station.domain.prompt import Answer, OpenPrompt, Prompt
from station.domain.run import StepFault, StepReport, StepResult
from station.storage.database import Database
from station.storage.events import Event, Events
from station.storage.journal import StepKey
from station.storage.prompts import Prompts
from station.storage.runs import Runs
from tests.storage.samples import T0, after, ended, passed, running

PROMPT = Prompt.model_validate(
    {"message": {"ko": "녹색?", "en": "Green?"}, "key": "led", "fields": [{"kind": "pass_fail"}]}
)
ASKED = OpenPrompt(id="RUN1:1", step="measure", prompt=PROMPT, asked_at=after(5), until=after(65))
ANSWER = Answer(values={"answer": True}, by="kim", at=after(9))


async def events(database: Database, *types: EventType) -> list[Event]:
    return [event for event in await Events(database).after(0) if event.type in types]


async def test_a_prompt_is_asked_once_and_its_first_answer_stands(database: Database) -> None:
    await running(database)
    prompts = Prompts(database)

    for _ in range(2):
        await prompts.ask("RUN1", "b1", ASKED)
    waiting = await prompts.list(state="open")
    await prompts.close("RUN1", "b1", "RUN1:1", "measure", "answered", ANSWER, after(9))
    await prompts.close("RUN1", "b1", "RUN1:1", "measure", "withdrawn", None, after(10))
    (record,) = await prompts.list(run_id="RUN1", batch="b1")

    assert [one.asked for one in waiting] == [ASKED]
    assert (record.asked, record.state, record.answer, record.closed_at) == (ASKED, "answered", ANSWER, after(9))
    told = await events(database, EventType.PROMPT, EventType.PROMPT_ANSWERED, EventType.PROMPT_CLOSED)
    assert [event.type for event in told] == [EventType.PROMPT, EventType.PROMPT_ANSWERED]
    assert told[0].data["asked"] == PROMPT.model_dump(mode="json")
    assert told[1].data == {"prompt": "RUN1:1", "step": "measure", "answer": {"answer": True}, "actor": "kim"}


async def test_a_prompt_without_an_answer_is_closed_with_what_became_of_it(database: Database) -> None:
    await running(database)
    prompts = Prompts(database)
    form = Prompt.model_validate({"message": "?", "fields": [{"kind": "confirm"}, {"kind": "text", "name": "t"}]})

    await prompts.ask("RUN1", "b1", ASKED.model_copy(update={"until": None, "prompt": form}))
    await prompts.close("RUN1", "b1", "RUN1:1", "measure", "timed_out", None, after(65))
    (record,) = await prompts.list(state="timed_out")

    (told,) = await events(database, EventType.PROMPT_CLOSED)
    assert (record.answer, record.closed_at) == (None, after(65))
    assert told.data == {"prompt": "RUN1:1", "step": "measure", "state": "timed_out"}


async def test_what_a_run_still_asks_when_it_ends_is_withdrawn(database: Database) -> None:
    await running(database)
    prompts = Prompts(database)
    await prompts.ask("RUN1", "b1", ASKED)

    await Runs(database).finish(ended())

    (record,) = await prompts.list()
    assert (record.state, record.closed_at) == ("withdrawn", after(60))


async def test_a_step_that_never_began_has_its_end_and_what_was_answered(database: Database) -> None:
    await running(database)
    bad = Measurement(name="led", value=False, outcome=Outcome.FAILED, by="kim", at=after(9))
    fault = StepFault(code="PROMPT_FAILED", message="no")
    report = StepReport(step="measure", outcome=Outcome.FAILED, failures=("led",), fault=fault)
    result = StepResult(report=report, measurements=(bad,), values={"led": False})

    for _ in range(2):
        await Prompts(database).end_step("RUN1", "b1", 1, 1, result, after(10))

    (record,) = await Runs(database).steps("RUN1")
    assert (record.key, record.index, record.status) == (StepKey("RUN1", "measure"), 1, StepState.FAILED)
    assert record.result == result
    assert len(await events(database, EventType.STEP_COMPLETE)) == 1


async def test_a_step_that_waited_for_its_answer_is_ended_and_keeps_what_it_measured(database: Database) -> None:
    journal = await running(database)
    key = StepKey("RUN1", "measure")
    await journal.begin_step(key, batch="b1", session="S1", index=1, round=1, segment=1, task_token=None, pid=1, at=T0)
    volts = Measurement(name="v", value=5.0)
    await journal.finish_step(
        key, batch="b1", session="S1", result=passed("measure", 1, volts, finished=False), at=after(2)
    )
    fault = StepFault(code="PROMPT_TIMEOUT", message="nobody")
    report = StepReport(step="measure", outcome=Outcome.ABORTED, elapsed=timedelta(seconds=1.5), fault=fault)

    await Prompts(database).end_step("RUN1", "b1", 1, 1, StepResult(report=report), after(30))

    (record,) = await Runs(database).steps("RUN1")
    assert record.status is StepState.FAILED
    assert record.result is not None
    assert (record.result.report, record.result.measurements) == (report, (volts,))
