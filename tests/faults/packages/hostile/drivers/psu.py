"""The bench's power supply, and a way for a driver to take its process along."""

import os

from station.sdk import ScpiDriver


class Supply(ScpiDriver):
    """Feeds the unit."""

    async def output_on(self) -> None:
        """Switch on 12 V."""
        await self.write("VOLT 12")
        await self.write("OUTP ON")

    async def crash_vendor_library(self) -> None:
        """Do what some vendors' libraries do when the instrument is away."""
        os._exit(3)
