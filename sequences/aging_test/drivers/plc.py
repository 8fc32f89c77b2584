"""One burn-in chamber, behind a PLC that serves all of them over OPC UA."""

from collections.abc import Mapping

from station.sdk import CommunicationError, Driver, HardwareError, OpcUaTransport


class ChamberPlc(Driver):
    """Heats one chamber, switches its load, and tells what its sensors say."""

    def __init__(self, name: str, config: Mapping[str, object]) -> None:
        super().__init__(name, config)
        slot = str(config["slot"])
        self.slot = f"slot_{slot}" if slot.isdigit() else slot
        self.transport = OpcUaTransport(str(config["endpoint"]))

    async def connect(self) -> None:
        await self.transport.open()

    async def disconnect(self) -> None:
        await self.transport.close()

    async def is_connected(self) -> bool:
        try:
            await self.identify()
        except HardwareError:
            return False
        return True

    async def identify(self) -> str:
        return str(await self.transport.read(f"{self.slot}/Serial"))

    async def reset(self) -> None:
        await self.load_off()
        await self.heater_off()

    async def make_safe(self) -> None:
        try:
            await self.reset()
        except HardwareError:
            await self.reset()  # a lost session is reported once and then opened again

    async def heat(self, celsius: float) -> None:
        """Heat the chamber to a temperature, in °C."""
        await self.transport.write(f"{self.slot}/Setpoint", celsius)
        await self._switch("HeaterOn", on=True)

    async def heater_off(self) -> None:
        """Let the chamber cool down."""
        await self._switch("HeaterOn", on=False)

    async def load_on(self) -> None:
        """Let the unit work."""
        await self._switch("LoadOn", on=True)

    async def load_off(self) -> None:
        """Take the load off the unit."""
        await self._switch("LoadOn", on=False)

    async def temperature(self) -> float:
        """Read the chamber's temperature, in °C."""
        return await self._number("Temperature")

    async def load_current(self) -> float:
        """Read the current through the load, in A."""
        return await self._number("LoadCurrent")

    async def alarm(self) -> bool:
        """Tell whether the chamber is too hot."""
        return bool(await self.transport.read(f"{self.slot}/Alarm"))

    async def unit_serial(self) -> str:
        """Read which unit lies in the chamber."""
        return str(await self.transport.read(f"{self.slot}/UnitSerial"))

    async def _number(self, name: str) -> float:
        value = await self.transport.read(f"{self.slot}/{name}")
        if isinstance(value, str | bool):
            msg = f"{self.name}: {self.slot}/{name} is {value!r}, not a number"
            raise CommunicationError(msg, instrument=self.name)
        return float(value)

    async def _switch(self, name: str, *, on: bool) -> None:
        await self.transport.write(f"{self.slot}/{name}", on)
        if await self.transport.read(f"{self.slot}/{name}") is not on:
            msg = f"{self.name}: {self.slot}/{name} does not become {on}"
            raise HardwareError(msg, instrument=self.name)
