"""One step that is asked about before it begins, one that asks while it runs."""

from station.sdk import StepContext, ask, sequence, step


@sequence("asking")
class Asking:
    """Measures around its questions."""

    @step(order=1)
    async def insert(self, ctx: StepContext) -> None:
        ctx.measure("seated", ctx.answers["prompt"], equals=True)

    @step(order=2)
    async def look(self, ctx: StepContext) -> None:
        ctx.measure("calls", ctx.segment, low=1, high=2)
        ctx.state["looked"] = True
        seen = await ctx.prompt(
            {"ko": "무엇이 보입니까?", "en": "What do you see?"},
            ask.pass_fail("led", {"ko": "LED", "en": "LED"}),
            ask.number("count", min=0, max=9),
            key="seen",
        )
        ctx.measure("count", seen["count"], low=1, high=9)
        ctx.measure("kept", bool(ctx.state.get("looked")), equals=True)
