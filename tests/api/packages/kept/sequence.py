"""Keeps everything that can be kept: values, a file, log lines in Korean."""

from station.sdk import StepContext, sequence, step


@sequence("kept")
class Sequence:
    """Two steps and a cleanup."""

    @step(10)
    async def look(self, ctx: StepContext) -> None:
        ctx.log("라벨을 봅니다")
        ctx.measure("label", ctx.parameters["label"])
        ctx.attach("전압,5.0\n".encode(), name="측정 결과.csv", media_type="text/csv")
        ctx.attach(b"<script>alert(1)</script>", name='a"b\r\n/../x.html', media_type="text/html")

    @step(20)
    async def weigh(self, ctx: StepContext) -> None:
        if not ctx.measure("rail", ctx.parameters["voltage"]):
            ctx.defect("DEF1")

    @step(90, cleanup=True)
    async def tidy(self, ctx: StepContext) -> None:
        pass
