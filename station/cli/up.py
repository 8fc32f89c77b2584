"""`station up`: becomes the station's supervisor, with a simulated bench beside it where that is wished for."""

import asyncio
import os
import sys
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from station.cli import processes
from station.cli.place import Place
from station.control.connect import address_of
from station.control.presence import presence
from station.domain.errors import StationUpError


def become_supervisor(place: Place, console: Console, bench: processes.BenchWish | None) -> NoReturn:
    """Replace this process by the supervisor.

    Args:
        place: The station.
        console: Where the addresses are written.
        bench: The simulated bench to start first; it ends with the supervisor. None: no bench.

    Raises:
        StationUpError: If a station is up in this data directory already.
    """
    env = processes.environment(os.environ)
    if presence(place.layout).up:
        msg = f"The station is up already in {place.layout.data}; end it first, or set data_dir to another folder."
        raise StationUpError(msg, data=str(place.layout.data))
    _print_addresses(place, console)
    if bench is not None:
        _start_bench(place, console, env, bench)
    command = processes.supervisor_command(place.config_file)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(command[0], command, env)  # noqa: S606 - the interpreter that runs this


def _start_bench(place: Place, console: Console, env: dict[str, str], wish: processes.BenchWish) -> None:
    folder, log = place.layout.simulation, place.layout.logs / "bench.log"
    bench = processes.start(processes.bench_command(folder, wish), log, env)
    asyncio.run(processes.until_ready(bench, folder / "bench.json", "The simulated bench", log, processes.BENCH_WITHIN))
    console.print(f"Simulated bench   {_shown(folder)}, {wish.slots} slots, process {bench.pid}")


def _print_addresses(place: Place, console: Console) -> None:
    config = place.config
    console.print(
        f"Station           {config.station.name} ({config.station.id}), files in {_shown(place.layout.data)}"
    )
    server = config.server
    if server.enabled and server.port:
        host = f"[{server.host}]" if ":" in server.host else server.host
        console.print(f"API               http://{host}:{server.port}, described at /docs")
    console.print(f"Temporal          {address_of(config)}")
    if not config.temporal.address:
        console.print(f"Temporal Web UI   http://127.0.0.1:{config.temporal.ui_port}")


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
