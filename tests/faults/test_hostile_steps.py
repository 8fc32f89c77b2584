"""Sequence code that blocks, will not stop, ends its process or eats its memory: ERROR with its reason, bench safe."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.domain.outcome import Outcome
from station.hardware.simulation.witness import energised
from tests.faults.rig import Rig, bench_slot, choose_ports, make_rig
from tests.faults.shift import ended, start

pytestmark = [pytest.mark.station, pytest.mark.faults]

PACKAGE = Path(__file__).parent / "packages" / "hostile"
TIMEOUT, GRACE = 1.5, 1.0
SLACK = 8.0
"""Seconds for starting a process and noticing its end, on a machine that is busy with other tests."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    ports = choose_ports()
    slot = bench_slot(1, ports) | {"sequence_package": str(PACKAGE), "resource_limits": {"max_memory_mb": 400}}
    slot["hardware"].pop("dmm")
    slot["hardware"]["power"] = {"host": "127.0.0.1", "port": slot["hardware"]["power"]["port"]}
    settings = {"execution": {"grace_period": GRACE}, "error_handling": {"step_errors": {"max_retries": 0}}}
    rig = make_rig(tmp_path_factory.mktemp("hostile"), [slot], ports, settings)
    try:
        rig.start_bench(slots=1)
        rig.start_station()
        yield rig
    finally:
        rig.close()


@pytest.mark.parametrize(
    ("mode", "code", "says"),
    [
        ("block", "STEP_UNRESPONSIVE", "did not yield"),
        ("ignore_cancel", "STEP_UNRESPONSIVE", "did not yield"),
        ("exit", "WORKER_EXITED", "ended by itself with exit code 3"),
        ("abort", "WORKER_CRASHED", "crashed with SIGABRT"),
        ("eat_memory", "MEMORY_LIMIT", "used more memory than its limit of 400 MB"),
    ],
)
async def test_a_hostile_step_ends_as_an_error_with_its_reason_and_leaves_the_bench_safe(
    rig: Rig, mode: str, code: str, says: str
) -> None:
    run_id = await start(rig, "slot_1", {"mode": mode})

    run, steps = await ended(rig, run_id)

    assert run.outcome is Outcome.ERROR
    assert run.reason is not None
    assert (run.reason.code, run.reason.step) == (code, "misbehave")
    assert says in run.reason.message
    assert steps["power_down"].result is not None
    assert steps["power_down"].result.report.outcome is Outcome.PASSED
    assert run.hardware_safe
    assert "after" not in steps
    power = energised(rig.bench_events(), "slot_1")
    assert power[-1].end is not None
    assert power[-1].end - power[-1].start <= TIMEOUT + GRACE + SLACK


async def test_the_run_after_hostile_ones_is_fine(rig: Rig) -> None:
    run_id = await start(rig, "slot_1", {"mode": "good"})

    run, _ = await ended(rig, run_id)

    assert run.outcome is Outcome.PASSED
    assert energised(rig.bench_events(), "slot_1")[-1].end is not None
