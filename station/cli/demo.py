"""`station demo`: one unit through the whole line, with real processes of its own, and nothing left behind."""

import asyncio
import fcntl
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from rich.console import Console

from station.cli import processes
from station.cli.demo_mes import BAD, GOOD, OPERATOR, PROCESSES, DemoMes
from station.cli.output import EXIT_ERROR, OUTCOME_EXIT
from station.domain.errors import DemoBusyError, StationError
from station.domain.outcome import Outcome
from station.testing.reference_mes.settings import Profile

if TYPE_CHECKING:
    from station.cli.place import Place

FOLDER = Path("data/demo")
BATCH = "batch_1"
WIP = "WIP-KR01PSA2511-001"
LIMIT = timedelta(seconds=120)
"""After this long something hangs, and the demo ends with what the logs say."""
READY_WITHIN = timedelta(seconds=60)
STATION_ENDS_WITHIN = timedelta(seconds=40)
BENCH_ENDS_WITHIN = timedelta(seconds=5)
MES_ENDS_WITHIN = timedelta(seconds=5)
SETTLE_TIME = 0.05
"""Seconds; the simulated unit settles faster than a real one, and six runs are to be watched."""
_VERDICTS = {OUTCOME_EXIT[Outcome.PASSED], OUTCOME_EXIT[Outcome.FAILED]}


@dataclass(frozen=True)
class _Running:
    """The demo's processes; without MES, `mes_process` is None."""

    bench: "subprocess.Popen[bytes]"
    supervisor: "subprocess.Popen[bytes]"
    mes_process: "subprocess.Popen[bytes] | None" = None


def demo(unit: str, console: Console, *, profile: Profile | None, keep: bool) -> int:
    """Take one unit through a station of its own, and through every process of a MES of its own.

    Args:
        unit: good or bad.
        console: Where everything is written.
        profile: How the MES speaks; None: one run without MES.
        keep: Whether to leave the station up after the run, until Ctrl-C.

    Returns:
        The exit code that tells the outcome; 2 where something hangs, or the MES was not told exactly what happened.
    """
    folder = FOLDER.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    # Settings for the real station must not reach this one.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STATION_")}
    env = processes.environment(clean)
    with _alone(folder), _sigterm_is_an_exception():
        ports = _free_ports("temporal", "ui", "psu", "opcua", "control", "server", "mes")
        mes = DemoMes(profile, ports["mes"], folder) if profile else None
        config_file = _write_config(folder, ports, mes)
        parts = [f"bench with a {unit} unit", *([f"MES ({mes.profile})"] if mes else []), "Temporal", "engine", BATCH]
        console.print(f"A station of its own in {FOLDER}: {', '.join(parts)}")
        with _processes(folder, config_file, ports, unit, mes, env) as running:
            try:
                return asyncio.run(_within_limit(config_file, folder, running, mes, console, keep=keep))
            except (StationError, TimeoutError) as error:
                _diagnose(console, folder, error)
                return EXIT_ERROR


async def _within_limit(
    config_file: Path, folder: Path, running: _Running, mes: DemoMes | None, console: Console, *, keep: bool
) -> int:
    # Imported while the processes load themselves too.
    from station.cli.place import Place

    async with asyncio.timeout(LIMIT.total_seconds()):
        place = Place.of(config_file, {})  # nor must they mislead whoever asks this one
        await _until_ready(place, folder, running, mes)
        code = await (_one_run(place, console) if mes is None else _whole_line(place, mes, console))
    if keep:
        ui_port = place.config.temporal.ui_port
        console.print(f"\nThe station stays up until Ctrl-C. Temporal Web UI: http://127.0.0.1:{ui_port}")
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
    return code


async def _until_ready(place: "Place", folder: Path, running: _Running, mes: DemoMes | None) -> None:
    logs = folder / "logs"
    bench_file = place.layout.simulation / "bench.json"
    await processes.until_ready(running.bench, bench_file, "The simulated bench", logs / "bench.log", READY_WITHIN)
    if mes is not None and running.mes_process is not None:
        await mes.until_ready(running.mes_process, READY_WITHIN)
    await processes.until_ready(running.supervisor, place.layout.ready, "The station", logs / "up.log", READY_WITHIN)


async def _one_run(place: "Place", console: Console) -> int:
    """Take the unit through one run of which no MES hears."""
    return await _first_run(place, WIP, "demo", console)


async def _whole_line(place: "Place", mes: DemoMes, console: Console) -> int:
    """Take a WIP of the MES through every process; its serial number and the ledger tell whether all went well."""
    from station.cli.running import Manner, RunWish, run
    from station.domain.run import UnitUnderTest

    wip = await mes.new_wip()
    code = await _first_run(place, wip, OPERATOR, console)
    for process in range(2, PROCESSES + 1):
        if code:
            break
        wish = RunWish(BATCH, UnitUnderTest(wip=wip, process=process, operator=OPERATOR))
        code = await run(place, wish, manner=Manner.BRIEF, console=console)
    expected = GOOD if code == 0 else BAD
    ledger = await mes.ledger(wip, expected)
    if serial := await mes.serial(wip):
        console.print(f"serial number  {serial}", markup=False)
    console.print(f"the MES's ledger of {wip}: {ledger}", markup=False)
    if ledger == expected or code not in _VERDICTS:
        return code
    console.print(f"MES_ERROR: The MES was not told exactly what happened; expected were {expected}.", markup=False)
    return EXIT_ERROR


async def _first_run(place: "Place", wip: str, operator: str, console: Console) -> int:
    """Run process 1; what an earlier demo left on the slot is stopped first."""
    from station.cli.running import RunWish, run
    from station.control.commands import run_handle, stop_run
    from station.domain.errors import BatchBusyError, BatchNotRunningError, CommandRefusedError
    from station.domain.run import UnitUnderTest

    wish = RunWish(BATCH, UnitUnderTest(wip=wip, process=1, operator=operator))
    try:
        return await run(place, wish, console=console)
    except BatchBusyError:
        console.print("An earlier demo was cut off; its run is stopped first.")
        client = await place.client()
        with suppress(BatchNotRunningError, CommandRefusedError):  # it may be ending by itself
            await stop_run(client, place.config, BATCH, by="demo", reason="a new demo begins")
        await run_handle(client, place.config, BATCH).result()
        return await run(place, wish, console=console)


@contextmanager
def _processes(
    folder: Path,
    config_file: Path,
    ports: Mapping[str, int],
    unit: str,
    mes: DemoMes | None,
    env: Mapping[str, str],
) -> Iterator[_Running]:
    """Start all at once; take them down in order, the station first, so that it can make the bench safe."""
    wish = processes.BenchWish(1, ports["psu"], ports["opcua"], ports["control"])
    bench_command = processes.bench_command(folder / "sim", wish, "--unit", unit)
    logs = folder / "logs"
    with ExitStack() as stack:
        mes_process = stack.enter_context(_process(mes.command(), mes.log, env, MES_ENDS_WITHIN)) if mes else None
        bench = stack.enter_context(_process(bench_command, logs / "bench.log", env, BENCH_ENDS_WITHIN))
        command = processes.supervisor_command(config_file)
        supervisor = stack.enter_context(_process(command, logs / "up.log", env, STATION_ENDS_WITHIN))
        yield _Running(bench, supervisor, mes_process)


@contextmanager
def _process(
    command: Sequence[str], log: Path, env: Mapping[str, str], ends_within: timedelta
) -> "Iterator[subprocess.Popen[bytes]]":
    process = processes.start(command, log, env)
    try:
        yield process
    finally:
        with _undisturbed():
            processes.end(process, ends_within)


def _write_config(folder: Path, ports: Mapping[str, int], mes: DemoMes | None) -> Path:
    """Write the demo station's configuration."""
    relative = FOLDER.as_posix()
    config: dict[str, Any] = {
        "station": {"id": "DEMO", "name": "Demo station"},
        "data_dir": relative,
        "shutdown": "stop_runs",
        "server": {"port": ports["server"]},
        "backend": mes.backend() if mes else {},
        "logging": {"file": f"{relative}/logs/station.log"},
        "temporal": {"port": ports["temporal"], "ui_port": ports["ui"]},
        "batches": [
            {
                "id": BATCH,
                "name": "Batch 1",
                "sequence_package": str(processes.application_root() / "sequences" / "pcb_test"),
                "hardware": {
                    "dmm": {"port": f"{relative}/sim/slot_1/dmm", "baudrate": 9600},
                    "power": {"ip": "127.0.0.1", "port": ports["psu"]},
                },
                "parameters": {"settle_time": SETTLE_TIME},
                "auto_start": True,
            }
        ],
    }
    file = folder / "station.yaml"
    file.write_text(
        "# Written anew by each `station demo`; look at its results with --config data/demo/station.yaml\n"
        + yaml.safe_dump(config, sort_keys=False),
        encoding="utf-8",
    )
    return file


def _free_ports(*names: str) -> dict[str, int]:
    with _many_sockets(len(names)) as sockets:
        return {name: bound.getsockname()[1] for name, bound in zip(names, sockets, strict=True)}


@contextmanager
def _many_sockets(count: int) -> Iterator[list[socket.socket]]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        yield sockets
    finally:
        for each in sockets:
            each.close()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"Another demo runs in {folder}; wait for its end, or start this one in another folder."
            raise DemoBusyError(msg) from error
        yield


@contextmanager
def _sigterm_is_an_exception() -> Iterator[None]:
    """Let SIGTERM unwind like Ctrl-C does, so that everything is taken down."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Take down to the end, however often somebody presses Ctrl-C; the waits inside have limits."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _diagnose(console: Console, folder: Path, error: Exception) -> None:
    if isinstance(error, StationError):
        console.print(f"{error.code}: {error.message}", markup=False)
    else:
        console.print(f"The demo was not over after {LIMIT.total_seconds():g} s; the ends of its logs:")
    for log in sorted((folder / "logs").glob("*.log")):
        if text := processes.tail(log):
            console.print(f"\n--- {log.name}\n{text}", markup=False)
