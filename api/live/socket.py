"""The route of the socket: lets a client in, hears what it wants, and shows out who abuses it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from api.access.roles import Permission
from api.errors import ApiError, RequestInvalidError, TooManyRequestsError
from api.guard import Needs, needs
from api.live.client import Client
from api.live.hub import MOST_SOCKETS, Hub
from api.live.messages import CLIENT_MESSAGES, Compat, Hello, Pong, Refusal, Subscribe, Unsubscribe
from api.live.protocol import EXTENSION
from api.services import Services, Station
from station.domain.errors import BatchNotFoundError, StationError

router = APIRouter(tags=["live"])

MOST_MESSAGES = 20
"""Messages a client may send in a second."""
_MOST_MISTAKES = 3
_STILL_ALLOWED = 60.0
"""Seconds after which it is asked again whether a client may watch."""
_UNSUPPORTED, _POLICY_VIOLATION, _INTERNAL_ERROR, _TRY_AGAIN_LATER = 1003, 1008, 1011, 1013


class ResumeTooLateError(ApiError):
    """A client that follows already asked for what was before."""

    code = "RESUME_TOO_LATE"


class _ShownOut(Exception):
    """The client is not served any more."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@router.websocket("/ws", dependencies=[needs(Permission.WATCH)])
async def follow(
    websocket: WebSocket,
    services: Station,
    compat: Compat = Compat.NONE,
    last_id: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
    last_time: datetime | None = None,
    epoch: Annotated[str | None, Query(max_length=100)] = None,
    batch_ids: Annotated[str | None, Query(max_length=10_000)] = None,
) -> None:
    """Tell a client of events as they come.

    With `last_id` or `batch_ids` (ids with commas between) it need not subscribe; nor in the words of others, because
    their clients do not.
    """
    hub: Hub = websocket.app.state.services.hub
    await websocket.accept()
    if hub.clients >= MOST_SOCKETS:
        await websocket.close(_TRY_AGAIN_LATER, "TOO_MANY_SOCKETS")
        return
    connection = websocket.scope["extensions"][EXTENSION]
    client = hub.client(compat, connection["send"])
    here = hub.position
    client.say(
        Hello(
            epoch=hub.epoch,
            id=here,
            last_id=here,
            station=services.config.station.id,
            version=services.version,
            compat=compat,
        )
    )
    first = None
    if compat is not Compat.NONE or last_id is not None or batch_ids is not None:
        wanted = [name for name in (batch_ids or "").split(",") if name]
        first = Subscribe.model_construct(
            type="subscribe", batch_ids=wanted, last_id=last_id, last_time=last_time, epoch=epoch
        )
    with hub.joined(client, connection["abort"]):
        allowed = partial(Needs(Permission.WATCH), websocket)
        code, reason = await _until_it_ends(_Conversation(websocket, services, hub, client), first, client, allowed)
    if code is not None:
        await _close(websocket, code, reason, connection["abort"])


async def _until_it_ends(
    conversation: "_Conversation", first: Subscribe | None, client: Client, allowed: Callable[[], Awaitable[object]]
) -> tuple[int | None, str]:
    """Talk and listen at once; gives with which code to close, None where nobody is there any more."""
    tasks = {
        asyncio.create_task(client.talk()),
        asyncio.create_task(conversation.listen(first)),
        asyncio.create_task(_while_allowed(allowed)),
    }
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    try:
        for task in done:
            task.result()
    except _ShownOut as out:
        return out.code, out.reason
    except OSError:  # it is gone
        return None, ""
    except StationError as error:
        return _POLICY_VIOLATION if error.code in {
            "NOT_AUTHENTICATED",
            "ROLE_NOT_ALLOWED",
        } else _INTERNAL_ERROR, error.code
    return None, ""


async def _while_allowed(check: Callable[[], Awaitable[object]]) -> None:
    """Ask again and again whether the client may watch; what is raised when it may not passes through."""
    while True:
        await asyncio.sleep(_STILL_ALLOWED)
        await check()


async def _close(websocket: WebSocket, code: int, reason: str, abort: Callable[[], None]) -> None:
    try:
        async with asyncio.timeout(1):
            await websocket.close(code, reason)
    except TimeoutError:
        abort()
    except (WebSocketDisconnect, RuntimeError):
        pass  # it has gone by itself meanwhile


class _Conversation:
    """What is heard from one client."""

    def __init__(self, websocket: WebSocket, services: Services, hub: Hub, client: Client) -> None:
        self._websocket = websocket
        self._known = frozenset(batch.id for batch in services.config.batches)
        self._hub = hub
        self._client = client
        self._mistakes = 0
        self._left = float(MOST_MESSAGES)
        self._left_at = asyncio.get_running_loop().time()

    async def listen(self, first: Subscribe | None) -> None:
        """Do what the client says until it goes.

        Args:
            first: What it said with its address.

        Raises:
            _ShownOut: If it says too much, or nothing that is understood.
        """
        if first is not None:
            await self._heed(first)
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            self._count()
            text = message.get("text")
            if text is None:
                raise _ShownOut(_UNSUPPORTED, "REQUEST_INVALID")
            try:
                said = CLIENT_MESSAGES.validate_json(text)
            except ValidationError as error:
                self._mistake(RequestInvalidError(f"The message is not understood: {_first_problem(error)}."))
            else:
                await self._heed(said)

    async def _heed(self, said: Subscribe | Unsubscribe | Pong) -> None:
        match said:
            case Subscribe():
                unknown = sorted(set(said.batch_ids) - self._known)
                if unknown:
                    names = ", ".join(name[:100] for name in unknown[:5])
                    msg = f"There is no batch {names}. Known: {', '.join(sorted(self._known))}."
                    self._mistake(BatchNotFoundError(msg))
                    return
                await self._subscribe(said)
            case Unsubscribe():
                self._client.unsubscribe(said.batch_ids)
            case Pong():
                pass

    async def _subscribe(self, said: Subscribe) -> None:
        if said.last_id is None:
            self._client.subscribe(said.batch_ids)
        elif self._client.selection:
            msg = "last_id counts in the first subscription of a connection; connect anew to resume."
            self._mistake(ResumeTooLateError(msg))
        elif (reason := await self._hub.resume(said.last_id, said.last_time, said.epoch)) is None:
            self._client.subscribe(said.batch_ids, said.last_id)
        else:
            self._client.subscribe(said.batch_ids)
            self._client.start_over(reason)

    def _mistake(self, error: StationError) -> None:
        self._mistakes += 1
        if self._mistakes > _MOST_MISTAKES:
            raise _ShownOut(_POLICY_VIOLATION, error.code)
        self._client.say(Refusal(code=error.code, error=error.message))

    def _count(self) -> None:
        now = asyncio.get_running_loop().time()
        self._left = min(self._left + (now - self._left_at) * MOST_MESSAGES, MOST_MESSAGES) - 1
        self._left_at = now
        if self._left < 0:
            raise _ShownOut(_POLICY_VIOLATION, TooManyRequestsError.code)


def _first_problem(error: ValidationError) -> str:
    # Never the value itself: it may be anything.
    (found, *_) = error.errors(include_input=False, include_url=False, include_context=False)
    where = ".".join(str(part) for part in found["loc"])
    return f"{where}: {found['msg']}" if where else str(found["msg"])
