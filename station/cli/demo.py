"""`station demo`: one unit through the whole station, with real processes of its own, and nothing left behind."""

import asyncio
import fcntl
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from station.cli import processes
from station.cli.output import EXIT_ERROR
from station.domain.errors import DemoBusyError, StationError

FOLDER = Path("data/demo")
BATCH = "batch_1"
WIP = "WIP-KR01PSA2511-001"
LIMIT = timedelta(seconds=120)
"""After this long something hangs, and the demo ends with what the logs say."""
READY_WITHIN = timedelta(seconds=60)
STATION_ENDS_WITHIN = timedelta(seconds=40)
BENCH_ENDS_WITHIN = timedelta(seconds=5)


def demo(unit: str, console: Console, *, keep: bool) -> int:
    """Take one unit through a station of its own.

    Args:
        unit: good or bad.
        console: Where everything is written.
        keep: Whether to leave the station up after the run, until Ctrl-C.

    Returns:
        The exit code that tells the outcome; 2 where something hangs.
    """
    folder = FOLDER.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    # Settings for the real station must not reach this one.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STATION_")}
    env = processes.environment(clean)
    with _alone(folder), _sigterm_is_an_exception():
        config_file, ports = _write_config(folder)
        console.print(f"A station of its own in {FOLDER}: bench with a {unit} unit, Temporal, engine, {BATCH}")
        with _bench_and_station(folder, config_file, ports, unit, env) as running:
            try:
                return asyncio.run(_within_limit(config_file, folder, running, console, keep=keep))
            except (StationError, TimeoutError) as error:
                _diagnose(console, folder, error)
                return EXIT_ERROR


async def _within_limit(
    config_file: Path, folder: Path, running: "tuple[_Process, _Process]", console: Console, *, keep: bool
) -> int:
    async with asyncio.timeout(LIMIT.total_seconds()):
        code = await _one_unit(config_file, folder, running, console)
    if keep:
        from station.cli.place import Place

        ui_port = Place.of(config_file).config.temporal.ui_port
        console.print(f"\nThe station stays up until Ctrl-C. Temporal Web UI: http://127.0.0.1:{ui_port}")
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
    return code


async def _one_unit(config_file: Path, folder: Path, running: "tuple[_Process, _Process]", console: Console) -> int:
    # Imported while the processes load themselves too.
    from station.cli.place import Place
    from station.cli.running import run
    from station.control.commands import run_handle, stop_run
    from station.domain.errors import BatchBusyError
    from station.domain.run import UnitUnderTest

    bench, supervisor = running
    place = Place.of(config_file)
    logs = folder / "logs"
    bench_file = place.layout.simulation / "bench.json"
    await processes.until_ready(bench, bench_file, "The simulated bench", logs / "bench.log", READY_WITHIN)
    await processes.until_ready(supervisor, place.layout.ready, "The station", logs / "up.log", READY_WITHIN)
    unit = UnitUnderTest(wip=WIP, process=1, operator="demo")
    try:
        return await run(place, BATCH, unit, {}, wait=True, json=False, console=console)
    except BatchBusyError:
        console.print("An earlier demo was cut off; its run is stopped first.")
        client = await place.client()
        await stop_run(client, place.config, BATCH, by="demo", reason="a new demo begins")
        await run_handle(client, place.config, BATCH).result()
        return await run(place, BATCH, unit, {}, wait=True, json=False, console=console)


_Process = subprocess.Popen[bytes]


@contextmanager
def _bench_and_station(
    folder: Path, config_file: Path, ports: Mapping[str, int], unit: str, env: Mapping[str, str]
) -> "Iterator[tuple[_Process, _Process]]":
    """Start both at once; take them down in order, the station first, so that it can make the bench safe."""
    wish = processes.BenchWish(1, ports["psu"], ports["opcua"], ports["control"])
    command = processes.bench_command(folder / "sim", wish, "--unit", unit)
    bench = processes.start(command, folder / "logs" / "bench.log", env)
    try:
        supervisor = processes.start(processes.supervisor_command(config_file), folder / "logs" / "up.log", env)
        try:
            yield bench, supervisor
        finally:
            with _undisturbed():
                processes.end(supervisor, STATION_ENDS_WITHIN)
    finally:
        with _undisturbed():
            processes.end(bench, BENCH_ENDS_WITHIN)


def _write_config(folder: Path) -> tuple[Path, dict[str, int]]:
    """Write the demo station's configuration, on ports that are free now."""
    ports = _free_ports("temporal", "ui", "psu", "opcua", "control", "server")
    relative = FOLDER.as_posix()
    config: dict[str, Any] = {
        "station": {"id": "DEMO", "name": "Demo station"},
        "data_dir": relative,
        "shutdown": "stop_runs",
        "server": {"port": ports["server"]},
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
    return file, ports


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
