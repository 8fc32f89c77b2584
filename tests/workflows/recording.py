"""A station whose runs are recorded, and how a history is written down."""

import asyncio
import base64
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import JsonValue
from temporalio.client import Client, WorkflowHandle

from station.contracts.names import run_workflow_id
from station.control.connect import connect
from station.control.together import Order, start_together
from station.domain.run import UnitUnderTest
from station.hardware.simulation.control import BenchControl
from station.storage.database import Database
from station.storage.runs import Runs
from tests.faults.rig import Rig
from tests.faults.watcher import Watcher
from tests.workflows import stage

Handle = WorkflowHandle[Any, Any]
Story = Callable[[Handle], Awaitable[None]]
Parameters = Mapping[str, JsonValue]
ALONE: Mapping[str, Parameters] = {}
PATIENCE = 60.0
"""Seconds a run may take to its end, once its story is told."""


class Recording:
    """A station whose runs are recorded."""

    def __init__(self, rig: Rig, folder: Path, only: Sequence[str] = ()) -> None:
        self.rig = rig
        self._only = only
        self.bench = BenchControl(rig.ports["control"])
        self._folder = folder
        self._watcher = Watcher(rig.layout.data / "station.db")

    async def run(
        self, name: str, story: Story, batch: str, parameters: Parameters, *, meets: Mapping[str, Parameters] = ALONE
    ) -> None:
        """Start a run, let the story happen to it, keep its history.

        Args:
            name: The history's.
            story: What happens.
            batch: Whose run is recorded.
            parameters: Of the run.
            meets: Parameters of runs on other batches that are started with it, and begin the step `burn_in` together.
        """
        if not self.wants(name):
            return
        config, layout = self.rig.config, self.rig.layout
        orders = [
            Order(one, UnitUnderTest(wip=f"WIP-{name}-{one}", process=1, operator="kim"), given)
            for one, given in {batch: parameters, **meets}.items()
        ]
        async with Database(config.database_url(layout.base)) as database:
            started = await start_together(
                await self.client(), config, layout, Runs(database), orders, started_by="recording",
                meet_at=["burn_in"] if meets else [],
            )  # fmt: skip
        assert [one.refused for one in started] == [None] * len(orders)
        await self.keep(name, story, batch)

    async def keep(self, name: str, story: Story, batch: str) -> None:
        """Let the story happen to whatever has a slot now, and keep its history."""
        await story(self.handle(await self.client(), batch))
        # A power cut has taken the first server, and with it the connection to it.
        handle = self.handle(await self.client(), batch)
        async with asyncio.timeout(PATIENCE):
            end = await handle.result()
        await write_down(self._folder, name, handle)
        print(f"{name:26s} {end.get('outcome', end['reason'])}")

    def wants(self, name: str) -> bool:
        """Whether this history is to be recorded."""
        return not self._only or name in self._only

    async def in_step(self, step: str) -> None:
        """Wait until a run of the station is in a step."""
        begun = "SELECT 1 FROM step_results WHERE step_name = ? AND status = 'running'"
        await stage.until(lambda: bool(self._watcher.rows(begun, step)))

    async def client(self) -> Client:
        return await connect(self.rig.config, identity="recording")

    def handle(self, client: Client, batch: str) -> Handle:
        """Reach whatever has a slot now: a run, or a manual session."""
        return client.get_workflow_handle(run_workflow_id(self.rig.config.station.id, batch))


async def write_down(folder: Path, name: str, handle: Handle) -> None:
    """Write a history down, without what is of the machine it was made on."""
    history = json.loads((await handle.fetch_history()).to_json())
    text = json.dumps({"id": handle.id, "history": _cleaned(history)}, indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _payload(inner) if key == "data" else _cleaned(inner)
            for key, inner in value.items()
            if key != "stackTrace"
        }
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    # A worker without a name of its own is called by its process and its machine.
    return re.sub(r"^\d+@.*", "recording", value) if isinstance(value, str) else value


def _payload(data: str) -> str:
    """Take the places in the source out of what was said, and nothing else."""
    said = base64.b64decode(data)
    if b'"traceback"' not in said:
        return data
    text = json.dumps(_placeless(json.loads(said)), ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _placeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _placeless(inner) for key, inner in value.items() if key != "traceback"}
    return [_placeless(inner) for inner in value] if isinstance(value, list) else value
