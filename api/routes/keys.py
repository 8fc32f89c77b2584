"""Keys of machines: for administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, status

from api.access.roles import Permission
from api.guard import Admin, needs
from api.schemas.access import MadeKey, NewKey
from api.services import Station
from station.control.people import normal_name
from station.domain.errors import AccessError
from station.domain.people import ApiKey

router = APIRouter(prefix="/api/keys", tags=["who may"])

Name = Annotated[str, Path(description="Name of the key.", max_length=64)]


@router.get("", dependencies=[needs(Permission.ADMINISTER)])
async def list_keys(services: Station) -> list[ApiKey]:
    """Tell which machines may call, besides those with a key of station.yaml; also keys that were revoked."""
    return await services.identity.people.keys()


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_key(request: NewKey, services: Station, caller: Admin) -> MadeKey:
    """Make a key. It is in this answer and nowhere else; where server.auth.type is not api_key, none is taken."""
    made, key = await services.identity.people.add_key(request.name, request.role, by=caller.name)
    return MadeKey(**made.model_dump(), key=key)


@router.post("/{name}/revoke")
async def revoke_key(name: Name, services: Station, caller: Admin) -> ApiKey:
    """Make a key worth nothing from the next request on; there is no way back, and its name stays taken.

    Raises:
        AccessError: If it is the caller's own: somebody must be left who may.
    """
    if f"key:{normal_name(name)}" == caller.name:
        msg = f"{caller.name} cannot take its own rights away; another administrator can."
        raise AccessError("OWN_ACCOUNT", msg)
    return await services.identity.people.revoke_key(name, by=caller.name)
