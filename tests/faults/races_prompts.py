"""Two answers to one prompt in the same moment, again and again: one wins, the other is told who did."""

import asyncio
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

from temporalio.client import Client

from station.control.commands import answer_prompt
from station.control.connect import connect
from station.control.prompting import BatchPrompt, open_prompts
from station.domain.errors import CommandRefusedError, EngineError
from station.domain.outcome import Outcome
from station.storage.database import Database
from station.storage.prompts import Prompts
from tests.faults.rig import Rig, choose_ports, make_rig
from tests.faults.shift import ended, start

ASKING = Path(__file__).parent / "packages" / "asking"
SLOT = "slot"
RIVALS = ("kim", "lee")


async def race_of_answers(count: int) -> Counter[str]:
    """Answer `count` prompts twice at the same time; an AssertionError says what did not hold.

    Returns:
        How often each rival has won.
    """
    won: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="races-") as folder:
        rig = asking_rig(Path(folder))
        try:
            rig.start_station()
            client = await connect(rig.config, identity="race")
            for number in range(count):
                run_id = await start(rig, SLOT, {"insert": True, "form": False})
                winner = await _race(rig, client, run_id, turned=bool(number % 2))
                record, _ = await ended(rig, run_id)
                assert record.outcome is Outcome.PASSED, record.reason
                await _recorded_once(rig, run_id, winner)
                won[winner] += 1
        finally:
            rig.close()
    return won


def asking_rig(folder: Path) -> Rig:
    """Lay out a station whose one batch asks."""
    batch = {"id": SLOT, "sequence_package": str(ASKING), "auto_start": True}
    return make_rig(folder, [batch], choose_ports())


async def asked(rig: Rig, client: Client, key: str, within: float = 30.0) -> BatchPrompt:
    """Wait until the run asks, and give what it does."""
    async with asyncio.timeout(within):
        while True:
            with suppress(EngineError):  # it comes up, and its answer may take longer than one question is given
                for prompt in await open_prompts(client, rig.config):
                    if prompt.asked.prompt.key == key:
                        return prompt
            await asyncio.sleep(0.02)


async def _race(rig: Rig, client: Client, run_id: str, *, turned: bool) -> str:
    """Let both answer; gives who won."""
    prompt = await asked(rig, client, "prompt")
    assert prompt.run_id == run_id
    order = RIVALS[::-1] if turned else RIVALS
    answers = await asyncio.gather(
        *(answer_prompt(client, rig.config, SLOT, prompt.asked.id, {"answer": "yes"}, by=who) for who in order),
        return_exceptions=True,
    )
    lost = [(who, one) for who, one in zip(order, answers, strict=True) if isinstance(one, BaseException)]
    assert len(lost) == 1, f"{len(lost)} of two answers were refused: {lost}"
    (loser, refusal), *_ = lost
    (winner,) = set(RIVALS) - {loser}
    assert isinstance(refusal, CommandRefusedError), repr(refusal)
    assert refusal.code == "PROMPT_NOT_OPEN"
    assert f"answered already, by {winner} at " in refusal.message, refusal.message
    return winner


async def _recorded_once(rig: Rig, run_id: str, winner: str) -> None:
    async with Database(rig.config.database_url(rig.layout.base)) as database:
        (record,) = await Prompts(database).list(run_id=run_id)
    assert record.state == "answered"
    assert record.answer is not None
    assert record.answer.by == winner
