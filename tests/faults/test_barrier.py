"""Four slots begin a step together, whoever is late, killed or fails before it."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pydantic import JsonValue

from station.control.connect import connect
from station.control.status import live_status
from station.control.together import Order, start_together, stop_all
from station.domain.errors import ParameterError
from station.domain.outcome import Outcome
from station.storage.database import Database
from station.storage.runs import Runs
from tests.faults.rig import Rig, choose_ports, make_rig
from tests.faults.shift import ended, start, until_step

pytestmark = [pytest.mark.station, pytest.mark.faults, pytest.mark.timeout(300)]

PACKAGE = str(Path(__file__).parent / "packages" / "meeting")
SLOTS = ("slot_1", "slot_2", "slot_3", "slot_4")
TOGETHER = 0.5
"""Seconds within which all begin the step."""

Parameters = Mapping[str, JsonValue]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = make_rig(
        tmp_path, [{"id": name, "sequence_package": PACKAGE, "auto_start": True} for name in SLOTS], choose_ports()
    )
    try:
        rig.start_station()
        yield rig
    finally:
        rig.close()


async def meet(rig: Rig, step: str = "burn_in", **parameters: Parameters) -> dict[str, str]:
    """Start a run on each slot; returns their ids by batch."""
    client = await connect(rig.config, identity="test")
    async with Database(rig.config.database_url(rig.layout.base)) as database:
        orders = [Order(slot, parameters=parameters.get(slot, {})) for slot in SLOTS]
        started = await start_together(
            client, rig.config, rig.layout, Runs(database), orders, started_by="test", meet_at=[step]
        )
    assert not [one.refused for one in started if one.refused]
    return {one.order.batch: one.run_id for one in started}


async def waits(rig: Rig, batch: str, what: str) -> None:
    client = await connect(rig.config, identity="test")
    deadline = time.monotonic() + 30
    while (status := await live_status(client, rig.config, batch)) is None or status.waiting_for != what:
        assert time.monotonic() < deadline, f"{batch} does not wait for {what} but {status}"
        await asyncio.sleep(0.05)


async def free(rig: Rig) -> None:
    """Wait until no slot has a run: its result is kept a moment before the slot is free."""
    client = await connect(rig.config, identity="test")
    deadline = time.monotonic() + 30
    while [slot for slot in SLOTS if await live_status(client, rig.config, slot) is not None]:
        assert time.monotonic() < deadline, rig.tail()
        await asyncio.sleep(0.05)


async def beginnings(rig: Rig, runs: Mapping[str, str], outcome: Outcome = Outcome.PASSED) -> dict[str, float]:
    """Wait for the ends; returns when each slot began the step."""
    times = {}
    for slot, run_id in runs.items():
        run, steps = await ended(rig, run_id)
        assert run.outcome is outcome, f"{slot}: {run.reason}"
        if "burn_in" in steps:
            times[slot] = steps["burn_in"].started_at.timestamp()
    print(f"began within {max(times.values()) - min(times.values()):.3f} s of each other" if times else "nobody began")
    return times


async def test_all_begin_the_step_when_the_last_has_come_to_it(rig: Rig) -> None:
    runs = await meet(rig, slot_1={"before": 0.1}, slot_2={"before": 4.0}, slot_3={"before": 1.0})
    await waits(rig, "slot_1", "slot_2 at burn_in")

    times = await beginnings(rig, runs)

    assert set(times) == set(SLOTS)
    assert max(times.values()) - min(times.values()) < TOGETHER


async def test_one_that_is_killed_before_is_waited_for_until_it_has_recovered(rig: Rig) -> None:
    runs = await meet(rig, slot_4={"before": 3.0})
    await until_step(rig, runs["slot_4"], "run_up")
    await waits(rig, "slot_1", "slot_4 at burn_in")

    assert await rig.kill("slot_4")
    killed_at = time.time()
    times = await beginnings(rig, runs)

    assert set(times) == set(SLOTS)
    assert max(times.values()) - min(times.values()) < TOGETHER
    assert min(times.values()) > killed_at


async def test_the_others_go_on_without_one_that_fails_before(rig: Rig) -> None:
    runs = await meet(rig, slot_2={"before": 2.0, "bad": True})
    await waits(rig, "slot_1", "slot_2 at burn_in")

    failed, steps = await ended(rig, runs.pop("slot_2"))
    times = await beginnings(rig, runs)

    assert failed.outcome is Outcome.FAILED
    assert "burn_in" not in steps
    assert set(times) == {"slot_1", "slot_3", "slot_4"}
    assert max(times.values()) - min(times.values()) < TOGETHER


async def test_a_barrier_outlives_the_death_of_everything(rig: Rig) -> None:
    runs = await meet(rig, slot_3={"before": 5.0})
    await until_step(rig, runs["slot_3"], "run_up")
    await waits(rig, "slot_1", "slot_3 at burn_in")

    rig.kill_everything()
    rig.start_station()
    times = await beginnings(rig, runs)

    assert set(times) == set(SLOTS)
    assert max(times.values()) - min(times.values()) < 5  # who has come to it opens its session anew, as it begins


async def test_all_are_stopped_at_once_also_those_that_wait(rig: Rig) -> None:
    runs = await meet(rig, slot_3={"before": 30.0})
    await waits(rig, "slot_1", "slot_3 at burn_in")
    client = await connect(rig.config, identity="test")

    begun = time.monotonic()
    told = await stop_all(client, rig.config, by="kim", reason="lunch")
    times = await beginnings(rig, runs, Outcome.ABORTED)

    print(f"all stopped after {time.monotonic() - begun:.2f} s")
    assert told == list(SLOTS)
    assert times == {}
    await free(rig)
    assert await stop_all(client, rig.config, by="kim") == []


async def test_one_that_ends_by_itself_keeps_nobody_from_stopping_the_others(rig: Rig) -> None:
    runs = {
        "slot_1": await start(rig, "slot_1", {"after": 8.0}),
        "slot_2": await start(rig, "slot_2", {"before": 60.0}),
    }
    client = await connect(rig.config, identity="test")
    await until_step(rig, runs["slot_1"], "tidy")

    told = await stop_all(client, rig.config, by="kim", reason="lunch")

    assert told == ["slot_2"]
    assert (await ended(rig, runs["slot_1"]))[0].outcome is Outcome.PASSED
    assert (await ended(rig, runs["slot_2"]))[0].outcome is Outcome.ABORTED


async def test_a_step_that_one_of_them_does_not_have_is_refused_before_anything_starts(rig: Rig) -> None:
    with pytest.raises(ParameterError, match="slot_1 has no step lunch"):
        await meet(rig, "lunch")

    async with Database(rig.config.database_url(rig.layout.base)) as database:
        assert await Runs(database).open_runs() == []
