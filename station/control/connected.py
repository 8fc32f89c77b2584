"""Which instruments are connected, as far as the journal tells."""

from pathlib import Path

from station.config.model import StationConfig
from station.control.layout import Layout
from station.domain.outcome import StepState
from station.execution.package import read_outline
from station.storage.batches import Batches
from station.storage.database import Database
from station.storage.runs import Runs


class InstrumentNames:
    """The instruments of each batch: what its package has, read again when its manifest has changed.

    Args:
        config: The station's configuration.
        layout: Where packages are.
    """

    def __init__(self, config: StationConfig, layout: Layout) -> None:
        self._config = config
        self._layout = layout
        self._known: dict[Path, tuple[int, list[str]]] = {}

    def of(self, batch: str) -> list[str]:
        """Name a batch's instruments; those of the configuration where its package cannot be read."""
        configured = self._config.batch(batch)
        folder = self._layout.base / configured.sequence_package
        try:
            changed = (folder / "manifest.yaml").stat().st_mtime_ns
        except OSError:
            return sorted(configured.hardware)
        known = self._known.get(folder)
        if known is None or known[0] != changed:
            outline, _ = read_outline(folder)
            known = (changed, sorted(outline.manifest.hardware) if outline else sorted(configured.hardware))
            self._known[folder] = known
        return known[1]


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
        for name in names.of(batch.id):
            found[batch.id, name] = session is not None and name != away
    return found


async def _unreached(database: Database, run_id: str) -> str:
    """Name the instrument at which the latest attempt failed; empty where none did, or the next one has begun."""
    steps = await Runs(database).steps(run_id)
    latest = max(steps, key=lambda step: step.started_at, default=None)
    if latest is None or latest.status is StepState.RUNNING or latest.fault is None:
        return ""
    return latest.fault.instrument if latest.fault.of_hardware else ""
