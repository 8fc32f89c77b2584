"""The SCPI driver against the simulated multimeter and power supply."""

import asyncio
from datetime import timedelta

import pytest

from station.domain.errors import CommunicationError, HardwareConnectionError, HardwareError
from station.hardware.simulation.bench import Bench
from station.hardware.simulation.scpi import ScpiInstrument
from station.hardware.transports.scpi import ScpiDriver, transport_from
from station.hardware.transports.serial import SerialTransport
from station.hardware.transports.tcp import TcpTransport
from tests.hardware.conftest import PATIENCE, soon

pytestmark = pytest.mark.asyncio(loop_scope="module")


IMPATIENT = 0.4
"""Seconds, where the timeout itself is what is tested; everywhere else the drivers are patient."""


def psu(bench: Bench, slot: str = "slot_1", timeout: float = PATIENCE.total_seconds()) -> ScpiDriver:
    return ScpiDriver("psu", {"host": "127.0.0.1", "port": bench.ports.psu[slot], "timeout": timeout})


def dmm(bench: Bench, slot: str = "slot_1", timeout: float = PATIENCE.total_seconds()) -> ScpiDriver:
    return ScpiDriver("dmm", {"port": bench.ports.dmm[slot], "baudrate": 115_200, "timeout": timeout})


async def test_a_driver_says_what_its_instrument_is(bench: Bench) -> None:
    for driver, identity in [
        (psu(bench), "NEUROHUB,SIM-PSU,slot_1,1.0"),
        (dmm(bench), "NEUROHUB,SIM-DMM,slot_1,1.0"),
    ]:
        await driver.connect()
        await driver.connect()

        assert await driver.identify() == identity
        assert await driver.is_connected()
        await driver.self_test()
        await driver.disconnect()
        assert not await driver.is_connected()


async def test_a_command_that_is_not_understood_is_an_error_with_the_instruments_own_words(bench: Bench) -> None:
    driver = psu(bench)
    await driver.connect()

    with pytest.raises(CommunicationError) as caught:
        await driver.write("VOLTS 5")
    with pytest.raises(CommunicationError, match='-222,"Data out of range"'):
        await driver.write("VOLT 500")

    address = f"127.0.0.1:{bench.ports.psu['slot_1']}"
    assert caught.value.message == f"psu ({address}) refused 'VOLTS 5': -113,\"Undefined header\""
    await driver.write("VOLT 5")
    await driver.disconnect()


async def test_reset_and_make_safe_take_the_power_off(bench: Bench) -> None:
    driver = psu(bench)
    await driver.connect()
    for take_off in (driver.reset, driver.make_safe):
        await driver.write("VOLT 12")
        await driver.write("OUTP ON")

        await take_off()

        assert bench.physics["slot_1"].supply.output is False
        assert await driver.query_float("VOLT?") == 0.0
    await driver.disconnect()


async def test_make_safe_reaches_an_instrument_whose_link_was_lost_meanwhile(bench: Bench) -> None:
    driver = psu(bench)
    await driver.connect()
    await driver.write("VOLT 12")
    await driver.write("OUTP ON")
    await bench.control.unplug("psu", "slot_1")
    await bench.control.replug("psu", "slot_1")

    await driver.make_safe()

    assert bench.physics["slot_1"].supply.output is False
    await driver.disconnect()


async def test_make_safe_sends_off_even_where_no_answer_comes_and_says_that_nobody_confirmed(bench: Bench) -> None:
    for driver in (psu(bench), dmm(bench)):
        await driver.connect()
        await driver.write("*CLS")
        await bench.control.silence("psu", "slot_1")
        await bench.control.silence("dmm", "slot_1")
        bench.physics["slot_1"].supply.output = driver.name == "psu"
        driver.transport.timeout = timedelta(seconds=IMPATIENT)

        with pytest.raises(CommunicationError):
            await driver.make_safe()

        assert bench.physics["slot_1"].supply.output is False
        await bench.control.heal()
        await driver.disconnect()


@pytest.mark.parametrize("fault", ["silence", "garbage", "partial"])
async def test_connecting_to_an_instrument_that_talks_nonsense_fails_and_lets_the_port_go(
    bench: Bench, fault: str
) -> None:
    await getattr(bench.control, fault)("dmm", "slot_1")
    driver = dmm(bench, timeout=IMPATIENT)

    with soon(), pytest.raises(CommunicationError):
        await driver.connect()

    await bench.control.heal("dmm", "slot_1")
    other = dmm(bench)
    await other.connect()
    await other.disconnect()


async def test_is_connected_is_false_for_an_instrument_that_is_gone(bench: Bench) -> None:
    driver = dmm(bench)
    await driver.connect()
    await bench.control.unplug("dmm", "slot_1")

    assert not await driver.is_connected()

    await bench.control.replug("dmm", "slot_1")
    await driver.connect()
    assert await driver.is_connected()
    await driver.disconnect()


@pytest.mark.parametrize("answer", ["OK", "9.91E+37", "nan", "inf"])
async def test_an_answer_that_is_no_number_is_not_a_measurement(answer: str, bench: Bench) -> None:
    driver = psu(bench)
    await driver.connect()
    instrument = bench._lines["psu", "slot_1"]._instrument
    assert isinstance(instrument, ScpiInstrument)
    instrument._on("TEST:ANSWer?", lambda _: answer)

    with pytest.raises(CommunicationError, match="not a number"):
        await driver.query_float("TEST:ANSW?")

    del instrument._commands[-1]
    await driver.disconnect()


async def test_a_failed_self_test_is_a_hardware_error(bench: Bench) -> None:
    driver = psu(bench)
    await driver.connect()
    instrument = bench._lines["psu", "slot_1"]._instrument
    commands = list(instrument._commands)
    instrument._commands.clear()
    instrument._on("*TST?", lambda _: "7")

    with pytest.raises(HardwareError, match="failed its self test with 7"):
        await driver.self_test()

    instrument._commands[:] = commands
    await driver.disconnect()


async def test_settings_say_which_transport() -> None:
    assert isinstance(transport_from("x", {"host": "10.0.0.1", "port": 5025}), TcpTransport)
    assert isinstance(transport_from("x", {"ip": "10.0.0.1", "port": 5025}), TcpTransport)
    assert isinstance(transport_from("x", {"port": "/dev/ttyUSB0", "baudrate": 9600}), SerialTransport)
    for wrong in ({}, {"host": "10.0.0.1"}, {"port": 5025}, {"port": "/dev/ttyUSB0", "timeout": 0}):
        with pytest.raises(HardwareConnectionError, match="settings of x are incomplete"):
            transport_from("x", wrong)


async def test_two_drivers_on_two_instruments_do_not_wait_for_each_other(bench: Bench) -> None:
    slow, quick = dmm(bench), psu(bench)
    await slow.connect()
    await quick.connect()
    await bench.control.silence("dmm", "slot_1")

    waiting = asyncio.create_task(slow.identify())
    with soon():
        await quick.identify()

    assert not waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])
    await slow.disconnect()
    await quick.disconnect()
