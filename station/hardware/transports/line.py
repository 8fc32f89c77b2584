"""What every line transport promises: one question, one answer, never the answer of another question."""

from abc import abstractmethod
from collections.abc import Callable
from datetime import timedelta

from station.domain.errors import CommunicationError
from station.hardware.transports.link import Link

MAX_LINE = 64 * 1024
"""Longest line in bytes, either way, line end included."""

Fence = Callable[[int], tuple[str, str]]
"""Given a number from 1 to 255: a question that carries it, and the only right answer to that question.

Instruments answer in order, so everything that comes before the right answer belongs to older questions. This is
what makes a line without connections (serial) trustworthy again after an answer was missed.
"""


class LineTransport(Link):
    """Lines of text to and from one instrument; subclasses move the bytes.

    Attributes:
        terminator: Line end, both ways.
        fence: How a line without connections comes back into step; None where nothing better than waiting is known.
    """

    def __init__(self, address: str, timeout: timedelta, terminator: bytes, fence: Fence | None = None) -> None:
        super().__init__(address, timeout)
        self.terminator = terminator
        self.fence = fence

    async def write(self, line: str) -> None:
        """Send one line that has no answer.

        Raises:
            HardwareConnectionError: The link is closed or lost.
            CommunicationError: The line cannot be sent within the timeout.
        """  # noqa: DOC502 - raised by the helpers
        data = self._encode(line)
        async with self._exchange() as deadline:
            await self._send(line, data, deadline)

    async def query(self, line: str) -> str:
        """Send one line and return its answer, without the line end and surrounding blanks.

        Raises:
            HardwareConnectionError: The link is closed or lost.
            CommunicationError: No answer within the timeout, only part of one, more than one, or not text.
        """  # noqa: DOC502 - raised by the helpers
        data = self._encode(line)
        async with self._exchange() as deadline:
            answer = await self._ask(line, data, deadline)
        return self._decode(line, answer)

    @abstractmethod
    async def _send(self, line: str, data: bytes, deadline: float) -> None:
        """Send `data`, the bytes of `line`."""

    @abstractmethod
    async def _ask(self, line: str, data: bytes, deadline: float) -> bytes:
        """Send `data` and return the one line that answers it, without its line end."""

    def _encode(self, line: str) -> bytes:
        try:
            data = line.encode("ascii")
        except UnicodeEncodeError as error:
            raise self._fault(line, "was not sent: instruments read ASCII only") from error
        if self.terminator in data:
            raise self._fault(line, "was not sent: it holds a line end in the middle")
        if len(data) + len(self.terminator) > MAX_LINE:
            raise self._fault(line, f"was not sent: longer than {MAX_LINE} bytes")
        return data + self.terminator

    def _decode(self, line: str, answer: bytes) -> str:
        try:
            text = answer.decode("ascii").strip()  # strict: noise must not pass for text
        except UnicodeDecodeError as error:
            raise self._fault(line, f"was answered with bytes that are not text: {answer[:40]!r}") from error
        if not text or not text.isprintable():
            raise self._fault(line, f"was answered with nothing readable: {answer[:40]!r}")
        return text

    def _fault(self, line: str, what: str) -> CommunicationError:
        """The error for an exchange that went wrong."""
        short = line if len(line) <= 60 else f"{line[:57]}..."
        return CommunicationError(f"{self.address}: {short!r} {what}", address=self.address, command=short)

    def _silence(self, line: str, received: bytes | bytearray) -> CommunicationError:
        """The error for an answer that is not complete in time."""
        seconds = f"{self.timeout.total_seconds():g} s"
        if received:
            start = bytes(received[:40])
            return self._fault(line, f"got only part of an answer within {seconds}: {start!r}")
        return self._fault(line, f"got no answer within {seconds}; is the instrument busy, off, or at another speed?")
