"""Where a station keeps its files: one folder, `data_dir`, owned by its supervisor."""

from dataclasses import dataclass
from pathlib import Path

from station.config.model import StationConfig


@dataclass(frozen=True)
class Layout:
    """The files of one station.

    Attributes:
        base: The folder the station was started in; relative paths of the configuration start here.
        data: Everything the station writes.
    """

    base: Path
    data: Path

    @classmethod
    def of(cls, config: StationConfig, base: Path) -> "Layout":
        """Lay out the files of a configuration, started in `base`."""
        return cls(base=base.absolute(), data=(base / config.data_dir).absolute())

    @property
    def lock(self) -> Path:
        """Held by the one supervisor of this data directory."""
        return self.data / "station.lock"

    @property
    def ready(self) -> Path:
        """Written when the station is up, removed when it goes down."""
        return self.data / "run" / "ready.json"

    @property
    def api(self) -> Path:
        """Says where the API is served, while it is."""
        return self.data / "run" / "api.json"

    @property
    def engine(self) -> Path:
        """The embedded Temporal server's folder."""
        return self.data / "temporal"

    @property
    def packages(self) -> Path:
        """Sequence packages by content hash."""
        return self.data / "packages"

    @property
    def files(self) -> Path:
        """What steps attached, by content hash."""
        return self.data / "files"

    @property
    def settings(self) -> Path:
        """What station.yaml was, each time before it was saved."""
        return self.data / "settings"

    @property
    def logs(self) -> Path:
        """What the processes wrote."""
        return self.data / "logs"

    @property
    def simulation(self) -> Path:
        """The simulated bench's folder."""
        return self.data / "sim"

    def process_file(self, name: str) -> Path:
        """Holds the process id of a living process: `temporal`, `engine`, `api`, or a batch's id."""
        return self.data / "run" / f"{name}.pid"

    def pulse_file(self, name: str) -> Path:
        """Touched by a living process of ours: `engine`, `api`, or a batch's id."""
        return self.data / "run" / f"{name}.pulse"

    def metrics_file(self, name: str) -> Path:
        """Says where a process serves the Temporal SDK's metrics: `supervisor`, `engine`, `api`, or a batch's id."""
        return self.data / "run" / f"{name}.metrics"

    def batch_lock(self, batch: str) -> Path:
        """Held by the one process that owns a batch's instruments."""
        return self.data / "run" / f"batch-{batch}.lock"

    def shared_lock(self, name: str) -> Path:
        """Held by the one process that has a shared instrument; says which, and since when."""
        return self.data / "run" / f"shared-{name}.lock"
