"""Operators who press everything, instruments that fail and processes that are killed, all at once."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio.client import Client

from station.control.commands import stop_run
from station.control.connect import connect
from station.control.manual import manual_status
from station.control.quarantine import clear_quarantine
from station.control.starting import start_run
from station.domain.errors import BatchBusyError, StationError
from station.domain.run import UnitUnderTest
from station.hardware.simulation.control import BenchControl
from station.storage.batches import Batches
from station.storage.database import Database
from station.storage.runs import Runs
from tests.faults.control_checks import problems
from tests.faults.operators import Attendant, Operator
from tests.faults.rig import Rig, bench_slot, choose_ports, make_rig
from tests.faults.watcher import Watcher

STUCK_AFTER = 90.0
BUSY_FOR = 6.0
"""Seconds of a round in which operators press and things fail; after them everything is healed."""
BOARDS = ("slot_1", "slot_2")
SLOWLY = {"settle_time": 0.5}
"""So that a run goes on while somebody steers it."""
ASKING = Path(__file__).parent / "packages" / "asking"
TARGETS = ("slot_1", "slot_2", "slot_3", "engine", "temporal", "everything")
INSTRUMENTS = ("dmm", "psu")
MISHAPS = ("unplug", "silence", "garbage")
QUIET_EVERY = 5
"""Every so many rounds nothing happens, so that it is seen that a station left alone passes good units."""


@dataclass
class ControlTorture:
    """One station under torture.

    Attributes:
        accepted: Batch by run id.
        undisturbed: Runs during which nothing happened.
        mishaps: What was done to processes and instruments.
        cleared: Slots that were in quarantine and were cleared.
    """

    rig: Rig
    watcher: Watcher
    bench: BenchControl
    chance: random.Random
    operator: Operator
    attendant: Attendant
    accepted: dict[str, str] = field(default_factory=dict)
    undisturbed: set[str] = field(default_factory=set)
    mishaps: Counter[str] = field(default_factory=Counter)
    cleared: int = 0

    async def round(self, number: int) -> None:
        """Start a run on every slot, let everything happen, heal it, wait until every run has ended."""
        quiet = number % QUIET_EVERY == QUIET_EVERY - 1
        started = await self._start_runs()
        if quiet:
            self.undisturbed |= set(started)
        restless = [] if quiet else [self.operator.work(), self._fail()]
        tasks = [asyncio.create_task(work) for work in (*restless, self.attendant.work())]
        try:
            healed_at = time.monotonic() + (0 if quiet else BUSY_FOR)
            await self._wait(started, tasks, healed_at)
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        client = await self._client()
        for batch in self.rig.config.batches:  # somebody may have gone home with a slot in hand, and its output on
            await self._leave(client, batch.id)

    async def _start_runs(self) -> list[str]:
        client, config, layout = await self._client(), self.rig.config, self.rig.layout
        started = []
        async with Database(config.database_url(layout.base)) as database:
            for batch in config.batches:
                unit = UnitUnderTest(wip=f"WIP-KR01PSA2511-{len(self.accepted) % 1000:03d}", process=1, operator="5")
                await self._free(client, database, batch.id)
                run_id = await start_run(
                    client, config, layout, Runs(database), batch_id=batch.id, unit=unit,
                    parameters=SLOWLY if batch.id in BOARDS else {}, started_by="torture",
                )  # fmt: skip
                self.accepted[run_id] = batch.id
                started.append(run_id)
                await self._second_start_is_refused(client, database, batch.id)
        return started

    async def _free(self, client: Client, database: Database, batch: str) -> None:
        """Take a slot out of a hand, and clear one whose instruments were away when they were to be made safe."""
        await self._leave(client, batch)
        state = await Batches(database).get(batch)
        if state is not None and state.quarantine is not None:
            self.cleared += 1
            await clear_quarantine(
                self.rig.config,
                self.rig.layout,
                database,
                batch,
                by="lee",
                reason="everything is healed",
                client=client,
            )

    async def _leave(self, client: Client, batch: str) -> None:
        """Take a slot out of a hand, which makes it safe."""
        if await manual_status(client, self.rig.config, batch) is None:
            return
        await stop_run(client, self.rig.config, batch, by="lee", reason="the shift is over")
        async with asyncio.timeout(STUCK_AFTER):
            while await manual_status(client, self.rig.config, batch) is not None:
                await asyncio.sleep(0.2)

    async def _second_start_is_refused(self, client: Client, database: Database, batch: str) -> None:
        with contextlib.suppress(BatchBusyError):
            run_id = await start_run(
                client, self.rig.config, self.rig.layout, Runs(database), batch_id=batch, unit=UnitUnderTest(),
                parameters={}, started_by="torture",
            )  # fmt: skip
            raise AssertionError(f"{batch} took a second run: {run_id}")

    async def _client(self) -> Client:
        return await connect(self.rig.config, identity="torture")

    async def _fail(self) -> None:
        """Let instruments and processes fail, as the seed says."""
        while True:
            await asyncio.sleep(self.chance.uniform(0.5, 3.0))
            if self.chance.random() < 0.5:
                slot, instrument = f"slot_{self.chance.randrange(2) + 1}", self.chance.choice(INSTRUMENTS)
                mishap = self.chance.choice(MISHAPS)
                self.mishaps[mishap] += 1
                await getattr(self.bench, mishap)(instrument, slot)
                await asyncio.sleep(self.chance.uniform(0.1, 2.0))
                await self.bench.heal(instrument, slot)
            else:
                target = self.chance.choice(TARGETS)
                self.mishaps[f"kill {target}"] += 1
                await self.rig.kill(target)
                if target == "everything":
                    await asyncio.to_thread(self.rig.start_station)

    async def _wait(self, started: list[str], tasks: list[asyncio.Task[None]], healed_at: float) -> None:
        moved, open_ = time.monotonic(), set(started)
        while open_:
            await asyncio.sleep(0.05)
            if tasks and time.monotonic() > healed_at and len(tasks) > 1:
                await self._heal(tasks)
            for task in tasks:
                if task.done() and not task.cancelled():
                    task.result()
            new = await asyncio.to_thread(self.watcher.poll)
            moved = time.monotonic() if new else moved
            open_ -= {event.run_id for event in new if event.type == "sequence_complete" and event.run_id}
            if time.monotonic() - moved > STUCK_AFTER:
                rows = self.watcher.rows("SELECT id, batch_id, state FROM execution_results WHERE state != 'completed'")
                raise AssertionError(f"stuck: {rows}\n{self.watcher.events[-5:]}\n{self.rig.tail(15)}")
        await self._heal(tasks)

    async def _heal(self, tasks: list[asyncio.Task[None]]) -> None:
        """Let nobody press or break anything any more, and mend what is broken; the attendant stays."""
        for task in tasks[:-1]:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        del tasks[:-1]
        if not self.rig.station_is_up:
            await asyncio.to_thread(self.rig.start_station)
        await self.bench.heal()

    def problems(self) -> list[str]:
        self.watcher.poll()
        return problems(self.rig, self.watcher, self.accepted, self.undisturbed)


async def control_torture(folder: Path, rounds: int, seed: int, say: Any) -> ControlTorture:
    """Run it; raises AssertionError with everything that is known where anything does not hold."""
    ports = choose_ports()
    asking = {"id": "slot_3", "sequence_package": str(ASKING), "auto_start": True}
    rig = make_rig(folder, [bench_slot(1, ports), bench_slot(2, ports), asking], ports)
    chance = random.Random(f"control/{seed}")

    async def reach() -> Client:
        return await connect(rig.config, identity="operator")

    subject = ControlTorture(
        rig,
        Watcher(rig.layout.data / "station.db"),
        BenchControl(ports["control"]),
        chance,
        Operator(rig, random.Random(f"operator/{seed}"), reach),
        Attendant(rig, random.Random(f"attendant/{seed}"), reach),
    )
    say(f"seed {seed}, {rounds} rounds, in {folder}")
    try:
        rig.start_bench(slots=3, time_scale=50.0)
        rig.start_station()
        for number in range(rounds):
            begun = time.monotonic()
            try:
                await subject.round(number)
            except (AssertionError, StationError) as error:
                raise AssertionError(f"round {number}: {error}") from error
            say(f"round {number:3d}  {time.monotonic() - begun:5.1f} s")
            if found := subject.problems():
                text = "\n  ".join(found[:40])
                raise AssertionError(f"round {number}:\n  {text}\n{rig.tail(20)}")
        return subject
    finally:
        rig.close()


def control_report(subject: ControlTorture) -> list[str]:
    """Say what was measured."""
    outcomes = Counter(
        row[0] for row in subject.watcher.rows("SELECT outcome FROM execution_results WHERE NOT refused")
    )
    lines = [
        f"runs                {len(subject.accepted)}: {dict(outcomes)}",
        f"mishaps             {sum(subject.mishaps.values())}: {dict(subject.mishaps)}",
        f"slots cleared       {subject.cleared}",
        "what does not hold  0",
    ]
    for action, answers in sorted(subject.operator.answers().items()):
        lines.append(f"{action:10s} {dict(answers)}")
    return lines
