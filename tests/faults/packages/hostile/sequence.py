"""One good step, one that misbehaves, one after it, and a cleanup."""

import asyncio
import os
import signal
import time

from station.sdk import StepContext, sequence, step

from .drivers.psu import Supply


@sequence("hostile")
class Hostile:
    """Does what `mode` says, with the output on."""

    def __init__(self, power: Supply) -> None:
        self.power = power

    @step(order=1, rearm=True)
    async def power_up(self) -> None:
        await self.power.output_on()

    @step(order=2, timeout=1.5)
    async def misbehave(self, ctx: StepContext) -> None:
        mode = ctx.parameters["mode"]
        ctx.measure("before", 1, "", 0, 2)
        if mode == "block":
            time.sleep(120)
        elif mode == "ignore_cancel":
            await _never_yield()
        elif mode == "exit":
            await self.power.crash_vendor_library()
        elif mode == "abort":
            os.kill(os.getpid(), signal.SIGABRT)
        elif mode == "eat_memory":
            hoard = []
            while True:
                hoard.append(bytearray(b"x" * 8_000_000))
                await asyncio.sleep(0.005)

    @step(order=3)
    async def after(self, ctx: StepContext) -> None:
        ctx.measure("after", 1, "", 0, 2)

    @step(order=9, cleanup=True)
    async def power_down(self) -> None:
        await self.power.make_safe()


async def _never_yield() -> None:
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            continue
