"""Uses the supply, then the meter, each for as long as it is told."""

from pathlib import Path

from station.sdk import StepContext, sequence, step

from .drivers.scpi import Instrument


@sequence("sharers_back")
class SharersBack:
    """Between steps of its own."""

    def __init__(self, dmm: Instrument, power: Instrument) -> None:
        self.dmm = dmm
        self.power = power

    @step(order=1, uses=[])
    async def before(self, ctx: StepContext) -> None:
        await ctx.sleep(0.05)

    @step(order=3, uses=["dmm"])
    async def measure(self, ctx: StepContext) -> None:
        await self.dmm.be_used(ctx, Path(ctx.parameters["notes"]), ctx.parameters["hold"])

    @step(order=2, uses=["power"])
    async def feed(self, ctx: StepContext) -> None:
        await self.power.be_used(ctx, Path(ctx.parameters["notes"]), ctx.parameters["hold"])

    @step(order=4, uses=[])
    async def after(self, ctx: StepContext) -> None:
        await ctx.sleep(0.05)

    @step(order=9, uses=[], cleanup=True)
    async def tidy(self, ctx: StepContext) -> None:
        await ctx.sleep(0.05)
