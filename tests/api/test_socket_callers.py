"""The socket asks who calls, when somebody connects and ever again."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from websockets.exceptions import InvalidStatus

from api.live import socket as socket_route
from api.live.hub import Hub
from api.live.protocol import SocketProtocol
from station.domain.errors import StorageError
from tests.api.inside import Inside, basic, inside
from tests.api.listener import listening


@asynccontextmanager
async def serving(found: Inside) -> AsyncIterator[str]:
    """Serve an application over the network; gives where."""
    server = uvicorn.Server(uvicorn.Config(found.app, port=0, ws=SocketProtocol, log_config=None))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    (listener, *_) = server.servers[0].sockets
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


async def status_of(url: str, headers: Mapping[str, str]) -> int:
    try:
        async with listening(url, additional_headers=headers):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_who_may_not_watch_is_not_let_in(tmp_path: Path) -> None:
    async with inside(tmp_path, {"whitelist_role": "none"}) as found, serving(found) as url:
        assert await status_of(url, basic("viewer")) == 101
        assert await status_of(url, basic("viewer", "wrong")) == 401
        assert await status_of(url, {}) == 401


async def test_who_may_not_watch_any_more_is_shown_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_route, "_STILL_ALLOWED", 0.1)
    async with (
        inside(tmp_path) as found,
        serving(found) as url,
        listening(url, additional_headers=basic("viewer")) as viewer,
        listening(url, additional_headers=basic("operator")) as operator,
    ):
        await viewer.until_type("ping")
        await found.people.set_active("viewer", active=False, by="test")

        assert await viewer.closed(5) == 1008
        assert (await operator.until_type("ping"))["type"] == "ping"


async def test_a_station_that_goes_down_says_so(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        async with serving(found) as url:
            connecting = listening(url, additional_headers=basic("viewer"))
            listener = await connecting.__aenter__()

        assert await listener.closed(5) == 1001
        await connecting.__aexit__(None, None, None)


async def test_nobody_waits_for_events_that_nobody_follows(tmp_path: Path) -> None:
    async with inside(tmp_path) as found:
        with pytest.raises(StorageError, match="not followed"):
            await Hub(found.services.database).look()
