"""Comes to one step sooner or later, and may fail before."""

from station.sdk import StepContext, sequence, step


@sequence("meeting")
class Meeting:
    """What a slot does that others wait for."""

    @step(order=1, timeout=100)
    async def run_up(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["before"])
        ctx.measure("good", not ctx.parameters["bad"], equals=True)

    @step(order=2)
    async def burn_in(self, ctx: StepContext) -> None:
        await ctx.sleep(1)

    @step(order=9, cleanup=True)
    async def tidy(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["after"])
