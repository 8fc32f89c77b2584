"""`python -m tests.workflows.record`: records the histories of every kind of run, to be replayed by all later releases.

Everything but the cut of a long history happens on a real station with a simulated bench, whose processes are killed
where the story says so. What a release has recorded is never recorded anew for it; a new release gets a new folder.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from station.domain.outcome import RunState
from tests.faults.rig import ROOT, Rig, bench_slot, choose_ports, make_rig
from tests.workflows import company, stage
from tests.workflows.fakes import passes
from tests.workflows.recording import Recording, Story, write_down
from worker import build

HISTORIES = Path(__file__).parent / "histories"
RESUMES, ASKS = "slot_1", "slot_2"
"""What the two batches do when a step is cut off."""
KILLABLE = 2.0
"""Seconds a step takes at least, so that a kill meets it."""


async def record(folder: Path, only: Sequence[str] = ()) -> None:
    """Record every kind of run into a folder, or only some."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="recording-") as place:
        rig = _lay_out(Path(place))
        try:
            rig.start_bench(slots=3)
            rig.start_station()
            await _record_station(Recording(rig, folder, only))
        finally:
            rig.close()
    if not only or "cut" in only:
        await _record_long_run(folder)


async def _record_station(recording: Recording) -> None:
    async def nothing(_: Any) -> None:
        """The run goes its way."""

    async def in_step(_: Any, step: str) -> None:
        await recording.in_step(step)

    async def board(name: str, story: Story, batch: str = RESUMES, *, settle: float = 0.4) -> None:
        await recording.run(name, story, batch, {"settle_time": settle})

    async def stopped(run: Any) -> None:
        await in_step(run, "rails")
        await stage.stop(run, reason="wrong board")

    async def cancelled(run: Any) -> None:
        await in_step(run, "rails")
        await run.cancel()

    async def paused(run: Any) -> None:
        await in_step(run, "input_voltage")
        await stage.pause(run, reason="lunch")
        await stage.reaches(run, RunState.PAUSED)
        await stage.resume(run)

    async def crashed(run: Any) -> None:
        await in_step(run, "rails")
        assert await recording.rig.kill(RESUMES)

    async def engine_crashed(run: Any) -> None:
        await in_step(run, "rails")
        assert await recording.rig.kill("engine")

    async def power_cut(run: Any) -> None:
        await in_step(run, "rails")
        recording.rig.kill_everything()
        await asyncio.to_thread(recording.rig.start_station)

    async def skipped(run: Any) -> None:
        await stage.skip(run, "ripple", reason="the probe is being repaired")
        await in_step(run, "rails")
        await stage.skip(run, "rails")

    async def gone_back(run: Any) -> None:
        await in_step(run, "supply_current")
        await stage.goto(run, "rails", reason="the probe had slipped")
        await in_step(run, "rails")
        await stage.pause(run)
        await stage.reaches(run, RunState.PAUSED)
        await stage.goto(run)
        await stage.resume(run)

    def answered(choice: str) -> Callable[[Any], Awaitable[None]]:
        async def story(run: Any) -> None:
            await in_step(run, "rails")
            assert await recording.rig.kill(ASKS)
            await stage.reaches(run, RunState.INTERRUPTED)
            await stage.choose(run, choice)

        return story

    await board("passed", nothing)
    await recording.bench.set_unit(RESUMES, "bad")
    await board("failed", nothing)
    await recording.bench.set_unit(RESUMES, "good")
    await board("stopped", stopped)
    await board("cancelled", cancelled)
    await board("paused", paused)
    await board("skipped", skipped, settle=KILLABLE)
    await board("gone_back", gone_back)
    await board("crashed_and_resumed", crashed, settle=KILLABLE)
    await board("engine_crashed", engine_crashed, settle=KILLABLE)
    for choice in ("resume", "full_restart", "skip_failed", "abort"):
        await board(f"asked_{choice}", answered(choice), ASKS, settle=KILLABLE)
    await board("power_cut", power_cut, settle=KILLABLE)
    await company.record_company(recording)


async def _record_long_run(folder: Path) -> None:
    """Record a run whose history is cut; a server that cuts after so few events is not a station's."""
    async with stage.start_server() as environment:
        play = stage.Stage(await stage.connect(environment.client.service_client.config.target_host))
        play.slot.scenes["soak"] = [passes(elapsed=10.0 * number, finished=number == 12) for number in range(1, 13)]
        async with play.engine(build._RUNNER), play.process():
            run = await play.start(stage.plan(stage.step("soak", segment=10), stage.step("off", cleanup=True)))
            first = play.client.get_workflow_handle(run.id, run_id=run.first_execution_run_id)
            end = await stage.ended(run)
            await write_down(folder, "cut_first_history", first)
            await write_down(folder, "cut_last_history", play.client.get_workflow_handle(run.id))
    print(f"{'cut':22s} {end.outcome}")


def _lay_out(folder: Path) -> Rig:
    """Lay out a station with two benches for boards; the package of the second asks when a step was cut off."""
    asking = folder / "asking" / "pcb_test"
    shutil.copytree(ROOT / "sequences" / "pcb_test", asking, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = asking / "manifest.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("mode: resume", "mode: ask"), encoding="utf-8")
    ports = choose_ports()
    boards = [bench_slot(1, ports), {**bench_slot(2, ports), "sequence_package": str(asking)}]
    return make_rig(folder, [*boards, *company.batches(ports)], ports, company.REPAIRS)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.workflows.record", description=__doc__)
    parser.add_argument("--release", default=version("neurohub-station"), help="which release's histories these are")
    parser.add_argument("--only", nargs="*", default=(), help="names of the histories to record; none: all of them")
    arguments = parser.parse_args()
    recording = record(HISTORIES / arguments.release, arguments.only)
    asyncio.run(asyncio.wait_for(recording, timedelta(minutes=10).total_seconds()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
