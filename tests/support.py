"""Whole stations and benches for tests: real processes on free ports, each ended by its own process id."""

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml
from temporalio.client import Client

from station.config.load import load_config
from station.config.model import StationConfig
from station.control.connect import connect
from station.control.layout import Layout
from station.hardware.simulation.settings import BenchPorts
from station.storage.database import Database

ROOT = Path(__file__).parents[1]
READY_WITHIN = 60.0
DOWN_WITHIN = 60.0


@dataclass
class RunningStation:
    """A station in a folder of its own.

    Attributes:
        folder: The folder the station lives in; commands are run there.
        config_file: Its station.yaml.
        process: Its supervisor; None while it is down.
    """

    folder: Path
    config_file: Path
    config: StationConfig
    layout: Layout
    process: "subprocess.Popen[bytes] | None" = None
    _log: Path = field(init=False)

    def __post_init__(self) -> None:
        self._log = self.folder / "up.log"

    @property
    def pid(self) -> int:
        """The supervisor's process."""
        assert self.process is not None, "the station is down"
        return self.process.pid

    def up(self) -> None:
        """Start it and wait until it can take runs."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "worker", "up", "--config", str(self.config_file)],
                cwd=self.folder, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        until(lambda: self._says_ready(), READY_WITHIN, f"the station is not ready, see {self._log}")

    def down(self) -> None:
        """Take it down in order and wait until every process of it is gone."""
        if self.process is None:
            return
        family = _family(self.process.pid)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(DOWN_WITHIN)
        finally:
            _end(family)
            self.process.wait()
            self.process = None

    def kill(self) -> None:
        """Kill the supervisor; the rest dies with it. Like a power cut, without losing the disk's cache."""
        assert self.process is not None, "the station is down"
        family = _family(self.process.pid)
        self.process.kill()
        self.process.wait()
        self.process = None
        _end(family, ask=False)

    def cut_power(self) -> None:
        """Kill every process of it before any can notice that another is gone."""
        assert self.process is not None, "the station is down"
        self.process.send_signal(signal.SIGSTOP)  # it starts nothing any more
        for process in (family := _family(self.process.pid)):
            with suppress(psutil.Error):
                process.kill()
        self.process.kill()
        self.process.wait()
        self.process = None
        _end(family, ask=False)

    def child(self, name: str) -> psutil.Process:
        """One of the station's processes: `temporal`, `engine`, or the id of a batch."""
        for process in psutil.Process(self.pid).children(recursive=True):
            with suppress(psutil.Error):
                # Processes born in the nursery have its command line and a name of their own.
                if process.name() == name[:15] or process.cmdline()[1:5] in _roles(name):
                    return process
        raise AssertionError(f"the station has no process {name}")

    def cli(self, *words: str, timeout: float = 60) -> "subprocess.CompletedProcess[str]":
        """Run `station WORDS --config ...` in the station's folder, to its end."""
        return cli(*words, "--config", str(self.config_file), folder=self.folder, timeout=timeout)

    def start_cli(self, *words: str) -> "subprocess.Popen[str]":
        """Start `station WORDS --config ...` in the station's folder; the caller waits for its end."""
        return subprocess.Popen(
            [*_STATION, *words, "--config", str(self.config_file)],
            cwd=self.folder, env=environment(), text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    async def client(self) -> Client:
        """A connection to its engine."""
        return await connect(self.config, identity="test")

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """Its results database, open."""
        async with Database(self.config.database_url(self.folder)) as database:
            yield database

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the results database answers to a query, without waiting for anybody."""
        with closing(
            sqlite3.connect(f"{self.layout.data.as_uri()}/station.db?mode=ro", uri=True, timeout=10)
        ) as reader:
            return reader.execute(query).fetchall()

    def _says_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the station ended with {self.process.returncode}:\n{self._log.read_text()[-3000:]}")
        try:
            return bool(json.loads(self.layout.ready.read_text())["pid"] == self.process.pid)
        except (OSError, ValueError):
            return False


@contextmanager
def running_station(
    tmp_path: Path,
    batches: Sequence[Mapping[str, Any]],
    *,
    start: bool = True,
    station_id: str = "T1",
    **sections: Any,
) -> Iterator[RunningStation]:
    """A station on free ports, with these batches as station.yaml has them.

    Args:
        tmp_path: A folder of its own.
        batches: `sequence_package` may be a Path anywhere; `auto_start` is true unless said otherwise.
        start: Whether to start it at once.
        station_id: Its identity.
        sections: Further sections of station.yaml, such as `execution={"grace_period": 1}`.
    """
    station = prepare_station(tmp_path, batches, station_id=station_id, **sections)
    try:
        if start:
            station.up()
        yield station
    finally:
        station.down()


def prepare_station(
    folder: Path, batches: Sequence[Mapping[str, Any]], *, station_id: str = "T1", **sections: Any
) -> RunningStation:
    """Write a station's configuration on free ports; nothing is started."""
    temporal, ui, server = free_ports(3)
    config_file = folder / "config" / "station.yaml"
    config_file.parent.mkdir(parents=True, exist_ok=True)
    data = {
        "station": {"id": station_id, "name": f"Station {station_id}"},
        **sections,
        "server": {"enabled": False, "port": server, **sections.get("server", {})},
        "temporal": {"port": temporal, "ui_port": ui, **sections.get("temporal", {})},
        "batches": [
            {"auto_start": True, **batch, "sequence_package": str(batch["sequence_package"])} for batch in batches
        ],
    }
    config_file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    config = load_config(config_file, {})
    return RunningStation(folder, config_file, config, Layout.of(config, folder))


@dataclass(frozen=True)
class RunningBench:
    """A simulated bench in a process of its own; `log` is what it wrote down."""

    folder: Path
    process: "subprocess.Popen[bytes]"
    ports: BenchPorts
    log: Path

    def hardware(self, slot: str = "slot_1") -> dict[str, Any]:
        """The `hardware` section of a batch that runs pcb_test on this slot."""
        return {
            "dmm": {"port": self.ports.dmm[slot], "baudrate": 9600},
            "power": {"ip": "127.0.0.1", "port": self.ports.psu[slot]},
        }


@contextmanager
def running_bench(tmp_path: Path, *words: str, slots: int = 1) -> Iterator[RunningBench]:
    """A simulated bench on free ports; `words` are further arguments, such as `--unit bad`."""
    folder, log = tmp_path / "sim", tmp_path / "bench.out"
    ports = ("--psu-port", "0", "--opcua-port", "0", "--control-port", "0")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "station.hardware.simulation", "--dir", str(folder), "--slots", str(slots), *ports,
             *words],
            env=environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        file = folder / "bench.json"
        until(lambda: _announced(file, process), 30, f"the bench is not ready: {log.read_text()}")
        about = json.loads(file.read_text())
        yield RunningBench(folder, process, BenchPorts.model_validate(about["ports"]), Path(about["log"]))
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_STATION = (sys.executable, "-m", "station.cli")


def cli(*words: str, folder: Path, timeout: float = 60) -> "subprocess.CompletedProcess[str]":
    """Run the command `station` in a folder, to its end."""
    return subprocess.run(
        [*_STATION, *words],
        cwd=folder, env=environment(), text=True, capture_output=True, timeout=timeout,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def environment() -> dict[str, str]:
    """The environment of a station under test: nothing of ours configures it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STATION_")}
    return {**clean, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"}


def free_ports(count: int) -> list[int]:
    """Ports nobody uses now, below those that the system gives to whoever calls: such a one may be gone by then."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(10_000, 20_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found += [port] if port not in found else []
    return found


def until(condition: Any, within: float, message: str, every: float = 0.05) -> None:
    """Wait until a condition holds; fails the test with the message when it does not in time."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(message)
        time.sleep(every)


def _roles(name: str) -> list[list[str]]:
    return [["-m", "worker", "batch", name], ["-m", "worker", name, "--config"]]


def _announced(file: Path, process: "subprocess.Popen[bytes]") -> bool:
    if process.poll() is not None:
        raise AssertionError(f"the bench ended with {process.returncode}")
    try:
        return bool(json.loads(file.read_text())["pid"] == process.pid)
    except (OSError, ValueError):
        return False


def _family(pid: int) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def _end(processes: list[psutil.Process], *, ask: bool = True) -> None:
    """Wait until these are gone; what is left after a while is killed."""
    _, alive = psutil.wait_procs(processes, timeout=5 if ask else 2)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
