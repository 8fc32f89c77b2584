"""Lets a route be called only by those who may; a route declares its permission with one of the names below."""

from typing import Annotated, Any

from fastapi import Depends
from fastapi.requests import HTTPConnection

from api.access.caller import Caller
from api.access.roles import Permission
from api.errors import ForbiddenError, NotAuthenticatedError
from api.services import services_of


class Needs:
    """A dependency that gives the caller, once it is known that it may do that.

    Attributes:
        permission: What the route asks of its caller.
    """

    def __init__(self, permission: Permission) -> None:
        """Ask for a permission."""
        self.permission = permission

    async def __call__(self, connection: HTTPConnection) -> Caller:
        """Find out who calls.

        Raises:
            NotAuthenticatedError: If the caller must say who it is.
            ForbiddenError: If its role does not allow it.
        """
        caller = await services_of(connection).identity.caller(connection)
        if self.permission is Permission.PUBLIC:
            return caller
        if caller.role is None:
            msg = "This needs a login: a session (POST /api/auth/login), a bearer token or an API key."
            raise NotAuthenticatedError(msg, headers={"WWW-Authenticate": 'Bearer realm="station"'})
        if not caller.role.may(self.permission):
            msg = f"{caller.name} is {caller.role.value}, which does not allow to {self.permission.value}."
            raise ForbiddenError(msg, role=caller.role, permission=self.permission)
        return caller


def needs(permission: Permission) -> Any:  # noqa: ANN401 - what FastAPI's Depends returns
    """Declare a route's permission where it has no use for the caller."""
    return Depends(Needs(permission))


Anybody = Annotated[Caller, needs(Permission.PUBLIC)]
Watcher = Annotated[Caller, needs(Permission.WATCH)]
Operator = Annotated[Caller, needs(Permission.OPERATE)]
Manager = Annotated[Caller, needs(Permission.MANAGE)]
Admin = Annotated[Caller, needs(Permission.ADMINISTER)]
