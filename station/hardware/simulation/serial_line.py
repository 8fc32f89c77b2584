"""A multimeter on a real serial line: a pseudo-terminal behind a link whose name survives replugging."""

import asyncio
import itertools
import os
import pty
import select
import tty
from contextlib import suppress
from pathlib import Path

from station.hardware.simulation.instrument import Conversation, logger_for
from station.hardware.simulation.log import BenchLog
from station.hardware.simulation.misbehaviour import Mouth
from station.hardware.simulation.scpi import ScpiInstrument

LOOK = 0.02
"""Seconds between two looks at whether somebody has opened the line."""


class SerialLine:
    """The bench's end of a serial line. `link` leads to the station's end, as /dev/serial/by-id does."""

    def __init__(self, slot: str, link: Path, instrument: ScpiInstrument, mouth: Mouth, log: BenchLog) -> None:
        self.link = link
        self.mouth = mouth
        self._slot = slot
        self._instrument = instrument
        self._log = log
        self._numbers = itertools.count(1)
        self._connection: int | None = None
        self._master: int | None = None
        self._last_name = ""
        self._conversation: Conversation | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def is_plugged(self) -> bool:
        """Whether the line exists."""
        return self._master is not None

    async def plug(self) -> None:
        """Make the line, under a new device name; does nothing when it exists."""
        if self._master is not None:
            return
        self._master, name = _open_pair(other_than=self._last_name)
        self._last_name = name
        self._conversation = Conversation(self._instrument, self.mouth, self._put, self._write_down)
        self._watch = asyncio.create_task(self._wait_for_caller(self._master))
        self.link.parent.mkdir(parents=True, exist_ok=True)
        _point(self.link, name)

    async def unplug(self) -> None:
        """Take the line away under whoever holds it; does nothing when there is none."""
        master, self._master = self._master, None
        if master is None:
            return
        self.link.unlink(missing_ok=True)
        asyncio.get_running_loop().remove_reader(master)
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        if self._conversation is not None:
            await self._conversation.close()
        os.close(master)
        self._hung_up()

    def flood(self) -> None:
        """Start flooding where the misbehaviour says so."""
        if self._conversation is not None:
            self._conversation.flood()

    async def _wait_for_caller(self, master: int) -> None:
        """Look now and then: while nobody holds the other end it reports a hang-up without end."""
        poll = select.poll()
        poll.register(master, select.POLLIN)
        while True:
            events = dict(poll.poll(0)).get(master, 0)
            if not events & select.POLLHUP or events & select.POLLIN:
                break
            await asyncio.sleep(LOOK)
        self._connection = next(self._numbers)
        self._log.write("connect", self._slot, "dmm", connection=self._connection)
        asyncio.get_running_loop().add_reader(master, self._readable, master)

    def _readable(self, master: int) -> None:
        try:
            data = os.read(master, 4096)
        except BlockingIOError:
            return
        except OSError:  # the other end was closed
            data = b""
        if data and self._conversation is not None:
            self._conversation.feed(data)
            return
        asyncio.get_running_loop().remove_reader(master)
        self._hung_up()
        self._watch = asyncio.create_task(self._wait_for_caller(master))

    def _hung_up(self) -> None:
        if self._connection is not None:
            self._log.write("disconnect", self._slot, "dmm", connection=self._connection)
            self._connection = None
        if self._conversation is not None:
            self._conversation.forget_partial()

    def _write_down(self, event: str, text: str) -> None:
        logger_for(self._log, self._slot, "dmm", self._connection or 0)(event, text)

    def _put(self, data: bytes) -> None:
        if self._master is not None:
            with suppress(OSError):  # nobody reads any more: a real line loses the bytes too
                os.write(self._master, data)


def _open_pair(other_than: str) -> tuple[int, str]:
    """A new pseudo-terminal: its master, and the device name of its other end."""
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    if name == other_than:  # a replugged instrument comes back under a new name
        pair = _open_pair(other_than)
        os.close(master)
        os.close(slave)
        return pair
    tty.setraw(slave)
    os.set_blocking(master, False)
    os.close(slave)
    return master, name


def _point(link: Path, target: str) -> None:
    """Let the link lead to the target, replacing what another bench may have left, without a moment of absence."""
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
