"""The multimeter: a scanner card in front of a SCPI meter on a serial line."""

from station.sdk import CommunicationError, ScpiDriver

OVERLOAD = 9.9e37
"""What the meter answers when there is nothing it could measure."""


class Dmm(ScpiDriver):
    """Measures one channel at a time."""

    async def measure_dc(self, channel: int) -> float:
        """Measure DC voltage, in V.

        Raises:
            CommunicationError: The meter does not answer with a voltage.
        """  # noqa: DOC502 - raised by the helper
        return await self._measure("MEAS:VOLT:DC?", channel)

    async def measure_ac(self, channel: int) -> float:
        """Measure AC voltage, in V RMS.

        Raises:
            CommunicationError: The meter does not answer with a voltage.
        """  # noqa: DOC502 - raised by the helper
        return await self._measure("MEAS:VOLT:AC?", channel)

    async def read_unit(self, channel: int) -> str:
        """Read what the unit itself says on a digital channel."""
        return await self.query(f"MEAS:DIG? (@{channel})")

    async def _measure(self, what: str, channel: int) -> float:
        value = await self.query_float(f"{what} (@{channel})")
        if value >= OVERLOAD:
            msg = f"{self.name}: overload on channel {channel}; is the probe on the right test point?"
            raise CommunicationError(msg, channel=channel)
        return value
