"""Logging in and out, and who one is."""

from dataclasses import replace

from fastapi import APIRouter, Response
from fastapi.requests import HTTPConnection

from api.access.caller import Caller
from api.access.identity import Identity
from api.access.networks import address_of
from api.access.roles import Permission
from api.errors import NotAuthenticatedError
from api.guard import Anybody, Watcher, needs
from api.schemas.access import BadgeLogin, LoginRequest, Me, OwnPassword, TokenAnswer
from api.services import Station
from station.control.noting import deed
from station.domain.errors import AccessError
from station.storage.audit import Audit

router = APIRouter(prefix="/api/auth", tags=["who may"])


@router.post("/login", dependencies=[needs(Permission.PUBLIC)])
async def login(request: LoginRequest, connection: HTTPConnection, response: Response, services: Station) -> Me:
    """Log in with a browser; the session is a cookie that scripts cannot read."""
    identity = services.identity
    _check_needed(identity)
    account = await identity.logins.check(
        request.username, request.password.get_secret_value(), address_of(connection), "session"
    )
    return _me(identity, connection, await identity.browsers.log_in(connection, response, account))


@router.post("/badge", dependencies=[needs(Permission.PUBLIC)])
async def badge(request: BadgeLogin, connection: HTTPConnection, response: Response, services: Station) -> Me:
    """Log in with a browser by a badge alone, as operator or viewer; others are told to enter their password."""
    identity = services.identity
    _check_needed(identity)
    account = await identity.logins.check_badge(request.badge.get_secret_value(), address_of(connection))
    return _me(identity, connection, await identity.browsers.log_in(connection, response, account, by_badge=True))


@router.post("/lock")
async def lock(connection: HTTPConnection, services: Station, caller: Watcher) -> Me:
    """Lock this browser's screen: reading and STOP go on, all else needs a login; without a session nothing is."""
    identity = services.identity
    if not caller.session:
        return _me(identity, connection, caller)
    await identity.browsers.lock(caller)
    return _me(identity, connection, replace(caller, locked=True))


@router.post("/logout", dependencies=[needs(Permission.PUBLIC)])
async def logout(connection: HTTPConnection, response: Response, services: Station) -> Me:
    """End the session this browser shows."""
    await services.identity.browsers.log_out(connection, response)
    return _me(services.identity, connection, Caller("nobody", None, address_of(connection)))


@router.post("/token", dependencies=[needs(Permission.PUBLIC)])
async def token(request: LoginRequest, connection: HTTPConnection, services: Station) -> TokenAnswer:
    """Give a bearer token to a program; with server.auth.type jwt.

    Raises:
        AccessError: If tokens are not what the station takes.
    """
    identity, address = services.identity, address_of(connection)
    _check_needed(identity)
    if identity.kind != "jwt":
        msg = f"Tokens are not used here: server.auth.type is {identity.kind}."
        raise AccessError("TOKENS_NOT_USED", msg)
    account = await identity.logins.check(request.username, request.password.get_secret_value(), address, "token")
    await Audit(services.database).write(deed("login", account.name, account.name, address=address, how="token"))
    return TokenAnswer(
        access_token=identity.tokens.make(account), expires_in=int(identity.tokens.lifetime.total_seconds())
    )


@router.get("/me")
async def me(connection: HTTPConnection, services: Station, caller: Anybody) -> Me:
    """Tell who the caller is; needs no login, so that a page knows whether to ask for one."""
    return _me(services.identity, connection, caller)


@router.post("/password")
async def password(
    request: OwnPassword, connection: HTTPConnection, response: Response, services: Station, caller: Watcher
) -> Me:
    """Change one's own password; one is logged out everywhere else.

    Raises:
        AccessError: If the caller has no password of its own here, or the present one is wrong.
    """
    identity = services.identity
    account = await identity.accounts.find(caller.name) if caller.how in {"session", "basic", "token"} else None
    if account is None or account.own:
        msg = f"{caller.name} has no password that can be changed here; an account of station.yaml is changed there."
        raise AccessError("OWN_ACCOUNT", msg)
    try:
        await identity.logins.check(caller.name, request.current.get_secret_value(), caller.address, "password")
    except NotAuthenticatedError as error:
        msg = "The present password is wrong."
        raise AccessError("PASSWORD_WRONG", msg) from error
    await identity.people.set_password(caller.name, request.new.get_secret_value(), by=caller.name)
    changed = await identity.accounts.find(caller.name)
    if changed is not None and caller.how == "session":
        return _me(identity, connection, await identity.browsers.log_in(connection, response, changed))
    return _me(identity, connection, caller)


def _check_needed(identity: Identity) -> None:
    """Refuse a login where nobody logs in.

    Raises:
        AccessError: If server.auth.enabled is false.
    """
    if not identity.enabled:
        msg = "Nobody logs in here: server.auth.enabled is false, and whoever is served may do everything."
        raise AccessError("LOGIN_NOT_NEEDED", msg)


def _me(identity: Identity, connection: HTTPConnection, caller: Caller) -> Me:
    return Me(
        name=caller.name if caller.role else "",
        role=caller.role,
        how=caller.how,
        permissions=list(caller.role.permissions) if caller.role else [],
        login_needed=caller.role is None,
        login_possible=identity.enabled,
        without_login=identity.without_login(connection),
        locked=caller.locked,
    )
