"""A driver for any instrument that speaks SCPI over a line transport."""

import math
from collections.abc import Mapping
from datetime import timedelta

from station.domain.errors import CommunicationError, HardwareConnectionError, HardwareError
from station.hardware.driver import Driver
from station.hardware.transports.line import Fence, LineTransport
from station.hardware.transports.serial import SerialTransport
from station.hardware.transports.tcp import TcpTransport

NOT_A_NUMBER = 9.91e37
"""What SCPI instruments say for "no number" (SCPI-99, 7.2.1.5); overload, 9.9e37, is a measurement and let through."""

MAX_QUEUE = 32
"""Most errors read from an instrument's queue in one go; a queue that never empties is a fault of its own."""


def event_enable_fence(number: int) -> tuple[str, str]:
    """The fence of IEEE 488.2: the event status enable register gives back any number written to it."""
    return f"*ESE {number};*ESE?", str(number)


class ScpiDriver(Driver):
    """One SCPI instrument; subclasses add what it measures or sources.

    Attributes:
        transport: The way to the instrument.
        fence: How a serial line comes back into step; set to None for an instrument without `*ESE`.
    """

    fence: Fence | None = staticmethod(event_enable_fence)

    def __init__(self, name: str, config: Mapping[str, object], transport: LineTransport | None = None) -> None:
        """Without a transport, the settings say which: `host` and `port` for TCP, `port` alone for serial."""
        super().__init__(name, config)
        self.transport = transport or transport_from(name, config)
        if self.transport.fence is None:
            self.transport.fence = self.fence

    async def connect(self) -> None:
        """Open the transport, ask who is there, and forget old errors. Outputs stay as they are.

        Raises:
            HardwareConnectionError: The instrument cannot be reached.
            CommunicationError: The instrument does not answer, or answers nonsense.
        """  # noqa: DOC502 - raised by the transport
        await self.transport.open()
        try:
            await self.identify()
            await self.transport.write("*CLS")
        except BaseException:
            await self.transport.close()
            raise

    async def disconnect(self) -> None:
        """Close the transport."""
        await self.transport.close()

    async def reset(self) -> None:
        """Bring the instrument back to its power-on state, and forget its errors.

        Raises:
            HardwareConnectionError: The instrument cannot be reached.
            CommunicationError: The instrument did not confirm.
        """  # noqa: DOC502 - raised by the transport
        await self.transport.write("*RST")
        await self.write("*CLS")

    async def make_safe(self) -> None:
        """Reset, and where that fails once more: a link that was lost is reported once and then reopened.

        Raises:
            HardwareConnectionError: The instrument cannot be reached; treat the unit as still energised.
            CommunicationError: The instrument did not confirm; treat the unit as still energised.
        """  # noqa: DOC502 - raised by the transport
        try:
            await self.reset()
        except HardwareError:
            await self.reset()

    async def identify(self) -> str:
        """Ask `*IDN?`.

        Raises:
            HardwareConnectionError: The instrument cannot be reached.
            CommunicationError: The instrument did not answer.
        """  # noqa: DOC502 - raised by the transport
        return await self.transport.query("*IDN?")

    async def is_connected(self) -> bool:
        """Whether the instrument answers `*IDN?` now."""
        if not self.transport.is_open:
            return False
        try:
            await self.identify()
        except HardwareError:
            return False
        return True

    async def self_test(self) -> None:
        """Ask `*TST?`, which must answer 0.

        Raises:
            HardwareError: The instrument found a fault in itself, or did not answer.
        """
        answer = await self.transport.query("*TST?")
        if answer not in {"0", "+0"}:
            msg = f"{self.name} ({self.transport.address}) failed its self test with {answer}; have it repaired"
            raise HardwareError(msg, instrument=self.name, answer=answer)

    async def write(self, command: str) -> None:
        """Send a command and ask whether it was understood.

        Raises:
            HardwareConnectionError: The instrument cannot be reached.
            CommunicationError: The instrument refused the command, with its own text, or did not answer.
        """  # noqa: DOC502 - raised by the helpers
        await self.transport.write(command)
        await self._check(command)

    async def query(self, question: str) -> str:
        """Ask a question and return the answer as text.

        Raises:
            HardwareConnectionError: The instrument cannot be reached.
            CommunicationError: The instrument did not answer, or answered nonsense.
        """  # noqa: DOC502 - raised by the transport
        return await self.transport.query(question)

    async def query_float(self, question: str) -> float:
        """Ask a question that has a number for an answer, in the instrument's base unit (V, A, Ω).

        Raises:
            HardwareConnectionError: The instrument cannot be reached.
            CommunicationError: The instrument did not answer, or not with a number.
        """  # noqa: DOC502 - raised by the transport
        answer = await self.transport.query(question)
        try:
            value = float(answer)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or math.isclose(value, NOT_A_NUMBER):
            msg = f"{self.name} ({self.transport.address}): {question!r} was answered with {answer!r}, not a number"
            raise CommunicationError(msg, instrument=self.name, command=question, answer=answer)
        return value

    async def _check(self, command: str) -> None:
        errors: list[str] = []
        while len(errors) < MAX_QUEUE:
            answer = await self.transport.query("SYST:ERR?")
            if _error_code(answer) == 0:
                break
            errors.append(answer)
        if errors:
            msg = f"{self.name} ({self.transport.address}) refused {command!r}: {'; '.join(errors)}"
            raise CommunicationError(msg, instrument=self.name, command=command, errors=errors)


def _error_code(answer: str) -> int | None:
    """The number in front of an answer such as `-113,"Undefined header"`; None where there is none."""
    try:
        return int(answer.partition(",")[0])
    except ValueError:
        return None


def transport_from(name: str, config: Mapping[str, object]) -> LineTransport:
    """Build the transport that an instrument's settings ask for.

    `host` (or `ip`) and `port` ask for TCP, `port` alone for serial with `baudrate` (9600); `timeout` is in s (2).

    Raises:
        HardwareConnectionError: The settings name neither.
    """
    host, port = config.get("host", config.get("ip")), config.get("port")
    baudrate, seconds = config.get("baudrate", 9600), config.get("timeout", 2)
    if isinstance(seconds, int | float) and seconds > 0:
        timeout = timedelta(seconds=seconds)
        if isinstance(host, str) and isinstance(port, int):
            return TcpTransport(host, port, timeout)
        if host is None and isinstance(port, str) and isinstance(baudrate, int):
            return SerialTransport(port, baudrate, timeout)
    msg = f"settings of {name} are incomplete: give `host` and `port` (number), or `port` (device) and `baudrate`"
    raise HardwareConnectionError(msg, instrument=name, settings=sorted(config))
