"""How batches stand: runs asked through the engine, or the database where the engine is away."""

from api.services import Services
from station.control.status import BatchStatus, batch_statuses
from station.domain.errors import EngineError


async def standing_of(services: Services, *batches: str) -> list[BatchStatus]:
    """Find out how batches stand; all of them where none is named.

    A BatchNotFoundError passes through where there is no such batch, a StorageError where the database is away.
    """
    try:
        client = await services.engine.client()
    except EngineError:
        client = None
    return await batch_statuses(client, services.config, services.layout, services.database, batches)
