"""A run is pinned to the package it began with; editing the package changes the next run only."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.domain.outcome import Outcome
from tests.faults.rig import Rig, choose_ports, make_rig
from tests.faults.shift import ended, start, until_step

pytestmark = [pytest.mark.station, pytest.mark.faults]

STEADY = Path(__file__).parent / "packages" / "steady"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    package = tmp_path / "sequences" / "steady"
    shutil.copytree(STEADY, package, ignore=shutil.ignore_patterns("__pycache__"))
    slot = {"id": "slot", "sequence_package": "sequences/steady", "auto_start": True}
    rig = make_rig(tmp_path, [slot], choose_ports())
    try:
        rig.start_station()
        yield rig
    finally:
        rig.close()


async def test_an_edit_in_the_middle_of_a_run_waits_for_the_next_one_even_across_a_crash(rig: Rig) -> None:
    sequence = rig.folder / "sequences" / "steady" / "sequence.py"
    first = await start(rig, "slot", {"pause": 0.05})
    await until_step(rig, first, "step_10")

    sequence.write_text(
        "from station.sdk import StepContext, sequence, step\n\n\n"
        '@sequence("steady")\nclass Steady:\n'
        "    @step(order=1)\n    async def only(self, ctx: StepContext) -> None:\n"
        '        ctx.measure("edited", 1)\n',
        encoding="utf-8",
    )
    await rig.kill("slot")
    before, first_steps = await ended(rig, first)
    second = await start(rig, "slot")
    after, second_steps = await ended(rig, second)

    assert before.outcome is after.outcome is Outcome.PASSED
    assert len(first_steps) == 70
    assert list(second_steps) == ["only"]
    assert before.package.content_hash != after.package.content_hash
    stored = rig.layout.packages / "steady"
    assert {folder.name for folder in stored.iterdir() if folder.is_dir()} >= {
        before.package.content_hash,
        after.package.content_hash,
    }
