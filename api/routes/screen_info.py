"""What the station's screen must know before it can show anything."""

from fastapi import APIRouter

from api.access.roles import Permission
from api.guard import needs
from api.schemas.screen_info import ScreenInfo, Slot
from api.services import Station
from station.config.sections import TemporalSection

router = APIRouter(prefix="/api/system", tags=["system"])


@router.get("/screen", dependencies=[needs(Permission.WATCH)])
async def screen_info(services: Station) -> ScreenInfo:
    """Tell what a screen needs that shows the station's slots and starts runs on them."""
    config = services.config
    mes = bool(config.backend.url)
    return ScreenInfo(
        station_id=config.station.id,
        station_name=config.station.name,
        mes=mes,
        wip_pattern=config.backend.wip_pattern if mes else None,
        temporal_ui=temporal_ui(config.temporal),
        lock_operator=config.server.auth.lock_operator.total_seconds(),
        lock_engineer=config.server.auth.lock_engineer.total_seconds(),
        slots=[Slot(batch_id=batch.id, name=batch.name, process_id=batch.process) for batch in config.batches],
    )


def temporal_ui(temporal: TemporalSection) -> str | None:
    """Tell where Temporal's Web UI shows the station's workflows."""
    own = "" if temporal.address or temporal.profile else f"http://127.0.0.1:{temporal.ui_port}"
    base = (temporal.ui_url or own).rstrip("/")
    return f"{base}/namespaces/{temporal.namespace}" if base else None
