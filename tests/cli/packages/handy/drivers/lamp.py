"""A lamp that fails to go dark while a file `stuck` is there."""

from pathlib import Path

from station.sdk import Driver, HardwareError


class Lamp(Driver):
    brightness = 0.0

    async def connect(self) -> None: ...

    async def disconnect(self) -> None: ...

    async def is_connected(self) -> bool:
        return True

    async def identify(self) -> str:
        return "LAMP 1"

    async def reset(self) -> None:
        if Path("stuck").exists():
            raise HardwareError("the lamp stays on")
        self.brightness = 0.0

    async def shine(self, level: float) -> float:
        """Shine."""
        self.brightness = level
        return self.brightness

    async def level(self) -> float:
        """How bright it is."""
        return self.brightness

    async def burn(self) -> None:
        raise HardwareError("no filament")
