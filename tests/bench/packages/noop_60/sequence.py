"""Sixty steps that do nothing - what a step costs."""

from station.sdk import sequence, step


@sequence("noop_60")
class Noop60:
    """Sixty steps that do nothing - what a step costs."""

    @step(order=1)
    async def s001(self) -> None:
        return None

    @step(order=2)
    async def s002(self) -> None:
        return None

    @step(order=3)
    async def s003(self) -> None:
        return None

    @step(order=4)
    async def s004(self) -> None:
        return None

    @step(order=5)
    async def s005(self) -> None:
        return None

    @step(order=6)
    async def s006(self) -> None:
        return None

    @step(order=7)
    async def s007(self) -> None:
        return None

    @step(order=8)
    async def s008(self) -> None:
        return None

    @step(order=9)
    async def s009(self) -> None:
        return None

    @step(order=10)
    async def s010(self) -> None:
        return None

    @step(order=11)
    async def s011(self) -> None:
        return None

    @step(order=12)
    async def s012(self) -> None:
        return None

    @step(order=13)
    async def s013(self) -> None:
        return None

    @step(order=14)
    async def s014(self) -> None:
        return None

    @step(order=15)
    async def s015(self) -> None:
        return None

    @step(order=16)
    async def s016(self) -> None:
        return None

    @step(order=17)
    async def s017(self) -> None:
        return None

    @step(order=18)
    async def s018(self) -> None:
        return None

    @step(order=19)
    async def s019(self) -> None:
        return None

    @step(order=20)
    async def s020(self) -> None:
        return None

    @step(order=21)
    async def s021(self) -> None:
        return None

    @step(order=22)
    async def s022(self) -> None:
        return None

    @step(order=23)
    async def s023(self) -> None:
        return None

    @step(order=24)
    async def s024(self) -> None:
        return None

    @step(order=25)
    async def s025(self) -> None:
        return None

    @step(order=26)
    async def s026(self) -> None:
        return None

    @step(order=27)
    async def s027(self) -> None:
        return None

    @step(order=28)
    async def s028(self) -> None:
        return None

    @step(order=29)
    async def s029(self) -> None:
        return None

    @step(order=30)
    async def s030(self) -> None:
        return None

    @step(order=31)
    async def s031(self) -> None:
        return None

    @step(order=32)
    async def s032(self) -> None:
        return None

    @step(order=33)
    async def s033(self) -> None:
        return None

    @step(order=34)
    async def s034(self) -> None:
        return None

    @step(order=35)
    async def s035(self) -> None:
        return None

    @step(order=36)
    async def s036(self) -> None:
        return None

    @step(order=37)
    async def s037(self) -> None:
        return None

    @step(order=38)
    async def s038(self) -> None:
        return None

    @step(order=39)
    async def s039(self) -> None:
        return None

    @step(order=40)
    async def s040(self) -> None:
        return None

    @step(order=41)
    async def s041(self) -> None:
        return None

    @step(order=42)
    async def s042(self) -> None:
        return None

    @step(order=43)
    async def s043(self) -> None:
        return None

    @step(order=44)
    async def s044(self) -> None:
        return None

    @step(order=45)
    async def s045(self) -> None:
        return None

    @step(order=46)
    async def s046(self) -> None:
        return None

    @step(order=47)
    async def s047(self) -> None:
        return None

    @step(order=48)
    async def s048(self) -> None:
        return None

    @step(order=49)
    async def s049(self) -> None:
        return None

    @step(order=50)
    async def s050(self) -> None:
        return None

    @step(order=51)
    async def s051(self) -> None:
        return None

    @step(order=52)
    async def s052(self) -> None:
        return None

    @step(order=53)
    async def s053(self) -> None:
        return None

    @step(order=54)
    async def s054(self) -> None:
        return None

    @step(order=55)
    async def s055(self) -> None:
        return None

    @step(order=56)
    async def s056(self) -> None:
        return None

    @step(order=57)
    async def s057(self) -> None:
        return None

    @step(order=58)
    async def s058(self) -> None:
        return None

    @step(order=59)
    async def s059(self) -> None:
        return None

    @step(order=60)
    async def s060(self) -> None:
        return None
