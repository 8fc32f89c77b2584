"""What is said of the station as a whole."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from station.config.calibration import Calibration


class SystemInfo(BaseModel):
    """Which station this is.

    Attributes:
        uptime: Seconds since the API started.
    """

    id: str
    name: str
    description: str
    version: str
    uptime: float


class SystemVersions(BaseModel):
    """Which versions of what runs.

    Attributes:
        temporal: Of the Temporal server the station starts itself; empty: another one is used, or it is not known.
        database: Of the results database's tables.
        system: The operating system.
    """

    station: str
    python: str
    temporal: str
    sqlite: str
    database: str
    system: str


class SystemHealth(BaseModel):
    """How the station's parts stand.

    Attributes:
        status: ok, or degraded where something does not answer.
        backend_connected: Whether the MES answered when it was last asked; true where there is none.
        backend_status: connected, disconnected, or disabled: there is none.
        ready: Whether the station takes runs.
        batches_up: Batches whose process runs, of those whose process is wanted.
        queue_size: What is owed to the MES; null where the database is away.
        disk_used_percent: Of the disk the data is on; degraded from 80.
        memory_used_percent: Of the machine's memory.
        memory_total_bytes: The machine's memory.
        calibrations: Instruments whose calibration is over, or ends within 14 days; the first one first.
    """

    status: Literal["ok", "degraded"]
    backend_connected: bool
    backend_status: Literal["connected", "disconnected", "disabled"]
    engine_connected: bool
    database_connected: bool
    ready: bool
    batches_up: int
    batches_wanted: int
    queue_size: int | None
    disk_used_percent: float | None
    memory_used_percent: float | None = None
    memory_total_bytes: int | None = None
    calibrations: list[Calibration] = []
    timestamp: datetime


class SyncAnswer(BaseModel):
    """The WIPs whose deliveries make their next try at once."""

    status: Literal["started", "nothing_to_send"]
    wips: list[str]
