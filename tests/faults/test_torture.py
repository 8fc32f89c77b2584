"""The short forms of `make torture`, and the promise that a seed decides everything."""

from pathlib import Path

import pytest

from tests.faults.control_torture import control_report, control_torture
from tests.faults.nemesis import fingerprint, plan_round
from tests.faults.torture import report, torture

ROUNDS = 10


def test_the_same_seed_gives_the_same_faults() -> None:
    first, again, other = (fingerprint(seed, 50) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_every_target_and_moment_is_hit_within_fifty_rounds() -> None:
    faults = [fault for number in range(50) for fault in plan_round(1, number)]

    assert {fault.target for fault in faults} == {
        "slot_1", "slot_2", "slot_3", "engine", "temporal", "supervisor", "everything",
    }  # fmt: skip
    assert {fault.moment for fault in faults} == {
        "run_accepted", "step_start", "step_complete", "cleaning_up", "clock",
    }  # fmt: skip


@pytest.mark.station
@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_ten_rounds_of_kill_9_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subject = await torture(tmp_path, ROUNDS, 3, print)

    with capsys.disabled():
        print("\n" + "\n".join(report(subject)))
    assert subject.findings().problems == []
    assert len(subject.accepted) == 3 * ROUNDS


@pytest.mark.station
@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_six_rounds_of_operators_who_press_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subject = await control_torture(tmp_path, 6, 3, print)

    with capsys.disabled():
        print("\n" + "\n".join(control_report(subject)))
    assert subject.problems() == []
    assert subject.undisturbed
