"""What every transport has in common: one event loop, one exchange at a time, and coming back after a loss."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from station.domain.errors import HardwareConnectionError


class Link(ABC):
    """A way to one instrument; subclasses say what travels on it.

    The link belongs to the event loop on which `open` was called. Exchanges never interleave. After any failure it is
    usable again: the next exchange comes back into step, or reopens what was lost. A loss is always reported once, as
    HardwareConnectionError, before it is mended: the instrument may have lost its settings meanwhile.

    Attributes:
        address: Where the instrument is, as people read it in messages.
        timeout: Longest time for one exchange.
    """

    def __init__(self, address: str, timeout: timedelta) -> None:
        self.address = address
        self.timeout = timeout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()
        self._wanted = False

    @property
    @abstractmethod
    def is_open(self) -> bool:
        """Whether the link is open now; False after it was lost, until the next exchange reopens it."""

    async def open(self) -> None:
        """Open the link; opening an open link does nothing.

        Raises:
            HardwareConnectionError: Nothing answers at the address; the message says what to check.
            RuntimeError: The link is open on another event loop.
        """  # noqa: DOC502 - raised by the helpers
        self._bind()
        async with self._lock:
            if not self.is_open:
                await self._connect(self._deadline())
            self._wanted = True

    async def close(self) -> None:
        """Close the link; safe to call twice, and on a link that was never opened.

        Raises:
            RuntimeError: The link is open on another event loop.
        """  # noqa: DOC502 - raised by the helpers
        if self._loop is None:
            return
        self._check_loop()
        async with self._lock:
            self._wanted = False
            await self._disconnect()

    @abstractmethod
    async def _connect(self, deadline: float) -> None:
        """Open the link before the loop's clock shows `deadline`."""

    @abstractmethod
    async def _disconnect(self) -> None:
        """Close the link, whatever state it is in."""

    @abstractmethod
    def _abandon(self) -> None:
        """Let go of a link whose event loop is gone, without waiting."""

    @asynccontextmanager
    async def _exchange(self) -> AsyncIterator[float]:
        """Hold an open link for one exchange; gives the deadline by the loop's clock.

        Raises:
            HardwareConnectionError: The link is closed, or cannot be reopened.
        """
        self._check_loop()
        async with self._lock:
            if not self._wanted:
                msg = f"{self.address} is not open; connect the instrument first"
                raise HardwareConnectionError(msg, address=self.address)
            deadline = self._deadline()
            if not self.is_open:
                await self._connect(deadline)
            yield deadline

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self.timeout.total_seconds()

    def _bind(self) -> None:
        if self._loop is asyncio.get_running_loop():
            return
        if self._loop is not None and self._loop.is_closed():
            self._abandon()
            self._wanted = False
        self._check_loop()
        self._loop = asyncio.get_running_loop()
        self._lock = asyncio.Lock()

    def _check_loop(self) -> None:
        if self._wanted and self._loop is not asyncio.get_running_loop():
            msg = f"{self.address} was opened on another event loop; use it there, or close it first"
            raise RuntimeError(msg)

    def _lost(self, reason: object, check: str) -> HardwareConnectionError:
        """The error for a link that is gone, and what to check."""
        return HardwareConnectionError(f"{self.address} is not reachable ({reason}); {check}", address=self.address)
