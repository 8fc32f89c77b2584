"""The fault proxy: what a client sees when the network between it and its server goes away."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from station.testing.fault_proxy import FaultProxy

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest_asyncio.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    """A proxy in front of a server that sends back what it is told."""

    talking: set[asyncio.Task[None] | None] = set()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talking.add(asyncio.current_task())
        with suppress(OSError):
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with FaultProxy(server.sockets[0].getsockname()[1]) as proxy:
        yield proxy
    server.close()
    await asyncio.gather(*(task for task in talking if task))


async def connect(proxy: FaultProxy) -> Line:
    return await asyncio.open_connection("127.0.0.1", proxy.port)


async def ask(line: Line, words: bytes, timeout: float = 5) -> bytes:
    line[1].write(words)
    async with asyncio.timeout(timeout):
        return await line[0].readexactly(len(words))


async def test_everything_goes_through_at_first(proxy: FaultProxy) -> None:
    line = await connect(proxy)

    assert await ask(line, b"hello") == b"hello"
    assert await ask(line, b"x" * 300_000) == b"x" * 300_000
    assert (proxy.connections, proxy.url) == (1, f"http://127.0.0.1:{proxy.port}")
    line[1].close()


async def test_the_end_of_a_conversation_goes_through_too(proxy: FaultProxy) -> None:
    line = await connect(proxy)
    line[1].write(b"bye")
    line[1].write_eof()

    assert await line[0].read() == b"bye"
    line[1].close()


async def test_refused_means_that_nobody_listens(proxy: FaultProxy) -> None:
    line = await connect(proxy)
    await ask(line, b"hello")

    await proxy.refuse()

    with pytest.raises(ConnectionResetError):
        await line[0].readexactly(1)
    with pytest.raises(ConnectionRefusedError):
        await connect(proxy)
    port = proxy.port
    await proxy.heal()
    again = await connect(proxy)
    assert await ask(again, b"hello") == b"hello"
    assert proxy.port == port
    again[1].close()


async def test_a_black_hole_takes_everything_and_says_nothing(proxy: FaultProxy) -> None:
    old = await connect(proxy)
    await ask(old, b"hello")
    await proxy.blackhole()
    new = await connect(proxy)

    for line in (old, new):
        with pytest.raises(TimeoutError):
            await ask(line, b"there?", timeout=0.15)

    await proxy.heal()
    for line in (old, new):
        assert await line[0].readexactly(6) == b"there?"
        line[1].close()


async def test_what_was_said_into_a_black_hole_is_lost_with_who_said_it() -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server, FaultProxy(server.sockets[0].getsockname()[1]) as proxy:
        line = await connect(proxy)
        line[1].write(b"early")
        await asyncio.sleep(0.05)
        await proxy.blackhole()
        line[1].write(b"late")
        await asyncio.sleep(0.05)
        line[1].close()
        await asyncio.sleep(0.05)

        await proxy.heal()
        await asyncio.sleep(0.05)

    assert heard == [b"early"]


@pytest.mark.parametrize("after", [0, 3])
async def test_a_connection_is_reset_after_so_many_bytes(proxy: FaultProxy, after: int) -> None:
    await proxy.reset(after)
    line = await connect(proxy)
    line[1].write(b"hello")

    # What came before the reset is lost on some systems, as it is on a real network.
    with pytest.raises(ConnectionResetError):
        await line[0].readexactly(after + 1)

    line[1].close()


async def test_an_answer_is_late(proxy: FaultProxy) -> None:
    line = await connect(proxy)
    await proxy.delay(0.2)

    began = time.monotonic()
    answer = await ask(line, b"hello")

    assert answer == b"hello"
    assert time.monotonic() - began >= 0.2
    line[1].close()


async def test_an_answer_is_slow_until_it_is_healed(proxy: FaultProxy) -> None:
    line = await connect(proxy)
    await proxy.throttle(50)

    began = time.monotonic()
    assert await ask(line, b"x" * 10) == b"x" * 10
    assert time.monotonic() - began >= 0.15
    line[1].write(b"y" * 5000)
    await asyncio.sleep(0.05)
    await proxy.heal()

    assert await line[0].readexactly(5000) == b"y" * 5000
    assert time.monotonic() - began < 5
    line[1].close()


async def test_open_connections_can_be_cut_once(proxy: FaultProxy) -> None:
    line = await connect(proxy)
    await ask(line, b"hello")

    await proxy.cut()

    with pytest.raises(ConnectionResetError):
        await line[0].readexactly(1)
    again = await connect(proxy)
    assert await ask(again, b"hello") == b"hello"
    again[1].close()


async def test_a_server_that_is_gone_is_a_reset(proxy: FaultProxy) -> None:
    async with FaultProxy(1) as nowhere:
        line = await connect(nowhere)

        with pytest.raises(ConnectionResetError):
            await ask(line, b"hello")
