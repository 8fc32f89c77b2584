"""How the station's parts stand, for monitors: each check on its own, within two seconds, whatever is down."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Literal

import psutil
from pydantic import BaseModel
from temporalio.client import Client
from temporalio.service import RPCError

from station.config.model import StationConfig
from station.control.backend import BackendStatus, backend_status
from station.control.connect import address_of
from station.control.layout import Layout
from station.control.presence import takes_runs
from station.domain.errors import EngineError, StationError
from station.storage.database import Database

WITHIN = timedelta(seconds=2)
"""How long one check may take."""
USAGE_WARNING = 90.0
"""Percent of the disk, or of the memory, from which on there is a warning."""

Grade = Literal["healthy", "warning", "unhealthy"]


class Check(BaseModel):
    """One part of the station.

    Attributes:
        usage_percent: Of the disk or the memory.
        states: Of the circuit breakers, by name: closed, open or half_open.
    """

    status: Grade
    message: str
    usage_percent: float | None = None
    states: dict[str, str] | None = None


class Health(BaseModel):
    """How the station's parts stand.

    Attributes:
        status: unhealthy where the database or the Temporal server does not answer; warnings do not change it.
    """

    status: Literal["healthy", "unhealthy"]
    checks: dict[str, Check]


class Readiness(BaseModel):
    """Whether the station takes runs; `message` says why not."""

    ready: bool
    message: str = ""


async def station_health(
    config: StationConfig, layout: Layout, database: Database, connected: Callable[[], Awaitable[Client]]
) -> Health:
    """Look at every part.

    Args:
        config: The station's configuration.
        layout: Where the station keeps its files.
        database: The open results database.
        connected: Gives a connection to the Temporal server.
    """
    storage, temporal, breakers = await asyncio.gather(
        _database(database), _temporal(config, connected), _breakers(config, layout, database)
    )
    checks = {
        "database": storage,
        "temporal": temporal,
        "disk": disk(layout),
        "memory": memory(),
        "circuit_breakers": breakers,
    }
    bad = any(check.status == "unhealthy" for check in checks.values())
    return Health(status="unhealthy" if bad else "healthy", checks=checks)


async def readiness(
    config: StationConfig, layout: Layout, database: Database, connected: Callable[[], Awaitable[Client]]
) -> Readiness:
    """Tell whether the station takes runs: it is up, not going down, and what it stands on answers."""
    if not takes_runs(config, layout):
        return Readiness(ready=False, message="The station is going down, or not up yet.")
    for check in await asyncio.gather(_database(database), _temporal(config, connected)):
        if check.status == "unhealthy":
            return Readiness(ready=False, message=check.message)
    return Readiness(ready=True)


def disk(layout: Layout) -> Check:
    """Look at the disk on which the station's data is."""
    try:
        usage = shutil.disk_usage(layout.data)
    except OSError as error:
        return Check(status="warning", message=f"{layout.data} cannot be looked at: {error.strerror}")
    return _usage("Disk", 100 * usage.used / (usage.used + usage.free))


def memory() -> Check:
    """Look at the machine's memory."""
    return _usage("Memory", psutil.virtual_memory().percent)


def memory_bytes() -> int:
    """How much memory the machine has."""
    return int(psutil.virtual_memory().total)


async def database_answers(database: Database) -> bool:
    """Whether the results database answers."""
    return (await _database(database)).status == "healthy"


async def temporal_answers(config: StationConfig, connected: Callable[[], Awaitable[Client]]) -> bool:
    """Whether the Temporal server answers."""
    return (await _temporal(config, connected)).status == "healthy"


async def _database(database: Database) -> Check:
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            await database.data_version()
    except TimeoutError:
        return Check(status="unhealthy", message=f"The database did not answer within {WITHIN.total_seconds():g} s.")
    except StationError as error:
        return Check(status="unhealthy", message=error.message)
    return Check(status="healthy", message="The database answers.")


async def _temporal(config: StationConfig, connected: Callable[[], Awaitable[Client]]) -> Check:
    where = f"The Temporal server at {address_of(config)}"
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            client = await connected()
            serves = await client.service_client.check_health(timeout=WITHIN)
    except (TimeoutError, EngineError, RPCError):
        serves = False
    if serves:
        return Check(status="healthy", message=f"{where} answers.")
    return Check(status="unhealthy", message=f"{where} does not answer.")


async def _breakers(config: StationConfig, layout: Layout, database: Database) -> Check:
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            backend = await backend_status(config, layout, database)
    except (TimeoutError, StationError):
        return Check(status="warning", message="Their state is in the database, which does not answer.")
    return _of_backend(backend)


def _of_backend(backend: BackendStatus) -> Check:
    states = {} if backend.breaker is None else {"mes": str(backend.breaker.state)}
    if backend.status == "disabled":
        return Check(status="healthy", message="There is no MES.", states=states)
    if states.get("mes", "closed") != "closed":
        message = "The MES is away; what is owed to it is kept."
        return Check(status="warning", message=message, states=states)
    return Check(status="healthy", message="Calls pass.", states=states)


def _usage(what: str, percent: float) -> Check:
    grade: Grade = "warning" if percent >= USAGE_WARNING else "healthy"
    return Check(status=grade, message=f"{what} usage: {percent:.1f} %", usage_percent=round(percent, 1))
