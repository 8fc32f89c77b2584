"""Every value of `error_handling.hardware_errors` against a real fault of the simulated bench."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from station.config.model import StationConfig
from station.control import commands
from station.control.connect import connect
from station.domain.outcome import Outcome, RunState
from station.hardware.simulation.control import BenchControl
from station.storage.database import Database
from station.storage.run_rows import RunRecord
from station.storage.runs import Runs
from tests.faults.rig import Rig, bench_slot, choose_ports, make_rig
from tests.faults.shift import ended, start, until_step

pytestmark = [pytest.mark.station, pytest.mark.faults, pytest.mark.timeout(120)]

AT = "input_voltage"
"""The step in which the fault comes: the supply is on, and multimeter and supply are still to be asked."""


@dataclass(frozen=True)
class Row:
    """One fault under one setting, on a slot of its own: one that ends unsafe takes no further run.

    Attributes:
        healed: Seconds after the fault; None: when the run asks, or never.
        answer: What the run is told when it asks; empty: it must not ask.
    """

    slot: int
    instrument: Literal["dmm", "psu"]
    fault: Literal["unplug", "silence"]
    setting: dict[str, Any]
    outcome: Outcome
    healed: float | None = None
    answer: str = ""


ROWS = {
    "reconnect_attempts: enough": Row(
        1, "dmm", "unplug", {"reconnect_attempts": 20, "reconnect_delay": 0.5, "on_failure": "safe_stop"},
        Outcome.PASSED, healed=2.0,
    ),
    "reconnect_attempts: 0 asks at once": Row(
        2, "psu", "unplug", {"reconnect_attempts": 0, "on_failure": "pause_wait"}, Outcome.PASSED, answer="resume",
    ),
    "reconnect_delay: the one try comes late enough": Row(
        3, "psu", "unplug", {"reconnect_attempts": 1, "reconnect_delay": 4, "on_failure": "safe_stop"},
        Outcome.PASSED, healed=2.5,
    ),
    "on_failure: auto_reconnect goes on": Row(
        4, "psu", "unplug", {"reconnect_attempts": 1, "reconnect_delay": 0.1, "on_failure": "auto_reconnect"},
        Outcome.PASSED, healed=5.0,
    ),
    "on_failure: pause_wait, told to abort": Row(
        5, "dmm", "silence", {"reconnect_attempts": 1, "reconnect_delay": 0.1, "on_failure": "pause_wait"},
        Outcome.ABORTED, answer="abort",
    ),
    "on_failure: safe_stop": Row(
        6, "dmm", "unplug", {"reconnect_attempts": 1, "reconnect_delay": 0.1, "on_failure": "safe_stop"},
        Outcome.ERROR,
    ),
}  # fmt: skip


CHAMBERS = {
    "reconnect": {"reconnect_attempts": 40, "reconnect_delay": 0.5, "on_failure": "safe_stop"},
    "pause_wait": {"reconnect_attempts": 1, "reconnect_delay": 0.1, "on_failure": "pause_wait"},
    "auto_reconnect": {"reconnect_attempts": 1, "reconnect_delay": 0.1, "on_failure": "auto_reconnect"},
    "safe_stop": {"reconnect_attempts": 1, "reconnect_delay": 0.1, "on_failure": "safe_stop"},
}
"""One PLC serves all chambers, so one fault meets every setting; each has a chamber of its own."""
SOAK = {"soak_hours": 0.001, "sample_seconds": 0.1, "temperature": 27.0}
"""Four seconds under load, in chambers that are warm enough as they are."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    ports = choose_ports()
    folder: Path = tmp_path_factory.mktemp("repair")
    boards = [bench_slot(number, ports) for number in range(1, len(ROWS) + 1)]
    chambers = [{**bench_slot(number, ports, "aging_test"), "id": name} for number, name in enumerate(CHAMBERS, 1)]
    rig = make_rig(folder, [*boards, *chambers], ports)
    try:
        rig.start_bench(slots=len(ROWS))
        rig.start_station()
        yield rig
    finally:
        rig.close()


def with_setting(config: StationConfig, setting: dict[str, Any]) -> StationConfig:
    """Read the configuration as if it had this setting; the plan of a run is made of it."""
    given = config.model_dump(mode="json")
    given["error_handling"]["hardware_errors"] = setting
    return StationConfig.model_validate(given)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
async def test_a_fault_of_an_instrument_is_handled_as_the_station_says(rig: Rig, row: Row) -> None:
    slot, bench = f"slot_{row.slot}", BenchControl(rig.ports["control"])
    configured = Rig(rig.folder, with_setting(rig.config, row.setting), rig.layout)

    run_id = await start(configured, slot, {"settle_time": 0.5})
    await until_step(rig, run_id, AT)
    await (bench.unplug if row.fault == "unplug" else bench.silence)(row.instrument, slot)
    if row.healed is not None:
        await asyncio.sleep(row.healed)
        await bench.heal(row.instrument, slot)
    if row.answer:
        waiting = await until_it_asks(rig, run_id)
        assert waiting.state is RunState.INTERRUPTED
        await bench.heal(row.instrument, slot)
        client = await connect(rig.config, identity="test")
        await commands.recover_run(client, rig.config, slot, choice=row.answer, by="kim")
    run, _ = await ended(rig, run_id)

    assert run.outcome is row.outcome, run
    if row.outcome is Outcome.PASSED:
        assert run.recoveries >= 1
    if row.outcome is Outcome.ERROR:
        assert run.reason is not None
        assert run.reason.code.startswith("HARDWARE_")


async def test_a_stopped_opc_ua_server_is_handled_as_the_station_says(rig: Rig) -> None:
    bench = BenchControl(rig.ports["control"])
    runs = await soak_in(rig, {name: name for name in CHAMBERS})

    await bench.stop_server()
    asking = await until_it_asks(rig, runs["pause_wait"])
    await until_state(rig, runs["safe_stop"], RunState.CLEANING_UP, RunState.COMPLETED)
    await bench.heal("plc")
    await commands.recover_run(
        await connect(rig.config, identity="test"), rig.config, "pause_wait", choice="resume", by="kim"
    )
    ends = {name: (await ended(rig, run_id))[0] for name, run_id in runs.items()}

    assert asking.state is RunState.INTERRUPTED
    assert {name: end.outcome for name, end in ends.items()} == {
        "reconnect": Outcome.PASSED,
        "pause_wait": Outcome.PASSED,
        "auto_reconnect": Outcome.PASSED,
        "safe_stop": Outcome.ERROR,
    }, {name: end.reason for name, end in ends.items()}
    assert all(end.recoveries >= 1 for name, end in ends.items() if name != "safe_stop")
    reason = ends["safe_stop"].reason
    assert reason is not None
    assert reason.code == "HARDWARE_NOT_CONNECTED"


async def test_values_of_bad_quality_are_a_fault_of_the_hardware_and_never_a_measurement(rig: Rig) -> None:
    bench = BenchControl(rig.ports["control"])
    # One that is told to stop safely may be in quarantine from the test before: another chamber plays it.
    runs = await soak_in(rig, {"pause_wait": "pause_wait", "reconnect": "safe_stop"})

    for number, name in enumerate(CHAMBERS, 1):
        if name in runs:
            await bench.bad_quality(f"slot_{number}")
    asking = await until_it_asks(rig, runs["pause_wait"])
    stopped, steps = await ended(rig, runs["reconnect"])
    await bench.heal("plc")
    await commands.recover_run(
        await connect(rig.config, identity="test"), rig.config, "pause_wait", choice="resume", by="kim"
    )
    resumed, _ = await ended(rig, runs["pause_wait"])

    assert asking.outcome is None
    assert stopped.outcome is Outcome.ERROR
    assert stopped.reason is not None
    assert (stopped.reason.code, stopped.reason.step) == ("HARDWARE_COMMUNICATION", "soak")
    assert "BadSensorFailure" in stopped.reason.message
    assert (steps["soak"].result is None) or steps["soak"].result.measurements == ()
    assert stopped.hardware_safe
    assert resumed.outcome is Outcome.PASSED, resumed.reason


async def soak_in(rig: Rig, settings: dict[str, str]) -> dict[str, str]:
    """Start a run in each chamber, under the setting named, and wait until all are under load; gives their ids."""
    configured = {
        chamber: Rig(rig.folder, with_setting(rig.config, CHAMBERS[setting]), rig.layout)
        for chamber, setting in settings.items()
    }
    ids = await asyncio.gather(*(start(rig_, chamber, SOAK) for chamber, rig_ in configured.items()))
    await asyncio.gather(*(until_step(rig, run_id, "soak") for run_id in ids))
    return dict(zip(settings, ids, strict=True))


async def until_it_asks(rig: Rig, run_id: str) -> RunRecord:
    """Wait until the run asks; returns its row."""
    return await until_state(rig, run_id, RunState.INTERRUPTED)


async def until_state(rig: Rig, run_id: str, *states: RunState) -> RunRecord:
    """Wait until the run is in one of the states; returns its row."""
    async with Database(rig.config.database_url(rig.layout.base)) as database, asyncio.timeout(40):
        while True:
            run = await Runs(database).get(run_id)
            if run is not None and run.state in states:
                return run
            await asyncio.sleep(0.05)
