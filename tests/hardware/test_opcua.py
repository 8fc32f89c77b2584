"""Values over a real OPC UA server, which goes away, stalls and shows broken sensors."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from station.domain.errors import CommunicationError, HardwareConnectionError
from station.hardware.simulation.bench import Bench
from station.hardware.transports.opcua import OpcUaTransport
from tests.hardware.conftest import PATIENCE, soon

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIMEOUT = timedelta(seconds=0.6)
"""Where the timeout itself is what is tested; everywhere else the transport is patient."""


@pytest_asyncio.fixture(loop_scope="module")
async def plc(bench: Bench) -> AsyncIterator[OpcUaTransport]:
    transport = OpcUaTransport(bench.ports.endpoint, PATIENCE)
    await transport.open()
    yield transport
    await transport.close()


async def test_what_is_written_is_read_back_in_the_variables_own_type(bench: Bench, plc: OpcUaTransport) -> None:
    await plc.write("slot_1/Setpoint", 60)
    await plc.write("slot_1/LoadOn", True)

    assert await plc.read("slot_1/Setpoint") == 60.0
    assert await plc.read("slot_1/LoadOn") is True
    assert await plc.read("slot_1/LoadCurrent") == pytest.approx(1.5, rel=0.01)
    assert await plc.read("slot_1/Serial") == "SIM-PLC slot_1"
    await plc.write("slot_1/LoadOn", False)


async def test_names_are_browsed_by_path(plc: OpcUaTransport) -> None:
    names = await plc.browse("slot_1")

    assert names == [
        "Setpoint", "HeaterOn", "LoadOn", "Temperature", "LoadCurrent", "Alarm", "Serial", "UnitSerial",
    ]  # fmt: skip
    assert {"slot_1", "slot_2"} <= set(await plc.browse())


async def test_a_value_of_bad_quality_is_never_a_value(bench: Bench, plc: OpcUaTransport) -> None:
    await bench.control.bad_quality("slot_1")

    with pytest.raises(CommunicationError, match="BadSensorFailure, which is not a value"):
        await plc.read("slot_1/Temperature")

    assert await plc.read("slot_2/Temperature") == pytest.approx(25, abs=1)
    await bench.control.heal("plc", "slot_1")
    assert await plc.read("slot_1/Temperature") == pytest.approx(25, abs=10)


@pytest.mark.parametrize(
    ("node", "value", "reason"),
    [
        ("slot_1/Nothing", True, "'Nothing' is missing"),
        ("slot_1/Setpoint", 1000.0, "BadOutOfRange"),
        ("slot_1/Setpoint", True, "True is no Double"),
        ("slot_1/HeaterOn", 1, "1 is no Boolean"),
        ("slot_1/Temperature", 20.0, "BadUserAccessDenied"),
    ],
)
async def test_a_write_that_makes_no_sense_is_refused(
    plc: OpcUaTransport, node: str, value: float | bool, reason: str
) -> None:
    with pytest.raises(CommunicationError, match=reason):
        await plc.write(node, value)

    assert plc.is_open


async def test_a_server_that_goes_away_is_reported_and_found_again(bench: Bench, plc: OpcUaTransport) -> None:
    await plc.read("slot_1/Setpoint")

    await bench.control.unplug("plc")
    for _ in range(3):
        with soon(), pytest.raises(HardwareConnectionError, match="check the network"):
            await plc.read("slot_1/Setpoint")
    await bench.control.replug("plc")

    assert isinstance(await plc.read("slot_1/Setpoint"), float)


async def test_a_loss_is_reported_even_where_the_server_is_back(bench: Bench, plc: OpcUaTransport) -> None:
    await plc.read("slot_1/Setpoint")
    await bench.control.unplug("plc")
    await bench.control.replug("plc")

    with soon(), pytest.raises(HardwareConnectionError):
        await plc.read("slot_1/Setpoint")

    assert isinstance(await plc.read("slot_1/Setpoint"), float)


@pytest.mark.parametrize("fault", ["silence", "garbage", "partial", "slow"])
async def test_a_server_that_stalls_or_talks_nonsense_is_an_error_in_time(
    bench: Bench, plc: OpcUaTransport, fault: str
) -> None:
    await plc.read("slot_1/Setpoint")
    await getattr(bench.control, fault)("plc")

    plc.timeout = TIMEOUT
    with soon(), pytest.raises((CommunicationError, HardwareConnectionError)):
        await plc.read("slot_1/Setpoint")

    plc.timeout = PATIENCE
    await bench.control.heal("plc")
    assert isinstance(await plc.read("slot_1/Setpoint"), float)


@pytest.mark.parametrize("fault", ["silence", "garbage", "partial", "slow"])
async def test_opening_a_server_that_does_not_answer_fails_in_time(bench: Bench, fault: str) -> None:
    await getattr(bench.control, fault)("plc")
    plc = OpcUaTransport(bench.ports.endpoint, TIMEOUT)

    with soon(), pytest.raises(HardwareConnectionError, match="check the network"):
        await plc.open()

    await plc.close()


async def test_a_cancelled_read_leaves_the_session_usable(bench: Bench, plc: OpcUaTransport) -> None:
    await plc.read("slot_1/Setpoint")
    await bench.control.silence("plc")
    reading = asyncio.create_task(plc.read("slot_1/Temperature"))
    await asyncio.sleep(0.1)

    reading.cancel()
    await asyncio.wait([reading])
    await bench.control.heal("plc")

    assert reading.cancelled()
    assert isinstance(await plc.read("slot_1/Setpoint"), float)


async def test_a_closed_transport_refuses(plc: OpcUaTransport) -> None:
    await plc.close()
    await plc.close()

    with pytest.raises(HardwareConnectionError, match="is not open"):
        await plc.read("slot_1/Setpoint")


async def test_a_server_that_was_stopped_is_found_again_with_a_session_of_its_own(
    bench: Bench, plc: OpcUaTransport
) -> None:
    await plc.write("slot_1/HeaterOn", True)

    await bench.control.stop_server()
    with soon(), pytest.raises(HardwareConnectionError):
        await plc.read("slot_1/HeaterOn")
    with soon(), pytest.raises(HardwareConnectionError):
        await plc.read("slot_1/HeaterOn")
    await bench.control.heal("plc")

    assert await plc.read("slot_1/HeaterOn") is True
    await plc.write("slot_1/HeaterOn", False)
