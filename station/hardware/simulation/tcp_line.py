"""TCP ports of the bench that can be unplugged and plugged in again: the power supplies and the way to the PLC."""

import asyncio
import itertools
from contextlib import suppress
from typing import Any

from station.hardware.simulation.instrument import Conversation, logger_for
from station.hardware.simulation.log import BenchLog
from station.hardware.simulation.misbehaviour import Misbehaviour, Mouth
from station.hardware.simulation.scpi import ScpiInstrument
from station.hardware.simulation.settings import HOST

CHUNK = 64 * 1024


class TcpLine:
    """A listening port with its connections, each of which is written down; subclasses serve one connection."""

    def __init__(self, slot: str | None, name: str, port: int, mouth: Mouth, log: BenchLog) -> None:
        self.port = port
        self.mouth = mouth
        self._slot = slot
        self._name = name
        self._log = log
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def is_plugged(self) -> bool:
        """Whether the port listens."""
        return self._server is not None

    async def plug(self) -> None:
        """Listen, on the same port as before; does nothing when it listens already."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, HOST, self.port, reuse_address=True, limit=CHUNK)
            self.port = self._server.sockets[0].getsockname()[1]

    async def unplug(self) -> None:
        """Stop listening and cut every connection; does nothing when it does not listen."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()

    def flood(self) -> None:
        """Start flooding where the misbehaviour says so."""

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:  # accepted while the plug was pulled
            writer.transport.abort()
            return
        number = next(self._numbers)
        host, port = writer.get_extra_info("peername")
        self._log.write("connect", self._slot, self._name, connection=number, peer=f"{host}:{port}")
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):  # the caller is gone, or the plug was pulled
                await self._serve(reader, writer, number)
        finally:
            if task is not None:
                self._tasks.discard(task)
            writer.transport.abort()
            self._log.write("disconnect", self._slot, self._name, connection=number)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        raise NotImplementedError


class ScpiLine(TcpLine):
    """A SCPI instrument on a TCP port. It lets any number of callers in, so that the log can tell of two at once."""

    def __init__(
        self, slot: str, name: str, port: int, instrument: ScpiInstrument, mouth: Mouth, log: BenchLog
    ) -> None:
        super().__init__(slot, name, port, mouth, log)
        self._instrument = instrument
        self._conversations: set[Conversation] = set()

    def flood(self) -> None:
        """Start flooding every connection where the misbehaviour says so."""
        for conversation in self._conversations:
            conversation.flood()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        write_down = logger_for(self._log, self._slot or "", self._name, number)
        conversation = Conversation(self._instrument, self.mouth, writer.write, write_down)
        self._conversations.add(conversation)
        try:
            while data := await reader.read(CHUNK):
                conversation.feed(data)
        finally:
            self._conversations.discard(conversation)
            await conversation.close()


class ForwardLine(TcpLine):
    """A port that passes bytes on to another one: what lets a whole OPC UA server be unplugged or go silent.

    Attributes:
        behind: The port it passes them on to.
    """

    def __init__(self, name: str, port: int, behind: int, mouth: Mouth, log: BenchLog) -> None:
        super().__init__(None, name, port, mouth, log)
        self.behind = behind

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(HOST, self.behind)
        answers = asyncio.create_task(self._pass_answers(inner_reader, writer))
        questions = asyncio.create_task(self._pass_questions(reader, inner_writer))
        try:
            await asyncio.wait({answers, questions}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            inner_writer.transport.abort()  # first: what follows may be cut short by an unplug
            answers.cancel()
            questions.cancel()
            await asyncio.gather(answers, questions, return_exceptions=True)

    async def _pass_questions(self, reader: asyncio.StreamReader, inner_writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            inner_writer.write(data)
            await inner_writer.drain()

    async def _pass_answers(self, inner_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await inner_reader.read(CHUNK):
            if self.mouth.mode is Misbehaviour.SILENCE:
                await self.mouth.healthy()
            await self.mouth.send(data, writer.write)
            await writer.drain()
