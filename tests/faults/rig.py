"""A whole station in a folder of its own, whose processes can be killed one by one or all at once."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from station.config.load import load_config
from station.config.model import StationConfig
from station.control.layout import Layout
from station.hardware.simulation.witness import read_log

ROOT = Path(__file__).parents[2]
UP_WITHIN = 60.0
"""Seconds a station may take to come up before that itself is a failure."""


@dataclass
class Rig:
    """A simulated bench that nobody kills, and a station beside it that everybody may.

    Attributes:
        folder: Where the station lives.
        killed: Process ids the nemesis has ended.
    """

    folder: Path
    config: StationConfig
    layout: Layout
    killed: list[int] = field(default_factory=list)
    _bench: subprocess.Popen[bytes] | None = None
    _station: subprocess.Popen[bytes] | None = None
    _starting: threading.Lock = field(default_factory=threading.Lock)

    @property
    def config_file(self) -> Path:
        return self.folder / "config" / "station.yaml"

    @property
    def bench_log(self) -> Path:
        return self.layout.simulation / "bench.log"

    # Up and down

    def start_bench(self, *, slots: int = 3, unit: str = "good", time_scale: float = 1.0) -> None:
        output = self.folder / "bench.out"
        self._bench = self._spawn(
            output, "station.hardware.simulation", "--dir", str(self.layout.simulation),
            "--slots", str(slots), "--unit", unit, "--time-scale", str(time_scale),
            "--psu-port", str(self.ports["psu"]), "--opcua-port", str(self.ports["plc"]),
            "--control-port", str(self.ports["control"]),
        )  # fmt: skip
        self._until(lambda: b"ready" in output.read_bytes(), "the bench")

    def start_station(self) -> float:
        """Start it and wait until it takes runs; returns how many seconds that took.

        Where somebody is starting it already, this waits for that: a thread goes on when the task that waits for it is
        cancelled, and whoever cancelled it may find the station down and start it too.
        """
        begun = time.monotonic()
        with self._starting:
            if not self.station_is_up:
                output = self.folder / "station.out"
                self._station = self._spawn(output, "worker", "up", "--config", str(self.config_file))
                station = self._station
                self._until(lambda: self._is_ready(station), "the station")
        return time.monotonic() - begun

    def stop_station(self) -> int:
        """Take the station down in order; returns its exit code."""
        assert self._station is not None
        self._station.send_signal(signal.SIGTERM)
        return self._station.wait(timeout=60)

    def close(self) -> None:
        """End whatever is left of what this rig started."""
        self.kill_everything()
        if self._bench is not None:
            self._bench.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._bench.wait(timeout=10)
            self._bench.kill()

    @property
    def station_is_up(self) -> bool:
        return self._station is not None and self._station.poll() is None

    # Killing

    def process(self, target: str) -> psutil.Process | None:
        """Find a process of the station: `supervisor`, `temporal`, `engine`, or a batch's id."""
        if not self.station_is_up or self._station is None:
            return None
        with contextlib.suppress(psutil.NoSuchProcess, OSError, ValueError):
            if target == "supervisor":
                return psutil.Process(self._station.pid)
            process = psutil.Process(int(self.layout.process_file(target).read_text(encoding="utf-8")))
            if process.ppid() == self._station.pid and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None

    async def kill(self, target: str, patience: float = 10.0) -> bool:
        """Kill -9 one process; waits a while for one that is only just being restarted."""
        if target == "everything":
            self.kill_everything()
            return True
        give_up = time.monotonic() + patience
        while time.monotonic() < give_up:
            process = self.process(target)
            if process is not None:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGKILL)
                    self.killed.append(process.pid)
                    if target == "supervisor":
                        self._reap()
                    return True
            await asyncio.sleep(0.05)
        return False

    def kill_everything(self) -> None:
        """A power cut: kill -9 to every process of the station within the same millisecond."""
        if self._station is None:
            return
        victims: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            supervisor = psutil.Process(self._station.pid)
            victims = [supervisor, *supervisor.children(recursive=True)]
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.send_signal(signal.SIGKILL)
        psutil.wait_procs(victims, timeout=10)
        self._reap()

    def _reap(self) -> None:
        if self._station is not None:
            self._station.wait(timeout=10)
            self._station = None
        # The children go with the supervisor; the next station must not meet a dying one.
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and any(_belongs(process, self.folder) for process in psutil.process_iter()):
            time.sleep(0.02)

    # Small things

    @property
    def ports(self) -> dict[str, int]:
        ports: dict[str, int] = json.loads((self.folder / "ports.json").read_text(encoding="utf-8"))
        return ports

    @property
    def url(self) -> str:
        """Where the API is served."""
        return str(json.loads(self.layout.api.read_text(encoding="utf-8"))["url"])

    def bench_events(self) -> list[Any]:
        return read_log(self.bench_log)

    def tail(self, lines: int = 30) -> str:
        """The last lines of every log, for whoever must find out what hangs."""
        parts = []
        for file in [self.folder / "station.out", *sorted(self.layout.logs.glob("*.log"))]:
            if file.exists():
                text = file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
                parts.append(f"--- {file.name}\n" + "\n".join(line[:400] for line in text))
        return "\n".join(parts)

    def _is_ready(self, station: subprocess.Popen[bytes]) -> bool:
        if station.poll() is not None:
            raise AssertionError(f"the station ended with {station.returncode}:\n{self.tail()}")
        with contextlib.suppress(OSError, ValueError):
            about = json.loads(self.layout.ready.read_text(encoding="utf-8"))
            return bool(about["pid"] == station.pid)
        return False

    def _until(self, condition: Any, what: str) -> None:
        deadline = time.monotonic() + UP_WITHIN
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not come up:\n{self.tail()}")
            time.sleep(0.02)

    def _spawn(self, output: Path, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        with output.open("ab") as stream:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def choose_ports() -> dict[str, int]:
    """Choose ports nobody uses; those from `psu` on belong to the slots' power supplies."""
    numbers = free_ports(12)
    return {"temporal": numbers[0], "ui": numbers[1], "plc": numbers[2], "control": numbers[3], "psu": numbers[4]}


def make_rig(
    folder: Path, batches: list[dict[str, Any]], ports: dict[str, int], settings: dict[str, Any] | None = None
) -> Rig:
    """Lay out a station in an empty folder.

    Args:
        folder: Made when missing.
        batches: As in station.yaml.
        ports: From `choose_ports`.
        settings: More of station.yaml.
    """
    (folder / "config").mkdir(parents=True, exist_ok=True)
    (folder / "ports.json").write_text(json.dumps(ports), encoding="utf-8")
    content: dict[str, Any] = {
        "station": {"id": "T1", "name": "Torture"},
        "temporal": {"port": ports["temporal"], "ui_port": ports["ui"]},
        "server": {"enabled": False},
        # Killed far more often than any real process dies: it must neither give up nor wait for a minute.
        "recovery": {"max_retries": 1000, "backoff_base": 2, "backoff_max": 2},
        "batches": batches,
        **(settings or {}),
    }
    file = folder / "config" / "station.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    config = load_config(file, {})
    return Rig(folder=folder, config=config, layout=Layout.of(config, folder))


def bench_slot(number: int, ports: dict[str, int], kind: str = "pcb_test") -> dict[str, Any]:
    """Describe a batch wired to one slot of the simulated bench."""
    hardware: dict[str, dict[str, Any]]
    if kind == "aging_test":
        hardware = {"plc": {"endpoint": f"opc.tcp://127.0.0.1:{ports['plc']}", "slot": f"slot_{number}"}}
    else:
        hardware = {
            "dmm": {"port": f"data/sim/slot_{number}/dmm", "baudrate": 9600},
            "power": {"ip": "127.0.0.1", "port": ports["psu"] + number - 1},
        }
    return {
        "id": f"slot_{number}",
        "sequence_package": str(ROOT / "sequences" / kind),
        "hardware": hardware,
        "auto_start": True,
    }


def free_ports(count: int) -> list[int]:
    """Find `count` ports in a row that nobody listens on, below those that the system gives to whoever calls."""
    for base in range(20_000 + os.getpid() * count % 10_000, 32_000, count):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(base, base + count):
                    sock = stack.enter_context(socket.socket())
                    sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return list(range(base, base + count))
    raise AssertionError("no free ports")


def _belongs(process: psutil.Process, folder: Path) -> bool:
    with contextlib.suppress(psutil.Error):
        command = process.cmdline()
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        mine = any(str(folder) in word for word in command)
        return mine and ("start-dev" in command or "worker" in command or "api" in command)
    return False
