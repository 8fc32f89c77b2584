"""Lets a route be called only by those who may; a route declares its permission with one of the names below."""

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Any

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from fastapi.requests import HTTPConnection
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import BaseRoute, Match, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.caller import Caller
from api.access.gate import refuse
from api.access.identity import Identity
from api.access.networks import address_of
from api.access.pace import Pace
from api.access.roles import Permission
from api.errors import ApiError, ForbiddenError, NotAuthenticatedError, ScreenLockedError
from api.services import services_of
from station.domain.errors import StationError

_SHOWN = {
    "basic": "a name and a password (HTTP Basic)",
    "jwt": "a bearer token (POST /api/auth/token)",
    "api_key": "an API key (X-API-Key)",
}
"""What programs show, by server.auth.type."""


_READING = frozenset({"GET", "HEAD"})


class Needs:
    """A dependency that gives the caller, once it is known that it may do that.

    Attributes:
        permission: What the route asks of its caller.
        counted: Whether a caller who has not logged in may ask for it only so often.
        when_locked: Whether it is served to a locked screen too: reading is, and what leads towards safety.
    """

    def __init__(self, permission: Permission, *, counted: bool = True, when_locked: bool = False) -> None:
        """Ask for a permission."""
        self.permission = permission
        self.counted = counted
        self.when_locked = when_locked or permission in {Permission.PUBLIC, Permission.WATCH}

    async def __call__(self, connection: HTTPConnection) -> Caller:
        """Find out who calls.

        Raises:
            NotAuthenticatedError: If the caller must say who it is.
            ForbiddenError: If its role does not allow it.
            ScreenLockedError: If its screen is locked, and it is a command.
        """
        identity = services_of(connection).identity
        if self.permission is Permission.PUBLIC:
            return await _anybody(identity, connection)
        caller = await identity.caller(connection)
        if caller.role is None:
            msg = f"This needs a login: a session (POST /api/auth/login), or {_SHOWN[identity.kind]}."
            raise NotAuthenticatedError(msg, headers=identity.challenge(connection))
        if not caller.role.may(self.permission):
            msg = f"{caller.name} is {caller.role.value}, which does not allow to {self.permission.value}."
            raise ForbiddenError(msg, role=caller.role, permission=self.permission)
        if caller.locked and not self.when_locked and connection.scope.get("method") not in _READING:
            msg = f"The screen of {caller.name} is locked: log in. STOP is taken all the same."
            raise ScreenLockedError(msg)
        return caller


class Doors:
    """Asks for a route's permission before anything of the request is read; what a dependency asks comes too late.

    Args:
        app: The application behind it.
        routes: All routes of the application, when they are all there.
        pace: How often those may ask who have not logged in.
        open_mounts: Paths of mounted applications that everybody may have; there are no other ones.

    Raises:
        UndeclaredError: If a route says nothing about who may call it.
    """

    def __init__(
        self, app: ASGIApp, routes: Sequence[BaseRoute], pace: Pace, open_mounts: Collection[str] = ()
    ) -> None:
        self._app = app
        self._pace = pace
        self._doors = doors_of(routes, open_mounts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer why not."""
        if scope["type"] in {"http", "websocket"}:
            try:
                await self._check(scope)
            except StationError as error:
                await refuse(error, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _check(self, scope: Scope) -> None:
        for route, asked in self._doors:
            if route.matches(scope)[0] is Match.FULL:
                for need in asked:
                    await self._ask(need, HTTPConnection(scope))
                return

    async def _ask(self, need: Needs, connection: HTTPConnection) -> None:
        address = address_of(connection)
        try:
            caller = await need(connection)
        except NotAuthenticatedError:
            self._pace.count(address)
            raise
        if caller.role is None and need.counted:
            self._pace.count(address)


class UndeclaredError(Exception):
    """A route says nothing about who may call it; the API does not start with one."""


def doors_of(routes: Sequence[BaseRoute], open_mounts: Collection[str]) -> list[tuple[RouteContext, list[Needs]]]:
    """Give each route with what it asks of its caller.

    Raises:
        UndeclaredError: If one says nothing about that.
    """
    doors: list[tuple[RouteContext, list[Needs]]] = []
    for route in iter_route_contexts(routes):
        if isinstance(route.original_route, Mount) and route.path in open_mounts:
            doors.append((route, []))
            continue
        asked = list(_asked(getattr(route, "dependant", None)))
        if not asked:
            msg = f"{route.path} declares no permission; every route does (api/guard.py)"
            raise UndeclaredError(msg)
        doors.append((route, asked))
    return doors


def _asked(dependant: Dependant | None) -> Iterator[Needs]:
    for each in dependant.dependencies if dependant else ():
        if isinstance(each.call, Needs):
            yield each.call
        yield from _asked(each)


async def _anybody(identity: Identity, connection: HTTPConnection) -> Caller:
    try:
        return await identity.caller(connection)
    except ApiError:  # what is shown does not count where nothing needs to be
        return Caller(name="nobody", role=None, address=address_of(connection))


def needs(permission: Permission, *, counted: bool = True) -> Any:  # noqa: ANN401 - what FastAPI's Depends returns
    """Declare a route's permission where it has no use for the caller."""
    return Depends(Needs(permission, counted=counted))


Anybody = Annotated[Caller, needs(Permission.PUBLIC)]
Watcher = Annotated[Caller, needs(Permission.WATCH)]
Operator = Annotated[Caller, needs(Permission.OPERATE)]
Stopper = Annotated[Caller, Depends(Needs(Permission.OPERATE, when_locked=True))]
"""Whoever may operate, at a locked screen too: for STOP, and nothing that is not safe for anybody to do."""
Manager = Annotated[Caller, needs(Permission.MANAGE)]
Holder = Annotated[Caller, Depends(Needs(Permission.MANAGE, when_locked=True))]
"""A manager, at a locked screen too: for what ends manual control, or keeps it as it is."""
Admin = Annotated[Caller, needs(Permission.ADMINISTER)]
