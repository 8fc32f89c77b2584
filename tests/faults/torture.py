"""Seeded kill -9 over whole runs: starts runs on every slot, kills what the seed says, checks what must hold."""

import asyncio
import contextlib
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio.client import Client

from station.control.connect import connect
from station.control.starting import start_run
from station.domain.errors import StationError
from station.domain.run import UnitUnderTest
from station.storage.database import Database
from station.storage.runs import Runs
from tests.faults.checks import Findings, check
from tests.faults.nemesis import Fault, fingerprint, plan_round
from tests.faults.rig import Rig, bench_slot, choose_ports, make_rig
from tests.faults.watcher import Watcher

STUCK_AFTER = 60.0
"""Seconds without a new event, while runs are open, after which a run counts as stuck."""
POLL = 0.02


class Stuck(AssertionError):
    """Nothing moves any more; the message holds what is known."""


@dataclass
class Kill:
    """One kill that took place."""

    at: float
    fault: Fault
    moving_after: float | None = None
    """Seconds until a run it hit moved again; None: it hit no open run."""
    open_runs: tuple[str, ...] = ()
    superseded: bool = False
    """Whether another kill came before anything moved again: then this one has no time of its own."""


@dataclass
class Torture:
    """One station under torture.

    Attributes:
        kills: Every kill, in order.
        accepted: Batch by run id.
        restarts: Seconds the station took to be ready again after the supervisor was killed.
    """

    rig: Rig
    watcher: Watcher
    kills: list[Kill] = field(default_factory=list)
    accepted: dict[str, str] = field(default_factory=dict)
    restarts: list[float] = field(default_factory=list)
    missed: int = 0

    async def round(self, faults: tuple[Fault, ...]) -> None:
        """Start a run on every slot, let the faults happen, wait until every run has ended."""
        first = len(self.watcher.events)
        await self._start_runs()
        begun = time.monotonic()
        nemesis = asyncio.create_task(self._strike(faults, first, begun))
        try:
            await self._wait_for_ends(nemesis)
        finally:
            nemesis.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await nemesis

    async def _start_runs(self) -> None:
        client = await self._client()
        config, layout = self.rig.config, self.rig.layout
        async with Database(config.database_url(layout.base)) as database:
            for batch in config.batches:
                run_id = await start_run(
                    client, config, layout, Runs(database), batch_id=batch.id,
                    unit=UnitUnderTest(wip=f"WIP-KR01PSA2511-{len(self.accepted) % 1000:03d}", process=1, operator="t"),
                    parameters=PARAMETERS.get(Path(batch.sequence_package).name, {}), started_by="torture",
                )  # fmt: skip
                self.accepted[run_id] = batch.id

    async def _client(self) -> Client:
        return await connect(self.rig.config, identity="torture")

    async def _strike(self, faults: tuple[Fault, ...], first: int, begun: float) -> None:
        waiting = sorted(faults, key=str)
        while waiting:
            for fault in list(waiting):
                moment = self._moment(fault, first, begun)
                if moment is not None and time.time() >= moment + fault.delay:
                    waiting.remove(fault)
                    await self._kill(fault)
            await asyncio.sleep(POLL / 2)

    def _moment(self, fault: Fault, first: int, begun: float) -> float | None:
        if fault.moment == "clock":
            return time.time() - (time.monotonic() - begun)
        wanted = {"cleaning_up": "batch_status"}.get(fault.moment, fault.moment)
        seen = [
            event
            for event in self.watcher.events[first:]
            if event.type == wanted and (fault.moment != "cleaning_up" or event.data.get("state") == "cleaning_up")
        ]
        return seen[fault.which].at if len(seen) > fault.which else None

    async def _kill(self, fault: Fault) -> None:
        self.watcher.poll()
        open_runs = tuple(self._open())
        at = time.time()
        if not await self.rig.kill(fault.target):
            self.missed += 1
            return
        for earlier in self.kills:
            # Whatever moves from here on is to the credit of this kill, not of the one before it.
            earlier.superseded = earlier.superseded or earlier.moving_after is None
        self.kills.append(Kill(at=at, fault=fault, open_runs=open_runs))
        if fault.target in {"supervisor", "everything"}:
            self.restarts.append(await asyncio.to_thread(self.rig.start_station))

    def _open(self) -> list[str]:
        ended = {event.run_id for event in self.watcher.events if event.type == "sequence_complete"}
        return [run_id for run_id in self.accepted if run_id not in ended]

    async def _wait_for_ends(self, nemesis: "asyncio.Task[None]") -> None:
        moved = time.monotonic()
        while True:
            await asyncio.sleep(POLL)
            if nemesis.done() and nemesis.exception():
                raise nemesis.exception() or AssertionError
            new = await asyncio.to_thread(self.watcher.poll)
            if [event for event in new if event.type != "batch_status" or "state" in event.data]:
                moved = time.monotonic()
            self._note_movement(new)
            if not self._open():
                return
            if time.monotonic() - moved > STUCK_AFTER:
                raise Stuck(await self._diagnose())

    def _note_movement(self, new: list[Any]) -> None:
        for kill in self.kills:
            if kill.moving_after is not None or kill.superseded:
                continue
            touched = _touched(kill, self.accepted)
            for event in new:
                if event.run_id in touched and event.at > kill.at:
                    kill.moving_after = event.at - kill.at
                    break

    async def _diagnose(self) -> str:
        lines = [f"no progress for {STUCK_AFTER} s; kills: {[str(kill.fault) for kill in self.kills[-5:]]}"]
        for run_id in self._open():
            lines.append(f"run {run_id} on {self.accepted[run_id]}")
            steps = self.watcher.rows(
                "SELECT step_name, attempt, status, worker_pid FROM step_results WHERE execution_id = ?", run_id
            )
            lines.append(f"  steps: {steps}")
            lines.append(f"  status: {await self._status(self.accepted[run_id])}")
        lines.append(f"batches: {self.watcher.rows('SELECT * FROM batch_state')}")
        lines.append(self.rig.tail(15))
        return "\n".join(lines)

    async def _status(self, batch: str) -> str:
        try:
            client = await self._client()
            handle = client.get_workflow_handle(f"run/{self.rig.config.station.id}/{batch}")
            async with asyncio.timeout(5):
                description = await handle.describe()
                return f"{description.status} {await handle.query('status')}"
        except Exception as error:  # noqa: BLE001 - a diagnosis takes what it can get
            return f"not to be had: {error!r}"

    def findings(self) -> Findings:
        self.watcher.poll()
        return check(self.rig, self.watcher, self.accepted, [(kill.at, kill.fault.target) for kill in self.kills])


PARAMETERS: dict[str, dict[str, Any]] = {"aging_test": {"soak_hours": 0.0005}}
"""Under two seconds of soaking; a torture round is not there to wait."""


async def torture(folder: Path, rounds: int, seed: int, say: Any) -> Torture:
    """Run it; raises AssertionError with everything that is known where anything does not hold."""
    rig = torture_rig(folder)
    say(f"seed {seed}, {rounds} rounds, faults {fingerprint(seed, rounds)}, in {folder}")
    try:
        rig.start_bench(slots=3, time_scale=50.0)
        rig.start_station()
        subject = Torture(rig, Watcher(rig.layout.data / "station.db"))
        for number in range(rounds):
            faults = plan_round(seed, number)
            begun = time.monotonic()
            try:
                await subject.round(faults)
            except (AssertionError, StationError) as error:
                raise AssertionError(f"round {number} ({'; '.join(map(str, faults))}): {error}") from error
            problems = subject.findings().problems
            took = time.monotonic() - begun
            say(f"round {number:3d}  {took:5.1f} s  {'; '.join(map(str, faults))}")
            if problems:
                text = "\n  ".join(problems)
                raise AssertionError(f"round {number} ({'; '.join(map(str, faults))}):\n  {text}\n{rig.tail(20)}")
        return subject
    finally:
        rig.close()


def torture_rig(folder: Path) -> Rig:
    """Lay out the station of the torture: two benches for boards, one chamber."""
    ports = choose_ports()
    batches = [bench_slot(1, ports), bench_slot(2, ports), bench_slot(3, ports, "aging_test")]
    return make_rig(folder, batches, ports)


def report(subject: Torture) -> list[str]:
    """Say what was measured."""
    found = subject.findings()
    lines = [
        f"runs accepted            {found.accepted}",
        f"runs ended               {found.ended}",
        f"kills                    {len(subject.kills)} ({subject.missed} found nobody to kill)",
        f"results lost             {len(found.results_lost)}",
        f"finished steps repeated  {len(found.steps_repeated)}",
        f"cleanup missing          {len(found.cleanup_missing)}",
        f"unsafe outputs left on   {len(found.unsafe)}",
        f"two holders on one slot  {len(found.two_holders)}",
        f"wrong verdicts           {len(found.wrong)}",
    ]
    for name, chosen in {
        "a batch's worker": lambda target: target.startswith("slot_"),
        "engine": lambda target: target == "engine",
        "temporal": lambda target: target == "temporal",
        "supervisor, power cut": lambda target: target in {"supervisor", "everything"},
    }.items():
        times = [
            kill.moving_after for kill in subject.kills if chosen(kill.fault.target) and kill.moving_after is not None
        ]
        lines.append(f"moving again after {name:22s} {_spread(times)}")
    lines.append(f"everything ready again after a power cut {_spread(subject.restarts)}")
    return lines


def _spread(times: list[float]) -> str:
    if not times:
        return "-"
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return f"p50 {statistics.median(ordered):5.2f} s  p95 {p95:5.2f} s  max {ordered[-1]:5.2f} s  (n={len(ordered)})"


def _touched(kill: Kill, accepted: dict[str, str]) -> set[str]:
    target = kill.fault.target
    if target.startswith("slot_"):
        return {run_id for run_id in kill.open_runs if accepted[run_id] == target}
    return set(kill.open_runs)
