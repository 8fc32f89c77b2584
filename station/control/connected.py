"""Which instruments are connected, as far as the journal tells."""

import asyncio
from pathlib import Path

from station.config.model import BatchConfig, StationConfig
from station.control.choosing import chosen_package
from station.control.layout import Layout
from station.domain.errors import PackageError
from station.domain.outcome import StepState
from station.domain.plan import PackageRef
from station.execution.package import read_outline
from station.execution.store import PackageStore
from station.storage.batches import Batches
from station.storage.database import Database
from station.storage.runs import Runs


class InstrumentNames:
    """The instruments of each batch, as the package has them that its next run uses; each version is read once.

    Args:
        config: The station's configuration.
        layout: Where packages are.
    """

    def __init__(self, config: StationConfig, layout: Layout) -> None:
        self._config = config
        self._layout = layout
        self._known: dict[tuple[str, str | int], list[str]] = {}

    def of(self, batch: BatchConfig, chosen: PackageRef | None) -> list[str]:
        """Name a batch's instruments; those of the configuration where its package cannot be read."""
        folder = self._layout.base / batch.sequence_package
        try:
            is_now = chosen.content_hash if chosen else (folder / "manifest.yaml").stat().st_mtime_ns
            key = (batch.id, is_now)
            if key not in self._known:
                self._known = {one: names for one, names in self._known.items() if one[0] != batch.id}
                self._known[key] = self._read(folder, chosen, batch)
            return self._known[key]
        except (OSError, PackageError):
            return sorted(batch.hardware)

    def _read(self, folder: Path, chosen: PackageRef | None, batch: BatchConfig) -> list[str]:
        if chosen is not None:
            return sorted(PackageStore(self._layout.packages).version(chosen).manifest.hardware)
        outline, _ = read_outline(folder)
        return sorted(outline.manifest.hardware if outline else batch.hardware)


async def connected_instruments(
    config: StationConfig, database: Database, names: InstrumentNames
) -> dict[tuple[str, str], bool]:
    """Tell of each batch's instruments whether they are connected; a StorageError passes through.

    They are while a session is open on the slot: in a run, or in somebody's hand. The one that the latest attempt of
    the run's steps could not reach is not, until the next attempt begins.
    """
    sessions = {one.batch: one for one in await Batches(database).all() if one.session_token is not None}
    found = {}
    for batch in config.batches:
        session = sessions.get(batch.id)
        away = await _unreached(database, session.session_run_id) if session and session.session_run_id else ""
        for name in await asyncio.to_thread(names.of, batch, await chosen_package(database, batch)):
            found[batch.id, name] = session is not None and name != away
    return found


async def _unreached(database: Database, run_id: str) -> str:
    """Name the instrument at which the latest attempt failed; empty where none did, or the next one has begun."""
    steps = await Runs(database).steps(run_id)
    latest = max(steps, key=lambda step: step.started_at, default=None)
    if latest is None or latest.status is StepState.RUNNING or latest.fault is None:
        return ""
    return latest.fault.instrument if latest.fault.of_hardware else ""
