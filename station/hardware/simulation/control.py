"""The bench's control port: one JSON object per line in each direction, and the client that fault experiments use."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from station.domain.errors import HardwareConnectionError, HardwareError
from station.hardware.simulation.settings import HOST, Instrument, UnitKind

MAX_LINE = 1024 * 1024
"""A snapshot of 64 slots is a few tens of kilobytes."""

Action = Callable[[dict[str, Any]], Awaitable[object]]


class ControlPort:
    """Serves the control port; `act` carries out one command and raises ValueError for one that makes no sense."""

    def __init__(self, port: int, act: Action) -> None:
        self.port = port
        self._act = act
        self._server: asyncio.Server | None = None
        self._callers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, HOST, self.port, reuse_address=True, limit=MAX_LINE)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and let the callers go."""
        if self._server is not None:
            self._server.close()
            for writer in list(self._callers):
                writer.transport.abort()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers.add(writer)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):  # the caller is gone, or sends endless lines
            pass
        finally:
            self._callers.discard(writer)
            writer.transport.abort()

    async def _answer(self, line: bytes) -> dict[str, object]:
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                return {"ok": False, "error": "a command is a JSON object"}
            return {"ok": True, "result": await self._act(request)}
        except (ValueError, OSError) as error:
            return {"ok": False, "error": str(error)}


class BenchControl:
    """Tells a running bench to misbehave. Each call is a connection of its own, so a restart of the bench is no harm.

    `slot` may be left out for the PLC, which serves all slots. Every method raises HardwareConnectionError where no
    bench answers, and HardwareError where the bench refuses.
    """

    def __init__(self, port: int, host: str = HOST) -> None:
        self.host = host
        self.port = port

    async def set_unit(self, slot: str, unit: UnitKind, serial: str | None = None) -> None:
        """Lay another unit into a slot; without a serial it keeps the one of the slot."""
        await self._tell("set_unit", slot=slot, unit=unit, serial=serial)

    async def silence(self, instrument: Instrument, slot: str | None = None) -> None:
        """Carry out commands, send no answers."""
        await self._tell("silence", instrument=instrument, slot=slot)

    async def garbage(self, instrument: Instrument, slot: str | None = None) -> None:
        """Answer with random bytes."""
        await self._tell("garbage", instrument=instrument, slot=slot)

    async def partial(self, instrument: Instrument, slot: str | None = None) -> None:
        """Send only the first half of each answer."""
        await self._tell("partial", instrument=instrument, slot=slot)

    async def slow(self, instrument: Instrument, slot: str | None = None) -> None:
        """Answer with one byte per second."""
        await self._tell("slow", instrument=instrument, slot=slot)

    async def late(self, instrument: Instrument, slot: str | None = None, seconds: float = 3.0) -> None:
        """Send each answer this many seconds late."""
        await self._tell("late", instrument=instrument, slot=slot, seconds=seconds)

    async def flood(self, instrument: Instrument, slot: str | None = None) -> None:
        """Send numbers that nobody asked for, at 115,200 baud; not for the PLC."""
        await self._tell("flood", instrument=instrument, slot=slot)

    async def unplug(self, instrument: Instrument, slot: str | None = None) -> None:
        """Pull the cable. The instrument stays powered and keeps its state."""
        await self._tell("unplug", instrument=instrument, slot=slot)

    async def replug(self, instrument: Instrument, slot: str | None = None) -> None:
        """Plug the cable in again; a serial line gets a new device name behind the same link."""
        await self._tell("replug", instrument=instrument, slot=slot)

    async def bad_quality(self, slot: str) -> None:
        """Break the slot's sensors: the PLC still shows plausible values, with bad quality."""
        await self._tell("bad_quality", slot=slot)

    async def stop_server(self) -> None:
        """Stop the PLC's OPC UA server; `heal` starts it anew, and no session of before is known to it."""
        await self._tell("stop_server")

    async def heal(self, instrument: Instrument | None = None, slot: str | None = None) -> None:
        """End every misbehaviour of an instrument, of a slot, or of all; what is unplugged is plugged in again."""
        await self._tell("heal", instrument=instrument, slot=slot)

    async def snapshot(self) -> dict[str, dict[str, Any]]:
        """The physical state of every slot, without noise."""
        result: dict[str, dict[str, Any]] = await self._tell("snapshot")
        return result

    async def _tell(self, command: str, **facts: object) -> Any:  # noqa: ANN401 - JSON, whatever the command returns
        try:
            reader, writer = await asyncio.open_connection(self.host, self.port, limit=MAX_LINE)
        except OSError as error:
            raise self._absent(error) from error
        try:
            writer.write(json.dumps({"command": command, **facts}).encode() + b"\n")
            answer = json.loads(await reader.readline())
        except (OSError, ValueError) as error:
            raise self._absent(error) from error
        finally:
            writer.transport.abort()
        if not answer["ok"]:
            raise HardwareError(f"the bench refuses {command}: {answer['error']}", command=command, **facts)
        return answer["result"]

    def _absent(self, error: Exception) -> HardwareConnectionError:
        msg = f"no simulated bench answers on {self.host}:{self.port} ({error}); start it first"
        return HardwareConnectionError(msg, port=self.port)
