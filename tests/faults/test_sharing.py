"""Two slots with one meter on a serial line and one supply on TCP: one user at a time, and nobody waits in vain."""

import asyncio
import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from station.control.commands import stop_run
from station.control.connect import connect
from station.control.status import live_status
from station.domain.outcome import Outcome
from station.hardware.simulation.witness import is_energised_at, overlapping_connections
from tests.faults.rig import Rig, choose_ports, make_rig
from tests.faults.shift import ended, start, until_step

pytestmark = [pytest.mark.station, pytest.mark.faults, pytest.mark.timeout(400)]

PACKAGES = Path(__file__).parent / "packages"
SLOTS = {"slot_1": "sharers", "slot_2": "sharers_back"}
"""One takes the meter first, the other the supply."""
PAIRS = 20


@dataclass(frozen=True)
class Use:
    """What a step wrote down of its time with an instrument; one that was cut off wrote nothing."""

    run_id: str
    instrument: str
    start: float
    end: float


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    ports = choose_ports()
    hardware = {
        "dmm": {"port": "data/sim/slot_1/dmm", "baudrate": 9600, "mark": "dmm", "shared": "meter"},
        "power": {"ip": "127.0.0.1", "port": ports["psu"], "mark": "power", "shared": "supply"},
    }
    batches = [
        {
            "id": name, "sequence_package": str(PACKAGES / package), "hardware": hardware, "auto_start": True,
            "parameters": {"notes": str(tmp_path / "uses")},
        }
        for name, package in SLOTS.items()
    ]  # fmt: skip
    rig = make_rig(tmp_path, batches, ports)
    try:
        rig.start_bench(slots=1)
        rig.start_station()
        yield rig
    finally:
        rig.close()


async def test_each_waits_for_the_other_and_says_for_whom(rig: Rig) -> None:
    first = await start(rig, "slot_1", {"hold": 3.0})
    await until_step(rig, first, "measure")
    second = await start(rig, "slot_2", {"hold": 0.5})
    waiting_for = await waits(rig, "slot_2")

    runs = [await ended(rig, run) for run in (first, second)]

    # Which of the two it is depends on when it was asked.
    assert re.fullmatch(r"the shared instrument (meter|supply), which slot_1 holds since [0-9:]{8}", waiting_for)
    assert [run.outcome for run, _ in runs] == [Outcome.PASSED, Outcome.PASSED]
    assert {step.key.attempt for _, steps in runs for step in steps.values()} == {1}
    # Waiting is no time of the step that waits.
    assert all(step.elapsed.total_seconds() < 2.5 for step in runs[1][1].values())
    never_two_users(rig, uses=4)


async def test_the_other_gets_it_within_seconds_when_its_holder_is_killed(rig: Rig) -> None:
    holder = await start(rig, "slot_1", {"hold": 8.0})
    await until_step(rig, holder, "measure")
    other = await start(rig, "slot_2", {"hold": 0.5})
    await waits(rig, "slot_2")
    await asyncio.sleep(1)

    assert await rig.kill("slot_1")
    killed_at = time.time()
    run, steps = await ended(rig, other)
    recovered, _ = await ended(rig, holder)

    begun = steps["feed"].started_at.timestamp() - killed_at
    print(f"the other slot's step began {begun:.2f} s after the kill")
    assert run.outcome is Outcome.PASSED
    assert begun < 3
    assert recovered.outcome is Outcome.PASSED
    assert recovered.recoveries >= 1
    never_two_users(rig, uses=4)


async def test_a_run_that_is_stopped_while_it_waits_ends_at_once_and_disturbs_nobody(rig: Rig) -> None:
    holder = await start(rig, "slot_1", {"hold": 5.0})
    await until_step(rig, holder, "measure")
    waiting = await start(rig, "slot_2")
    await waits(rig, "slot_2")

    client = await connect(rig.config, identity="test")
    begun = time.monotonic()
    await stop_run(client, rig.config, "slot_2", by="kim", reason="changed my mind")
    stopped, steps = await ended(rig, waiting)
    took = time.monotonic() - begun
    undisturbed, _ = await ended(rig, holder)

    print(f"stopped after {took:.2f} s")
    assert stopped.outcome is Outcome.ABORTED
    assert took < 4
    assert "feed" not in steps
    assert steps["tidy"].result is not None
    assert undisturbed.outcome is Outcome.PASSED
    assert undisturbed.recoveries == 0
    never_two_users(rig, uses=2)


async def test_after_a_power_cut_both_runs_go_on_and_nothing_stays_on(rig: Rig) -> None:
    holder = await start(rig, "slot_2", {"hold": 6.0})
    await until_step(rig, holder, "feed")
    waiting = await start(rig, "slot_1", {"hold": 0.5})
    await waits(rig, "slot_1")
    await asyncio.sleep(1)

    rig.kill_everything()
    rig.start_station()
    runs = [await ended(rig, run, within=90) for run in (holder, waiting)]

    assert [run.outcome for run, _ in runs] == [Outcome.PASSED, Outcome.PASSED]
    never_two_users(rig, uses=4)
    assert not is_energised_at(rig.bench_events(), "slot_1", time.time())


async def test_runs_that_need_two_in_opposite_order_never_wait_for_each_other(rig: Rig) -> None:
    longest = 0.0
    for _ in range(PAIRS):
        begun = time.monotonic()
        pair = await asyncio.gather(*(start(rig, slot, {"hold": 0.1}) for slot in SLOTS))
        for run_id in pair:
            run, steps = await ended(rig, run_id)
            assert run.outcome is Outcome.PASSED, run.reason
            assert {step.key.attempt for step in steps.values()} == {1}
        longest = max(longest, time.monotonic() - begun)

    print(f"{PAIRS} pairs, the longest took {longest:.2f} s")
    never_two_users(rig, uses=4 * PAIRS)


async def waits(rig: Rig, batch: str) -> str:
    """Wait until the run on a slot says that it waits; returns for whom."""
    client = await connect(rig.config, identity="test")
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(Exception):
            status = await live_status(client, rig.config, batch)
            if status is not None and status.waiting_for.startswith("the shared instrument"):
                return status.waiting_for
        assert time.monotonic() < deadline, f"{batch} does not wait\n{rig.tail()}"
        await asyncio.sleep(0.05)


def never_two_users(rig: Rig, *, uses: int) -> None:
    """Every use is over before the next one of the same instrument begins; the supply itself has seen one at a time."""
    lines = (rig.folder / "uses").read_text(encoding="utf-8").splitlines()
    found = [Use(run, name, float(start), float(end)) for run, name, start, end in map(str.split, lines)]
    assert len(found) == uses
    for instrument in ("dmm", "power"):
        ordered = sorted((use for use in found if use.instrument == instrument), key=lambda use: use.start)
        for one, next_ in pairwise(ordered):
            assert one.end <= next_.start, (one, next_)
    assert overlapping_connections(rig.bench_events(), "slot_1") == []
