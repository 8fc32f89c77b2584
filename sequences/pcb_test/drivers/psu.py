"""The power supply: SCPI on the network; its output stays as it was set until somebody sets it otherwise."""

from station.sdk import HardwareError, ScpiDriver


class PowerSupply(ScpiDriver):
    """Feeds the unit."""

    async def output_on(self, voltage: float, current_limit: float) -> None:
        """Set voltage (V) and current limit (A), then switch on; confirmed by the supply.

        Raises:
            HardwareError: The supply did not do as it was told.
        """  # noqa: DOC502 - raised by the helper
        await self.write(f"VOLT {voltage:.3f}")
        await self.write(f"CURR {current_limit:.3f}")
        await self.write("OUTP ON")
        await self._confirm(on=True)

    async def output_off(self) -> None:
        """Switch off; confirmed by the supply.

        Raises:
            HardwareError: The supply did not confirm; treat the unit as still energised.
        """  # noqa: DOC502 - raised by the helper
        await self.write("OUTP OFF")
        await self._confirm(on=False)

    async def measure_voltage(self) -> float:
        """Measure the voltage at the terminals, in V."""
        return await self.query_float("MEAS:VOLT?")

    async def measure_current(self) -> float:
        """Measure the current out of the terminals, in A."""
        return await self.query_float("MEAS:CURR?")

    async def _confirm(self, *, on: bool) -> None:
        """Ask whether the output is what it was told to be.

        Raises:
            HardwareError: It is not.
        """
        answer = await self.query("OUTP?")
        if answer != ("1" if on else "0"):
            msg = f"{self.name} was told to switch {'on' if on else 'off'} and answers {answer!r}"
            raise HardwareError(msg, instrument=self.name)
