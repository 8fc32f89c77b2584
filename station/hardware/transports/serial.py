"""Lines over a serial port, with every blocking call in one thread that the transport owns."""

import asyncio
import errno
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Concatenate, ParamSpec, TypeVar

import serial

from station.hardware.transports.line import MAX_LINE, Fence, LineTransport

P = ParamSpec("P")
T = TypeVar("T")

POLL = 0.05
"""Seconds between two looks at whether the caller still waits; also how long a line must be quiet to count as quiet."""

GRACE = 0.9
"""Seconds after the timeout at which a thread stuck inside the kernel is given up."""

try:
    import termios

    _PORT_ERRORS: tuple[type[Exception], ...] = (OSError, termios.error)  # pyserial lets termios.error through
except ImportError:  # pragma: no cover - Windows has no termios
    _PORT_ERRORS = (OSError,)


class SerialTransport(LineTransport):
    """Lines over a serial port, held exclusively: a second process that opens it is refused.

    A serial line has no connections: an answer that was missed may still arrive, even one to a question of a process
    that is dead now. So after opening, after a timeout and after a cancel, the line is brought back into step before
    the next question: with `fence` by asking it until its right answer comes, without by waiting for a quiet line.

    Args:
        port: Device path, such as `/dev/serial/by-id/...`; a stable name survives replugging, `/dev/ttyUSB0` may not.
        baudrate: Bits per second.
        timeout: Longest time from the question to the end of its answer.
        terminator: Line end, both ways.
        fence: How to come back into step; None waits for a quiet line.
    """

    def __init__(
        self,
        port: str,
        baudrate: int = 9600,
        timeout: timedelta = timedelta(seconds=2),
        terminator: bytes = b"\n",
        fence: Fence | None = None,
    ) -> None:
        super().__init__(port, timeout, terminator, fence)
        self.port = port
        self.baudrate = baudrate
        self._executor: ThreadPoolExecutor | None = None
        self._serial: serial.Serial | None = None
        self._in_step = False
        self._token = secrets.randbelow(255)

    @property
    def is_open(self) -> bool:
        """Whether the port is open now."""
        return self._serial is not None

    async def _connect(self, deadline: float) -> None:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"serial {self.port}")
        await self._in_thread("open", deadline, self._open_port)

    async def _disconnect(self) -> None:
        executor, self._executor = self._executor, None
        if executor is None:
            return
        # Queued behind whatever the thread still does, so the port is never closed under a reader.
        closed = executor.submit(self._close_port)
        executor.shutdown(wait=False)
        await asyncio.wait([asyncio.wrap_future(closed)], timeout=self.timeout.total_seconds() + GRACE)

    def _abandon(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.submit(self._close_port)
            executor.shutdown(wait=False)

    async def _send(self, line: str, data: bytes, deadline: float) -> None:
        await self._in_thread(line, deadline, self._send_blocking, line, data)

    async def _ask(self, line: str, data: bytes, deadline: float) -> bytes:
        return await self._in_thread(line, deadline, self._ask_blocking, line, data)

    async def _in_thread(
        self,
        line: str,
        deadline: float,
        call: Callable[Concatenate["_Patience", P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `call` in the transport's thread; a caller who leaves makes it stop within `POLL` seconds."""
        if self._executor is None:
            raise self._lost("it was closed", "connect the instrument again")
        loop = asyncio.get_running_loop()
        patience = _Patience(deadline - loop.time())
        try:
            async with asyncio.timeout_at(deadline + GRACE):
                return await loop.run_in_executor(self._executor, lambda: call(patience, *args, **kwargs))
        except TimeoutError as error:
            raise self._silence(line, b"") from error
        finally:
            patience.leave()

    # --- from here on: called in the transport's thread only ---

    def _open_port(self, patience: "_Patience") -> None:
        seconds = self.timeout.total_seconds()
        try:
            self._serial = serial.Serial(self.port, self.baudrate, timeout=POLL, write_timeout=seconds, exclusive=True)
        except ValueError as error:
            raise self._lost(error, "check `baudrate` in its settings") from error
        except _PORT_ERRORS as error:
            raise self._lost(error, _what_to_check(error)) from error
        self._in_step = False
        if patience.is_left():  # nobody knows that it is open, so nobody would close it
            self._close_port()

    def _close_port(self) -> None:
        port, self._serial = self._serial, None
        if port is not None:
            try:
                port.close()
            except _PORT_ERRORS:
                port.fd = None  # the device is gone; there is nothing left to close

    def _send_blocking(self, patience: "_Patience", line: str, data: bytes) -> None:
        self._guarded(line, lambda port: self._put(port, patience, line, data))

    def _ask_blocking(self, patience: "_Patience", line: str, data: bytes) -> bytes:
        def exchange(port: serial.Serial) -> bytes:
            self._come_into_step(port, patience, line)
            self._in_step = False  # until the whole answer is here
            self._put(port, patience, line, data)
            answer = self._get(port, patience, line)
            self._in_step = True
            return answer

        return self._guarded(line, exchange)

    def _guarded(self, line: str, work: Callable[[serial.Serial], T]) -> T:
        """Do `work` on the open port and turn what pyserial raises into our errors."""
        port = self._serial
        if port is None:
            raise self._lost("it was closed", "connect the instrument again")
        try:
            return work(port)
        except serial.SerialTimeoutException as error:
            raise self._fault(line, "could not be sent: the port takes no data") from error
        except _PORT_ERRORS as error:
            self._close_port()
            raise self._lost(error, "check the cable and the instrument's power") from error

    def _put(self, port: serial.Serial, patience: "_Patience", line: str, data: bytes) -> None:
        if patience.is_over():  # the caller left before it was sent: nothing must happen on the bench any more
            raise self._fault(line, "was not sent: no time left")
        port.write(data)

    def _get(self, port: serial.Serial, patience: "_Patience", line: str) -> bytes:
        received = bytearray()
        while self.terminator not in received:
            if patience.is_over():
                raise self._silence(line, received)
            received += port.read(max(1, min(port.in_waiting, MAX_LINE)))
            if len(received) > MAX_LINE:
                raise self._fault(line, f"was answered with more than {MAX_LINE} bytes")
        answer, _, rest = bytes(received).partition(self.terminator)
        if rest.strip():  # which of the two lines is the answer? nobody can tell
            raise self._fault(line, f"was answered with more than one line: {bytes(received[:40])!r}")
        return answer

    def _come_into_step(self, port: serial.Serial, patience: "_Patience", line: str) -> None:
        """Make sure that the next line to arrive answers the next question."""
        waiting = port.read(port.in_waiting) if port.in_waiting else b""
        if self._in_step and not waiting.strip():
            return
        self._in_step = False
        port.reset_input_buffer()
        if self.fence is None:
            self._wait_for_quiet(port, patience, line)
        else:
            self._ask_fence(self.fence, port, patience, line)

    def _wait_for_quiet(self, port: serial.Serial, patience: "_Patience", line: str) -> None:
        while port.read(MAX_LINE):
            if patience.is_over():
                raise self._fault(line, "was not sent: the instrument keeps talking unasked")

    def _ask_fence(self, fence: Fence, port: serial.Serial, patience: "_Patience", line: str) -> None:
        self._token = self._token % 255 + 1
        question, right = fence(self._token)
        port.write(self._encode(question))
        received = bytearray()
        while True:
            *lines, tail = received.split(self.terminator)
            if any(bytes(one).strip() == right.encode() for one in lines):
                return
            received = tail
            if patience.is_over():
                raise self._silence(f"{question} (before {line})", received)
            received += port.read(max(1, min(port.in_waiting, MAX_LINE)))
            del received[:-MAX_LINE]


class _Patience:
    """How long a blocking call may still take, and whether anybody still waits for it."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._left = threading.Event()

    def leave(self) -> None:
        self._left.set()

    def is_left(self) -> bool:
        return self._left.is_set()

    def is_over(self) -> bool:
        return self._left.is_set() or time.monotonic() >= self._until


def _what_to_check(error: Exception) -> str:
    match getattr(error, "errno", None):
        case errno.EAGAIN | errno.EBUSY:
            return "another process holds the port; stop it first"
        case errno.EACCES | errno.EPERM:
            return "the station's user may not open it; add the user to the group that owns the device"
        case _:
            return "check that the instrument is plugged in and `port` in its settings is right"
