"""How the station's parts stand, in one answer for people and their screens."""

import asyncio
from datetime import UTC, datetime

from api.schemas.system import SystemHealth
from api.services import Services
from station.config.calibration import due
from station.control import health
from station.control.backend import BackendStatus, backend_status
from station.control.presence import presence
from station.domain.errors import StorageError
from station.storage.batches import Batches
from station.storage.queue import SyncQueue

DISK_LIMIT = 80.0
"""Percent of the disk below which all is well: there is time to make room."""


async def system_health(services: Services) -> SystemHealth:
    """Find out how the station's parts stand; whatever is down, an answer comes within a few seconds."""
    config, layout = services.config, services.layout
    database, engine = await asyncio.gather(
        health.database_answers(services.database), health.temporal_answers(config, services.engine.client)
    )
    backend = BackendStatus(status="disconnected" if config.backend.url else "disabled")
    wanted = up = 0
    size: int | None = None
    try:
        backend = await backend_status(config, layout, services.database)
        size = sum((await SyncQueue(services.database).sizes()).values())
        records = {one.batch: one for one in await Batches(services.database).all()}
        states = [records[batch.id] for batch in config.batches if batch.id in records]
        wanted = sum(one.desired == "running" for one in states)
        up = sum(one.desired == "running" and one.process_state == "running" for one in states)
    except StorageError:
        database = False
    ready = bool(config.temporal.address) or presence(layout).ready
    disk = health.disk(layout).usage_percent
    well = database and engine and ready and up == wanted and backend.status != "disconnected"
    return SystemHealth(
        status="ok" if well and disk is not None and disk < DISK_LIMIT else "degraded",
        backend_connected=backend.status != "disconnected",
        backend_status=backend.status,
        engine_connected=engine,
        database_connected=database,
        ready=ready,
        batches_up=up,
        batches_wanted=wanted,
        queue_size=size,
        disk_used_percent=disk,
        memory_used_percent=health.memory().usage_percent,
        memory_total_bytes=health.memory_bytes(),
        calibrations=due(config.batches, datetime.now().astimezone().date()),
        timestamp=datetime.now(UTC),
    )
