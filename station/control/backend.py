"""How the way to the MES stands, as the engine's process last wrote it down."""

import time
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel

from station.config.model import StationConfig
from station.control.layout import Layout
from station.storage.breakers import Breakers
from station.storage.database import Database

MES_BREAKER = "mes"
_PULSES_MISSED = 10
"""An engine that gave no sign of life for this many of its heartbeats knows nothing of the MES."""


class BreakerStatus(BaseModel):
    """How a circuit breaker stands.

    Attributes:
        state: closed: calls pass; open: none does; half_open: a few do, to see.
        failure_count: Failures since the last success.
        retry_after: Seconds until the next call is let pass; zero unless it is open.
    """

    state: Literal["closed", "open", "half_open"]
    failure_count: int
    last_failure: datetime | None
    changed_at: datetime
    retry_after: float = 0.0


class BackendStatus(BaseModel):
    """How the MES stands.

    Attributes:
        status: connected: it answered when it was last asked; disconnected: it did not, or nobody could ask it;
            disabled: there is none.
        breaker: None where there is no MES, or the engine's process was never up.
    """

    status: Literal["connected", "disconnected", "disabled"]
    breaker: BreakerStatus | None = None


async def backend_status(config: StationConfig, layout: Layout, database: Database) -> BackendStatus:
    """Tell how the MES stands; a StorageError passes through."""
    if not config.backend.url:
        return BackendStatus(status="disabled")
    record = await Breakers(database).get(MES_BREAKER)
    if record is None:
        return BackendStatus(status="disconnected")
    left = timedelta()
    if record.state == "open" and record.last_failure is not None:
        left = max(left, record.last_failure + config.backend.breaker.recovery - datetime.now(UTC))
    breaker = BreakerStatus.model_validate(
        {
            "state": record.state,
            "failure_count": record.failure_count,
            "last_failure": record.last_failure,
            "changed_at": record.changed_at,
            "retry_after": left.total_seconds(),
        }
    )
    known = record.reachable and _engine_lives(config, layout)
    return BackendStatus(status="connected" if known else "disconnected", breaker=breaker)


def _engine_lives(config: StationConfig, layout: Layout) -> bool:
    """Whether the engine's process gave a sign of life lately; one on another machine is believed."""
    try:
        beat_at = layout.pulse_file("engine").stat().st_mtime
    except FileNotFoundError:
        return bool(config.temporal.address)
    except OSError:
        return False
    return time.time() - beat_at < _PULSES_MISSED * config.execution.heartbeat_interval.total_seconds()
