"""One step that looks at a lamp."""

from station.sdk import StepContext, sequence, step

from .drivers.lamp import Lamp


@sequence("handy")
class Handy:
    def __init__(self, lamp: Lamp) -> None:
        self.lamp = lamp

    @step(1, uses=["lamp"])
    async def look(self, ctx: StepContext) -> None:
        ctx.measure("level", await self.lamp.shine(ctx.parameters["level"]), "cd", low=1)

    @step(9, cleanup=True)
    async def dark(self) -> None:
        await self.lamp.reset()
