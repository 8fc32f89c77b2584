"""Functional test of a supply board: feed it, look at every rail, ask it how it is, switch it off."""

from station.sdk import StepContext, parameter, sequence, step

from .drivers.dmm import Dmm
from .drivers.psu import PowerSupply

INPUT_CHANNEL = 101
RAILS = {"rail_5v0": (102, "DEF102"), "rail_3v3": (103, "DEF101"), "rail_1v8": (104, "DEF103")}
"""Multimeter channel and defect code of each rail."""
SELF_TEST_CHANNEL = 110
SERIAL_CHANNEL = 111
INPUT_TOLERANCE = 2.0
"""Percent that may be lost between the supply and the unit."""


@sequence("pcb_test", description="Functional test of a supply board")
class PcbTest:
    """Each step is on its own: what it needs from before is on the bench or in `ctx.state`, never on `self`."""

    def __init__(self, dmm: Dmm, power: PowerSupply) -> None:
        self.dmm = dmm
        self.power = power

    @parameter("supply_voltage", unit="V")
    def supply_voltage(self) -> float:
        """What the unit is fed with."""
        return float(getattr(self, "_param_supply_voltage", 12.0))

    @parameter("current_limit", unit="A")
    def current_limit(self) -> float:
        """What the supply gives at most."""
        return float(getattr(self, "_param_current_limit", 1.0))

    @parameter("settle_time", unit="s")
    def settle_time(self) -> float:
        """Pause after switching."""
        return float(getattr(self, "_param_settle_time", 0.2))

    @step(10, uses=["power"], rearm=True)
    async def power_up(self, ctx: StepContext) -> None:
        await self.power.output_on(self.supply_voltage, self.current_limit)
        await ctx.sleep(self.settle_time)
        ctx.measure("output_voltage", await self.power.measure_voltage(), "V")

    @step(20, uses=["dmm"])
    async def input_voltage(self, ctx: StepContext) -> None:
        await ctx.sleep(self.settle_time)
        voltage = await self.dmm.measure_dc(INPUT_CHANNEL)
        if not ctx.measure("input_voltage", voltage, "V", nominal=self.supply_voltage, percent=INPUT_TOLERANCE):
            ctx.defect("DEF100")

    @step(30, uses=["dmm"])
    async def rails(self, ctx: StepContext) -> None:
        # All three are measured also when one is bad: the repair bench wants to know.
        await ctx.sleep(self.settle_time)
        for name, (channel, defect) in RAILS.items():
            if not ctx.measure(name, await self.dmm.measure_dc(channel)):
                ctx.defect(defect)

    @step(40, uses=["power"])
    async def supply_current(self, ctx: StepContext) -> None:
        await ctx.sleep(self.settle_time)
        if not ctx.measure("supply_current", await self.power.measure_current()):
            ctx.defect("DEF110")

    @step(50, uses=["dmm"], condition="check_ripple")
    async def ripple(self, ctx: StepContext) -> None:
        await ctx.sleep(self.settle_time)
        for name, (channel, _) in RAILS.items():
            millivolts = 1000 * await self.dmm.measure_ac(channel)
            if not ctx.measure(name.replace("rail", "ripple"), millivolts, "mV"):
                ctx.defect("DEF120")

    @step(60, uses=["dmm"])
    async def functional_check(self, ctx: StepContext) -> dict[str, str]:
        await ctx.sleep(self.settle_time)
        if not ctx.measure("firmware", await self.dmm.read_unit(SELF_TEST_CHANNEL)):
            ctx.defect("DEF130")
        return {"serial": await self.dmm.read_unit(SERIAL_CHANNEL)}

    @step(90, uses=["power"], cleanup=True, retry=2)
    async def power_down(self, ctx: StepContext) -> None:
        await self.power.output_off()
        await ctx.sleep(self.settle_time)
        ctx.measure("output_after", await self.power.measure_voltage())
