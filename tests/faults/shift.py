"""Runs on a rig's station, started and awaited the way a client does it."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from station.control.connect import connect
from station.control.starting import start_run
from station.domain.run import UnitUnderTest
from station.storage.database import Database
from station.storage.run_rows import RunRecord
from station.storage.runs import Runs
from station.storage.steps import StepRecord
from tests.faults.rig import Rig


async def start(rig: Rig, batch: str, parameters: Mapping[str, Any] | None = None) -> str:
    """Start a run; returns its id."""
    config, layout = rig.config, rig.layout
    client = await connect(config, identity="test")
    async with Database(config.database_url(layout.base)) as database:
        return await start_run(
            client, config, layout, Runs(database), batch_id=batch, unit=UnitUnderTest(), parameters=parameters or {},
            started_by="test",
        )  # fmt: skip


async def ended(rig: Rig, run_id: str, within: float = 60.0) -> tuple[RunRecord, dict[str, StepRecord]]:
    """Wait for a run's end; returns it and the last attempt of each step."""
    async with Database(rig.config.database_url(rig.layout.base)) as database:
        deadline = time.monotonic() + within
        while True:
            run = await Runs(database).get(run_id)
            if run is not None and run.outcome is not None:
                return run, {record.key.step: record for record in await Runs(database).steps(run_id)}
            if time.monotonic() > deadline:
                raise AssertionError(f"run {run_id} has not ended after {within} s: {run}\n{rig.tail()}")
            await asyncio.sleep(0.05)


async def until_step(rig: Rig, run_id: str, step: str, within: float = 30.0) -> None:
    """Wait until a step of a run is under way."""
    async with Database(rig.config.database_url(rig.layout.base)) as database:
        deadline = time.monotonic() + within
        while not [one for one in await Runs(database).steps(run_id) if one.key.step == step]:
            if time.monotonic() > deadline:
                raise AssertionError(f"{step} of {run_id} has not begun after {within} s\n{rig.tail()}")
            await asyncio.sleep(0.02)
