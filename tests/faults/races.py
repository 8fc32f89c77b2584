"""Two want the same of one station within milliseconds: exactly one gets it, and the other is told why."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio.client import Client

from station.control import commands
from station.control.connect import connect
from station.control.starting import start_run
from station.domain.errors import StationError
from station.domain.outcome import Outcome, RunState
from station.domain.run import UnitUnderTest
from station.storage.audit import Audit, AuditFilter
from station.storage.database import Database
from station.storage.run_rows import RunRecord
from station.storage.runs import RunFilter, Runs
from tests.faults.rig import Rig, choose_ports, make_rig

PACKAGE = str(Path(__file__).parent / "packages" / "racing")
LEFT, RIGHT = "left", "right"
APART = 0.005
"""Seconds between the two at most."""
HELD = 0.25
"""Seconds a step takes whose run holds a slot while others want it."""
LEAN = 0.01
PATIENCE = 60.0


@dataclass
class Races:
    """Runs on a real station, and two clients that want things of them.

    Attributes:
        won: How often each side has won, by race.
    """

    rig: Rig
    client: Client
    other: Client
    database: Database
    chance: random.Random
    won: dict[str, Counter[str]] = field(default_factory=dict)
    lengths: dict[str, float] = field(default_factory=dict)
    """Seconds to the moment that is raced against, learned from the rounds before."""
    leans: dict[str, tuple[bool, float]] = field(default_factory=dict)
    """Whether the last one was in time, and by how many seconds the next one acts sooner or later."""

    async def round(self) -> None:
        """Hold every race once."""
        for name, race in RACES.items():
            winner = await race(self)
            self.won.setdefault(name, Counter())[winner] += 1

    # Starts

    async def two_starts(self) -> str:
        """Two clients start a run on one slot: one run is accepted, the other start has a row that says why not."""
        before = await self._runs(LEFT)
        answers = await asyncio.gather(self._start(LEFT, self.client), self._start(LEFT, self.other))
        accepted = [answer for answer in answers if isinstance(answer, str)]
        refused = [answer for answer in answers if isinstance(answer, StationError)]
        _check(len(accepted) == 1, f"{len(accepted)} of two starts were accepted: {answers}")
        _check(refused[0].code == "SEQUENCE_ALREADY_RUNNING", f"the loser heard {refused[0].code}")
        run = await self._ended(accepted[0])
        new = [one for one in await self._runs(LEFT) if one.run_id not in {known.run_id for known in before}]
        rows = {one.run_id: one for one in new}
        _check(len(rows) == 2 and rows[run.run_id].outcome is Outcome.PASSED, f"the rows are {rows}")
        (loser,) = (row for row in rows.values() if row.refused)
        _check(loser.reason is not None and loser.reason.code == "SEQUENCE_ALREADY_RUNNING", f"its row: {loser}")
        return "the first" if isinstance(answers[0], str) else "the second"

    async def one_unit_twice(self) -> str:
        """One unit is started on two slots: one run is accepted, the other ends before any hardware moved."""
        unit = UnitUnderTest(wip=f"WIP-{self.chance.randrange(10**9)}", process=1, operator="5")
        one, two = self.chance.sample((LEFT, RIGHT), 2)
        ids = await asyncio.gather(self._start(one, self.client, unit=unit), self._start(two, self.other, unit=unit))
        runs = [await self._over(str(run_id)) for run_id in ids]
        refused = [run for run in runs if run.refused]
        _check(len(refused) == 1, f"{len(refused)} of two runs with one unit were refused: {runs}")
        reason = refused[0].reason
        _check(reason is not None and reason.code == "WIP_BUSY", f"the loser heard {reason}")
        _check(not await Runs(self.database).steps(refused[0].run_id), "the refused run has begun a step")
        (winner,) = (run for run in runs if not run.refused)
        _check(winner.outcome is Outcome.PASSED, f"the winner ended {winner.outcome}")
        return winner.batch

    # Against an end

    async def stop_against_the_end(self) -> str:
        """Somebody stops a run that is just about to end: it is ABORTED with his name, or he hears that it is over."""
        run_id, taken = await self._just_before("stop", self._end_of_run, self._stop)
        run = await self._ended(run_id)
        deeds = await self._deeds(run_id)
        self._lean("stop", in_time=taken == "")
        if taken == "":
            reason = run.reason.message if run.reason else ""
            _check(run.outcome is Outcome.ABORTED and reason == "Stopped by kim", f"stopped in time, and it is {run}")
            _check(deeds == ["stop"], f"the audit has {deeds}")
            return "the stop"
        _check(taken in {"RUN_ENDING", "BATCH_NOT_RUNNING"}, f"the loser heard {taken}")
        _check(run.outcome is Outcome.PASSED and deeds == [], f"{taken}, and it is {run}; the audit has {deeds}")
        return f"the end ({taken})"

    async def pause_against_a_step(self) -> str:
        """Somebody pauses a run just when a step ends: nothing begins until it is resumed, or he hears it is over."""
        run_id, taken = await self._just_before("pause", self._end_of_step, self._pause)
        self._lean("pause", in_time=taken == "")
        if taken == "":
            held = await self._until_held()
            begun = len(await Runs(self.database).steps(run_id))
            await asyncio.sleep(0.05)
            _check(len(await Runs(self.database).steps(run_id)) == begun, "a step began while the run was paused")
            await commands.resume_run(self.client, self.rig.config, LEFT, by="kim")
            winner = f"the pause (after {held} of 2 steps)"
        else:
            _check(taken in {"RUN_ENDING", "BATCH_NOT_RUNNING"}, f"the loser heard {taken}")
            winner = f"the step ({taken})"
        run = await self._ended(run_id)
        _check(run.outcome is Outcome.PASSED, f"paused and resumed, and it is {run}")
        return winner

    async def skip_against_a_step(self) -> str:
        """Somebody leaves a step out just when it ends: it is SKIPPED, or its result stands and he hears or sees it."""
        run_id, taken = await self._just_before("skip", self._end_of_step, self._skip)
        run = await self._ended(run_id)
        last = {row.key.step: row.result for row in await Runs(self.database).steps(run_id)}["first"]
        _check(last is not None, "the step has no result")
        outcome = last.report.outcome if last else None
        self._lean("skip", in_time=outcome is Outcome.SKIPPED)
        if outcome is Outcome.SKIPPED:
            _check(taken == "" and run.outcome is Outcome.ABORTED, f"left out ({taken}), and it is {run}")
            return "the skip"
        _check(outcome is Outcome.PASSED and run.outcome is Outcome.PASSED, f"{taken}: {outcome}, {run}")
        _check(taken in {"", "STEP_FINISHED", "RUN_ENDING", "BATCH_NOT_RUNNING"}, f"the loser heard {taken}")
        return f"the step ({taken or 'it did not yield any more'})"

    async def _just_before(
        self, name: str, moment: Callable[[str], Awaitable[None]], act: Callable[[], Awaitable[object]]
    ) -> tuple[str, str]:
        """Start a run and act about when the moment comes; returns the run, and why it was refused, if so."""
        run_id = await self._start(LEFT, self.client, seconds=0.05)
        if not isinstance(run_id, str):
            raise run_id
        begun = time.monotonic()
        length = self.lengths.get(name)
        if length is None:  # the first round only watches
            await moment(run_id)
            self.lengths[name] = time.monotonic() - begun
            taken = await _refused(act)
        else:
            await asyncio.sleep(max(0.0, length + self.chance.uniform(-0.03, 0.03)))
            taken = await _refused(act)
        return run_id, taken

    def _lean(self, name: str, *, in_time: bool) -> None:
        """Lean to the side that has lost, so that both come to win about as often."""
        before, lean = self.leans.get(name, (in_time, self.lengths[name] / 4))
        if before is not in_time:  # the moment lies in between
            lean = max(LEAN, lean / 2)
        self.leans[name] = (in_time, lean)
        self.lengths[name] = max(0.0, self.lengths[name] + (lean if in_time else -lean))

    async def _end_of_run(self, run_id: str) -> None:
        while (run := await Runs(self.database).get(run_id)) is None or run.state is not RunState.CLEANING_UP:
            if run is not None and run.outcome is not None:
                return
            await asyncio.sleep(0.002)

    async def _end_of_step(self, run_id: str) -> None:
        while not [row for row in await Runs(self.database).steps(run_id) if row.result is not None]:
            await asyncio.sleep(0.002)

    async def _stop(self) -> None:
        await commands.stop_run(self.other, self.rig.config, LEFT, by="kim")

    async def _pause(self) -> None:
        await commands.pause_run(self.other, self.rig.config, LEFT, by="kim")

    async def _skip(self) -> None:
        await commands.skip_step(self.other, self.rig.config, LEFT, step="first", by="kim")

    async def _until_held(self) -> int:
        """Wait until the run is paused; returns how many of its steps have ended."""
        handle = commands.run_handle(self.client, self.rig.config, LEFT)
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            status: Any = await handle.query("status")
            if status["state"] == RunState.PAUSED:
                return sum(step["outcome"] is not None for step in status["steps"])
            await asyncio.sleep(0.01)
        raise AssertionError(f"the run does not come to be paused: {status}")

    # Small things

    async def _start(
        self, batch: str, client: Client, *, unit: UnitUnderTest | None = None, seconds: float = HELD
    ) -> str | StationError:
        """Start a run within a few milliseconds; returns its id, or why not."""
        await asyncio.sleep(self.chance.uniform(0, APART))
        try:
            return await start_run(
                client, self.rig.config, self.rig.layout, Runs(self.database), batch_id=batch,
                unit=unit or UnitUnderTest(), parameters={"seconds": seconds}, started_by="race",
            )  # fmt: skip
        except StationError as error:
            return error

    async def _runs(self, batch: str) -> list[RunRecord]:
        return await Runs(self.database).list(RunFilter(batch=batch), limit=20)

    async def _deeds(self, run_id: str) -> list[str]:
        """What people did to a run after they had started it."""
        entries = await Audit(self.database).list(AuditFilter(limit=20))
        done = [entry.deed.action for entry in entries if entry.deed.data.get("run") == run_id]
        return [action for action in done if action != "start_run"]

    async def _over(self, run_id: str) -> RunRecord:
        """Wait until a run has its end, or was refused."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            run = await Runs(self.database).get(run_id)
            if run is not None and (run.refused or run.outcome is not None):
                return run
            await asyncio.sleep(0.01)
        raise AssertionError(f"run {run_id} does not end\n{self.rig.tail()}")

    async def _ended(self, run_id: str) -> RunRecord:
        run = await self._over(run_id)
        _check(not run.refused, f"run {run_id} was refused: {run.reason}")
        return run


Race = Callable[[Races], Awaitable[str]]
RACES: dict[str, Race] = {
    "two starts on one slot": Races.two_starts,
    "one unit on two slots": Races.one_unit_twice,
    "stop against the end": Races.stop_against_the_end,
    "pause against a step's end": Races.pause_against_a_step,
    "skip against a step's end": Races.skip_against_a_step,
}


async def races(folder: Path, rounds: int, seed: int, say: Callable[[str], None]) -> dict[str, Counter[str]]:
    """Hold every race so often; raises AssertionError where not exactly one has won, or the loser was not told."""
    rig = make_rig(
        folder, [{"id": name, "sequence_package": PACKAGE, "auto_start": True} for name in (LEFT, RIGHT)],
        choose_ports(),
    )  # fmt: skip
    say(f"seed {seed}, {rounds} rounds of {len(RACES)} races, in {folder}")
    try:
        rig.start_station()
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(Database(rig.config.database_url(rig.layout.base)))
            client, other = [await connect(rig.config, identity=f"race-{number}") for number in range(2)]
            subject = Races(rig, client, other, database, random.Random(seed))
            for number in range(rounds):
                try:
                    await subject.round()
                except AssertionError as error:
                    raise AssertionError(f"seed {seed}, round {number}: {error}\n{rig.tail(15)}") from error
                if (number + 1) % 100 == 0:
                    say(f"round {number + 1}")
    finally:
        rig.close()
    return subject.won


def races_report(won: dict[str, Counter[str]]) -> list[str]:
    """Say who has won how often."""
    lines = []
    for name, winners in won.items():
        shown = ", ".join(f"{winner} {times}" for winner, times in winners.most_common())
        lines.append(f"{name:28s} {sum(winners.values()):5d} rounds: {shown}")
    return lines


async def _refused(act: Callable[[], Awaitable[object]]) -> str:
    """Act; returns the code of the refusal, or nothing."""
    try:
        await act()
    except StationError as error:
        return error.code
    return ""


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
