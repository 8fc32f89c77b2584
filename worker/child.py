"""One supervised process: started, watched, and started again with a pause that grows."""

import asyncio
import contextlib
import enum
import logging
import os
import signal
import sys
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import psutil

from activities.execution import EXIT_FENCED, EXIT_UNRESPONSIVE
from station.control.pulse import PulseWatch
from station.domain.errors import StationError
from station.storage.batches import ExitKind, ProcessExit
from worker.nursery import BornProcess, Nursery

logger = logging.getLogger(__name__)

TETHER = Path(__file__).with_name("tether.py")
WATCH_INTERVAL = timedelta(milliseconds=250)
"""How often a child's memory is looked at: what it can grow by meanwhile is what the limit can be exceeded by."""

_SIGNAL_NAMES = {int(number): number.name for number in signal.Signals}
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


class ChildState(enum.StrEnum):
    """How a supervised process stands."""

    STOPPED = "stopped"
    RUNNING = "running"
    BACKOFF = "backoff"
    """It died, and is started again when a pause is over; meanwhile its successor may load itself already."""
    ERROR = "error"
    """It died too often in a row; somebody must look at it and start it again."""


@dataclass(frozen=True)
class RestartPolicy:
    """When a dead process is started again (checklist S1-26).

    Attributes:
        max_retries: Restarts in a row before giving up; None: never give up.
        stable_after: A process that stayed up this long starts counting afresh.
    """

    enabled: bool = True
    max_retries: int | None = 3
    backoff_base: timedelta = timedelta(seconds=2)
    backoff_max: timedelta = timedelta(seconds=60)
    stable_after: timedelta = timedelta(seconds=60)

    def pause(self, failures: int) -> timedelta:
        """Tell how long to wait before the restart after so many failures in a row: 2, 4, 8 ... 60 s."""
        return min(self.backoff_base * float(2 ** min(failures - 1, 30)), self.backoff_max)


@dataclass(frozen=True)
class ProcessLimits:
    """What a process may use (checklist S1-27 to S1-29)."""

    max_memory_bytes: int | None = None
    cpu_affinity: tuple[int, ...] | None = None
    niceness: int = 0


@dataclass(frozen=True)
class Program:
    """What to start.

    Attributes:
        role: The arguments after `python -m worker`, for a process of our own; it can be born in the nursery, and
            takes `--not-before SECONDS` (monotonic), so that it spends the pause before a restart loading itself.
        grace: How long it may take to end after SIGTERM.
        pulse: The file in which it gives signs of life; None: it gives none.
        patience: How long it may stand still before it is killed for that.
    """

    name: str
    arguments: Sequence[str]
    folder: Path
    output: Path
    limits: ProcessLimits = ProcessLimits()
    grace: timedelta = timedelta(seconds=15)
    role: Sequence[str] = ()
    pulse: Path | None = None
    patience: timedelta = timedelta(seconds=10)
    environment: dict[str, str] = field(default_factory=dict)


class Observer(Protocol):
    """Who is told what happens to a child."""

    async def started(self, name: str, pid: int, restarts: int) -> None:
        """It was started, and its pause is over."""

    async def exited(self, name: str, exit_: ProcessExit) -> None:
        """It ended, perhaps in its pause; told before it is started again."""

    async def changed(self, name: str, state: ChildState, alert: str) -> None:
        """Its state changed."""

    async def usage(self, name: str, rss_bytes: int, cpu_percent: float) -> None:
        """What it uses, once a second or so."""


class Child:
    """A process that is kept alive.

    Attributes:
        state: How it stands.
        pid: Of the living process; None while there is none.
        restarts: Restarts in a row.
    """

    def __init__(
        self, program: Program, policy: RestartPolicy, observer: Observer, nursery: Nursery | None = None
    ) -> None:
        """Keep `program` alive once `start` is called."""
        self.program = program
        self.state = ChildState.STOPPED
        self.pid: int | None = None
        self.restarts = 0
        self._policy = policy
        self._observer = observer
        self._nursery = nursery
        self._keeper: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | BornProcess | None = None
        self._stopping = asyncio.Event()
        self._command = asyncio.Lock()
        self._over_memory = False
        self._stood_still = ""

    async def start(self) -> None:
        """Start it, and count restarts from zero; waits for one that is only just being stopped."""
        async with self._command:
            if self._keeper is not None and not self._keeper.done():
                return
            self._stopping.clear()
            self.restarts = 0
            self._keeper = asyncio.create_task(self._keep())
            self._keeper.add_done_callback(self._note_end)

    async def stop(self) -> None:
        """End it: SIGTERM, its grace, SIGKILL."""
        async with self._command:
            await self._stop()

    async def _stop(self) -> None:
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
        if self._keeper is None:
            return
        done, _ = await asyncio.wait([self._keeper], timeout=self.program.grace.total_seconds())
        if not done:
            logger.warning("%s did not end in time and is killed", self.program.name)
            self._kill()
            await self._keeper

    async def _keep(self) -> None:
        not_before = 0.0
        while not self._stopping.is_set():
            begun = time.monotonic()
            exit_ = await self._run_once(not_before)
            if self._stopping.is_set():
                break
            lived = time.monotonic() - max(begun, not_before)
            self.restarts = 1 if lived >= self._policy.stable_after.total_seconds() else self.restarts + 1
            if self._gives_up():
                alert = f"{self.program.name} died {self.restarts} times in a row; the last time it {exit_.message}"
                await self._change(ChildState.ERROR, alert)
                return
            pause = self._policy.pause(self.restarts).total_seconds()
            logger.warning("%s %s; restart %d in %.1f s", self.program.name, exit_.message, self.restarts, pause)
            await self._change(ChildState.BACKOFF, f"it {exit_.message}; restart {self.restarts} in {pause:g} s")
            # A program that can, loads itself during the pause; unless it already died in the pause.
            died_loading = time.monotonic() < not_before
            not_before = time.monotonic() + pause
            if not self.program.role or died_loading:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), not_before - time.monotonic())
        await self._change(ChildState.STOPPED, "")

    def _note_end(self, keeper: "asyncio.Task[None]") -> None:
        """Say so where watching itself has failed: nobody would start the process again."""
        if not keeper.cancelled() and (error := keeper.exception()) is not None:
            self.state = ChildState.ERROR
            logger.critical("%s is not watched any more; restart the station", self.program.name, exc_info=error)

    def _gives_up(self) -> bool:
        if not self._policy.enabled:
            return True
        return self._policy.max_retries is not None and self.restarts > self._policy.max_retries

    async def _run_once(self, not_before: float) -> ProcessExit:
        self._over_memory, self._stood_still = False, ""
        try:
            self.program.output.parent.mkdir(parents=True, exist_ok=True)
            process = await self._begin(not_before)
        except OSError as error:  # no memory, no file descriptors, no disk: it may be better at the next try
            return ProcessExit(kind=ExitKind.EXITED, message=f"could not be started: {error}")
        self._process, self.pid = process, process.pid
        if self._stopping.is_set():
            process.terminate()  # whoever asked for it had no process to ask
        self._limit(process.pid)
        loading, ended = None, asyncio.Event()
        if self._loads_until(not_before):
            loading = asyncio.create_task(self._announce_later(process.pid, not_before, ended))
        else:
            await self._announce(process.pid)
        watch = asyncio.create_task(self._watch(process.pid))
        try:
            code = await process.wait()
        finally:
            watch.cancel()
            ended.set()
            self._process, self.pid = None, None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # whatever it started itself goes with it
        exit_ = self._explain(process.pid, code)
        if loading is not None:
            await loading
        await self._tell(self._observer.exited(self.program.name, exit_))
        return exit_

    def _loads_until(self, not_before: float) -> bool:
        """Whether the program spends what is left of its pause loading itself."""
        return bool(self.program.role) and not_before > time.monotonic()

    async def _announce_later(self, pid: int, not_before: float, ended: asyncio.Event) -> None:
        """Say that it runs when its pause is over: until then it does nothing, and nobody may count on it."""
        try:
            await asyncio.wait_for(ended.wait(), not_before - time.monotonic())
        except TimeoutError:
            await self._announce(pid)

    async def _announce(self, pid: int) -> None:
        await self._tell(self._observer.started(self.program.name, pid, self.restarts))
        await self._change(ChildState.RUNNING, "")

    async def _begin(self, not_before: float) -> asyncio.subprocess.Process | BornProcess:
        program, later = self.program, []
        if self._loads_until(not_before):
            later = ["--not-before", f"{not_before:.3f}"]
        if program.role and self._nursery is not None:
            role = [*program.role, *later]
            if born := await self._nursery.bear(program.name, role, program.folder, program.output):
                return born
        with program.output.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                str(TETHER),
                str(os.getpid()),
                *program.arguments,
                *later,
                cwd=program.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **program.environment},
                # Ctrl-C is for the supervisor, which takes its processes down in order.
                start_new_session=True,
            )

    def _explain(self, pid: int, code: int) -> ProcessExit:
        if self._over_memory:
            limit = (self.program.limits.max_memory_bytes or 0) // 2**20
            message = f"used more memory than its limit of {limit} MB (resource_limits.max_memory_mb) and was ended"
            return ProcessExit(pid=pid, kind=ExitKind.MEMORY_LIMIT, signal=9, message=message)
        if self._stood_still:
            stopped = self._stood_still == psutil.STATUS_STOPPED
            waited = self.program.patience.total_seconds()
            message = f"gave no sign of life for {waited:g} s and was killed" + (
                "; it had been stopped by a signal" if stopped else ""
            )
            kind = ExitKind.KILLED if stopped else ExitKind.UNRESPONSIVE
            return ProcessExit(pid=pid, kind=kind, signal=9, message=message)
        if self._stopping.is_set():
            return ProcessExit(pid=pid, kind=ExitKind.STOPPED, code=code if code >= 0 else None, message="was stopped")
        return explain_exit(pid, code)

    def _limit(self, pid: int) -> None:
        limits = self.program.limits
        try:
            process = psutil.Process(pid)
            if limits.cpu_affinity:
                process.cpu_affinity(list(limits.cpu_affinity))
            if limits.niceness:
                process.nice(limits.niceness)
        except (psutil.Error, ValueError, OSError) as error:
            logger.warning("%s: limits could not be set: %s", self.program.name, error)

    async def _watch(self, pid: int) -> None:
        limit, beats = self.program.limits.max_memory_bytes, 0
        pulse = PulseWatch(self.program.pulse, pid, self.program.patience) if self.program.pulse else None
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            process.cpu_percent()
            while True:
                await asyncio.sleep(WATCH_INTERVAL.total_seconds())
                rss = process.memory_info().rss
                if limit is not None and rss > limit:
                    self._over_memory = True
                    self._kill()
                    return
                if pulse is not None and pulse.stands_still():
                    self._stood_still = process.status()
                    self._kill()
                    return
                beats += 1
                if beats % 8 == 0:
                    await self._tell(self._observer.usage(self.program.name, rss, process.cpu_percent()))

    def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _change(self, state: ChildState, alert: str) -> None:
        self.state = state
        await self._tell(self._observer.changed(self.program.name, state, alert))

    async def _tell(self, news: Coroutine[Any, Any, None]) -> None:
        """Tell the observer; a process is watched and restarted also while nothing can be written of it."""
        try:
            await news
        except (StationError, OSError) as error:
            logger.error("what happened to %s could not be written down: %s", self.program.name, error)


def explain_exit(pid: int, code: int) -> ProcessExit:
    """Say what a process's exit code means: its own doing, or somebody else's."""
    if code < 0:
        name = _SIGNAL_NAMES.get(-code, f"signal {-code}")
        if -code in _FROM_OUTSIDE:
            return ProcessExit(pid=pid, kind=ExitKind.KILLED, signal=-code, message=f"was killed by {name}")
        return ProcessExit(pid=pid, kind=ExitKind.CRASHED, signal=-code, message=f"crashed with {name}")
    if code == EXIT_UNRESPONSIVE:
        message = "ended itself because a step did not yield"
        return ProcessExit(pid=pid, kind=ExitKind.UNRESPONSIVE, code=code, message=message)
    if code == EXIT_FENCED:
        message = "ended itself because another process owns the hardware"
        return ProcessExit(pid=pid, kind=ExitKind.KILLED, code=code, message=message)
    return ProcessExit(pid=pid, kind=ExitKind.EXITED, code=code, message=f"ended by itself with exit code {code}")
