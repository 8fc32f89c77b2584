"""The PLC of the burn-in chambers: a real OPC UA server with one object per slot."""

from collections.abc import Callable
from dataclasses import dataclass

from asyncua import ua
from asyncua.common.node import Node
from asyncua.server.server import Server
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import BadOutOfRange, BadTypeMismatch

from station.hardware.simulation.log import BenchLog
from station.hardware.simulation.physics import OVERHEAT, SlotPhysics
from station.hardware.simulation.settings import HOST

NAMESPACE = "urn:neurohub:station:simulation"

SETPOINT_RANGE = (0.0, 150.0)
"""Temperatures (°C) that the PLC accepts as a setpoint."""


@dataclass(frozen=True)
class _Variable:
    name: str
    kind: ua.VariantType
    get: Callable[[SlotPhysics], bool | float | str]
    set: Callable[[SlotPhysics, bool | float], None] | None = None
    state: str | None = None
    """The name under which a change is a `state` event."""
    measured: bool = False
    """Whether a sensor is behind it that can break."""


def _set_setpoint(physics: SlotPhysics, value: bool | float) -> None:
    low, high = SETPOINT_RANGE
    if not low <= value <= high:
        raise BadOutOfRange
    physics.chamber.setpoint = float(value)


def _set_heater(physics: SlotPhysics, value: bool | float) -> None:
    physics.chamber.heater = bool(value)


def _set_load(physics: SlotPhysics, value: bool | float) -> None:
    physics.load = bool(value)


VARIABLES = (
    _Variable("Setpoint", ua.VariantType.Double, lambda slot: slot.chamber.setpoint, _set_setpoint),
    _Variable("HeaterOn", ua.VariantType.Boolean, lambda slot: slot.chamber.heater, _set_heater, state="heater"),
    _Variable("LoadOn", ua.VariantType.Boolean, lambda slot: slot.load, _set_load, state="load"),
    _Variable(
        "Temperature",
        ua.VariantType.Double,
        lambda slot: slot.noisy(slot.chamber.temperature, floor=0.02),
        measured=True,
    ),
    _Variable(
        "LoadCurrent",
        ua.VariantType.Double,
        lambda slot: slot.noisy(slot.load_current(), share=0.0005, floor=0.0002),
        measured=True,
    ),
    _Variable("Alarm", ua.VariantType.Boolean, lambda slot: slot.chamber.temperature > OVERHEAT, measured=True),
    _Variable("Serial", ua.VariantType.String, lambda slot: f"SIM-PLC {slot.slot}"),
    _Variable("UnitSerial", ua.VariantType.String, lambda slot: slot.serial),
)


class Plc:
    """The OPC UA server. Values are computed when they are read, so an injected clock takes effect at once.

    It listens on a port of its own; the bench's `ForwardLine` is what the station connects to.
    """

    def __init__(self, slots: dict[str, SlotPhysics], log: BenchLog) -> None:
        self.bad_quality: set[str] = set()
        """Slots whose sensors are broken: their values come with bad quality."""
        self._slots = slots
        self._log = log
        self._server: Server | None = None

    @property
    def is_serving(self) -> bool:
        """Whether its server runs; outputs stay as they are while it does not."""
        return self._server is not None

    async def start(self) -> int:
        """Start serving, with no session of before; returns the port."""
        server = self._server = Server()
        await server.init()
        server.disable_clock()  # nobody asks the server for the time, and stopping its clock takes a second
        server.set_endpoint(f"opc.tcp://{HOST}:0")
        server.set_server_name("Simulated burn-in chambers")
        # Open on purpose, and on loopback only; offering passwords without encryption would make it warn.
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        server.set_identity_tokens([ua.AnonymousIdentityToken])
        space = await server.register_namespace(NAMESPACE)
        for slot, physics in self._slots.items():
            chamber = await server.nodes.objects.add_object(space, slot)
            for variable in VARIABLES:
                node = await chamber.add_variable(space, variable.name, variable.get(physics), variable.kind)
                await self._connect(server, node, variable, physics)
        await server.start()
        return server.bserver.port if server.bserver is not None else 0

    async def stop(self) -> None:
        """Stop serving."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    async def _connect(self, server: Server, node: Node, variable: _Variable, physics: SlotPhysics) -> None:
        def value(_node: ua.NodeId, _attribute: object) -> ua.DataValue:
            broken = variable.measured and physics.slot in self.bad_quality
            status = ua.StatusCode(ua.UInt32(StatusCodes.BadSensorFailure if broken else StatusCodes.Good))
            # A broken sensor still shows a number, and a plausible one: the quality alone tells.
            return ua.DataValue(ua.Variant(variable.get(physics), variable.kind), status)

        def change(_node: object, _attribute: object, data: ua.DataValue) -> None:
            self._change(variable, physics, data)

        if variable.set is not None:
            await node.set_writable()
            server.set_attribute_value_setter(node.nodeid, change)
        server.set_attribute_value_callback(node.nodeid, value)

    def _change(self, variable: _Variable, physics: SlotPhysics, data: ua.DataValue) -> None:
        value = data.Value.Value if data.Value is not None else None
        self._log.write("command", physics.slot, "plc", text=f"{variable.name}={value!r}")
        wanted = bool if variable.kind is ua.VariantType.Boolean else float
        if variable.set is None or not isinstance(value, wanted):
            raise BadTypeMismatch
        before = variable.get(physics)
        variable.set(physics, value)
        if variable.state is not None and before != value:
            self._log.write("state", physics.slot, "plc", name=variable.state, value=bool(value))
