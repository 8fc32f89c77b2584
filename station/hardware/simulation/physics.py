"""What really happens in one slot: voltages, currents and temperatures, whatever the instruments say about them."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from station.hardware.simulation.settings import UnitKind

RAILS: dict[int, float] = {102: 5.0, 103: 3.3, 104: 1.8}
"""Nominal voltage (V) by multimeter channel; channel 101 is the unit's input."""

INPUT = 101
CHECKSUM = 110
SERIAL = 111

_RIPPLE = {INPUT: 0.005, 102: 0.012, 103: 0.008, 104: 0.006}
_RESISTANCE = {INPUT: 10_200.0, 102: 1_500.0, 103: 820.0, 104: 330.0}

BROWN_OUT = 3.0
"""Input voltage (V) below which the unit does not start."""
DROP_OUT = 0.1
"""How far (V) a rail stays below an input that is too low for it."""

IDLE_CURRENT = 0.120
LOAD_CURRENT = 0.380
"""Supply current (A) of a unit, and what the load adds."""
BAD_EXTRA_CURRENT = 0.250
BAD_RAIL = 2.9
"""The 3V3 rail (V) of a bad unit."""

AMBIENT = 25.0
HEATING = 120.0
COOLING = 300.0
"""Time constants (s) of a chamber that warms up and of one that cools down."""
OVERHEAT = 130.0
"""Chamber temperature (°C) above which the PLC raises its alarm."""
BURN_IN_CURRENT = 1.5
"""Current (A) through the burn-in load."""


@dataclass
class Supply:
    """The power supply's settings, as at power-on."""

    voltage: float = 0.0
    current_limit: float = 1.0
    output: bool = False


class Chamber:
    """A burn-in chamber: warms up to its setpoint and cools down to the room, each with one time constant."""

    def __init__(self, clock: Callable[[], float], time_scale: float) -> None:
        self._clock = clock
        self._scale = time_scale
        self._started = self._last = clock()
        self._temperature = AMBIENT
        self._setpoint = AMBIENT
        self._heater = False

    @property
    def age(self) -> float:
        """Seconds since the start, by the chamber's own time."""
        return (self._clock() - self._started) * self._scale

    @property
    def temperature(self) -> float:
        """Temperature now, in °C."""
        now = self._clock()
        seconds, self._last = max(0.0, now - self._last) * self._scale, now
        warms = self._heater and self._setpoint > self._temperature
        target = self._setpoint if warms else max(AMBIENT, self._setpoint if self._heater else AMBIENT)
        decay = math.exp(-seconds / (HEATING if warms else COOLING))
        self._temperature = target + (self._temperature - target) * decay
        return self._temperature

    @property
    def setpoint(self) -> float:
        """Wanted temperature, in °C."""
        return self._setpoint

    @setpoint.setter
    def setpoint(self, celsius: float) -> None:
        _ = self.temperature  # what happened so far happened with the old setpoint
        self._setpoint = celsius

    @property
    def heater(self) -> bool:
        """Whether the heater is on."""
        return self._heater

    @heater.setter
    def heater(self, on: bool) -> None:
        _ = self.temperature
        self._heater = on


class SlotPhysics:
    """Everything physical about one slot. Voltages in V, currents in A, temperatures in °C."""

    def __init__(self, slot: str, kind: UnitKind, seed: int, clock: Callable[[], float], time_scale: float) -> None:
        self.slot = slot
        self.unit: UnitKind = kind
        self.serial = f"SIM-{slot.removeprefix('slot_').zfill(4)}"
        self.supply = Supply()
        self.chamber = Chamber(clock, time_scale)
        self.load = False
        self._random = random.Random(f"{seed}/{slot}")  # noqa: S311 - noise, not a secret

    def output_voltage(self) -> float:
        """Voltage at the supply's terminals; breaks down where the unit draws more than the limit."""
        if not self.supply.output:
            return 0.0
        wanted, limit = self._demand(), self.supply.current_limit
        return self.supply.voltage * min(1.0, limit / wanted) if wanted > 0 else self.supply.voltage

    def output_current(self) -> float:
        """Current out of the supply."""
        return min(self._demand(), self.supply.current_limit) if self.supply.output else 0.0

    def rail(self, channel: int) -> float:
        """DC voltage on a multimeter channel."""
        if channel == INPUT:
            return self.output_voltage()
        if not self.is_running():
            return 0.0
        nominal = BAD_RAIL if self.unit == "bad" and channel == 103 else RAILS[channel]
        return min(nominal, self.output_voltage() - DROP_OUT)

    def ripple(self, channel: int) -> float:
        """AC voltage on a multimeter channel, V RMS."""
        if not self.is_running():
            return 0.0001
        return 0.045 if self.unit == "bad" and channel == 103 else _RIPPLE[channel]

    def resistance(self, channel: int) -> float | None:
        """Resistance of a rail to ground, in Ω; None while it is powered, when it cannot be measured."""
        if self.output_voltage() > 0:
            return None
        return 47.0 if self.unit == "bad" and channel == 103 else _RESISTANCE[channel]

    def is_running(self) -> bool:
        """Whether the unit has enough voltage to run."""
        return self.output_voltage() >= BROWN_OUT

    def answer(self, channel: int) -> str:
        """What the unit itself says on its digital lines: its self test, or its serial."""
        if not self.is_running():
            return "NO ANSWER"
        if channel == SERIAL:
            return self.serial
        return "ERR 17" if self.unit == "bad" else "OK 1.4.2"

    def load_current(self) -> float:
        """Current through the burn-in load, which drifts by 0.2 % within the hour and falls with temperature."""
        if not self.load:
            return 0.0
        drift = 1.0 + 0.002 * math.sin(2 * math.pi * self.chamber.age / 3600)
        warm = 1.0 - 0.0004 * (self.chamber.temperature - AMBIENT)
        return BURN_IN_CURRENT * drift * warm * (1.3 if self.unit == "bad" else 1.0)

    def noisy(self, value: float, share: float = 0.0005, floor: float = 0.0) -> float:
        """The value as an instrument sees it: with Gaussian noise of `share` of the value, at least `floor`."""
        return value + self._random.gauss(0.0, max(abs(value) * share, floor))

    def snapshot(self) -> dict[str, object]:
        """The whole physical state, without noise, JSON-able."""
        return {
            "unit": self.unit,
            "serial": self.serial,
            "output": self.supply.output,
            "voltage_set": self.supply.voltage,
            "current_limit": self.supply.current_limit,
            "voltage": self.output_voltage(),
            "current": self.output_current(),
            "heater": self.chamber.heater,
            "setpoint": self.chamber.setpoint,
            "temperature": self.chamber.temperature,
            "load": self.load,
            "load_current": self.load_current(),
        }

    def _demand(self) -> float:
        """What the unit would draw if the supply let it."""
        if self.supply.voltage < BROWN_OUT:
            return 0.0
        extra = BAD_EXTRA_CURRENT if self.unit == "bad" else 0.0
        return IDLE_CURRENT + extra + (LOAD_CURRENT if self.load else 0.0)
