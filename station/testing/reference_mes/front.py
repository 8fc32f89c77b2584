"""The door every request comes through: written down, limited, spoiled on demand, answered."""

import asyncio
import json
import logging
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from station.testing.reference_mes.auth import UnauthorizedError
from station.testing.reference_mes.calls import CallKind, kind_of
from station.testing.reference_mes.control import CONTROL
from station.testing.reference_mes.core import Mes
from station.testing.reference_mes.dialect import Dialect
from station.testing.reference_mes.faults import Fault, FaultKind
from station.testing.reference_mes.limiter import Limiter
from station.testing.reference_mes.wire import Wire

logger = logging.getLogger(__name__)

PAGE = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
BEHIND_A_GATEWAY = frozenset({502, 504})
"""Statuses that a gateway sends, with a page of its own."""


@dataclass
class Reply:
    """An answer before it goes over the line."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def of(cls, response: Response) -> "Reply":
        """The reply a response makes."""
        return cls(response.status_code, list(response.raw_headers), bytes(response.body))

    def with_body(self, body: bytes, *, length: int | None = None) -> "Reply":
        """The same with another body; `length` is what is announced."""
        headers = [(name, value) for name, value in self.headers if name != b"content-length"]
        announced = len(body) if length is None else length
        return Reply(self.status, [*headers, (b"content-length", str(announced).encode())], body)


@dataclass
class Call:
    """One request on its way."""

    scope: Scope
    receive: Receive
    send: Send
    kind: CallKind
    body: bytes
    wire: Wire

    @property
    def request(self) -> Request:
        """The request, for those who answer it."""
        return Request(self.scope)


class Front:
    """The outermost layer of the server."""

    def __init__(self, app: ASGIApp, mes: Mes, dialect: Dialect) -> None:
        self._app = app
        self._mes = mes
        self._dialect = dialect
        self._limiter = Limiter(mes.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._app(scope, receive, send)
            return
        wire: Wire = scope["state"]["wire"]
        self._mes.wires.add(wire)
        call = Call(scope, receive, send, kind_of(scope["path"]), await _whole_body(receive), wire)
        query = scope["query_string"].decode()
        number = self._mes.ledger.arrived(
            call.kind, scope["method"], scope["path"], query, Headers(scope=scope), call.body
        )
        scope["state"]["request_id"] = number
        down = self._mes.down
        fault = None if down else self._mes.faults.next(scope["method"], scope["path"], call.kind)
        status: int | None = None
        try:
            if down:
                await wire.reset()
            elif fault is None:
                status = await self._answer(call, await self._carry_out(call))
            else:
                status = await self._go_wrong(call, fault)
        finally:
            self._mes.ledger.answered(number, status, "down" if down else fault.kind if fault else None)

    async def _go_wrong(self, call: Call, fault: Fault) -> int | None:
        if fault.kind is FaultKind.DELAY and not fault.commits:
            await self._mes.faults.pause(fault.delay)
            return await self._answer(call, await self._carry_out(call))
        reply = await self._carry_out(call) if fault.commits else Reply()
        match fault.kind:
            case FaultKind.REFUSE:
                await call.wire.close()
                return None
            case FaultKind.COMMIT_THEN_RESET | FaultKind.RESET_BEFORE_COMMIT:
                await call.wire.reset()
                return None
            case FaultKind.DELAY:
                await self._mes.faults.pause(fault.delay)
                return await self._answer(call, reply)
            case FaultKind.HALF_BODY:
                await self._put(call, reply.with_body(reply.body[: len(reply.body) // 2], length=len(reply.body)))
                await call.wire.close()
                return reply.status
            case FaultKind.TRICKLE:
                await self._put(call, reply, fault.pace)
                return reply.status
            case FaultKind.GARBAGE_JSON:
                return await self._answer(call, reply.with_body(reply.body[1:] + b'}{"'))
            case FaultKind.WRONG_TYPE:
                return await self._answer(call, reply.with_body(_of_other_types(reply.body)))
            case _:
                return await self._answer(call, Reply.of(self._instead(call, fault)))

    def _instead(self, call: Call, fault: Fault) -> Response:
        """What is answered where the request is not looked at."""
        dialect = self._dialect
        match fault.kind:
            case FaultKind.HTML:
                return HTMLResponse(PAGE, fault.status or 200)
            case FaultKind.TOKEN_STORM:
                return dialect.unauthorized(call.request, UnauthorizedError("Could not validate credentials"))
            case FaultKind.DATABASE_DOWN if call.kind is CallKind.HEALTH:
                return dialect.health(degraded=True)
            case FaultKind.DATABASE_DOWN if self._mes.neurohub:
                return dialect.unauthorized(call.request, UnauthorizedError("Could not validate credentials"))
        status = fault.status or 500
        if status == 429:
            return dialect.too_many(1 if fault.retry_after is None else fault.retry_after)
        if status in BEHIND_A_GATEWAY:
            response: Response = HTMLResponse(PAGE, status)
        else:
            response = dialect.failed(call.request, status, "SRV_001", "Internal server error")
        if fault.retry_after is not None:
            response.headers["Retry-After"] = f"{fault.retry_after:g}"
        return response

    async def _carry_out(self, call: Call) -> Reply:
        """Let the application do its work; its answer is not sent yet."""
        address = (call.scope.get("client") or ("",))[0]
        if wait := self._limiter.wait(address, call.kind):
            return Reply.of(self._dialect.too_many(wait))
        reply = Reply()
        given = iter([{"type": "http.request", "body": call.body, "more_body": False}])

        async def receive() -> Message:
            return next(given, None) or await call.receive()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                reply.status, reply.headers = message["status"], list(message["headers"])
            else:
                reply.body += message.get("body", b"")

        try:
            await self._app(call.scope, receive, send)
        except Exception:
            logger.exception("the Reference MES has a bug: %s %s", call.scope["method"], call.scope["path"])
            return Reply.of(self._dialect.failed(call.request, 500, "SRV_001", "Internal server error"))
        return reply

    async def _answer(self, call: Call, reply: Reply) -> int:
        await self._put(call, reply)
        if reply.status == 500 and self._dialect.closes_after_500:
            await call.wire.close()
        return reply.status

    async def _put(self, call: Call, reply: Reply, pace: float | None = None) -> None:
        """Send a reply; `pace` is seconds between two bytes of its body."""
        date = (b"date", format_datetime(self._mes.now(), usegmt=True).encode())
        await call.send({"type": "http.response.start", "status": reply.status, "headers": [*reply.headers, date]})
        pieces = [bytes([byte]) for byte in reply.body] if pace is not None else [reply.body]
        announced = dict(reply.headers).get(b"content-length", str(len(reply.body)).encode())
        whole = int(announced) == len(reply.body)
        for number, piece in enumerate(pieces):
            if pace is not None and number > 0:
                await asyncio.sleep(pace)
            if call.wire.gone.is_set():
                return
            await call.send({"type": "http.response.body", "body": piece, "more_body": True})
        if whole and not call.wire.gone.is_set():
            await call.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _whole_body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _of_other_types(body: bytes) -> bytes:
    try:
        value: object = json.loads(body)
    except ValueError:
        return b"[]"
    return json.dumps(dict(_twisted(value)) if isinstance(value, dict) else {"value": value}).encode()


def _twisted(value: MutableMapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        match inner:
            case dict() | list():
                yield name, "an object was here"
            case str():
                yield name, {"value": inner}
            case _:
                yield name, [inner]
