"""The one place of the project that speaks HTTP as a client: one call in, one whole answer or one error out."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote

import httpx
from pydantic import JsonValue

from station.domain.errors import MesUnavailableError, Outage
from station.mes.answers import Reply

BIGGEST_ANSWER = 8 * 1024 * 1024
"""Bytes of an answer that are read; a WIP's whole trace is far below."""

_IDLE = 4.0
"""Seconds a connection is kept for the next call; less than the 5 after which uvicorn closes it unannounced."""

_BROKEN = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError)
# What is left after httpx's own tree: a closed client, an address no socket takes, a header no wire takes.
_ELSE = (httpx.InvalidURL, httpx.StreamError, OSError, ValueError, RuntimeError)
_NEVER_LEFT = (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL, ValueError)


class Http:
    """Calls one server.

    A reset on a kept connection may be the server's goodbye to an idle one, or the loss of an answer to a call that
    was carried out; from outside they are the same. So calls that change nothing use kept connections and are
    repeated once on a fresh one, and calls that change something always have a fresh one and are never repeated here.

    Args:
        url: Where the server is; a path in it is put before every call's.
        timeout: How long one call may take from the first byte to the last, however slowly they trickle.
        headers: Sent with every call.
    """

    def __init__(self, url: str, timeout: timedelta, headers: Mapping[str, str] | None = None) -> None:
        self._url = url.rstrip("/")
        self._timeout = timeout.total_seconds()
        self._headers = {**(headers or {}), "Accept": "application/json", "User-Agent": "neurohub-station"}
        # A certificate authority of the factory's own is named by SSL_CERT_FILE. Proxies of the environment are not
        # used: they are for the Internet, and the MES is in the house.
        verify: ssl.SSLContext | bool = httpx.create_ssl_context() if self._url.startswith("https") else False
        # A handshake that is cancelled from outside leaves its socket behind; so it has a shorter time of its own.
        timeouts = httpx.Timeout(self._timeout, connect=0.9 * self._timeout)
        self._kept, self._fresh = (
            httpx.AsyncClient(verify=verify, timeout=timeouts, trust_env=False, limits=limits)
            for limits in (httpx.Limits(keepalive_expiry=_IDLE), httpx.Limits(max_keepalive_connections=0))
        )

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: JsonValue = None,
        headers: Mapping[str, str] | None = None,
        changes: bool = False,
    ) -> Reply:
        """Make one call.

        Args:
            method: HTTP's word for it.
            path: Begins with a slash, quoted where it must be.
            query: Parameters after the question mark.
            body: Sent as JSON; None: none.
            headers: Besides those of every call.
            changes: Whether the call changes something at the server, so that it must not be repeated unasked.

        Raises:
            MesUnavailableError: If there is no whole answer, for whatever reason.
        """  # noqa: DOC501, DOC502 - a helper makes it
        try:
            async with asyncio.timeout(self._timeout):
                if changes:
                    return await self._once(self._fresh, method, path, query, body, headers)
                try:
                    return await self._once(self._kept, method, path, query, body, headers)
                except _BROKEN:
                    return await self._once(self._fresh, method, path, query, body, headers)
        except (httpx.HTTPError, TimeoutError, *_ELSE) as error:
            raise _unavailable(error, f"{method} {path}") from error

    async def close(self) -> None:
        """Close every connection."""
        await self._kept.aclose()
        await self._fresh.aclose()

    async def _once(
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: JsonValue,
        headers: Mapping[str, str] | None,
    ) -> Reply:
        sent = {**self._headers, **(headers or {})}
        content = None
        if body is not None:
            content = json.dumps(body, allow_nan=False).encode()
            sent["Content-Type"] = "application/json"
        sent = {name: _header(value) for name, value in sent.items()}
        parts: list[bytes] = []
        size = 0
        async with client.stream(
            method, self._url + path, params=dict(query) if query else None, content=content, headers=sent
        ) as response:
            async for part in response.aiter_bytes():
                size += len(part)
                if size > BIGGEST_ANSWER:
                    msg = f"an answer of more than {BIGGEST_ANSWER} bytes"
                    raise httpx.DecodingError(msg, request=response.request)
                parts.append(part)
            return Reply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, b"".join(parts))


def _header(value: str) -> str:
    # A header is ASCII; a station called in Korean is quoted as in a URL.
    return value if value.isascii() and value.isprintable() else quote(value)


def _unavailable(error: Exception, call: str) -> MesUnavailableError:
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        outage = Outage.TIMEOUT
    elif isinstance(error, httpx.DecodingError | httpx.RemoteProtocolError):
        outage = Outage.GARBLED
    else:
        outage = Outage.NETWORK
    why = str(error) or type(error).__name__
    return MesUnavailableError(f"{call}: {why}", outage=outage, may_have_arrived=not isinstance(error, _NEVER_LEFT))
