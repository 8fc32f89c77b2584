"""Lines over a real pseudo-terminal, with every way in which a serial instrument can fail."""

import asyncio
import json
import os
import random
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from station.domain.errors import CommunicationError, HardwareConnectionError
from station.hardware.simulation.bench import Bench
from station.hardware.transports.scpi import event_enable_fence
from station.hardware.transports.serial import SerialTransport
from tests.hardware.conftest import PATIENCE, soon

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIMEOUT = timedelta(seconds=0.5)
"""Where the timeout itself is what is tested; everywhere else the transport is patient."""
IDENTITY = "NEUROHUB,SIM-DMM,slot_1,1.0"


@pytest_asyncio.fixture(loop_scope="module", params=["fence", "quiet"])
async def line(bench: Bench, request: pytest.FixtureRequest) -> AsyncIterator[SerialTransport]:
    fence = event_enable_fence if request.param == "fence" else None
    transport = SerialTransport(bench.ports.dmm["slot_1"], 115_200, PATIENCE, fence=fence)
    await transport.open()
    yield transport
    await transport.close()


async def fails_in_time(line: SerialTransport, question: str) -> CommunicationError:
    """Ask with little patience, and give the error."""
    line.timeout = TIMEOUT
    with soon(), pytest.raises(CommunicationError) as caught:
        await line.query(question)
    line.timeout = PATIENCE
    return caught.value


async def answers_sent(bench: Bench, number: int) -> None:
    """Wait until the bench has sent so many answers since it was started."""
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while answers(bench) < number:
            await asyncio.sleep(0.01)


def answers(bench: Bench) -> int:
    """How many answers the bench has sent since it was started."""
    return sum(event["event"] == "reply" for event in map(json.loads, bench.settings.log_path.read_text().splitlines()))


async def test_a_question_gets_its_answer(line: SerialTransport) -> None:
    answer = await line.query("*IDN?")

    assert answer == IDENTITY
    assert line.is_open


@pytest.mark.parametrize("fault", ["silence", "garbage", "partial", "slow", "flood"])
async def test_every_misbehaviour_is_a_communication_error_in_time(
    bench: Bench, line: SerialTransport, fault: str
) -> None:
    await line.query("*IDN?")
    await getattr(bench.control, fault)("dmm", "slot_1")

    error = await fails_in_time(line, "MEAS:VOLT:DC? (@101)")

    assert bench.ports.dmm["slot_1"] in error.message
    assert "MEAS:VOLT:DC? (@101)" in error.message


@pytest.mark.parametrize("fault", ["silence", "garbage", "partial", "slow", "flood"])
async def test_a_healed_instrument_is_usable_at_once(bench: Bench, line: SerialTransport, fault: str) -> None:
    await getattr(bench.control, fault)("dmm", "slot_1")
    await fails_in_time(line, "MEAS:VOLT:DC? (@101)")

    await bench.control.heal("dmm", "slot_1")

    with soon():
        assert await line.query("*IDN?") == IDENTITY


async def test_an_answer_that_came_too_late_is_never_taken_for_another(bench: Bench, line: SerialTransport) -> None:
    before = answers(bench)
    await bench.control.late("dmm", "slot_1", seconds=0.7)
    error = await fails_in_time(line, "MEAS:VOLT:DC? (@101)")
    await bench.control.heal("dmm", "slot_1")
    await answers_sent(bench, before + 1)

    assert "no answer" in error.message
    assert await line.query("*IDN?") == IDENTITY


async def test_with_a_fence_even_an_answer_still_on_its_way_does_no_harm(bench: Bench) -> None:
    line = SerialTransport(bench.ports.dmm["slot_1"], timeout=PATIENCE, fence=event_enable_fence)
    await line.open()
    await bench.control.late("dmm", "slot_1", seconds=0.7)
    await fails_in_time(line, "MEAS:VOLT:DC? (@101)")
    await bench.control.heal("dmm", "slot_1")

    assert await line.query("*IDN?") == IDENTITY

    await line.close()


async def test_the_answer_to_a_question_of_a_dead_process_is_never_taken(bench: Bench) -> None:
    await bench.control.late("dmm", "slot_1", seconds=0.3)
    dead = os.open(bench.ports.dmm["slot_1"], os.O_RDWR | os.O_NOCTTY)
    os.write(dead, b"MEAS:VOLT:DC? (@101)\n")
    await asyncio.sleep(0.1)
    os.close(dead)
    await bench.control.heal("dmm", "slot_1")

    line = SerialTransport(bench.ports.dmm["slot_1"], timeout=PATIENCE, fence=event_enable_fence)
    await line.open()

    assert await line.query("*IDN?") == IDENTITY

    await line.close()


async def test_a_cancelled_question_leaves_the_line_usable(bench: Bench, line: SerialTransport) -> None:
    await bench.control.silence("dmm", "slot_1")
    question = asyncio.create_task(line.query("MEAS:VOLT:DC? (@101)"))
    await asyncio.sleep(0.1)

    with soon():
        question.cancel()
        await asyncio.wait([question])
        await bench.control.heal("dmm", "slot_1")
        assert await line.query("*IDN?") == IDENTITY

    assert question.cancelled()


async def test_an_unplugged_instrument_is_reported_and_found_again_under_its_link(
    bench: Bench, line: SerialTransport
) -> None:
    await line.query("*IDN?")
    old_name = Path(bench.ports.dmm["slot_1"]).resolve()

    await bench.control.unplug("dmm", "slot_1")
    with soon(), pytest.raises(HardwareConnectionError, match="check the cable"):
        await line.query("*IDN?")
    with soon(), pytest.raises(HardwareConnectionError, match="plugged in"):
        await line.query("*IDN?")
    assert not line.is_open
    await bench.control.replug("dmm", "slot_1")

    assert await line.query("*IDN?") == IDENTITY
    assert Path(bench.ports.dmm["slot_1"]).resolve() != old_name


async def test_a_cable_pulled_in_the_middle_of_an_exchange_is_noticed_at_once(
    bench: Bench, line: SerialTransport
) -> None:
    await bench.control.silence("dmm", "slot_1")
    question = asyncio.create_task(line.query("MEAS:VOLT:DC? (@101)"))
    await asyncio.sleep(0.1)

    with soon():
        await bench.control.unplug("dmm", "slot_1")
        await asyncio.wait([question])

    assert isinstance(question.exception(), HardwareConnectionError)


async def test_a_port_that_another_holds_is_refused(bench: Bench, line: SerialTransport) -> None:
    other = SerialTransport(bench.ports.dmm["slot_1"])

    with pytest.raises(HardwareConnectionError, match="another process holds the port"):
        await other.open()

    assert await line.query("*IDN?") == IDENTITY
    await other.close()


async def test_a_port_that_does_not_exist_says_what_to_check(tmp_path: Path) -> None:
    line = SerialTransport(str(tmp_path / "nothing"))

    with pytest.raises(HardwareConnectionError, match="check that the instrument is plugged in"):
        await line.open()

    await line.close()


async def test_a_closed_transport_refuses_and_opens_again(line: SerialTransport) -> None:
    await line.close()
    await line.close()

    with pytest.raises(HardwareConnectionError, match="is not open"):
        await line.query("*IDN?")
    await line.open()

    assert await line.query("*IDN?") == IDENTITY


async def test_the_event_loop_never_waits_for_the_port(bench: Bench, line: SerialTransport) -> None:
    await bench.control.silence("dmm", "slot_1")
    line.timeout = timedelta(seconds=2)
    question = asyncio.create_task(line.query("MEAS:VOLT:DC? (@101)"))
    longest, before = 0.0, time.monotonic()
    while not question.done():
        await asyncio.sleep(0.005)
        longest, before = max(longest, time.monotonic() - before), time.monotonic()

    assert isinstance(question.exception(), CommunicationError)
    assert longest < line.timeout.total_seconds() / 2


async def test_questions_asked_at_once_never_mix(line: SerialTransport) -> None:
    answers = await asyncio.gather(*[line.query(q) for q in ["*IDN?", "*TST?", "*ESE 7;*ESE?"] * 20])

    assert answers == [IDENTITY, "0", "7"] * 20


async def test_a_line_that_no_instrument_could_read_is_not_sent(line: SerialTransport) -> None:
    with pytest.raises(CommunicationError, match="line end in the middle"):
        await line.write("VOLT 1\nOUTP ON")
    with pytest.raises(CommunicationError, match="longer than 65536 bytes"):
        await line.write("x" * 65_536)
    with pytest.raises(CommunicationError, match="ASCII only"):
        await line.write("VOLT 5 Ω")


async def test_under_any_mix_of_faults_a_value_belongs_to_its_question(bench: Bench) -> None:
    rails = {101: 12.0, 102: 5.0, 103: 3.3, 104: 1.8}
    bench.physics["slot_1"].supply.voltage, bench.physics["slot_1"].supply.output = 12.0, True
    line = SerialTransport(bench.ports.dmm["slot_1"], timeout=timedelta(seconds=0.15), fence=event_enable_fence)
    await line.open()
    dice = random.Random(24)
    answered = 0

    for _ in range(80):
        match dice.randrange(4):
            case 0:
                await bench.control.late("dmm", "slot_1", seconds=dice.uniform(0.05, 0.4))
            case 1:
                await getattr(bench.control, dice.choice(["garbage", "partial", "flood"]))("dmm", "slot_1")
            case _:
                await bench.control.heal("dmm", "slot_1")
        channel = dice.choice(list(rails))
        try:
            async with asyncio.timeout(dice.choice([0.05, 0.1, 9])):
                value = float(await line.query(f"MEAS:VOLT:DC? (@{channel})"))
        except (CommunicationError, TimeoutError):
            continue
        answered += 1
        assert abs(value - rails[channel]) < 0.1

    assert answered > 10
    bench.physics["slot_1"].supply.output = False
    await line.close()
