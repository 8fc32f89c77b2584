"""The station as a whole."""

from datetime import UTC, datetime

from fastapi import APIRouter

from api.access.roles import Permission
from api.guard import needs
from api.schemas.system import SyncAnswer, SystemInfo
from api.services import Commanding, Station
from station.control.queue import send_now

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


@router.post("/sync", dependencies=[needs(Permission.OPERATE)])
@router.post("/sync/force", dependencies=[needs(Permission.OPERATE)], include_in_schema=False)
async def sync(services: Station, client: Commanding) -> SyncAnswer:
    """Let everything that is owed to the MES make its next try at once."""
    wips = await send_now(client, services.config, services.database)
    return SyncAnswer(status="started" if wips else "nothing_to_send", wips=wips)
