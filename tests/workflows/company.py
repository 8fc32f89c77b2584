"""Stories of runs that are not alone: people, shared instruments, other runs, dead instruments, another unit."""

from pathlib import Path
from typing import Any

from station.control import manual
from station.control.starting import start_run
from station.domain.outcome import RunState
from station.domain.run import UnitUnderTest
from station.storage.database import Database
from station.storage.runs import Runs
from tests.faults.rig import bench_slot
from tests.workflows import stage
from tests.workflows.recording import Recording, Story

PACKAGES = Path(__file__).parents[1] / "faults" / "packages"
BOARD, ASKING, MEETING, CHAMBER = "slot_1", "people", ("early", "late"), "chamber"
SHARING = {"meter_first": "sharers", "supply_first": "sharers_back"}
"""Packages by batch; their one meter and one supply are those of the bench's third slot."""
BENCH_SLOT = 3
REPAIRS = {
    "error_handling": {
        "hardware_errors": {"reconnect_attempts": 2, "reconnect_delay": 0.5, "on_failure": "pause_wait"},
    },
}  # fmt: skip


def batches(ports: dict[str, int]) -> list[dict[str, Any]]:
    """Describe the batches of these stories."""
    shared = {
        "dmm": {"port": f"data/sim/slot_{BENCH_SLOT}/dmm", "baudrate": 9600, "mark": "dmm", "shared": "meter"},
        "power": {"ip": "127.0.0.1", "port": ports["psu"] + BENCH_SLOT - 1, "mark": "power", "shared": "supply"},
    }
    sharing = [
        {
            "id": name, "sequence_package": str(PACKAGES / package), "hardware": shared, "auto_start": True,
            "parameters": {"notes": "uses"},
        }
        for name, package in SHARING.items()
    ]  # fmt: skip
    plain = {ASKING: "asking", **dict.fromkeys(MEETING, "meeting")}
    others = [{"id": name, "sequence_package": str(PACKAGES / one), "auto_start": True} for name, one in plain.items()]
    return [*sharing, *others, {**bench_slot(BENCH_SLOT, ports, "aging_test"), "id": CHAMBER}]


async def record_company(recording: Recording) -> None:
    """Record the runs of these stories."""
    await _record_people(recording)
    await _record_others(recording)
    await _record_repairs(recording)
    await _record_units(recording)


async def _record_people(recording: Recording) -> None:
    async def asked(run: Any, answer: dict[str, Any]) -> None:
        (prompt,) = (await stage.shows(run, lambda now: bool(now.prompts))).prompts
        await stage.answer(run, prompt.id, **answer)
        await stage.shows(run, lambda now: prompt not in now.prompts)

    async def prompted(run: Any) -> None:
        await asked(run, {"answer": True})
        await stage.shows(run, lambda now: bool(now.prompts))
        assert await recording.rig.kill(ASKING)
        await asked(run, {"led": True, "count": 3})

    async def by_hand(_: Any) -> None:
        client, config = await recording.client(), recording.rig.config
        await manual.command(
            client, config, BOARD, instrument="power", name="output_on", arguments={"voltage": 12}, by="kim",
            confirmed=True,
        )  # fmt: skip
        await manual.run_step(client, config, BOARD, step="input_voltage", parameters={}, by="kim")
        await manual.make_safe(client, config, BOARD, by="kim", reason="hot")
        await manual.leave(client, config, BOARD, by="kim")

    async def by_hand_until_killed(_: Any) -> None:
        assert await recording.rig.kill(BOARD)

    await recording.run("prompted", prompted, ASKING, {})
    for name, story in {"by_hand": by_hand, "by_hand_killed": by_hand_until_killed}.items():
        if recording.wants(name):
            rig = recording.rig
            async with Database(rig.config.database_url(rig.layout.base)) as database:
                await manual.open_manual(
                    await recording.client(), rig.config, rig.layout, database, BOARD, by="kim", reason="look",
                    single_steps=True,
                )  # fmt: skip
            await recording.keep(name, story, BOARD)


async def _record_others(recording: Recording) -> None:
    mine, holder = SHARING

    async def waits_for_others(run: Any) -> None:
        await stage.shows(run, lambda now: "shared instrument" in now.waiting_for)

    async def waits_and_is_killed(run: Any) -> None:
        await stage.shows(run, lambda now: f"{MEETING[1]} at burn_in" in now.waiting_for)
        assert await recording.rig.kill(MEETING[0])

    if recording.wants("shared"):
        rig = recording.rig
        async with Database(rig.config.database_url(rig.layout.base)) as database:
            await start_run(
                await recording.client(), rig.config, rig.layout, Runs(database), batch_id=holder,
                started_by="recording", unit=UnitUnderTest(), parameters={"hold": 6.0},
            )  # fmt: skip
        await recording.in_step("feed")
    await recording.run("shared", waits_for_others, mine, {"hold": 0.2})
    await recording.run("met", waits_and_is_killed, MEETING[0], {"before": 0.1}, meets={MEETING[1]: {"before": 6.0}})


async def _record_repairs(recording: Recording) -> None:
    async def supply_comes_back(run: Any) -> None:
        await recording.in_step("input_voltage")
        await recording.bench.unplug("psu", BOARD)
        await stage.shows(run, lambda now: "connecting again" in now.waiting_for)
        await recording.bench.heal("psu", BOARD)

    async def supply_stays_away(run: Any) -> None:
        await recording.in_step("input_voltage")
        await recording.bench.unplug("psu", BOARD)
        await stage.reaches(run, RunState.INTERRUPTED)
        await recording.bench.heal("psu", BOARD)
        await stage.choose(run, "resume")

    await recording.run("repaired", supply_comes_back, BOARD, {"settle_time": 0.5})
    await recording.run("repair_asked", supply_stays_away, BOARD, {"settle_time": 0.5})


async def _record_units(recording: Recording) -> None:
    def swapped(choice: str) -> Story:
        async def story(run: Any) -> None:
            await recording.in_step("soak")
            assert await recording.rig.kill(CHAMBER)
            await recording.bench.set_unit(f"slot_{BENCH_SLOT}", "good", serial=f"SN-{choice}")
            await stage.reaches(run, RunState.INTERRUPTED)
            await stage.choose(run, choice)

        return story

    for choice in ("resume", "full_restart", "abort"):
        soak = {"soak_hours": 0.001, "sample_seconds": 0.2, "temperature": 27.0}
        await recording.run(f"another_unit_{choice}", swapped(choice), CHAMBER, soak)
