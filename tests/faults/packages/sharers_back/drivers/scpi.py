"""Instruments that are asked who they are again and again, for as long as a step has them."""

import asyncio
import time
from pathlib import Path

from station.sdk import ScpiDriver, StepContext


class Instrument(ScpiDriver):
    """Any SCPI instrument."""

    async def be_used(self, ctx: StepContext, notes: Path, seconds: float) -> None:
        """Speak with it all the time, and write down from when to when."""
        began, end = time.time(), time.monotonic() + seconds
        while time.monotonic() < end:
            await self.identify()
            await asyncio.sleep(0.05)
        with notes.open("a", encoding="utf-8") as stream:
            stream.write(f"{ctx.run_id} {self.config['mark']} {began} {time.time()}\n")


class Supply(Instrument):
    """A supply that is switched on while it is used."""

    async def be_used(self, ctx: StepContext, notes: Path, seconds: float) -> None:
        """Feed the unit meanwhile."""
        await self.write("VOLT 5")
        await self.write("OUTP ON")
        await super().be_used(ctx, notes, seconds)
