"""People at the screens of a station under torture: one does what the seed says, the other keeps runs from waiting."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pydantic import JsonValue
from temporalio.client import Client

from station.control import commands, manual
from station.control.prompting import choose, open_prompts
from station.control.status import live_status
from station.domain.errors import EngineError, StationError
from station.domain.outcome import RunState
from station.storage.database import Database
from tests.faults.rig import Rig

BY = "kim"
ATTENDANT = "lee"
ASKING = ("insert", "look", "nonsense")
BOARD = ("power_up", "input_voltage", "rails", "supply_current", "ripple", "functional_check", "power_down", "nonsense")
RIGHT: dict[str, dict[str, JsonValue]] = {"prompt": {"answer": True}, "seen": {"led": True, "count": 3}}
WRONG: dict[str, JsonValue] = {"led": "perhaps", "count": 99}
NEVER = {"INVALID_ANSWER", "INVALID_CHOICE", "INTERNAL_ERROR"}
"""Codes that somebody who does as the screen says must never get."""
PATIENCE = 1.5
"""Seconds a run may be held before the attendant lets it go on."""

Reach = Callable[[], Awaitable[Client]]


@dataclass
class Wish:
    """Something that was asked for.

    Attributes:
        answer: `ok`, the code of the refusal, or `unknown` where the engine died before it could say.
    """

    action: str
    batch: str
    answer: str


@dataclass
class Operator:
    """Does what the seed says, and takes no for an answer.

    Attributes:
        wishes: Everything that was asked for, in order.
    """

    rig: Rig
    chance: random.Random
    reach: Reach
    wishes: list[Wish] = field(default_factory=list)

    async def work(self) -> None:
        """Do something every so often until cancelled."""
        while True:
            await asyncio.sleep(self.chance.choice((0.05, 0.2, 0.5, self.chance.uniform(0, 2))))
            batch = self.chance.choice(self.rig.config.batches).id
            name = self.chance.choices(list(ACTIONS), weights=[weight for weight, _ in ACTIONS.values()])[0]
            await self.do(name, batch)

    async def do(self, name: str, batch: str) -> None:
        """Ask for one thing; whatever is refused is refused with a code."""
        try:
            client = await self.reach()
            await ACTIONS[name][1](client, self.rig, batch, self.chance)
            answer = "ok"
        except EngineError:
            answer = "unknown"
        except StationError as error:
            answer = error.code
        self.wishes.append(Wish(name, batch, answer))

    def answers(self) -> dict[str, Counter[str]]:
        """How each kind of wish was answered."""
        found: dict[str, Counter[str]] = {}
        for wish in self.wishes:
            found.setdefault(wish.action, Counter())[wish.answer] += 1
        return found


@dataclass
class Attendant:
    """Answers what runs ask and lets paused ones go on, so that every run comes to its end."""

    rig: Rig
    chance: random.Random
    reach: Reach
    _held_since: dict[str, float] = field(default_factory=dict)
    _asked_since: dict[str, float] = field(default_factory=dict)

    async def work(self) -> None:
        """Look at every slot again and again until cancelled."""
        while True:
            await asyncio.sleep(0.4)
            for batch in self.rig.config.batches:
                try:
                    await self._attend(await self.reach(), batch.id)
                except StationError as error:
                    if error.code in NEVER:
                        raise
                    # Engines die, and somebody else is quicker: it is looked at again in a moment.

    async def _attend(self, client: Client, batch: str) -> None:
        config, now = self.rig.config, asyncio.get_running_loop().time()
        status = await live_status(client, config, batch)
        if status is None:
            return
        if status.choices:
            choice = self.chance.choice(status.choices)
            await commands.recover_run(client, config, batch, choice=choice, by=ATTENDANT, reason="torture")
        elif status.prompts and now - self._asked_since.setdefault(status.prompts[0].id, now) > PATIENCE:
            asked = status.prompts[0]
            await commands.answer_prompt(client, config, batch, asked.id, RIGHT[asked.prompt.key], by=ATTENDANT)
        elif status.state is RunState.PAUSED:
            if now - self._held_since.setdefault(batch, now) > PATIENCE:
                await commands.resume_run(client, config, batch, by=ATTENDANT)
        else:
            self._held_since.pop(batch, None)


async def _stop(client: Client, rig: Rig, batch: str, chance: random.Random) -> None:
    await commands.stop_run(client, rig.config, batch, by=BY, reason="torture")


async def _pause(client: Client, rig: Rig, batch: str, chance: random.Random) -> None:
    await commands.pause_run(client, rig.config, batch, by=BY, reason="torture")


async def _resume(client: Client, rig: Rig, batch: str, chance: random.Random) -> None:
    await commands.resume_run(client, rig.config, batch, by=BY)


async def _recover(client: Client, rig: Rig, batch: str, chance: random.Random) -> None:
    choice = chance.choice(("resume", "abort", "nonsense"))
    await commands.recover_run(client, rig.config, batch, choice=choice, by=BY, reason="torture")


async def _skip(client: Client, rig: Rig, batch: str, chance: random.Random) -> None:
    await commands.skip_step(client, rig.config, batch, step=_some_step(batch, chance), by=BY, reason="torture")


async def _goto(client: Client, rig: Rig, batch: str, chance: random.Random) -> None:
    await commands.go_back(client, rig.config, batch, step=_some_step(batch, chance), by=BY, reason="torture")


async def _repeat(client: Client, rig: Rig, batch: str, chance: random.Random) -> None:
    await commands.go_back(client, rig.config, batch, by=BY, reason="torture")


async def _answer(client: Client, rig: Rig, batch: str, chance: random.Random) -> None:
    prompts = await open_prompts(client, rig.config, batch)
    prompt = choose(prompts, batch, None)
    values = chance.choice((WRONG, *(RIGHT[one.asked.prompt.key] for one in prompts)))
    await commands.answer_prompt(client, rig.config, batch, prompt, values, by=BY)


async def _by_hand(client: Client, rig: Rig, batch: str, chance: random.Random) -> None:
    """Take a slot that is free in hand, switch its supply on and leave without switching it off."""
    config = rig.config
    async with Database(config.database_url(rig.layout.base)) as database:
        await manual.open_manual(client, config, rig.layout, database, batch, by=BY)
    volts: dict[str, JsonValue] = {"voltage": 5.0, "current_limit": 0.5}
    await manual.command(
        client, config, batch, instrument="power", name="output_on", arguments=volts, by=BY, confirmed=True
    )
    await manual.leave(client, config, batch, by=BY)


def _some_step(batch: str, chance: random.Random) -> str:
    return chance.choice(ASKING if batch == "slot_3" else BOARD)


Action = Callable[[Client, Rig, str, random.Random], Awaitable[None]]

ACTIONS: dict[str, tuple[int, Action]] = {
    "stop": (3, _stop),
    "pause": (8, _pause),
    "resume": (4, _resume),
    "recover": (3, _recover),
    "skip": (2, _skip),
    "goto": (5, _goto),
    "repeat": (3, _repeat),
    "answer": (6, _answer),
    "by hand": (3, _by_hand),
}
"""What an operator may ask for, and how often."""
