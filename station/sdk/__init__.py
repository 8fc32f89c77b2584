"""Every name the author of a sequence package imports, and only those."""

from station.domain.errors import (
    CommunicationError,
    CriticalError,
    HardwareConnectionError,
    HardwareError,
    RecoverableError,
    StepError,
    TestFailure,
    TestSkipped,
    WarningError,
)
from station.domain.measurement import (
    EqualsLimit,
    Limit,
    Measurement,
    OneOfLimit,
    RangeLimit,
    RegexLimit,
    WithinPercentLimit,
)
from station.domain.run import UnitUnderTest
from station.execution import ask
from station.execution.context import StepContext
from station.execution.decorators import parameter, sequence, step
from station.execution.soak import Tick
from station.hardware.driver import Driver
from station.hardware.transports.opcua import OpcUaTransport
from station.hardware.transports.scpi import ScpiDriver
from station.hardware.transports.serial import SerialTransport
from station.hardware.transports.tcp import TcpTransport

__all__ = [
    "CommunicationError",
    "CriticalError",
    "Driver",
    "EqualsLimit",
    "HardwareConnectionError",
    "HardwareError",
    "Limit",
    "Measurement",
    "OneOfLimit",
    "OpcUaTransport",
    "RangeLimit",
    "RecoverableError",
    "RegexLimit",
    "ScpiDriver",
    "SerialTransport",
    "StepContext",
    "StepError",
    "TcpTransport",
    "TestFailure",
    "TestSkipped",
    "Tick",
    "UnitUnderTest",
    "WarningError",
    "WithinPercentLimit",
    "ask",
    "parameter",
    "sequence",
    "step",
]
