"""Turns away, before any route, those who are not served at all, and says in every answer what a browser may do."""

import ipaddress
import socket
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from api import errors
from api.access.networks import is_forwarded, is_in
from station.config.model import ServerSection
from station.domain.errors import StationError

LARGEST_BODY = 2**20
"""Bytes of an ordinary request; uploads have their own limit."""

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_POLICY_VIOLATION = 1008
_POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data: blob:",
    "style-src": "'self' 'unsafe-inline'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def content_policy(**other: str) -> str:
    """Write what a page may load and run: what is ours and nothing else, but for what is said."""
    return "; ".join(f"{name} {value}" for name, value in {**_POLICY, **other}.items())


_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": content_policy(),
}


class Gate:
    """The first thing a request meets.

    Args:
        app: What is behind it.
        settings: The section `server`.
        uploads: Paths whose routes limit the size of what they take themselves.
    """

    def __init__(self, app: ASGIApp, settings: ServerSection, uploads: Collection[str] = ()) -> None:
        self._app = app
        self._enabled = settings.auth.enabled
        self._networks = settings.auth.networks()
        self._hosts = _own_names(settings)
        self._uploads = frozenset(uploads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or answer why not."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        sending = _with_headers(noting)
        try:
            self._check(scope)
            limited = (
                receive if scope["type"] == "websocket" or self._is_upload(scope) else at_most(LARGEST_BODY, receive)
            )
            await self._app(scope, limited, sending)
        except StationError as error:
            await refuse(error, scope, receive, sending)
        except Exception as error:
            if begun:
                raise
            # Here and not behind: this answer has the headers too.
            await _answer(
                errors.unexpected(scope.get("method", "socket"), scope["path"], error), scope, receive, sending
            )

    def _check(self, scope: Scope) -> None:
        """Refuse what is not to be served, an address that is not of the whitelist among it.

        Raises:
            HostRefusedError: If the station was asked for under a name that is not its own.
            TooLargeError: If it says that more is coming than the station takes.
            OriginRefusedError: If a page of another site asks for more than to read, or for a socket.
        """
        headers = Headers(scope=scope)
        address = scope["client"][0] if scope.get("client") else ""
        if not self._enabled:
            self._check_address(address, headers)
        host = _host_of(headers.get("host", ""))
        if host not in self._hosts and not _is_address(host):
            msg = f"The station is not known as {host[:100]!r}; add the name to server.allowed_hosts."
            raise errors.HostRefusedError(msg)
        if scope["type"] == "http" and scope["method"] in _READING:
            return
        length = headers.get("content-length", "0")
        if not self._is_upload(scope) and (not length.isdecimal() or int(length) > LARGEST_BODY):
            msg = f"A request may have {LARGEST_BODY} bytes."
            raise errors.TooLargeError(msg, limit=LARGEST_BODY, headers={"Connection": "close"})
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
            msg = f"A page of {origin[:100]} asked for it; only the station's own pages may."
            raise errors.OriginRefusedError(msg)
        if origin is None and headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            msg = "A page of another site asked for it; only the station's own pages may."
            raise errors.OriginRefusedError(msg)

    def _check_address(self, address: str, headers: Headers) -> None:
        """Refuse an address, where nobody is asked who he is.

        Raises:
            AddressRefusedError: If it is not of the whitelist, or speaks for somebody else's.
        """
        if not is_in(address, self._networks):
            msg = (
                f"{address} is not served: nobody has to log in here, so only the addresses of server.auth.whitelist "
                "are. Add the address there, or set server.auth.enabled."
            )
            raise errors.AddressRefusedError(msg, address=address)
        if is_forwarded(headers):
            msg = (
                f"{address} is a proxy that asks for somebody else; server.auth.whitelist lets callers in by their own "
                "address. Behind a proxy set server.auth.enabled."
            )
            raise errors.AddressRefusedError(msg, address=address)

    def _is_upload(self, scope: Scope) -> bool:
        return scope["path"] in self._uploads


def _own_names(settings: ServerSection) -> frozenset[str]:
    name = socket.gethostname().lower()
    return frozenset(
        {*_LOOPBACK, name, f"{name}.local", settings.host.lower(), *map(str.lower, settings.allowed_hosts)}
    )


def _host_of(header: str) -> str:
    """The host of `host:port`, in lower case, without the brackets of IPv6."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    # Nobody can point the DNS name of an attacker's page at an address without asking for it under that name.
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def at_most(size: int, receive: Receive) -> Receive:
    """Have a body that is larger end with the answer 413."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > size:
            # The only kind of error that comes out of the reading of a body as it is.
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers={"Connection": "close"})
        return message

    return limited


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending


async def refuse(error: StationError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, or the opening of a socket, with an error."""
    await _answer(errors.answer(error), scope, receive, send)


async def _answer(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await response(scope, receive, send)
        return
    socket_ = WebSocket(scope, receive, send)
    if "websocket.http.response" in scope.get("extensions", {}):
        await socket_.send_denial_response(response)
    else:
        # Before it is accepted, a close is an HTTP 403 to the client.
        await receive()
        await socket_.close(_POLICY_VIOLATION)
