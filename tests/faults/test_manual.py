"""A person has a slot of a real station in hand: exclusive, told truly, and safe again whoever is gone."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from station.cli.manual import clear as clear_on_command_line
from station.cli.place import Place
from station.config.model import StationConfig
from station.control import manual
from station.control.commands import stop_run
from station.control.connect import connect
from station.control.quarantine import clear_quarantine
from station.domain.errors import BatchBusyError, BatchNotRunningError, CommandRefusedError, SlotQuarantinedError
from station.domain.manual import CommandAnswer, ManualStatus
from station.domain.outcome import Outcome
from station.domain.quarantine import Quarantine
from station.hardware.simulation.control import BenchControl
from station.hardware.simulation.witness import energised
from station.storage.audit import Audit, AuditFilter
from station.storage.database import Database
from station.storage.events import Events
from station.storage.quarantine import Quarantines
from station.storage.runs import Runs
from tests.faults.rig import ROOT, Rig, bench_slot, choose_ports, make_rig
from tests.faults.shift import ended, start, until_step

pytestmark = [pytest.mark.station, pytest.mark.faults]

SLOT = "slot_1"
CLIENT, IDLE, SLACK = 3.0, 6.0, 5.0
"""Seconds: of silence of a client, of doing nothing, and of a busy machine."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    ports = choose_ports()
    settings = {
        "manual": {"idle_timeout": IDLE, "client_timeout": CLIENT, "command_timeout": 5},
        "execution": {"heartbeat_timeout": 3},
        # A run that meets a dead instrument ends, with its cleanup, instead of waiting for it.
        "error_handling": {
            "step_errors": {"max_retries": 0},
            "hardware_errors": {"reconnect_attempts": 1, "reconnect_delay": 0.1, "on_failure": "safe_stop"},
        },
    }
    rig = make_rig(tmp_path_factory.mktemp("manual"), [bench_slot(1, ports)], ports, settings)
    try:
        rig.start_bench(slots=1)
        rig.start_station()
        yield rig
    finally:
        rig.close()


@pytest.fixture
async def hand(rig: Rig) -> "Hand":
    return Hand(rig, await connect(rig.config, identity="test"))


class Hand:
    """What a client does by hand on the one slot."""

    def __init__(self, rig: Rig, client: Client) -> None:
        self.rig = rig
        self.client = client
        self.config: StationConfig = rig.config

    async def open(self, by: str = "kim", **more: Any) -> ManualStatus:
        async with Database(self.config.database_url(self.rig.layout.base)) as database:
            return await manual.open_manual(self.client, self.config, self.rig.layout, database, SLOT, by=by, **more)

    async def do(self, command: str, *, by: str = "kim", confirmed: bool = False, **arguments: Any) -> CommandAnswer:
        instrument, _, name = command.partition(".")
        return await manual.command(
            self.client, self.config, SLOT, instrument=instrument, name=name, arguments=arguments, by=by,
            confirmed=confirmed,
        )  # fmt: skip

    async def switch_on(self) -> CommandAnswer:
        return await self.do("power.output_on", voltage=12, current_limit=1, confirmed=True)

    async def leave(self, by: str = "kim") -> None:
        assert (await manual.leave(self.client, self.config, SLOT, by=by)).safe

    async def status(self) -> ManualStatus | None:
        return await manual.manual_status(self.client, self.config, SLOT)

    async def until_free(self, within: float) -> float:
        """Wait until nobody has the slot in hand; returns how long that took."""
        began = time.monotonic()
        while await self.status() is not None:
            assert time.monotonic() - began < within, f"still in hand after {within} s\n{self.rig.tail()}"
            await asyncio.sleep(0.1)
        return time.monotonic() - began

    @property
    def power_is_on(self) -> bool:
        return energised(self.rig.bench_events(), SLOT)[-1].end is None

    async def until_off(self, within: float) -> float:
        began = time.monotonic()
        while self.power_is_on:
            assert time.monotonic() - began < within, f"still under power after {within} s\n{self.rig.tail()}"
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    async def read(self, query: Callable[[Database], Awaitable[Any]]) -> Any:
        async with Database(self.config.database_url(self.rig.layout.base)) as database:
            return await query(database)

    async def quarantine(self) -> Quarantine | None:
        found: Quarantine | None = await self.read(lambda database: Quarantines(database).get(SLOT))
        return found


async def test_commands_reach_the_instruments_and_are_in_the_audit(hand: Hand) -> None:
    opened = await hand.open(reason="where is the noise from?")
    on = await hand.switch_on()
    rail = await hand.do("dmm.measure_dc", channel=102)
    was_on = hand.power_is_on
    await hand.leave()

    deeds = await hand.read(lambda database: Audit(database).list(AuditFilter(target=SLOT, limit=4)))
    events = [event for event in await hand.read(lambda d: Events(d).after(0)) if event.run_id == opened.session_id]
    assert (opened.holder, opened.instruments.keys()) == ("kim", {"dmm", "power"})
    assert on.fault is None
    assert isinstance(rail.value, float)
    assert 4.85 < rail.value < 5.15
    assert was_on
    assert not hand.power_is_on
    assert [(one.deed.actor, one.deed.action) for one in reversed(deeds)] == [
        ("kim", "manual open"), ("kim", "command"), ("kim", "command"), ("kim", "manual close"),
    ]  # fmt: skip
    assert deeds[1].deed.data["arguments"] == {"channel": 102}
    assert deeds[1].deed.data["value"] == rail.value
    assert [event.data["action"] for event in events] == ["open", "command", "command", "close"]


async def test_what_is_not_allowed_is_refused_before_it_reaches_the_instruments(hand: Hand) -> None:
    await hand.open()
    calls = len(hand.rig.bench_events())

    refused = []
    for command, arguments in (
        ("power.output_on", {"voltage": 40}),
        ("power.output_on", {"voltage": 12}),
        ("dmm.measure_dv", {"channel": 102}),
    ):
        with pytest.raises(CommandRefusedError) as caught:
            await hand.do(command, **arguments)
        refused.append((caught.value.code, caught.value.message))
    with pytest.raises(CommandRefusedError) as by_another:
        await hand.do("dmm.identify", by="lee")
    untouched = len(hand.rig.bench_events()) == calls
    await hand.leave()

    assert refused[0] == ("INVALID_ARGUMENT", "power.output_on: voltage is 40 V, above its maximum 16 V.")
    assert refused[1][0] == "CONFIRMATION_MISSING"
    assert refused[2][0] == "COMMAND_NOT_FOUND"
    assert "did you mean dmm.measure_dc?" in refused[2][1]
    assert (by_another.value.code, by_another.value.message) == (
        "MANUAL_HELD", f"kim has batch {SLOT} in hand, not lee."
    )  # fmt: skip
    assert untouched


async def test_a_run_and_a_hand_exclude_each_other(hand: Hand) -> None:
    await hand.open()
    with pytest.raises(BatchBusyError) as run_refused:
        await start(hand.rig, SLOT)
    with pytest.raises(BatchBusyError) as second_refused:
        await hand.open(by="lee")
    await hand.leave()
    run_id = await start(hand.rig, SLOT)
    await until_step(hand.rig, run_id, "power_up")
    with pytest.raises(BatchBusyError) as hand_refused:
        await hand.open()
    run, _ = await ended(hand.rig, run_id)

    assert "in manual control: kim has it in hand since" in run_refused.value.message
    assert "kim has it in hand" in second_refused.value.message
    assert f"has a run already: {run_id} of test" in hand_refused.value.message
    assert run.outcome is Outcome.PASSED


async def test_a_stop_ends_manual_control_with_everything_off(hand: Hand) -> None:
    await hand.open()
    await hand.switch_on()

    await stop_run(hand.client, hand.config, SLOT, by="lee", reason="smoke")
    off = await hand.until_off(SLACK)
    await hand.until_free(SLACK)

    (last, *_) = await hand.read(lambda database: Audit(database).list(AuditFilter(target=SLOT, limit=1)))
    assert off < SLACK
    assert (last.deed.actor, last.deed.action, last.deed.reason) == ("lee", "manual close", "stopped: smoke")


async def test_nobody_does_anything_and_the_session_ends_by_itself(hand: Hand) -> None:
    await hand.open()
    await hand.switch_on()

    off = await hand.until_off(IDLE + SLACK)

    await hand.until_free(SLACK)
    assert off > IDLE - 1
    with pytest.raises(BatchNotRunningError):
        await hand.do("dmm.identify")


async def test_a_client_that_dies_leaves_nothing_on(hand: Hand) -> None:
    command = [sys.executable, "-m", "station.cli", "manual", "open", SLOT, "--hold", "--config"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "USER": "kim", "LOGNAME": "kim"}
    client = subprocess.Popen(
        [*command, str(hand.rig.config_file)],
        cwd=hand.rig.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    give_up = time.monotonic() + 20
    while (status := await hand.status()) is None or status.state != "open":
        assert time.monotonic() < give_up
        await asyncio.sleep(0.1)
    await hand.switch_on()
    await asyncio.sleep(CLIENT + 1)
    while_it_lives = hand.power_is_on

    client.send_signal(signal.SIGKILL)
    client.wait()
    off = await hand.until_off(CLIENT + SLACK)

    await hand.until_free(SLACK)
    assert while_it_lives
    assert off <= CLIENT + SLACK
    assert await hand.quarantine() is None


async def test_a_process_killed_in_manual_control_makes_safe_and_the_session_ends(hand: Hand) -> None:
    await hand.open(keeps_alive=False)
    await hand.switch_on()

    await hand.rig.kill(SLOT)
    await hand.until_off(20)
    await hand.until_free(30)

    (last, *_) = await hand.read(lambda database: Audit(database).list(AuditFilter(target=SLOT, limit=1)))
    assert (last.deed.actor, last.deed.data["safe"]) == ("station", True)
    assert last.deed.reason.startswith("the session was lost: ")
    assert await hand.quarantine() is None
    run, _ = await ended(hand.rig, await start(hand.rig, SLOT))
    assert run.outcome is Outcome.PASSED


async def test_single_steps_are_run_by_hand_and_are_no_run(hand: Hand) -> None:
    before = await hand.read(lambda database: Runs(database).list())
    opened = await hand.open(single_steps=True)

    up = await manual.run_step(
        hand.client, hand.config, SLOT, step="power_up", parameters={"supply_voltage": 11.5}, by="kim"
    )
    was_on = hand.power_is_on
    rails = await manual.run_step(hand.client, hand.config, SLOT, step="rails", parameters={}, by="kim")
    await hand.leave()

    assert "rails" in opened.steps
    assert up.report is not None
    assert up.report.outcome is Outcome.PASSED
    assert abs(float(str(up.measurements[0].value)) - 11.5) < 0.1
    assert was_on
    assert {one.name for one in rails.measurements} == {"rail_5v0", "rail_3v3", "rail_1v8"}
    assert not hand.power_is_on
    assert await hand.read(lambda database: Runs(database).list()) == before


async def test_make_safe_takes_all_energy_off_and_the_session_stays(hand: Hand) -> None:
    await hand.open()
    await hand.switch_on()

    answer = await manual.make_safe(hand.client, hand.config, SLOT, by="lee", reason="hand in the fixture")

    assert answer.fault is None
    assert not hand.power_is_on
    assert (await hand.do("power.measure_voltage")).fault is None
    await hand.leave()


async def test_an_instrument_that_is_gone_in_cleanup_closes_the_slot_until_a_person_clears_it(hand: Hand) -> None:
    bench = BenchControl(hand.rig.ports["control"])
    run_id = await start(hand.rig, SLOT, {"settle_time": 3})
    await until_step(hand.rig, run_id, "input_voltage")
    await bench.unplug("psu", SLOT)
    run, _ = await ended(hand.rig, run_id, within=120)
    quarantine = await hand.quarantine()

    with pytest.raises(SlotQuarantinedError) as refused:
        await start(hand.rig, SLOT)
    async with Database(hand.config.database_url(hand.rig.layout.base)) as database:
        with pytest.raises(CommandRefusedError) as not_safe:
            await clear_quarantine(
                hand.config, hand.rig.layout, database, SLOT, by="kim", reason="looks fine", client=hand.client
            )
    await bench.replug("psu", SLOT)
    await hand.open()
    await hand.leave()
    stays = await hand.quarantine()
    place = Place(hand.rig.config_file, hand.config, hand.rig.layout)
    await clear_on_command_line(place, SLOT, reason="cable plugged in again", make_safe=True)
    fine, _ = await ended(hand.rig, await start(hand.rig, SLOT))

    (deed, *_) = await hand.read(lambda database: Audit(database).list(AuditFilter(action="clear")))
    refusals = await hand.read(lambda database: Runs(database).list())
    assert run.outcome is Outcome.ERROR
    assert not run.hardware_safe
    assert quarantine is not None
    assert refused.value.message.startswith(f"Batch {SLOT} is in quarantine since ")
    assert quarantine.reason in refused.value.message
    assert next(one.reason.code for one in refusals if one.refused and one.reason) == "SLOT_QUARANTINED"
    assert not_safe.value.code == "HARDWARE_NOT_SAFE"
    assert stays == quarantine
    assert deed.deed.reason == "cable plugged in again"
    assert deed.deed.data["made_safe"] is True
    assert fine.outcome is Outcome.PASSED


def test_the_station_is_left_as_it_was_found(rig: Rig) -> None:
    assert Path(rig.bench_log).exists()
    assert energised(rig.bench_events(), SLOT)[-1].end is not None
