"""One simulated SCPI instrument on whatever line: carries lines out, answers in order, writes down both."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from station.hardware.simulation.log import BenchLog
from station.hardware.simulation.misbehaviour import Misbehaviour, Mouth, Put
from station.hardware.simulation.scpi import ScpiInstrument

MAX_LINE = 64 * 1024


class Conversation:
    """What is said on one connection to one instrument.

    A line is carried out when it arrives, also when its sender hangs up right after it; answers are sent one after the
    other, as fast as the instrument's misbehaviour lets them.

    Args:
        instrument: Who answers.
        mouth: How it answers.
        put: Where the answers go.
        write_down: Logs `command` and `reply` events.
    """

    def __init__(
        self, instrument: ScpiInstrument, mouth: Mouth, put: Put, write_down: Callable[[str, str], None]
    ) -> None:
        self._instrument = instrument
        self._mouth = mouth
        self._put = put
        self._write_down = write_down
        self._buffer = bytearray()
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._tasks = {asyncio.create_task(self._send_answers())}
        self.flood()

    def feed(self, data: bytes) -> None:
        """Take in bytes as they come; whole lines are carried out."""
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        del self._buffer[MAX_LINE:]
        for line in lines:
            text = line.decode("ascii", "backslashreplace").strip()
            if text:
                self._carry_out(text)

    def forget_partial(self) -> None:
        """Forget the beginning of a line whose end will never come."""
        self._buffer.clear()

    def flood(self) -> None:
        """Start flooding where the misbehaviour says so."""
        if self._mouth.mode is Misbehaviour.FLOOD:
            task = asyncio.create_task(self._mouth.flood(self._put))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop answering."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    def _carry_out(self, line: str) -> None:
        self._write_down("command", line)
        answer = self._instrument.handle(line)
        if answer is not None:
            self._answers.put_nowait(answer)

    async def _send_answers(self) -> None:
        while True:
            answer = await self._answers.get()
            await self._mouth.send(answer.encode() + b"\n", self._say)

    def _say(self, data: bytes) -> None:
        self._write_down("reply", data.decode("ascii", "backslashreplace").rstrip("\n"))
        self._put(data)


def logger_for(log: BenchLog, slot: str, instrument: str, connection: int) -> Callable[[str, str], None]:
    """How a conversation writes down what is said on one connection."""

    def write_down(event: str, text: str) -> None:
        log.write("command" if event == "command" else "reply", slot, instrument, connection=connection, text=text)

    return write_down
