"""A thousand runs against a MES that fails in every way it can, while our own processes are killed."""

import asyncio
import contextlib
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from station.control.connect import connect
from station.control.starting import start_run
from station.domain.errors import StationError
from station.domain.run import UnitUnderTest
from station.storage.database import Database
from station.storage.runs import Runs
from station.testing.reference_mes.client import MesControl, MesControlError
from station.testing.reference_mes.ledger import Effect
from tests.faults.rig import ROOT, Rig, choose_ports, make_rig
from tests.faults.watcher import Watcher

PACKAGE = Path(__file__).parent / "packages" / "quick"
SLOTS = 5
LAST_PROCESS = 6
DRAINED_WITHIN = 180.0
STUCK_AFTER = 90.0


@dataclass
class Life:
    """One WIP on its way through the processes."""

    wip: str
    process: int = 1
    failed: bool = False

    @property
    def over(self) -> bool:
        return self.failed or self.process > LAST_PROCESS


@dataclass
class MesTorture:
    """A station with its MES, both under torture.

    Attributes:
        told: WIP, process and result of every run that ended.
    """

    rig: Rig
    mes: MesControl
    port: int
    chance: random.Random
    watcher: Watcher
    lives: list[Life] = field(default_factory=list)
    told: list[tuple[str, int, str]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    profile: str = "documented"
    _process: subprocess.Popen[bytes] | None = None
    _wips: int = 0

    # The MES

    def start_mes(self) -> None:
        with (self.rig.folder / "mes.out").open("ab") as output:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-m", "station.cli", "mes", "--port", str(self.port),
                    "--db", str(self.rig.folder / "mes.sqlite3"), "--profile", self.profile, "--rate-limit", "0",
                ],
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )  # fmt: skip
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(MesControlError):
                self.mes.state()
                return
            time.sleep(0.05)
        raise AssertionError("the reference MES did not come up")

    def kill_mes(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    # A round

    async def round(self, number: int) -> None:
        """One run on every slot, with whatever goes wrong meanwhile."""
        plan = self._plan(number)
        self._spoil(number)
        lives = self._choose()
        config, layout = self.rig.config, self.rig.layout
        client = await connect(config, identity="torture")
        started: dict[str, tuple[Life, bool]] = {}
        async with Database(config.database_url(layout.base)) as database:
            for slot, life in enumerate(lives):
                good = self.chance.random() > 0.06
                run_id = await start_run(
                    client, config, layout, Runs(database), batch_id=f"s{slot}",
                    unit=UnitUnderTest(wip=life.wip, process=life.process, operator="5"),
                    parameters={"good": good}, started_by="torture",
                )  # fmt: skip
                started[run_id] = (life, good)
        nemesis = asyncio.create_task(self._strike(plan))
        try:
            await self._wait(started)
        finally:
            await nemesis

    def _plan(self, number: int) -> list[tuple[str, float]]:
        if number % 4 != 3:
            return []
        target = self.chance.choice(("engine", "engine", "temporal", "s0", "s1", "everything", "mes", "down"))
        return [(target, self.chance.uniform(0, 1.5))]

    def _spoil(self, number: int) -> None:
        if number % 10 == 0:
            with contextlib.suppress(MesControlError):
                self.mes.schedule(self.chance.randrange(1_000_000), self.chance.choice((0.0, 0.1, 0.3, 0.5)))

    async def _strike(self, plan: list[tuple[str, float]]) -> None:
        for target, delay in plan:
            await asyncio.sleep(delay)
            self.faults[target] += 1
            if target == "mes":
                await asyncio.to_thread(self.kill_mes)
                await asyncio.sleep(1)
                await asyncio.to_thread(self.start_mes)
            elif target == "down":
                await asyncio.to_thread(self.mes.down)
                await asyncio.sleep(2)
                await asyncio.to_thread(self.mes.up)
            else:
                await self.rig.kill(target)
                if target == "everything":
                    await asyncio.to_thread(self.rig.start_station)

    def _choose(self) -> list[Life]:
        self.lives = [life for life in self.lives if not life.over]
        while len(self.lives) < SLOTS:
            lot = f"{self._wips // 1000:0{6 if self.profile == 'neurohub' else 4}d}"
            wip = f"WIP-KR01PSA{lot}-{self._wips % 1000:03d}"
            self._wips += 1
            self._insist(wip)
            self.lives.append(Life(wip))
        return self.lives

    def _insist(self, wip: str) -> None:
        for _ in range(100):
            try:
                self.mes.seed(wip_ids=[wip])
            except MesControlError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the reference MES takes no WIPs")

    async def _wait(self, started: dict[str, tuple[Life, bool]]) -> None:
        moved, open_ = time.monotonic(), dict(started)
        while open_:
            await asyncio.sleep(0.03)
            new = await asyncio.to_thread(self.watcher.poll)
            moved = time.monotonic() if new else moved
            for event in new:
                if event.type == "sequence_complete" and event.run_id in open_:
                    life, good = open_.pop(event.run_id)
                    outcome = event.data["result"]["outcome"]
                    if outcome != ("PASSED" if good else "FAILED"):
                        raise AssertionError(f"{event.run_id} of {life.wip} ended {event.data}")
                    self.told.append((life.wip, life.process, "PASS" if good else "FAIL"))
                    life.failed, life.process = not good, life.process + 1
            if time.monotonic() - moved > STUCK_AFTER:
                raise AssertionError(f"stuck: {open_}\n{self.rig.tail(15)}")

    # The end

    async def drain(self) -> float:
        """Heal everything and wait until nothing is owed; returns the seconds it took."""
        self.mes.heal()
        self.mes.up()
        begun = time.monotonic()
        client = await connect(self.rig.config, identity="torture")
        while True:
            owed = self.watcher.rows("SELECT item_id, state, entity_id FROM sync_queue WHERE synced_at IS NULL")
            if not owed:
                return time.monotonic() - begun
            if time.monotonic() - begun > DRAINED_WITHIN:
                parked = self.watcher.rows("SELECT item_id, last_error FROM sync_queue WHERE state = 'parked'")
                raise AssertionError(
                    f"parked: {parked}\nstill owed after {DRAINED_WITHIN} s: {owed[:10]}\n{self.rig.tail(10)}"
                )
            for wip in {row[2] for row in owed}:
                with contextlib.suppress(Exception):
                    handle = client.get_workflow_handle(f"mes/{self.rig.config.station.id}/{wip}")
                    await handle.signal("send_now")
            await asyncio.sleep(1)

    def problems(self) -> list[str]:
        """Hold the MES's own ledger against what the station's runs came to."""
        effects = [effect for effect in self.mes.ledger(requests=False).effects if effect.request_id is not None]
        found = []
        completions = Counter((one.wip, one.process, one.result) for one in effects if one.kind == "complete")
        owed = Counter(self.told)
        found += [f"missing: {key}" for key in owed if not completions[key]]
        found += [f"told {times} times: {key}" for key, times in completions.items() if times != 1]
        found += [f"never happened: {key}" for key in completions if key not in owed]
        passed_all = {wip for wip, process, result in self.told if process == LAST_PROCESS and result == "PASS"}
        conversions = Counter(one.wip for one in effects if one.kind == "convert")
        found += [f"{wip} was converted {conversions[wip]} times" for wip in passed_all if conversions[wip] != 1]
        found += [f"{wip} was converted and should not" for wip in conversions if wip not in passed_all]
        for wip in {one.wip for one in effects}:
            found += _disorder(wip, [one for one in effects if one.wip == wip])
        logs = [*self.rig.layout.logs.glob("*.log")]
        for log in logs:
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            unhandled = [line for line in lines if "Traceback" in line and '"level": "warning"' not in line]
            found += [f"unhandled, in {log.name}: {line[:300]}" for line in unhandled[:3]]
        return found


def _disorder(wip: str, effects: list[Effect]) -> list[str]:
    """Whether anything was told out of order: start before complete, one process after the other, convert last."""
    order = {"start": 0, "complete": 1, "convert": 2}
    key = [(one.process or LAST_PROCESS + 1, order[one.kind]) for one in effects]
    starts = Counter(one.process for one in effects if one.kind == "start")
    found = [] if key == sorted(key) else [f"{wip}: out of order: {key}"]
    return found + [f"{wip}: process {process} was started {n} times" for process, n in starts.items() if n != 1]


async def mes_torture(folder: Path, rounds: int, seed: int, say: Any, profile: str = "documented") -> MesTorture:
    """Run it; raises AssertionError with everything that is known where anything does not hold."""
    ports = choose_ports()
    port = ports["psu"] + 5
    url = f"http://127.0.0.1:{port}"
    slots = [{"id": f"s{n}", "sequence_package": str(PACKAGE), "auto_start": True} for n in range(SLOTS)]
    backend = {"url": url, "api_key": "reference-key", "timeout": 3, "auto_convert": True, "online_wait": 1}
    if profile == "neurohub":
        login = {"auth": "jwt", "username": "operator", "password": "operator"}
        backend |= {"profile": profile, "rate_limit": 100_000, **login}
    rig = make_rig(folder, slots, ports, {"backend": backend | {"breaker": {"recovery": 2}}})
    chance = random.Random(f"mes/{seed}")
    subject = MesTorture(rig, MesControl(url), port, chance, Watcher(rig.layout.data / "station.db"))
    subject.profile = profile
    say(f"{profile}, seed {seed}, {rounds} rounds of {SLOTS} runs, in {folder}")
    try:
        subject.start_mes()
        rig.start_station()
        for number in range(rounds):
            begun = time.monotonic()
            try:
                await subject.round(number)
            except (AssertionError, StationError) as error:
                raise AssertionError(f"round {number}: {error}") from error
            if number % 10 == 9:
                say(f"round {number:3d}  {time.monotonic() - begun:5.1f} s  {len(subject.told)} runs")
        drained = await subject.drain()
        if problems := subject.problems():
            raise AssertionError("\n  ".join(["the ledger does not hold:", *problems[:40]]) + f"\n{rig.tail(10)}")
        say(f"drained in {drained:.1f} s")
        return subject
    finally:
        rig.close()
        subject.kill_mes()


def mes_report(subject: MesTorture) -> list[str]:
    """Say what was measured."""
    results = Counter(result for _, _, result in subject.told)
    return [
        f"runs                     {len(subject.told)} ({results['PASS']} PASS, {results['FAIL']} FAIL)",
        f"kills and outages        {sum(subject.faults.values())}: {dict(subject.faults)}",
        "duplicate effects        0",
        "missing effects          0",
        "out of order             0",
    ]
