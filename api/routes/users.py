"""Who may log in: for administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, status

from api.access.roles import Permission
from api.errors import RequestInvalidError
from api.guard import Admin, needs
from api.schemas.access import NewBadge, NewPassword, NewUser, UserChange
from api.services import Station
from station.control.people import normal_name
from station.domain.errors import AccessError
from station.domain.people import User

router = APIRouter(prefix="/api/users", tags=["who may"])

Name = Annotated[str, Path(description="Name of the user.", max_length=64)]


@router.get("", dependencies=[needs(Permission.ADMINISTER)])
async def list_users(services: Station) -> list[User]:
    """Tell who may log in, besides the account of station.yaml."""
    return await services.identity.people.users()


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_user(request: NewUser, services: Station, caller: Admin) -> User:
    """Let somebody in."""
    people = services.identity.people
    return await people.add_user(request.name, request.password.get_secret_value(), request.role, by=caller.name)


@router.patch("/{name}")
async def change_user(name: Name, request: UserChange, services: Station, caller: Admin) -> User:
    """Give a user another role, or have it not log in any more.

    Raises:
        AccessError: If it is the caller itself: somebody must be left who may.
        RequestInvalidError: If nothing is to be changed.
    """
    people = services.identity.people
    if normal_name(name) == caller.name:
        msg = f"{caller.name} cannot take its own rights away; another administrator can."
        raise AccessError("OWN_ACCOUNT", msg)
    changed: User | None = None
    if request.role is not None:
        changed = await people.set_role(name, request.role, by=caller.name)
    if request.active is not None:
        changed = await people.set_active(name, active=request.active, by=caller.name)
    if changed is None:
        msg = "Nothing is to be changed: name a role, or whether the user is active."
        raise RequestInvalidError(msg)
    return changed


@router.post("/{name}/password")
async def reset_password(name: Name, request: NewPassword, services: Station, caller: Admin) -> User:
    """Give a user another password; it is logged out everywhere."""
    people = services.identity.people
    return await people.set_password(name, request.password.get_secret_value(), by=caller.name)


@router.put("/{name}/badge")
async def set_badge(name: Name, request: NewBadge, services: Station, caller: Admin) -> User:
    """Give a user a badge instead of the one it may have, which is worth nothing then; it is never shown again."""
    return await services.identity.people.set_badge(name, request.badge.get_secret_value(), by=caller.name)


@router.delete("/{name}/badge")
async def remove_badge(name: Name, services: Station, caller: Admin) -> User:
    """Make a user's badge worth nothing; whoever is logged in by it is logged out."""
    return await services.identity.people.remove_badge(name, by=caller.name)
