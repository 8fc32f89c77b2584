"""The tablet scanner: a unit whose process begins, wherever there is a slot for it."""

from fastapi import APIRouter

from api.guard import Operator
from api.schemas.batches import ScannedStart, Started
from api.services import Commanding, Station
from api.starting import IdempotencyKey, start_scanned

router = APIRouter(tags=["batches"])


@router.post("/api/batch/start")
@router.post("/batch/start", include_in_schema=False)
async def start(
    request: ScannedStart, services: Station, client: Commanding, caller: Operator, key: IdempotencyKey = None
) -> Started:
    """Start a run of the scanned unit on the one free slot that runs its process.

    Answers once the MES has been told, or is known to be away; a refusal of the MES is a conflict under its code, and
    so are no free slot and several, with the choices.
    """
    return await start_scanned(services, client, caller, key, request)
