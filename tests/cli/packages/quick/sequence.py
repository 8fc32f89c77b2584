"""Measures what its parameter says; FAILED where that is out of limits."""

from station.sdk import StepContext, sequence, step


@sequence("quick")
class Sequence:
    """Two steps and a cleanup."""

    @step(10)
    async def look(self, ctx: StepContext) -> None:
        ctx.log("looking [closely]")
        ctx.measure("label", ctx.parameters["label"])

    @step(20)
    async def weigh(self, ctx: StepContext) -> None:
        if not ctx.measure("rail", ctx.parameters["voltage"]):
            ctx.defect("DEF1")

    @step(90, cleanup=True)
    async def tidy(self, ctx: StepContext) -> None:
        pass
