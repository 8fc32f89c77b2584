"""`station up`: starts the engine and the batches, watches them, starts them again, and takes them down in order."""

import asyncio
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import psutil
from temporalio.client import Client, WorkflowFailureError
from temporalio.service import RPCError, RPCStatusCode

from station.config.model import BatchConfig, StationConfig
from station.contracts.messages import BatchProcess, StopRequest
from station.contracts.names import run_workflow_id
from station.contracts.run import RunContract
from station.control.connect import address_of, connect
from station.control.engine import claim_file, find_binary, prepare_namespace, server_arguments, version_of
from station.control.layout import Layout
from station.control.noting import note
from station.control.sdk_metrics import measured_runtime
from station.domain.errors import BatchError, BatchNotFoundError, StationError
from station.domain.events import EventType
from station.storage.batches import Batches, ProcessExit
from station.storage.database import Database
from station.storage.events import Events, NewEvent
from station.storage.runs import Runs
from worker import build
from worker.child import Child, ChildState, ProcessLimits, Program, RestartPolicy
from worker.nursery import Nursery
from worker.vigil import Vigil

logger = logging.getLogger(__name__)

T = TypeVar("T")

NICENESS = {"low": 10, "normal": 0, "high": -5}
STOP_RUNS_WITHIN = timedelta(seconds=60)
"""How long stopped runs may take for their cleanup when the station is told to stop them at shutdown."""

STANDS_STILL = timedelta(seconds=10)
"""A process that gives no sign of life for so long, or for twice the heartbeat's timeout, is killed and replaced."""

SERVED_WITHIN = timedelta(seconds=15)
"""How long the station waits for its API before it is ready without: runs do not need it."""

API_PAUSE = timedelta(milliseconds=250)
"""Before the API's first restart: it holds no hardware that anybody would have to look after first."""

TIDY_INTERVAL = timedelta(seconds=10)
_FORBIDDEN = {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.UNIMPLEMENTED}

ENGINE, TEMPORAL, API = "engine", "temporal", "api"


class Supervisor:
    """Owns the data directory and every process of one station."""

    def __init__(
        self, config: StationConfig, config_file: Path, layout: Layout, database: Database, nursery: Nursery | None
    ) -> None:
        """Supervise the station of that configuration."""
        self._nursery = nursery
        self._config = config
        self._config_file = config_file
        self._layout = layout
        self._database = database
        self._batches = Batches(database)
        self._runs = Runs(database)
        self._events = Events(database)
        self._children: dict[str, Child] = {}
        self._batch_children: dict[str, Child] = {}
        self._warned: set[str] = set()
        self._client: Client | None = None
        self._going_down = asyncio.Event()

    async def run(self, ready: Callable[[], None]) -> None:
        """Stay up until SIGTERM or SIGINT; `ready` is called when the station can take runs.

        An EngineError passes through when the embedded server cannot be started or used.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._going_down.set)
        try:
            await self._start_processes()
            self._client = await self._unless_going_down(self._reach_engine())
            if self._client is None:
                return
            vigil = Vigil(self._client, self._config.station.id, self._database, self._events)
            watches = [asyncio.create_task(vigil.keep()), asyncio.create_task(self._tidy())]
            async with build.supervisor_worker(self._client, self._config, self):
                await self._until_served()
                self._write_ready()
                ready()
                await self._going_down.wait()
            for watch in watches:
                watch.cancel()
        finally:
            await self._take_down()

    async def command(self, batch: str, action: str, by: str = "") -> BatchProcess:
        """Start, stop or restart a batch's process, and remember it for the next start of the station.

        It is in the audit who wanted it, before it is done.

        Raises:
            BatchError: If the action is unknown.
            BatchNotFoundError: If there is no such batch.
        """
        child = self._batch_children.get(batch)
        if child is None:
            known = ", ".join(self._batch_children) or "none"
            msg = f"There is no batch {batch!r}; configured are: {known}."
            raise BatchNotFoundError(msg, batch=batch)
        if action not in {"start", "stop", "restart"}:
            msg = f"{action!r} is not something a batch's process can do; choose start, stop or restart."
            raise BatchError(msg, action=action)
        await note(self._database, by=by or "station", action=f"{action} process", target=batch)
        await self._batches.set_desired(batch, "stopped" if action == "stop" else "running", _now())
        if action in {"stop", "restart"}:
            await child.stop()
        if action in {"start", "restart"}:
            await child.start()
        return BatchProcess(batch=batch, state=child.state, pid=child.pid, restarts=child.restarts)

    # What the children tell (worker.child.Observer)

    async def started(self, name: str, pid: int, restarts: int) -> None:
        """It was started."""
        logger.info("%s started as process %d", name, pid)
        self._layout.process_file(name).write_text(f"{pid}\n", encoding="utf-8")
        if name in self._batch_children:
            await self._batches.process_started(name, pid, _now(), restarts)

    async def exited(self, name: str, exit_: ProcessExit) -> None:
        """It ended; what is known of its end is what its run's recovery is decided by."""
        logger.info("%s %s", name, exit_.message)
        self._layout.process_file(name).unlink(missing_ok=True)
        if name in self._batch_children:
            await self._batches.process_exited(name, exit_.pid or 0, exit_, _now())

    async def changed(self, name: str, state: ChildState, alert: str) -> None:
        """Its state changed."""
        if state is ChildState.ERROR:
            logger.error("%s", alert)
        if name in self._batch_children:
            await self._batches.set_process_state(name, state, _now(), alert=alert)

    async def usage(self, name: str, rss_bytes: int, cpu_percent: float) -> None:
        """What it uses."""
        if name not in self._batch_children:
            return
        await self._batches.usage(name, rss_bytes, cpu_percent, _now())
        limits = self._config.batch(name).resource_limits
        if not limits.max_memory_mb:
            return
        percent = 100 * rss_bytes / (limits.max_memory_mb * 2**20)
        if percent < limits.warn_percent:
            self._warned.discard(name)
        elif name not in self._warned:
            self._warned.add(name)
            warning = f"{name} uses {percent:.0f} % of its {limits.max_memory_mb} MB and is ended at 100 %"
            logger.warning("%s", warning)
            await self._events.append(NewEvent(_now(), EventType.ERROR, name, data={"error": warning}))

    # Up

    async def _start_processes(self) -> None:
        # All at once: the workers wait for the server while they load.
        if not self._config.temporal.address:
            self._children[TEMPORAL] = self._child(self._temporal_program(), vital=True)
        self._children[ENGINE] = self._child(self._role(ENGINE, ["engine"]), vital=True)
        if self._config.server.enabled:
            self._layout.api.unlink(missing_ok=True)
            self._children[API] = self._child(self._api_program(), vital=True, pause=API_PAUSE)
        for batch in self._config.batches:
            self._batch_children[batch.id] = self._child(self._batch_program(batch), vital=False)
        for child in self._children.values():
            await child.start()
        for batch in self._config.batches:
            if await self._wanted(batch):
                await self._batch_children[batch.id].start()

    async def _wanted(self, batch: BatchConfig) -> bool:
        """Whether a batch is to run: as it was left, else as configured."""
        known = await self._batches.get(batch.id)
        desired = known.desired if known else ""
        if desired:
            return desired == "running"
        await self._batches.set_desired(batch.id, "running" if batch.auto_start else "stopped", _now())
        return batch.auto_start

    async def _reach_engine(self) -> Client:
        runtime = measured_runtime(self._layout, "supervisor")
        client = await connect(self._config, identity=self._identity("supervisor"), within=None, runtime=runtime)
        await self._prepare_namespace(client)
        return client

    async def _unless_going_down(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do some work that may take for ever; None where the station is taken down meanwhile."""
        working, down = asyncio.create_task(work), asyncio.create_task(self._going_down.wait())
        await asyncio.wait([working, down], return_when=asyncio.FIRST_COMPLETED)
        down.cancel()
        if working.done():
            return working.result()
        working.cancel()
        return None

    async def _prepare_namespace(self, client: Client) -> None:
        while True:
            try:
                await prepare_namespace(client, self._config)
            except RPCError as error:
                if error.status in _FORBIDDEN:
                    # Not our server, and not our right; without search attributes a start is refused, and says why.
                    logger.warning("retention and search attributes are left as they are: %s", error.message)
                    return
                logger.info("the namespace is not there yet: %s", error.message)
                await asyncio.sleep(0.2)
            else:
                return

    def _child(self, program: Program, *, vital: bool, pause: timedelta | None = None) -> Child:
        recovery = self._config.recovery
        policy = RestartPolicy(
            enabled=recovery.enabled or vital,
            # Without these nothing moves, so they are tried for ever.
            max_retries=None if vital else recovery.max_retries,
            backoff_base=pause or recovery.backoff_base,
            backoff_max=recovery.backoff_max,
            stable_after=recovery.stable_after,
        )
        return Child(program, policy, self, self._nursery)

    def _temporal_program(self) -> Program:
        binary = find_binary(self._config.temporal)
        file = claim_file(self._layout, version_of(binary))
        return Program(
            name=TEMPORAL,
            arguments=server_arguments(binary, file, self._config.temporal),
            folder=self._layout.base,
            output=self._layout.logs / "temporal.log",
        )

    def _batch_program(self, batch: BatchConfig) -> Program:
        limits = batch.resource_limits
        megabytes = limits.max_memory_mb
        return self._role(
            batch.id,
            ["batch", batch.id],
            ProcessLimits(
                max_memory_bytes=megabytes * 2**20 if megabytes else None,
                cpu_affinity=tuple(limits.cpu_affinity) if limits.cpu_affinity else None,
                niceness=NICENESS[limits.priority],
            ),
        )

    def _api_program(self) -> Program:
        # No role: it is no worker, and not born in the nursery, which has nothing of the web loaded.
        program = self._role(API, [])
        arguments = [sys.executable, "-m", "api", "--config", str(self._config_file)]
        return replace(program, arguments=arguments, role=[], grace=timedelta(seconds=10))

    def _role(self, name: str, words: list[str], limits: ProcessLimits | None = None) -> Program:
        role = [*words, "--config", str(self._config_file)]
        return Program(
            name=name,
            arguments=[sys.executable, "-m", "worker", *role],
            role=role,
            folder=self._layout.base,
            output=self._layout.logs / f"{name}.log",
            limits=limits or ProcessLimits(),
            grace=self._config.execution.grace_period + timedelta(seconds=10),
            pulse=self._layout.pulse_file(name),
            patience=max(STANDS_STILL, 2 * self._config.execution.heartbeat_timeout),
            environment={"PYTHONPATH": str(Path(__file__).parents[1])},
        )

    async def _until_served(self) -> None:
        """Wait for the API, but not for ever."""
        until = time.monotonic() + SERVED_WITHIN.total_seconds()
        while self._config.server.enabled and not self._layout.api.exists() and not self._going_down.is_set():
            if time.monotonic() > until:
                where = self._layout.logs / f"{API}.log"
                logger.error("the API does not serve; the station is ready without it, and %s says why", where)
                return
            await asyncio.sleep(0.05)

    def _write_ready(self) -> None:
        file = self._layout.ready
        file.parent.mkdir(parents=True, exist_ok=True)
        about = {
            "pid": os.getpid(),
            "station": self._config.station.id,
            "temporal": address_of(self._config),
            "since": _now().isoformat(),
        }
        temporary = file.with_suffix(".tmp")
        temporary.write_text(json.dumps(about), encoding="utf-8")
        temporary.replace(file)
        logger.info("station %s is ready", self._config.station.id)

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDY_INTERVAL.total_seconds())
            self._bury_strangers()

    def _bury_strangers(self) -> None:
        """Take note of the end of processes that a step's code left behind; they are handed to the supervisor."""
        ours = {child.pid for child in (*self._children.values(), *self._batch_children.values())}
        for process in psutil.Process().children():
            with suppress(psutil.NoSuchProcess, ChildProcessError):
                if process.pid not in ours and process.status() == psutil.STATUS_ZOMBIE:
                    os.waitpid(process.pid, os.WNOHANG)

    # Down

    async def _take_down(self) -> None:
        """Refuse new runs, then batches, then the engine, then the server: each needs what comes after it."""
        logger.info("the station goes down (shutdown: %s)", self._config.shutdown)
        self._layout.ready.unlink(missing_ok=True)
        if self._config.shutdown == "stop_runs" and self._client is not None:
            await self._stop_runs(self._client)
        # At once: each may take its grace, and whoever stops the station waits for all. What is desired stays as it
        # is: the next start brings the same batches back.
        await asyncio.gather(*(child.stop() for child in self._batch_children.values()))
        # The API goes last of those that speak to people: it can say how far the others are.
        for name in (API, ENGINE, TEMPORAL):
            if name in self._children:
                await self._children[name].stop()

    async def _stop_runs(self, client: Client) -> None:
        """Stop every run and wait for their cleanup; whatever goes wrong, the processes are taken down after it."""
        try:
            async with asyncio.timeout(STOP_RUNS_WITHIN.total_seconds()):
                handles = [
                    client.get_workflow_handle(run_workflow_id(self._config.station.id, run.batch))
                    for run in await self._runs.open_runs()
                ]
                for handle in handles:  # all are told before one is waited for: they share the time
                    with suppress(RPCError):
                        await handle.signal(RunContract.stop, StopRequest(by="station", reason="the station goes down"))
                for handle in handles:
                    with suppress(RPCError, WorkflowFailureError):
                        await handle.result()
        except (TimeoutError, StationError) as error:
            logger.error("not every run could be stopped; they go on when the station is up again: %r", error)

    def _identity(self, role: str) -> str:
        return f"{self._config.station.id}/{role}/{os.getpid()}"


def _now() -> datetime:
    return datetime.now(UTC)
