"""What people did, and whether the list of it is whole."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from api.access.roles import Permission
from api.guard import needs
from api.schemas.audit import AuditCheck, AuditEntry, AuditPage
from api.services import Station
from station.storage.audit import Audit, AuditFilter

router = APIRouter(prefix="/api/audit", tags=["audit"])

Word = Annotated[str | None, Query(max_length=200)]
Moment = Annotated[AwareDatetime | None, Query()]


@router.get("", dependencies=[needs(Permission.MANAGE)])
async def list_audit(
    services: Station,
    actor: Word = None,
    action: Word = None,
    target: Word = None,
    since: Moment = None,
    until: Moment = None,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AuditPage:
    """Give what people did, newest first, a page at a time."""
    wanted = AuditFilter(actor, action, target, since, until, before, limit + 1)
    found = await Audit(services.database).list(wanted)
    page = found[:limit]
    return AuditPage(items=[AuditEntry.of(each) for each in page], next=page[-1].id if len(found) > limit else None)


@router.get("/verify", dependencies=[needs(Permission.MANAGE)])
async def verify_audit(services: Station) -> AuditCheck:
    """Follow the chain of hashes from the first entry to the last."""
    return AuditCheck.of(await Audit(services.database).verify())
