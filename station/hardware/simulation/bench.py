"""The simulated bench: real serial lines, TCP ports and an OPC UA server in front of one physical state per slot."""

import asyncio
import fcntl
import json
import os
import signal
import time
from collections.abc import Callable
from io import BufferedWriter
from typing import Any, Self

from station.hardware.simulation.control import BenchControl, ControlPort
from station.hardware.simulation.log import UNSAFE, BenchLog
from station.hardware.simulation.misbehaviour import Misbehaviour, Mouth
from station.hardware.simulation.physics import SlotPhysics
from station.hardware.simulation.plc import Plc
from station.hardware.simulation.scpi import Multimeter, PowerSupply
from station.hardware.simulation.serial_line import SerialLine
from station.hardware.simulation.settings import HOST, BenchPorts, BenchSettings
from station.hardware.simulation.tcp_line import ForwardLine, ScpiLine

Line = SerialLine | ScpiLine | ForwardLine


class Bench:
    """A running bench, as an async context manager; leaving it takes everything away.

    Args:
        settings: What it is made of.
        clock: Seconds for the chambers and the burn-in load, so that a test can let hours pass.

    Attributes:
        ports: Where the instruments are.
        control: A client for its control port.
        physics: The physical state, by slot.
    """

    def __init__(self, settings: BenchSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self.physics = {
            slot: SlotPhysics(slot, settings.unit_in(slot), settings.seed, clock, settings.time_scale)
            for slot in settings.slot_names
        }
        self.ports: BenchPorts
        self.control: BenchControl
        self._log = BenchLog(settings.log_path)
        self._plc = Plc(self.physics, self._log)
        self._control_port = ControlPort(settings.control_port, self._act)
        self._lines: dict[tuple[str, str | None], Line] = {}
        self._claimed: BufferedWriter | None = None

    async def __aenter__(self) -> Self:
        self._claim()
        self._log.open()
        self._log.write("start")
        for slot in self.physics:
            for name in UNSAFE:
                self._log.write("state", slot, "psu" if name == "output" else "plc", name=name, value=False)
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def _start(self) -> None:
        for index, (slot, physics) in enumerate(self.physics.items()):
            self._lines["dmm", slot] = SerialLine(
                slot,
                self.settings.directory / slot / "dmm",
                Multimeter(slot, physics),
                self._mouth("dmm", slot),
                self._log,
            )
            self._lines["psu", slot] = ScpiLine(
                slot,
                "psu",
                self.settings.psu_port + index if self.settings.psu_port else 0,
                PowerSupply(slot, physics, self._log),
                self._mouth("psu", slot),
                self._log,
            )
        behind = await self._plc.start()
        self._lines["plc", None] = ForwardLine(
            "plc", self.settings.opcua_port, behind, self._mouth("plc", None), self._log
        )
        for line in self._lines.values():
            await line.plug()
        await self._control_port.start()
        self.control = BenchControl(self._control_port.port)
        self._announce()

    async def _stop(self) -> None:
        await self._control_port.stop()
        for line in self._lines.values():
            await line.unplug()
        await self._plc.stop()
        self._log.write("stop")
        self._log.close()
        if self._claimed is not None:
            self._claimed.close()

    def _claim(self) -> None:
        """Hold the directory, so that a second bench cannot take over the serial lines and the log of this one.

        Raises:
            OSError: Another bench runs in the directory.
        """
        self.settings.directory.mkdir(parents=True, exist_ok=True)
        claimed = (self.settings.directory / "bench.lock").open("wb")
        try:
            fcntl.flock(claimed, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go by the system when this process dies
        except OSError as error:
            claimed.close()
            msg = f"a bench runs in {self.settings.directory} already"
            raise OSError(error.errno, msg) from error
        self._claimed = claimed

    def _mouth(self, instrument: str, slot: str | None) -> Mouth:
        return Mouth(f"{self.settings.seed}/{instrument}/{slot}")

    def _announce(self) -> None:
        """Write down where everything is, for those who did not start the bench."""
        dmm: dict[str, str] = {}
        psu: dict[str, int] = {}
        for (_, slot), line in self._lines.items():
            match line:
                case SerialLine() if slot is not None:
                    dmm[slot] = str(line.link.absolute())
                case ScpiLine() if slot is not None:
                    psu[slot] = line.port
        opcua = self._lines["plc", None]
        self.ports = BenchPorts(
            dmm=dmm,
            psu=psu,
            opcua=opcua.port if isinstance(opcua, ForwardLine) else 0,
            control=self._control_port.port,
        )
        facts = {
            "pid": os.getpid(),
            "host": HOST,
            "endpoint": self.ports.endpoint,
            "log": str(self.settings.log_path.absolute()),
            "ports": self.ports.model_dump(),
        }
        path = self.settings.directory / "bench.json"
        fresh = path.with_suffix(".tmp")
        fresh.write_text(json.dumps(facts, indent=2) + "\n")
        fresh.replace(path)

    # --- the control port ---

    async def _act(self, request: dict[str, Any]) -> object:
        """Carry out one command of the control port.

        Raises:
            ValueError: It makes no sense; the text says why.
        """
        command, instrument, slot = request.get("command"), request.get("instrument"), request.get("slot")
        match command:
            case "snapshot":
                return {name: physics.snapshot() for name, physics in self.physics.items()}
            case "set_unit":
                self._set_unit(slot, request)
            case "bad_quality":
                self._plc.bad_quality.add(self._slot(slot).slot)
            case "stop_server":
                await self._line("plc", None).unplug()
                await self._plc.stop()
            case "heal":
                await self._heal(instrument, slot)
            case "unplug":
                await self._line(instrument, slot).unplug()
            case "replug":
                await self._line(instrument, slot).plug()
            case str() if command in frozenset(Misbehaviour):
                self._misbehave(Misbehaviour(command), self._line(instrument, slot), request)
            case _:
                msg = f"there is no command {command!r}"
                raise ValueError(msg)
        detail = request.get("unit")
        self._log.write("fault", slot, instrument, name=str(command), value=detail)
        return None

    def _set_unit(self, slot: object, request: dict[str, Any]) -> None:
        physics = self._slot(slot)
        if request.get("unit") not in {"good", "bad"}:
            msg = f"a unit is good or bad, not {request.get('unit')!r}"
            raise ValueError(msg)
        physics.unit = request["unit"]
        if request.get("serial") is not None:
            physics.serial = str(request["serial"])

    def _misbehave(self, mode: Misbehaviour, line: Line, request: dict[str, Any]) -> None:
        if mode is Misbehaviour.FLOOD and isinstance(line, ForwardLine):
            msg = "the PLC cannot flood"
            raise ValueError(msg)
        line.mouth.misbehave(mode, float(request.get("seconds") or 0.0))
        line.flood()

    async def _heal(self, instrument: object, slot: object) -> None:
        for (name, where), line in self._lines.items():
            if instrument in {None, name} and isinstance(line, ForwardLine) and not self._plc.is_serving:
                line.behind = await self._plc.start()
            if instrument in {None, name} and (slot is None or where in {None, slot}):
                line.mouth.heal()
                await line.plug()
        if instrument in {None, "plc"}:
            self._plc.bad_quality.difference_update(self.physics if slot is None else {str(slot)})

    def _line(self, instrument: object, slot: object) -> Line:
        line = self._lines.get((str(instrument), None if instrument == "plc" else str(slot)))
        if line is None:
            msg = f"there is no {instrument} in {slot}; instruments are dmm, psu and plc"
            raise ValueError(msg)
        return line

    def _slot(self, slot: object) -> SlotPhysics:
        if str(slot) not in self.physics:
            msg = f"there is no {slot}; slots are {', '.join(self.physics)}"
            raise ValueError(msg)
        return self.physics[str(slot)]


async def serve(settings: BenchSettings, ready: Callable[[], None] | None = None) -> None:
    """Run a bench until SIGTERM or SIGINT.

    Raises:
        OSError: A port is taken, or another bench runs in the directory.
    """  # noqa: DOC502 - raised by the ports
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Bench(settings):
        if ready is not None:
            ready()
        await stop.wait()
