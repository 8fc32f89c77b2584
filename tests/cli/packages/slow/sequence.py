"""Takes its time, so that somebody can stop, pause or kill it."""

from station.sdk import StepContext, sequence, step


@sequence("slow")
class Sequence:
    """A first step, a long one, one that nobody may repeat unasked, and a cleanup."""

    @step(10)
    async def first(self, ctx: StepContext) -> None:
        ctx.measure("begun", True)

    @step(20, timeout=120, repeatable=False)
    async def hold(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["seconds"])

    @step(90, cleanup=True)
    async def tidy(self, ctx: StepContext) -> None:
        ctx.measure("tidied", True)
