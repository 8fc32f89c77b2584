"""A prompt outlives everything that can be killed, and is answered once."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from station.control.commands import answer_prompt
from station.control.connect import connect
from station.domain.events import EventType
from station.domain.outcome import Outcome, RunState
from station.storage.audit import Audit, AuditFilter
from station.storage.database import Database
from station.storage.events import Events
from station.storage.prompts import Prompts
from station.storage.runs import Runs
from tests.faults.races_prompts import SLOT, asked, asking_rig, race_of_answers
from tests.faults.rig import Rig
from tests.faults.shift import ended, start
from tests.support import cli

pytestmark = [pytest.mark.station, pytest.mark.faults]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = asking_rig(tmp_path)
    try:
        rig.start_station()
        yield rig
    finally:
        rig.close()


async def test_everything_is_killed_while_a_step_waits_for_its_answer(rig: Rig) -> None:
    client = await connect(rig.config, identity="test")
    run_id = await start(rig, SLOT)
    first = await asked(rig, client, "prompt")
    await answer_prompt(client, rig.config, SLOT, first.asked.id, {"answer": "yes"}, by="kim")
    before = await asked(rig, client, "seen")

    rig.kill_everything()
    await asyncio.sleep(2)
    rig.start_station()

    client = await connect(rig.config, identity="test")
    after = await asked(rig, client, "seen")
    status = await answer_prompt(client, rig.config, SLOT, after.asked.id, {"led": "pass", "count": "3"}, by="lee")
    run, steps = await ended(rig, run_id)

    assert before == after
    assert status.run_id == run_id
    assert run.outcome is Outcome.PASSED, run.reason
    async with Database(rig.config.database_url(rig.layout.base)) as database:
        told = [event for event in await Events(database).after(0) if event.run_id == run_id]
        records = await Prompts(database).list(run_id=run_id)
        deeds = await Audit(database).list(AuditFilter(action="answer"))
    result = run.result
    assert result is not None
    assert timedelta(seconds=2) < result.waited < result.completed_at - result.started_at
    kinds = [event.type for event in told]
    assert kinds.count(EventType.PROMPT) == kinds.count(EventType.PROMPT_ANSWERED) == 2
    assert [(one.asked.prompt.key, one.state, one.answer and one.answer.by) for one in records] == [
        ("prompt", "answered", "kim"), ("seen", "answered", "lee"),
    ]  # fmt: skip
    assert [deed.deed.actor for deed in deeds] == ["lee", "kim"]
    look = steps["look"]
    assert look.result is not None
    measured = {one.name: one for one in look.result.measurements}
    assert (look.key.attempt, measured["calls"].value) == (1, 2)
    assert {name: one.value for name, one in measured.items()} == {
        "calls": 2, "seen.led": True, "seen.count": 3.0, "count": 3.0, "kept": True,
    }  # fmt: skip
    assert measured["seen.led"].by == "lee"


async def test_a_prompt_of_the_manifest_needs_no_process_and_an_answer_of_no_fails_the_step(rig: Rig) -> None:
    client = await connect(rig.config, identity="test")
    run_id = await start(rig, SLOT)
    prompt = await asked(rig, client, "prompt")
    async with Database(rig.config.database_url(rig.layout.base)) as database:
        while (run := await Runs(database).get(run_id)) is None or run.state is not RunState.PROMPTING:
            await asyncio.sleep(0.02)
    await answer_prompt(client, rig.config, SLOT, prompt.asked.id, {"answer": "no"}, by="kim")
    run, steps = await ended(rig, run_id)

    assert (run.outcome, run.reason and run.reason.code) == (Outcome.FAILED, "STEP_FAILED")
    assert list(steps) == ["insert"]
    result = steps["insert"].result
    assert result is not None
    (measured,) = result.measurements
    assert (measured.name, measured.value, measured.outcome, measured.by) == ("prompt", False, Outcome.FAILED, "kim")


async def test_a_prompt_is_seen_and_answered_from_the_command_line(rig: Rig) -> None:
    def station(*words: str) -> tuple[int, str]:
        done = cli(*words, folder=rig.folder)
        return done.returncode, done.stdout + done.stderr

    client = await connect(rig.config, identity="test")
    nothing = station("prompts")
    run_id = await start(rig, SLOT)
    await asked(rig, client, "prompt")
    listed = station("prompts")
    wrong = station("answer", SLOT, "answer=perhaps")
    right = station("answer", SLOT, "insert", "answer=예")
    await asked(rig, client, "seen")
    (prompt,) = json.loads(station("prompts", "--json")[1])
    late = station("answer", SLOT, f"{run_id}:1", "answer=no")
    done = station("answer", SLOT, "2", "led=pass", "count=1")
    run, _ = await ended(rig, run_id)

    assert nothing == (0, "nothing is asked\n")
    assert listed[1].splitlines()[1:] == [
        "  Is the unit in its place? / 제품을 넣었습니까?",
        "  picture: pictures/unit.png",
        "  answer: yes or no",
        f"  station answer {SLOT} 1 answer=...",
    ]
    assert wrong == (2, "INVALID_ANSWER: answer: 'perhaps' is not yes or no\n")
    assert right == (0, "slot: answered answer=예\n")
    assert (prompt["run_id"], prompt["asked"]["prompt"]["key"]) == (run_id, "seen")
    assert late[0] == 2
    assert late[1].startswith(f"PROMPT_NOT_OPEN: Prompt {run_id}:1 is answered already, by ")
    assert done[0] == 0
    assert run.outcome is Outcome.PASSED


async def test_of_two_answers_in_the_same_moment_one_wins_each_time() -> None:
    won = await race_of_answers(25)

    assert sum(won.values()) == 25
