"""The base of every instrument driver: what the station may ask of any instrument, whatever it measures."""

from abc import ABC, abstractmethod
from collections.abc import Mapping


class Driver(ABC):
    """Code for one real instrument.

    A driver is built without touching the instrument; `connect` is the first call that may. All calls come from
    one event loop. Every failure of the instrument or of the way to it is a `HardwareError`, never a value.

    Attributes:
        name: The instrument's name on its bench, such as `dmm`.
        config: The instrument's settings from station.yaml, such as `port` or `host`.
    """

    def __init__(self, name: str, config: Mapping[str, object]) -> None:
        self.name = name
        self.config = config

    @abstractmethod
    async def connect(self) -> None:
        """Open the way to the instrument; connecting a connected driver does nothing. Outputs stay as they are.

        Raises:
            HardwareConnectionError: The instrument cannot be reached.
            CommunicationError: The instrument answers nonsense.
        """

    @abstractmethod
    async def disconnect(self) -> None:
        """Close the way to the instrument; safe to call twice, and after the instrument was lost."""

    @abstractmethod
    async def reset(self) -> None:
        """Bring the instrument back to its power-on state, every output off.

        Raises:
            HardwareError: The instrument did not confirm.
        """

    @abstractmethod
    async def identify(self) -> str:
        """The instrument's own words about what it is: maker, model, serial, firmware (the answer to `*IDN?`).

        Raises:
            HardwareError: The instrument did not answer.
        """

    @abstractmethod
    async def is_connected(self) -> bool:
        """Whether the instrument answers now. Never raises for an absent instrument: that is the answer False."""

    async def self_test(self) -> None:
        """Let the instrument test itself; an instrument without a self test only has to say who it is.

        Raises:
            HardwareError: The instrument found a fault in itself, or did not answer.
        """  # noqa: DOC502 - raised by identify
        await self.identify()

    async def make_safe(self) -> None:
        """Take all energy off the unit. Idempotent, and callable at any time while connected.

        Raises:
            HardwareError: The instrument did not confirm; treat the unit as still energised.
        """  # noqa: DOC502 - raised by reset
        await self.reset()
