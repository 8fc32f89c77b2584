"""Four steps of one second that need nothing of each other."""

from station.sdk import StepContext, sequence, step


@sequence("wide_4")
class Wide4:
    """Four steps of one second that need nothing of each other."""

    @step(order=1, needs=[], uses=[])
    async def s1(self, ctx: StepContext) -> None:
        await ctx.sleep(1.0)

    @step(order=2, needs=[], uses=[])
    async def s2(self, ctx: StepContext) -> None:
        await ctx.sleep(1.0)

    @step(order=3, needs=[], uses=[])
    async def s3(self, ctx: StepContext) -> None:
        await ctx.sleep(1.0)

    @step(order=4, needs=[], uses=[])
    async def s4(self, ctx: StepContext) -> None:
        await ctx.sleep(1.0)
