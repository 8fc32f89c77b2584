"""The simulated instruments that speak SCPI: a multimeter and a power supply."""

import re
from collections import deque
from collections.abc import Callable

from station.hardware.simulation.log import BenchLog
from station.hardware.simulation.physics import CHECKSUM, INPUT, RAILS, SERIAL, SlotPhysics

OVERLOAD = 9.9e37
MAX_ERRORS = 20

_KEYWORD = re.compile(r"([A-Z]+)([a-z]+)")
_CHANNEL = re.compile(r"\(@(\d+)\)")


class ScpiError(Exception):
    """What goes into an instrument's error queue."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f'{code},"{text}"')


class ScpiInstrument:
    """Understands lines of SCPI, in short or long form, several commands on a line, and keeps an error queue."""

    def __init__(self, identity: str, physics: SlotPhysics) -> None:
        self.physics = physics
        self._errors: deque[str] = deque()
        self._event_enable = 0
        self._commands: list[tuple[re.Pattern[str], Callable[[str], str | None]]] = []
        self._on("*IDN?", lambda _: identity)
        self._on("*RST", self._reset)
        self._on("*CLS", lambda _: self._errors.clear())
        self._on("*TST?", lambda _: "0")
        self._on("*OPC?", lambda _: "1")
        self._on("*ESE", self._set_event_enable)
        self._on("*ESE?", lambda _: str(self._event_enable))
        self._on("SYSTem:ERRor[:NEXT]?", lambda _: self._errors.popleft() if self._errors else '0,"No error"')

    def handle(self, line: str) -> str | None:
        """Do what a line says and return its answer; a line that is not understood has none, as with real ones."""
        answers: list[str] = []
        for command in filter(None, (part.strip() for part in line.split(";"))):
            try:
                answer = self._run(command)
            except ScpiError as error:
                self._remember(str(error))
                break
            if answer is not None:
                answers.append(answer)
        return ";".join(answers) if answers else None

    def _on(self, header: str, action: Callable[[str], str | None]) -> None:
        """Register a header such as `MEASure:VOLTage[:DC]?`, where capitals are the short form."""
        text = re.escape(header).replace(r"\[", "(?:").replace(r"\]", ")?")
        self._commands.append((re.compile(f":?{_KEYWORD.sub(_short_or_long, text)}", re.IGNORECASE), action))

    def _run(self, command: str) -> str | None:
        header, _, argument = command.partition(" ")
        for pattern, action in self._commands:
            if pattern.fullmatch(header):
                return action(argument.strip())
        raise ScpiError(-113, "Undefined header")

    def _remember(self, error: str) -> None:
        if len(self._errors) == MAX_ERRORS:
            self._errors[-1] = '-350,"Queue overflow"'
        else:
            self._errors.append(error)

    def _reset(self, _argument: str) -> None:
        """Back to power-on."""

    def _set_event_enable(self, argument: str) -> None:
        self._event_enable = int(_number(argument, 0, 255))


class Multimeter(ScpiInstrument):
    """A multimeter with a scanner card: channels 101 to 104 are the unit's input and rails, 110 and 111 its words."""

    def __init__(self, slot: str, physics: SlotPhysics) -> None:
        super().__init__(f"NEUROHUB,SIM-DMM,{slot},1.0", physics)
        self._on("CONFigure:VOLTage[:DC]", _ignore)
        self._on("CONFigure:VOLTage:AC", _ignore)
        self._on("CONFigure:RESistance", _ignore)
        self._on("MEASure:VOLTage[:DC]?", self._measure_dc)
        self._on("MEASure:VOLTage:AC?", self._measure_ac)
        self._on("MEASure:RESistance?", self._measure_resistance)
        self._on("MEASure:DIGital?", self._measure_digital)

    def _measure_dc(self, argument: str) -> str:
        return _scientific(self.physics.noisy(self.physics.rail(_analog(argument)), floor=0.0002))

    def _measure_ac(self, argument: str) -> str:
        return _scientific(abs(self.physics.noisy(self.physics.ripple(_analog(argument)), share=0.05)))

    def _measure_resistance(self, argument: str) -> str:
        ohms = self.physics.resistance(_analog(argument))
        return _scientific(OVERLOAD if ohms is None else self.physics.noisy(ohms))

    def _measure_digital(self, argument: str) -> str:
        return self.physics.answer(_channel(argument, {CHECKSUM, SERIAL}))


class PowerSupply(ScpiInstrument):
    """A power supply of 30 V and 5 A; its output stays as it was set, whoever connects or disconnects."""

    def __init__(self, slot: str, physics: SlotPhysics, log: BenchLog) -> None:
        super().__init__(f"NEUROHUB,SIM-PSU,{slot},1.0", physics)
        self._slot = slot
        self._log = log
        self._on("[SOURce:]VOLTage[:LEVel]", self._set_voltage)
        self._on("[SOURce:]VOLTage[:LEVel]?", lambda _: _scientific(self.physics.supply.voltage))
        self._on("[SOURce:]CURRent[:LEVel]", self._set_current)
        self._on("[SOURce:]CURRent[:LEVel]?", lambda _: _scientific(self.physics.supply.current_limit))
        self._on("OUTPut[:STATe]", self._set_output)
        self._on("OUTPut[:STATe]?", lambda _: str(int(self.physics.supply.output)))
        self._on("MEASure:VOLTage[:DC]?", self._measure_voltage)
        self._on("MEASure:CURRent[:DC]?", self._measure_current)

    def _reset(self, _argument: str) -> None:
        self._switch(on=False)
        self.physics.supply.voltage = 0.0
        self.physics.supply.current_limit = 1.0

    def _set_voltage(self, argument: str) -> None:
        self.physics.supply.voltage = _number(argument, 0.0, 30.0)

    def _set_current(self, argument: str) -> None:
        self.physics.supply.current_limit = _number(argument, 0.0, 5.0)

    def _set_output(self, argument: str) -> None:
        match argument.upper():
            case "ON" | "1":
                self._switch(on=True)
            case "OFF" | "0":
                self._switch(on=False)
            case "":
                raise ScpiError(-109, "Missing parameter")
            case _:
                raise ScpiError(-224, "Illegal parameter value")

    def _switch(self, *, on: bool) -> None:
        if self.physics.supply.output != on:
            self.physics.supply.output = on
            self._log.write("state", self._slot, "psu", name="output", value=on)

    def _measure_voltage(self, _argument: str) -> str:
        return _scientific(self.physics.noisy(self.physics.output_voltage(), floor=0.0005))

    def _measure_current(self, _argument: str) -> str:
        return _scientific(self.physics.noisy(self.physics.output_current(), share=0.005, floor=0.0001))


def _short_or_long(keyword: re.Match[str]) -> str:
    return f"{keyword[1]}(?:{keyword[2]})?"


def _ignore(_argument: str) -> None:
    """A setting that makes no difference to a simulation."""


def _scientific(value: float) -> str:
    return f"{value:+.8E}"


def _number(argument: str, low: float, high: float) -> float:
    if not argument:
        raise ScpiError(-109, "Missing parameter")
    try:
        value = float(argument)
    except ValueError:
        raise ScpiError(-104, "Data type error") from None
    if not low <= value <= high:
        raise ScpiError(-222, "Data out of range")
    return value


def _analog(argument: str) -> int:
    return _channel(argument, {INPUT, *RAILS})


def _channel(argument: str, known: set[int]) -> int:
    found = _CHANNEL.search(argument)
    if found is None:
        raise ScpiError(-109, "Missing parameter")
    if int(found[1]) not in known:
        raise ScpiError(-222, "Data out of range")
    return int(found[1])
