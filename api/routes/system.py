"""The station as a whole."""

import asyncio
import platform
from datetime import UTC, datetime

from fastapi import APIRouter

from api.access.roles import Permission
from api.guard import Operator, needs
from api.measured import Measuring
from api.schemas.system import SyncAnswer, SystemHealth, SystemInfo, SystemVersions
from api.services import Commanding, Station
from api.system_health import system_health
from station.control.engine import made_by
from station.control.queue import send_now
from station.control.usage import ProcessUsage
from station.storage.schema import HEAD, SQLITE

router = APIRouter(prefix="/api/system", tags=["system"])


@router.get("/info", dependencies=[needs(Permission.WATCH)])
async def info(services: Station) -> SystemInfo:
    """Tell which station this is."""
    station = services.config.station
    return SystemInfo(
        id=station.id,
        name=station.name,
        description=station.description,
        version=services.version,
        uptime=(datetime.now(UTC) - services.started_at).total_seconds(),
    )


@router.get("/versions", dependencies=[needs(Permission.WATCH)])
async def versions(services: Station) -> SystemVersions:
    """Tell which versions of what runs; for whoever looks into a fault."""
    return SystemVersions(
        station=services.version,
        python=platform.python_version(),
        temporal=await asyncio.to_thread(made_by, services.layout),
        sqlite=SQLITE,
        database=HEAD,
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
    )


@router.get("/health", dependencies=[needs(Permission.WATCH)])
async def health(services: Station) -> SystemHealth:
    """Tell how the station's parts stand; 200 whatever is down, `/health` has the statuses for monitors."""
    return await system_health(services)


@router.get("/processes", dependencies=[needs(Permission.WATCH)])
async def processes(measuring: Measuring) -> list[ProcessUsage]:
    """Tell what each process of the station uses."""
    return await asyncio.to_thread(measuring.usage.look)


@router.post("/sync")
@router.post("/sync/force", include_in_schema=False)
async def sync(services: Station, client: Commanding, caller: Operator) -> SyncAnswer:
    """Let everything that is owed to the MES make its next try at once."""
    wips = await send_now(client, services.config, services.database, by=caller.name)
    return SyncAnswer(status="started" if wips else "nothing_to_send", wips=wips)
