"""One slot's worker is killed twenty times; the run on the other slot does not notice."""

import asyncio
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.domain.outcome import Outcome
from tests.faults.rig import Rig, choose_ports, make_rig
from tests.faults.shift import ended, start, until_step

pytestmark = [pytest.mark.station, pytest.mark.faults, pytest.mark.timeout(300)]

PACKAGE = str(Path(__file__).parent / "packages" / "steady")
KILLS = 20
UNDISTURBED = 5
"""Steps that have ended before the first kill: what the others are compared with."""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    slots = [{"id": name, "sequence_package": PACKAGE, "auto_start": True} for name in ("victim", "other")]
    rig = make_rig(tmp_path, slots, choose_ports())
    try:
        rig.start_station()
        yield rig
    finally:
        rig.close()


async def test_killing_one_slot_does_not_touch_another(rig: Rig) -> None:
    other = await start(rig, "other", {"pause": 1.0})
    victim = await start(rig, "victim", {"pause": 0.2})
    await until_step(rig, other, f"step_{UNDISTURBED + 1:02d}")

    for _ in range(KILLS):
        assert await rig.kill("victim")
        await asyncio.sleep(1.5)
    run, steps = await ended(rig, other, within=120)

    times = [steps[name].elapsed.total_seconds() for name in sorted(steps)]
    quiet = statistics.median(times[:UNDISTURBED])
    assert run.outcome is Outcome.PASSED
    assert run.recoveries == 0
    assert {record.key.attempt for record in steps.values()} == {1}
    assert max(times) <= 1.05 * quiet
    disturbed, _ = await ended(rig, victim, within=120)
    assert disturbed.outcome is Outcome.PASSED
    assert disturbed.recoveries > 0
