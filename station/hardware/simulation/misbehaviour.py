"""How an instrument misbehaves on demand, as seen from the line: what becomes of the bytes it wanted to send."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

Put = Callable[[bytes], None]
"""Hands bytes to the line at once, or drops them where the line is gone."""

SLOW_BYTE = 1.0
"""Seconds per byte of a slow line."""
FLOOD_RATE = 11_520
"""Bytes per second of a flooding line: 115,200 baud."""
FLOOD_TICK = 0.02


class Misbehaviour(StrEnum):
    """What can be wrong with an instrument that is plugged in."""

    SILENCE = "silence"
    """Commands are carried out, answers are not sent. The PLC holds its answers back until it is healed."""
    GARBAGE = "garbage"
    """Answers are replaced by random bytes of the same length."""
    PARTIAL = "partial"
    """The first half of each answer is sent, without its end."""
    SLOW = "slow"
    """Answers are sent one byte per second."""
    LATE = "late"
    """Answers are sent whole, but late."""
    FLOOD = "flood"
    """Bytes that nobody asked for are sent without end."""


class Mouth:
    """The sending side of one instrument: sends answers as they are, or as its misbehaviour wants them."""

    def __init__(self, seed: str) -> None:
        self.mode: Misbehaviour | None = None
        self.delay = 0.0
        self._random = random.Random(seed)  # noqa: S311 - garbage, not a secret
        self._healthy = asyncio.Event()
        self._healthy.set()

    def misbehave(self, mode: Misbehaviour, delay: float = 0.0) -> None:
        """From now on; `delay` is how late `late` is, in seconds."""
        self.mode, self.delay = mode, delay
        self._healthy.clear()

    def heal(self) -> None:
        """Send as it should be from now on."""
        self.mode = None
        self._healthy.set()

    async def healthy(self) -> None:
        """Wait until the instrument is healed."""
        await self._healthy.wait()

    async def send(self, data: bytes, put: Put) -> bool:
        """Send one answer; whether it was sent whole and as it is."""
        match self.mode:
            case None:
                put(data)
                return True
            case Misbehaviour.SILENCE:
                return False
            case Misbehaviour.GARBAGE:
                put(self._garbage(len(data)) + b"\n")
                return False
            case Misbehaviour.PARTIAL:
                put(data[: len(data) // 2])
                return False
            case Misbehaviour.SLOW:
                return await self._send_slowly(data, put)
            case Misbehaviour.LATE:
                await asyncio.sleep(self.delay)
                put(data)
                return True
            case Misbehaviour.FLOOD:
                put(self._unasked() + data + self._unasked())
                return False

    async def flood(self, put: Put) -> None:
        """Send what nobody asked for, as long as the mode is flood; ends with it."""
        while self.mode is Misbehaviour.FLOOD:
            put(b"".join(self._unasked() for _ in range(int(FLOOD_RATE * FLOOD_TICK / 7))))
            await asyncio.sleep(FLOOD_TICK)

    def _unasked(self) -> bytes:
        """A number that looks like any answer, of 7 bytes."""
        return b"%6.3f\n" % self._random.uniform(0, 15)

    def _garbage(self, length: int) -> bytes:
        """Random bytes with the high bit set, so that no text and no number can come out of them by chance."""
        return bytes(self._random.randrange(0x80, 0x100) for _ in range(length))

    async def _send_slowly(self, data: bytes, put: Put) -> bool:
        for index in range(len(data)):
            put(data[index : index + 1])
            with suppress(TimeoutError):  # healed in the middle: the rest comes at once
                async with asyncio.timeout(SLOW_BYTE):
                    await self._healthy.wait()
        return True
