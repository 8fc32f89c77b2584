"""Lines over a real TCP connection, with every way in which a network instrument can fail."""

import asyncio
import gc
import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from station.domain.errors import CommunicationError, HardwareConnectionError
from station.hardware.simulation.bench import Bench
from station.hardware.transports.tcp import TcpTransport
from tests.hardware.conftest import PATIENCE, soon

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIMEOUT = timedelta(seconds=0.5)
"""Where the timeout itself is what is tested; everywhere else the transport is patient."""
IDENTITY = "NEUROHUB,SIM-PSU,slot_1,1.0"


@pytest_asyncio.fixture(loop_scope="module")
async def line(bench: Bench) -> AsyncIterator[TcpTransport]:
    transport = TcpTransport("127.0.0.1", bench.ports.psu["slot_1"], PATIENCE)
    await transport.open()
    yield transport
    await transport.close()


async def fails_in_time(line: TcpTransport, question: str) -> CommunicationError:
    """Ask with little patience, and give the error."""
    line.timeout = TIMEOUT
    with soon(), pytest.raises(CommunicationError) as caught:
        await line.query(question)
    line.timeout = PATIENCE
    return caught.value


async def test_a_question_gets_its_answer(line: TcpTransport) -> None:
    answer = await line.query("*IDN?")

    assert answer == IDENTITY


@pytest.mark.parametrize("fault", ["silence", "garbage", "partial", "slow", "flood"])
async def test_every_misbehaviour_is_a_communication_error_in_time(
    bench: Bench, line: TcpTransport, fault: str
) -> None:
    await getattr(bench.control, fault)("psu", "slot_1")

    error = await fails_in_time(line, "MEAS:VOLT?")

    assert f"127.0.0.1:{bench.ports.psu['slot_1']}: 'MEAS:VOLT?' " in error.message
    await bench.control.heal("psu", "slot_1")
    assert await line.query("*IDN?") == IDENTITY


async def test_an_answer_that_came_too_late_is_never_taken_for_another(bench: Bench, line: TcpTransport) -> None:
    await bench.control.late("psu", "slot_1", seconds=0.7)
    error = await fails_in_time(line, "MEAS:VOLT?")
    await bench.control.heal("psu", "slot_1")

    assert "no answer" in error.message
    assert await line.query("*IDN?") == IDENTITY
    await asyncio.sleep(0.4)
    assert await line.query("*TST?") == "0"


async def test_a_cancelled_question_leaves_the_line_usable(bench: Bench, line: TcpTransport) -> None:
    await bench.control.late("psu", "slot_1", seconds=0.2)
    question = asyncio.create_task(line.query("MEAS:VOLT?"))
    await asyncio.sleep(0.1)

    question.cancel()
    await asyncio.wait([question])
    await bench.control.heal("psu", "slot_1")

    assert question.cancelled()
    assert await line.query("*IDN?") == IDENTITY


async def test_a_lost_connection_is_reported_once_and_then_mended(bench: Bench, line: TcpTransport) -> None:
    await line.query("*IDN?")
    await bench.control.unplug("psu", "slot_1")
    await bench.control.replug("psu", "slot_1")

    with pytest.raises(HardwareConnectionError, match="closed the connection"):
        await line.query("*IDN?")

    assert await line.query("*IDN?") == IDENTITY


async def test_an_unplugged_instrument_stays_an_error_until_it_is_back(bench: Bench, line: TcpTransport) -> None:
    await bench.control.unplug("psu", "slot_1")
    for _ in range(3):
        with soon(), pytest.raises(HardwareConnectionError, match="check the network cable"):
            await line.query("*IDN?")
    assert not line.is_open

    await bench.control.replug("psu", "slot_1")

    assert await line.query("*IDN?") == IDENTITY


async def test_a_cable_pulled_in_the_middle_of_an_exchange_is_noticed_at_once(bench: Bench, line: TcpTransport) -> None:
    await bench.control.silence("psu", "slot_1")
    question = asyncio.create_task(line.query("MEAS:VOLT?"))
    await asyncio.sleep(0.1)

    with soon():
        await bench.control.unplug("psu", "slot_1")
        await asyncio.wait([question])

    assert isinstance(question.exception(), HardwareConnectionError)


async def test_nobody_there_says_what_to_check(bench: Bench) -> None:
    await bench.control.unplug("psu", "slot_2")
    line = TcpTransport("127.0.0.1", bench.ports.psu["slot_2"], PATIENCE)

    with soon(), pytest.raises(HardwareConnectionError, match="check the network cable"):
        await line.open()

    await line.close()


async def test_a_transport_belongs_to_the_loop_that_opened_it(bench: Bench, line: TcpTransport) -> None:
    def elsewhere() -> None:
        asyncio.run(line.query("*IDN?"))

    with pytest.raises(RuntimeError, match="another event loop"):
        await asyncio.to_thread(elsewhere)

    assert await line.query("*IDN?") == IDENTITY


# Python says that the dead loop has left a socket behind: so it has, and collecting it closes it.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_a_transport_whose_loop_has_died_can_be_opened_again(bench: Bench) -> None:
    line = TcpTransport("127.0.0.1", bench.ports.psu["slot_1"], PATIENCE)

    def live_and_die() -> None:
        asyncio.run(line.open())

    await asyncio.to_thread(live_and_die)
    await line.open()
    gc.collect()

    assert await line.query("*IDN?") == IDENTITY
    await line.close()


async def test_under_any_mix_of_faults_a_value_belongs_to_its_question(bench: Bench) -> None:
    line = TcpTransport("127.0.0.1", bench.ports.psu["slot_1"], timedelta(seconds=0.15))
    await line.open()
    dice = random.Random(24)
    answered = 0

    for _ in range(80):
        match dice.randrange(4):
            case 0:
                await bench.control.late("psu", "slot_1", seconds=dice.uniform(0.05, 0.4))
            case 1:
                await getattr(bench.control, dice.choice(["garbage", "partial", "flood"]))("psu", "slot_1")
            case _:
                await bench.control.heal("psu", "slot_1")
        number = dice.randrange(256)
        try:
            async with asyncio.timeout(dice.choice([0.05, 0.1, 9])):
                answer = await line.query(f"*ESE {number};*ESE?")
        except (CommunicationError, TimeoutError):
            continue
        answered += 1
        assert answer == str(number)

    assert answered > 10
    await line.close()
