"""Burn-in: heat the chamber, put the unit under load, watch it for hours, switch everything off."""

from typing import TypedDict

from station.sdk import CommunicationError, CriticalError, StepContext, parameter, sequence, step

from .drivers.plc import ChamberPlc

LOST_IN_A_ROW = 3
"""So many samples without an answer are a fault of the station; fewer are written down."""
HEAT_UP_INTERVAL = 2.0
"""Seconds between two looks at the chamber while it heats up."""


class Summary(TypedDict):
    """What is known of one quantity so far; kept in `ctx.state`, so it survives a crash."""

    count: int
    total: float
    low: float
    high: float


@sequence("aging_test", description="Burn-in under load in a hot chamber")
class AgingTest:
    """A crash costs one sample: everything the end needs is in `ctx.state`."""

    def __init__(self, plc: ChamberPlc) -> None:
        self.plc = plc

    @parameter("soak_hours", unit="h")
    def soak_hours(self) -> float:
        """How long the unit ages."""
        return float(getattr(self, "_param_soak_hours", 8.0))

    @parameter("sample_seconds", unit="s")
    def sample_seconds(self) -> float:
        """How often it is looked at."""
        return float(getattr(self, "_param_sample_seconds", 10.0))

    @parameter("temperature", unit="°C")
    def temperature(self) -> float:
        """How hot it is meanwhile."""
        return float(getattr(self, "_param_temperature", 60.0))

    @parameter("tolerance", unit="°C")
    def tolerance(self) -> float:
        """How far from that is still right."""
        return float(getattr(self, "_param_tolerance", 5.0))

    @parameter("heat_up_minutes", unit="min")
    def heat_up_minutes(self) -> float:
        """How long heating up may take."""
        return float(getattr(self, "_param_heat_up_minutes", 30.0))

    async def identify_unit(self) -> str:
        """Read which unit lies in the chamber; it may have been changed while the station was down."""
        return await self.plc.unit_serial()

    # After a crash the chamber is cold and the load is off: these two are done again before the soak goes on.

    @step(10, segment=240, rearm=True)
    async def heat_up(self, ctx: StepContext) -> dict[str, str]:
        await self.plc.heat(self.temperature)
        wanted = self.temperature - self.tolerance / 2
        async for _ in ctx.soak(60 * self.heat_up_minutes, HEAT_UP_INTERVAL):
            reached = await self.plc.temperature()
            ctx.progress(reached / wanted, f"{reached:.1f} of {self.temperature:g} °C")
            if reached >= wanted:
                break
        else:
            msg = f"the chamber is not at {self.temperature:g} °C after {self.heat_up_minutes:g} min; is its door open?"
            raise CriticalError(msg)
        ctx.measure("start_temperature", reached, "°C")
        return {"serial": await self.plc.unit_serial()}

    @step(20, rearm=True)
    async def load_on(self, ctx: StepContext) -> None:
        await self.plc.load_on()
        ctx.measure("start_current", await self.plc.load_current(), "A")

    @step(30, segment=600)
    async def soak(self, ctx: StepContext) -> dict[str, int]:
        async for tick in ctx.soak(3600 * self.soak_hours, self.sample_seconds):
            await self._sample(ctx)
            ctx.progress(tick.fraction, f"{tick.elapsed_s / 3600:.2f} of {self.soak_hours:g} h")
        self._judge(ctx)
        return {"samples": ctx.state["temperature"]["count"], "lost_samples": ctx.state.get("lost", 0)}

    @step(90, cleanup=True, retry=2)
    async def load_off(self) -> None:
        await self.plc.load_off()

    @step(91, cleanup=True, retry=2, needs=[])
    async def heater_off(self) -> None:
        await self.plc.heater_off()

    async def _sample(self, ctx: StepContext) -> None:
        """Look at the chamber once; a missing answer now and then does not end hours of work.

        Raises:
            CommunicationError: If there was no answer several times in a row.
            CriticalError: If the chamber is too hot.
        """
        try:
            alarm, temperature, current = (
                await self.plc.alarm(),
                await self.plc.temperature(),
                await self.plc.load_current(),
            )
        except CommunicationError as error:
            ctx.state["lost"] = ctx.state.get("lost", 0) + 1
            ctx.state["lost_in_a_row"] = ctx.state.get("lost_in_a_row", 0) + 1
            ctx.log(f"no sample: {error.message}", "warning")
            if ctx.state["lost_in_a_row"] >= LOST_IN_A_ROW:
                raise
            return
        ctx.state["lost_in_a_row"] = 0
        if alarm:
            msg = f"the chamber reports that it is too hot ({temperature:.1f} °C)"
            raise CriticalError(msg)
        ctx.state["temperature"] = _with(ctx.state.get("temperature"), temperature)
        ctx.state["current"] = _with(ctx.state.get("current"), current)

    def _judge(self, ctx: StepContext) -> None:
        """Make measurements of hours of samples.

        Raises:
            CommunicationError: If there is not one sample.
        """
        temperature, current = ctx.state.get("temperature"), ctx.state.get("current")
        if temperature is None or current is None:
            msg = "there is no sample at all"
            raise CommunicationError(msg)
        low, high = self.temperature - self.tolerance, self.temperature + self.tolerance
        in_window = [
            ctx.measure("temperature_min", temperature["low"], "°C", low=low),
            ctx.measure("temperature_max", temperature["high"], "°C", high=high),
            ctx.measure("temperature_mean", temperature["total"] / temperature["count"], "°C", low=low, high=high),
        ]
        in_limits = [
            ctx.measure("current_min", current["low"]),
            ctx.measure("current_max", current["high"]),
            ctx.measure("current_mean", current["total"] / current["count"]),
        ]
        if not all(in_window):
            ctx.defect("DEF201")
        if not all(in_limits):
            ctx.defect("DEF202")


def _with(summary: Summary | None, value: float) -> Summary:
    """Add one sample to a summary."""
    if summary is None:
        return Summary(count=1, total=value, low=value, high=value)
    return Summary(
        count=summary["count"] + 1,
        total=summary["total"] + value,
        low=min(summary["low"], value),
        high=max(summary["high"], value),
    )
