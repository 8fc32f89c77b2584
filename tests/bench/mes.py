"""How long an operator waits between the scan and the first step, with the MES up, silent, and known to be away."""

import asyncio
import statistics
import time
from pathlib import Path
from typing import Any

from station.control.connect import connect
from station.control.starting import start_run
from station.domain.run import UnitUnderTest
from station.storage.database import Database
from station.storage.runs import Runs
from station.testing.fault_proxy import FaultProxy
from station.testing.reference_mes.server import ReferenceMes
from tests.faults.rig import Rig, choose_ports, make_rig
from tests.faults.watcher import Watcher

PACKAGE = Path(__file__).parents[1] / "faults" / "packages" / "quick"
ROUNDS = 5


async def measure_mes(folder: Path, report: Any) -> None:
    """Measure against a real reference MES, with the network in between at our command."""
    with ReferenceMes() as mes:
        port = int(mes.url.rsplit(":", 1)[1])
        async with FaultProxy(port) as network:
            backend = {"url": network.url, "api_key": "reference-key", "timeout": 30}
            slot = {"id": "slot", "sequence_package": str(PACKAGE), "auto_start": True}
            rig = make_rig(folder, [slot], choose_ports(), {"backend": backend})
            try:
                await asyncio.to_thread(rig.start_station)
                wips = iter(mes.seed(60))
                await scan_to_step(rig, next(wips))  # loads the package
                up = [await scan_to_step(rig, next(wips)) for _ in range(ROUNDS)]
                report.add("scan -> started, MES up", statistics.median(up), 0.7, "s")
                await network.blackhole()
                report.add("scan -> started, MES silent", await scan_to_step(rig, next(wips)), 3.5, "s")
                await network.refuse()
                for _ in range(8):
                    await scan_to_step(rig, next(wips))
                away = [await scan_to_step(rig, next(wips)) for _ in range(ROUNDS)]
                report.add("of it waiting for an MES known to be away", statistics.median(away) - min(up), 0.3, "s")
            finally:
                rig.close()


async def scan_to_step(rig: Rig, wip: str) -> float:
    """Start a run and give the seconds until its first step began; waits for its end."""
    client = await connect(rig.config, identity="bench")
    watcher = Watcher(rig.layout.data / "station.db")
    async with Database(rig.config.database_url(rig.layout.base)) as database:
        begun = time.time()
        run_id = await start_run(
            client, rig.config, rig.layout, Runs(database), batch_id="slot",
            unit=UnitUnderTest(wip=wip, process=1, operator="1"), parameters={}, started_by="bench",
        )  # fmt: skip
    first = None
    while True:
        for event in await asyncio.to_thread(watcher.poll):
            if event.run_id == run_id and event.type == "step_start" and first is None:
                first = event.at - begun
            if event.run_id == run_id and event.type == "sequence_complete":
                assert first is not None
                return first
        await asyncio.sleep(0.01)
