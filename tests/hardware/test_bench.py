"""The simulated bench: its physics, its log, its control port, and its life as a process."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import ValidationError

from station.domain.errors import HardwareConnectionError, HardwareError
from station.hardware.simulation.bench import Bench
from station.hardware.simulation.control import BenchControl
from station.hardware.simulation.log import BenchLog
from station.hardware.simulation.physics import SlotPhysics
from station.hardware.simulation.scpi import Multimeter
from station.hardware.simulation.settings import BenchSettings
from station.hardware.simulation.witness import commands, energised, overlapping_connections, read_log
from station.hardware.transports.opcua import OpcUaTransport
from station.hardware.transports.scpi import ScpiDriver
from station.hardware.transports.tcp import TcpTransport
from tests.hardware.conftest import settings, soon

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", params=["slot_1", "slot_2"])
async def powered(bench: Bench, request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, ScpiDriver, ScpiDriver]]:
    slot: str = request.param
    dmm = ScpiDriver("dmm", {"port": bench.ports.dmm[slot]})
    psu = ScpiDriver("psu", {"host": "127.0.0.1", "port": bench.ports.psu[slot]})
    await dmm.connect()
    await psu.connect()
    await psu.write("VOLT 12; CURR 2; OUTP ON")
    yield slot, dmm, psu
    await psu.make_safe()
    await psu.disconnect()
    await dmm.disconnect()


async def test_a_powered_unit_shows_its_rails_and_a_bad_one_its_weakness(
    powered: tuple[str, ScpiDriver, ScpiDriver],
) -> None:
    slot, dmm, psu = powered

    rails = [await dmm.query_float(f"MEAS:VOLT:DC? (@{channel})") for channel in (101, 102, 103, 104)]
    ripple = await dmm.query_float("MEAS:VOLT:AC? (@103)")
    current = await psu.query_float("MEAS:CURR?")
    said = await dmm.query("MEASure:DIGital? (@110)")

    bad = slot == "slot_2"
    assert rails == pytest.approx([12.0, 5.0, 2.9 if bad else 3.3, 1.8], rel=0.01)
    assert ripple == pytest.approx(0.045 if bad else 0.008, rel=0.3)
    assert current == pytest.approx(0.37 if bad else 0.12, rel=0.05)
    assert said == ("ERR 17" if bad else "OK 1.4.2")


async def test_an_unpowered_unit_shows_nothing_but_its_resistance(
    powered: tuple[str, ScpiDriver, ScpiDriver],
) -> None:
    slot, dmm, psu = powered
    assert await dmm.query_float("MEAS:RES? (@103)") == 9.9e37

    await psu.write("OUTP OFF")

    assert await dmm.query_float("MEAS:VOLT? (@103)") == pytest.approx(0, abs=0.002)
    assert await dmm.query_float("MEAS:RES? (@103)") == pytest.approx(47 if slot == "slot_2" else 820, rel=0.01)
    assert await dmm.query("MEAS:DIG? (@110)") == "NO ANSWER"


async def test_a_current_limit_breaks_the_voltage_down(powered: tuple[str, ScpiDriver, ScpiDriver]) -> None:
    _, dmm, psu = powered

    await psu.write("CURR 0.01")

    assert await psu.query_float("MEAS:CURR?") == pytest.approx(0.01, rel=0.05)
    assert await dmm.query_float("MEAS:VOLT? (@101)") < 2


async def test_the_output_stays_as_it_was_set_when_its_holder_goes(bench: Bench) -> None:
    line = TcpTransport("127.0.0.1", bench.ports.psu["slot_1"])
    await line.open()
    await line.write("VOLT 12;OUTP ON")
    await line.close()
    await asyncio.sleep(0.05)

    assert (await bench.control.snapshot())["slot_1"]["output"] is True
    bench.physics["slot_1"].supply.output = False


async def test_hours_pass_in_a_chamber_when_the_clock_says_so(tmp_path: Path) -> None:
    now = 0.0
    async with Bench(settings(tmp_path, slots=1, time_scale=2), clock=lambda: now) as bench:
        plc = OpcUaTransport(bench.ports.endpoint)
        await plc.open()
        await plc.write("slot_1/Setpoint", 85.0)
        await plc.write("slot_1/HeaterOn", True)
        await plc.write("slot_1/LoadOn", True)

        assert await plc.read("slot_1/Temperature") == pytest.approx(25, abs=0.2)
        now = 60.0  # one time constant of 120 s, at twice the speed
        assert await plc.read("slot_1/Temperature") == pytest.approx(25 + 60 * 0.632, abs=0.3)
        now = 4 * 3600.0
        assert await plc.read("slot_1/Temperature") == pytest.approx(85, abs=0.3)
        assert await plc.read("slot_1/LoadCurrent") == pytest.approx(1.5, rel=0.05)
        assert await plc.read("slot_1/Alarm") is False
        await plc.write("slot_1/HeaterOn", False)
        now = 8 * 3600.0
        assert await plc.read("slot_1/Temperature") == pytest.approx(25, abs=0.3)
        await plc.close()


async def test_the_same_seed_gives_the_same_values() -> None:
    def values(seed: int) -> list[str | None]:
        dmm = Multimeter("slot_1", SlotPhysics("slot_1", "good", seed, time.monotonic, 1.0))
        return [dmm.handle("MEAS:VOLT? (@101)") for _ in range(3)]

    assert values(1) == values(1)
    assert values(1) != values(2)


async def test_the_log_tells_the_truth(bench: Bench) -> None:
    start = time.time()
    psu = ScpiDriver("psu", {"host": "127.0.0.1", "port": bench.ports.psu["slot_1"]})
    await psu.connect()
    await psu.write("OUTP ON")
    await psu.write("OUTP ON")
    await psu.write("OUTP OFF")
    await psu.disconnect()
    await asyncio.sleep(0.05)

    events = [event for event in read_log(bench.settings.log_path) if event.t >= start]

    assert [e.text for e in commands(events, "slot_1", "psu") if e.text and e.text.startswith("OUTP")] == [
        "OUTP ON", "OUTP ON", "OUTP OFF",
    ]  # fmt: skip
    assert [(e.name, e.value) for e in events if e.event == "state"] == [("output", True), ("output", False)]
    assert [e.event for e in events if e.event in {"connect", "disconnect"}] == ["connect", "disconnect"]
    (interval,) = energised(events, "slot_1")
    assert interval.which == {"output"}
    assert interval.end is not None
    assert energised(events, "slot_2") == []


async def test_two_holders_of_one_instrument_are_seen(bench: Bench) -> None:
    start = time.time()
    first, second = (TcpTransport("127.0.0.1", bench.ports.psu["slot_1"]) for _ in range(2))
    await first.open()
    await first.close()
    await second.open()
    await asyncio.sleep(0.05)
    apart = overlapping_connections([e for e in read_log(bench.settings.log_path) if e.t >= start], "slot_1")

    await first.open()
    await first.query("*IDN?")
    together = overlapping_connections([e for e in read_log(bench.settings.log_path) if e.t >= start], "slot_1")

    assert apart == []
    assert [overlap.instrument for overlap in together] == ["psu"]
    await first.close()
    await second.close()


async def test_units_are_changed_while_the_bench_runs(bench: Bench) -> None:
    await bench.control.set_unit("slot_1", "bad", serial="SN-77")
    changed = (await bench.control.snapshot())["slot_1"]
    await bench.control.set_unit("slot_1", "good")

    assert (changed["unit"], changed["serial"]) == ("bad", "SN-77")
    assert (await bench.control.snapshot())["slot_1"]["unit"] == "good"


async def test_the_control_port_refuses_what_makes_no_sense(bench: Bench) -> None:
    control = bench.control

    with pytest.raises(HardwareError, match="there is no slot_9; slots are slot_1, slot_2"):
        await control.bad_quality("slot_9")
    with pytest.raises(HardwareError, match="there is no dmm in slot_9"):
        await control.silence("dmm", "slot_9")
    with pytest.raises(HardwareError, match="the PLC cannot flood"):
        await control.flood("plc")
    with pytest.raises(HardwareError, match="good or bad, not 'ugly'"):
        await control._tell("set_unit", slot="slot_1", unit="ugly")
    with pytest.raises(HardwareError, match="there is no command 'explode'"):
        await control._tell("explode")
    reader, writer = await asyncio.open_connection("127.0.0.1", control.port)
    writer.write(b"no json\n[]\n")
    assert json.loads(await reader.readline())["ok"] is False
    assert json.loads(await reader.readline()) == {"ok": False, "error": "a command is a JSON object"}
    writer.close()
    await writer.wait_closed()
    with pytest.raises(HardwareConnectionError, match="start it first"):
        await BenchControl(1).snapshot()


async def test_settings_are_checked(tmp_path: Path) -> None:
    for wrong in ({"slots": 0}, {"psu_port": 70_000}, {"unit": "ugly"}, {"time_scale": 0}, {"nonsense": 1}):
        with pytest.raises(ValidationError):
            BenchSettings.model_validate({"directory": tmp_path, **wrong})


async def test_a_log_goes_on_after_a_line_that_was_torn(tmp_path: Path) -> None:
    path = tmp_path / "bench.log"
    log = BenchLog(path)
    log.open()
    log.write("start")
    log.close()
    with path.open("ab") as file:
        file.write(b'{"t": 17')

    log.open()
    log.write("stop")
    log.close()

    assert [event.event for event in read_log(path)] == ["start", "stop"]


class Process:
    """A bench as a process of its own."""

    def __init__(self, directory: Path, *more: str) -> None:
        command = [sys.executable, "-m", "station.hardware.simulation", "--dir", str(directory), "--slots", "1", *more]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        self.ports = json.loads((directory / "bench.json").read_text())["ports"]

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


FREE_PORTS = ("--psu-port", "0", "--opcua-port", "0", "--control-port", "0")


async def test_the_bench_outlives_the_kill_of_the_process_that_holds_its_instruments(tmp_path: Path) -> None:
    bench = Process(tmp_path, *FREE_PORTS)
    holder = (
        "import socket, sys, time; s = socket.create_connection(('127.0.0.1', int(sys.argv[1])));"
        "s.sendall(b'VOLT 12;OUTP ON;OUTP?\\n'); print(s.recv(9)); sys.stdout.flush(); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", holder, str(bench.ports["psu"]["slot_1"])], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()

    process.kill()
    process.wait()
    process.stdout.close()

    snapshot = await BenchControl(bench.ports["control"]).snapshot()
    assert snapshot["slot_1"]["output"] is True
    assert bench.end(signal.SIGTERM) == 0
    (interval,) = energised(read_log(tmp_path / "bench.log"), "slot_1")
    assert interval.end is None


async def test_a_killed_bench_starts_again_on_the_same_ports_and_goes_on_with_its_log(tmp_path: Path) -> None:
    first = Process(tmp_path, *FREE_PORTS)
    line = TcpTransport("127.0.0.1", first.ports["psu"]["slot_1"])
    await line.open()
    await line.query("VOLT 12;OUTP ON;OUTP?")
    ports = [str(first.ports["psu"]["slot_1"]), str(first.ports["opcua"]), str(first.ports["control"])]
    first.end(signal.SIGKILL)

    second = Process(tmp_path, "--psu-port", ports[0], "--opcua-port", ports[1], "--control-port", ports[2])
    with pytest.raises(HardwareConnectionError):
        await line.query("OUTP?")
    output = await line.query("OUTP?")
    await line.close()

    assert second.ports == first.ports
    assert output == "0"
    assert second.end(signal.SIGINT) == 0
    events = read_log(tmp_path / "bench.log")
    assert [event.event for event in events if event.event in {"start", "stop"}] == ["start", "start", "stop"]
    (interval,) = energised(events, "slot_1")
    assert interval.end is not None
    assert overlapping_connections(events, "slot_1") == []


async def test_a_bench_says_when_it_is_ready_and_starts_fast(tmp_path: Path) -> None:
    bench = Process(tmp_path, *FREE_PORTS, "--unit", "slot_1=bad")

    assert bench.said == f"bench ready: 1 slots, see {tmp_path}/bench.json\n"
    assert (await BenchControl(bench.ports["control"]).snapshot())["slot_1"]["unit"] == "bad"
    assert bench.end(signal.SIGTERM) == 0
    assert not (tmp_path / "slot_1" / "dmm").is_symlink()


async def test_a_bench_whose_port_is_taken_says_so(tmp_path: Path, bench: Bench) -> None:
    command = [sys.executable, "-m", "station.hardware.simulation", "--dir", str(tmp_path), "--slots", "1"]
    taken = [*command, *FREE_PORTS[:4], "--control-port", str(bench.ports.control)]

    result = await asyncio.to_thread(subprocess.run, taken, capture_output=True, text=True)
    wrong = await asyncio.to_thread(subprocess.run, [*command, "--slots", "0"], capture_output=True, text=True)

    assert result.returncode == 1
    assert "address already in use" in result.stderr
    assert wrong.returncode == 2


async def test_a_second_bench_cannot_take_a_directory_over(bench: Bench) -> None:
    before = bench.settings.log_path.read_bytes()

    with pytest.raises(OSError, match="a bench runs in .* already"):
        async with Bench(bench.settings):
            pass

    assert bench.settings.log_path.read_bytes() == before
    assert Path(bench.ports.dmm["slot_1"]).exists()


async def test_an_idle_bench_costs_next_to_nothing(bench: Bench) -> None:
    await bench.control.unplug("dmm", "slot_1")
    used, start = time.process_time(), time.monotonic()

    await asyncio.sleep(1)

    assert (time.process_time() - used) / (time.monotonic() - start) < 0.2
    assert os.path.lexists(bench.ports.dmm["slot_2"])
    with soon():
        await bench.control.heal()
