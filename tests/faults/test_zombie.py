"""A process that was taken for dead comes back: it may neither keep the slot, nor touch the hardware, nor write."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from activities.execution import EXIT_FENCED
from station.domain.outcome import Outcome
from tests.faults.rig import ROOT, Rig, choose_ports, make_rig
from tests.faults.shift import ended, start, until_step

pytestmark = [pytest.mark.station, pytest.mark.faults, pytest.mark.timeout(300)]

PACKAGE = str(Path(__file__).parent / "packages" / "steady")
BATCH = "slot_1"
REPLACED_WITHIN = 40.0


def make(folder: Path, *, supervised: bool) -> Rig:
    slot = {"id": BATCH, "sequence_package": PACKAGE, "auto_start": supervised}
    rig = make_rig(folder, [slot], choose_ports())
    rig.start_station()
    return rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = make(tmp_path, supervised=True)
    yield rig
    rig.close()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Rig]:
    """A station whose batch nobody supervises."""
    rig = make(tmp_path, supervised=False)
    yield rig
    rig.close()


async def test_a_stopped_process_is_replaced_and_its_run_goes_on(rig: Rig) -> None:
    run_id = await start(rig, BATCH, {"pause": 0.2})
    await until_step(rig, run_id, "step_03")
    zombie = rig.process(BATCH)
    assert zombie is not None

    zombie.send_signal(signal.SIGSTOP)
    run, steps = await ended(rig, run_id, within=120)

    assert (run.outcome, run.recoveries) == (Outcome.PASSED, 1)
    assert not zombie.is_running() or zombie.status() == psutil.STATUS_ZOMBIE
    assert sum(record.key.attempt for record in steps.values()) == len(steps) + 1


async def test_a_zombie_that_wakes_up_beside_its_successor_is_refused_and_ends_itself(bare: Rig) -> None:
    # Where the lock does not reach, on another machine for example, the token of the session does.
    first = serve(bare)
    run_id = await start(bare, BATCH, {"pause": 0.2})
    await until_step(bare, run_id, "step_03")
    os.kill(first.pid, signal.SIGSTOP)
    bare.layout.batch_lock(BATCH).unlink()
    second = serve(bare)
    try:
        run, steps = await ended(bare, run_id, within=120)
        before = {name: (record.key.attempt, record.worker_pid) for name, record in steps.items()}

        os.kill(first.pid, signal.SIGCONT)
        code = await wait_for_end(first)
        _, steps = await ended(bare, run_id)

        assert (run.outcome, run.recoveries) == (Outcome.PASSED, 1)
        assert code == EXIT_FENCED
        assert {name: (record.key.attempt, record.worker_pid) for name, record in steps.items()} == before
        assert {pid for _, pid in before.values()} == {first.pid, second.pid}
    finally:
        for process in (first, second):
            process.kill()
            process.wait()


def serve(rig: Rig) -> "subprocess.Popen[bytes]":
    """Serve the batch without a supervisor, as a service manager would."""
    with (rig.folder / "batch.out").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "worker", "batch", BATCH, "--config", str(rig.config_file)],
            cwd=rig.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=output,
        )


async def wait_for_end(process: "subprocess.Popen[bytes]") -> int:
    deadline = time.monotonic() + REPLACED_WITHIN
    while process.poll() is None:
        assert time.monotonic() < deadline, "the zombie goes on"
        await asyncio.sleep(0.1)
    assert process.returncode is not None
    return process.returncode
