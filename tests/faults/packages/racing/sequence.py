"""Two steps that take as long as they are told."""

from station.sdk import StepContext, sequence, step


@sequence("racing")
class Racing:
    """Somebody wants something of the run just when a step ends."""

    @step(order=1)
    async def first(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["seconds"])
        ctx.measure("first", 1, "", 0, 2)

    @step(order=2)
    async def second(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["seconds"])
        ctx.measure("second", 1, "", 0, 2)
