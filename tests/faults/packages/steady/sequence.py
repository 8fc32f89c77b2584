"""Steps that take as long as they are told, one after another."""

from station.sdk import StepContext, sequence, step


@sequence("steady")
class Steady:
    """Seventy steps."""

    @step(order=1)
    async def step_01(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=2)
    async def step_02(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=3)
    async def step_03(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=4)
    async def step_04(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=5)
    async def step_05(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=6)
    async def step_06(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=7)
    async def step_07(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=8)
    async def step_08(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=9)
    async def step_09(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=10)
    async def step_10(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=11)
    async def step_11(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=12)
    async def step_12(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=13)
    async def step_13(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=14)
    async def step_14(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=15)
    async def step_15(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=16)
    async def step_16(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=17)
    async def step_17(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=18)
    async def step_18(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=19)
    async def step_19(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=20)
    async def step_20(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=21)
    async def step_21(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=22)
    async def step_22(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=23)
    async def step_23(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=24)
    async def step_24(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=25)
    async def step_25(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=26)
    async def step_26(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=27)
    async def step_27(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=28)
    async def step_28(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=29)
    async def step_29(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=30)
    async def step_30(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=31)
    async def step_31(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=32)
    async def step_32(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=33)
    async def step_33(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=34)
    async def step_34(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=35)
    async def step_35(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=36)
    async def step_36(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=37)
    async def step_37(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=38)
    async def step_38(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=39)
    async def step_39(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=40)
    async def step_40(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=41)
    async def step_41(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=42)
    async def step_42(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=43)
    async def step_43(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=44)
    async def step_44(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=45)
    async def step_45(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=46)
    async def step_46(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=47)
    async def step_47(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=48)
    async def step_48(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=49)
    async def step_49(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=50)
    async def step_50(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=51)
    async def step_51(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=52)
    async def step_52(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=53)
    async def step_53(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=54)
    async def step_54(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=55)
    async def step_55(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=56)
    async def step_56(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=57)
    async def step_57(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=58)
    async def step_58(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=59)
    async def step_59(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=60)
    async def step_60(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=61)
    async def step_61(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=62)
    async def step_62(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=63)
    async def step_63(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=64)
    async def step_64(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=65)
    async def step_65(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=66)
    async def step_66(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=67)
    async def step_67(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=68)
    async def step_68(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=69)
    async def step_69(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])

    @step(order=70)
    async def step_70(self, ctx: StepContext) -> None:
        await ctx.sleep(ctx.parameters["pause"])
