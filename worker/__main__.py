"""`python -m worker up | engine | batch ID`: one process of a station."""

import argparse
import asyncio
import fcntl
import importlib
import logging
import os
import signal
import sys
import time
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from temporalio.client import Client

from station.config.load import EXIT_CONFIG, check_packages, load_config
from station.config.model import StationConfig
from station.control.connect import connect
from station.control.layout import Layout
from station.control.pulse import beat
from station.control.sdk_metrics import measured_runtime
from station.domain.clock import SystemClock
from station.domain.errors import ConfigError, StationError
from station.mes.client import make_client
from station.observability.logs import set_up_logging
from station.storage.breakers import Breakers
from station.storage.database import Database
from station.storage.migrate import migrate
from station.storage.queue import SyncQueue
from worker import build
from worker.batch import run_batch
from worker.mes_ledger import MesLedger
from worker.mes_watch import MesWatch
from worker.nursery import Nursery
from worker.supervisor import Supervisor

logger = logging.getLogger("worker")

EXIT_FAILED = 2
"""As for a run that ends in ERROR: 1 would say that a unit is bad."""
EXIT_LOCKED = 75
"""Another supervisor owns the data directory (EX_TEMPFAIL)."""


def main(words: Sequence[str]) -> int:
    """Run one role; returns its exit code."""
    arguments = _parse(words)
    base = Path.cwd()
    # First of all: a process that forks must have no threads, and the forks must not hold its locks.
    nursery = Nursery.open(main, _load_for_batches) if arguments.role == "up" else None
    try:
        config = load_config(arguments.config, os.environ)
        if arguments.role == "up":
            check_packages(config, arguments.config, base)
    except ConfigError as error:
        sys.stderr.write(f"{error.message}\n")
        return EXIT_CONFIG
    layout = Layout.of(config, base)
    layout.ready.parent.mkdir(parents=True, exist_ok=True)
    set_up_logging(config.logging, layout.base, arguments.batch or arguments.role, console=arguments.role == "up")
    if arguments.not_before:
        time.sleep(max(0.0, arguments.not_before - time.monotonic()))
    try:
        return _run(arguments, config, layout, nursery)
    except StationError as error:
        logger.error("%s: %s", error.code, error.message)
        return EXIT_FAILED


def _load_for_batches() -> None:
    importlib.import_module("station.sdk")  # every package imports it; the OPC UA library behind it takes its time


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m worker", description=__doc__)
    parser.add_argument("role", choices=["up", "engine", "batch"])
    parser.add_argument("batch", nargs="?", default="", help="id of the batch, for the role batch")
    parser.add_argument("--config", type=Path, default=Path("config/station.yaml"), help="station.yaml")
    parser.add_argument(
        "--not-before", type=float, default=0.0, help="begin at this moment of the monotonic clock, load meanwhile"
    )
    return parser.parse_args(words)


def _run(arguments: argparse.Namespace, config: StationConfig, layout: Layout, nursery: Nursery | None) -> int:
    match arguments.role:
        case "up":
            return _up(config, arguments.config, layout, nursery)
        case "engine":
            asyncio.run(_alive(_engine(config, layout), config, layout, "engine"))
        case _:
            config.batch(arguments.batch)
            work = run_batch(config, layout, arguments.batch)
            asyncio.run(_alive(work, config, layout, arguments.batch))
    return 0


async def _alive(work: Coroutine[Any, Any, None], config: StationConfig, layout: Layout, name: str) -> None:
    """Do a process's work and give signs of life meanwhile."""
    pulse = asyncio.create_task(beat(layout.pulse_file(name), config.execution.heartbeat_interval))
    try:
        await work
    finally:
        pulse.cancel()


def _up(config: StationConfig, config_file: Path, layout: Layout, nursery: Nursery | None) -> int:
    with layout.lock.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.error("another station is up in %s; stop it, or set data_dir to another folder", layout.data)
            return EXIT_LOCKED
        asyncio.run(_supervise(config, config_file.absolute(), layout, nursery))
    return 0


async def _supervise(config: StationConfig, config_file: Path, layout: Layout, nursery: Nursery | None) -> None:
    url = config.database_url(layout.base)
    await migrate(url)
    async with Database(url) as database:
        supervisor = Supervisor(config, config_file, layout, database, nursery)
        await supervisor.run(ready=_say_ready)


def _say_ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


async def _engine(config: StationConfig, layout: Layout) -> None:
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    url = config.database_url(layout.base)
    await migrate(url)  # the engine may run without a supervisor
    async with Database(url) as database:
        connecting = asyncio.create_task(
            connect(
                config,
                identity=f"{config.station.id}/engine/{os.getpid()}",
                within=None,
                runtime=measured_runtime(layout, "engine"),
            )
        )
        end = asyncio.create_task(ending.wait())
        await asyncio.wait([connecting, end], return_when=asyncio.FIRST_COMPLETED)
        if not connecting.done():
            connecting.cancel()
            with suppress(asyncio.CancelledError):
                await connecting
            return
        await _serve_engine(connecting.result(), config, database, ending)


async def _serve_engine(client: Client, config: StationConfig, database: Database, ending: asyncio.Event) -> None:
    async with AsyncExitStack() as stack:
        telling = None
        if config.backend.url:
            mes = make_client(config.backend, station_id=config.station.id)
            stack.push_async_callback(mes.close)
            telling = build.mes_activities(client, config, mes, database)
            watch = MesWatch(mes, SyncQueue(database), client, config.station.id)
            watching = asyncio.create_task(watch.keep())
            stack.callback(watching.cancel)
            ledger = asyncio.create_task(MesLedger(mes, Breakers(database), SystemClock()).keep())
            stack.callback(ledger.cancel)
        await stack.enter_async_context(build.engine_worker(client, config, database, telling))
        logger.info("engine is ready")
        if telling is not None:
            # What is owed is in the results database; the engine's own store may be a new one.
            handing_over = asyncio.create_task(telling.hand_over_open_items())
            stack.callback(handing_over.cancel)
        await ending.wait()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    logging.shutdown()
    sys.stdout.flush()
    # The interpreter's own way out can be aborted by the SDK's threads (exit code 134).
    os._exit(code)
