"""Two steps: one that passes, one that judges as it is told to."""

from station.sdk import StepContext, sequence, step


@sequence("quick")
class Quick:
    """Good or bad."""

    @step(order=1)
    async def warm_up(self, ctx: StepContext) -> None:
        ctx.measure("temperature", 25.5, "°C", 20, 30)

    @step(order=2)
    async def judge(self, ctx: StepContext) -> None:
        good = bool(ctx.parameters["good"])
        ctx.measure("voltage", 5.0 if good else 4.0, "V", 4.9, 5.1)
        if not good:
            ctx.defect("DEF001")
