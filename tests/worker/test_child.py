"""One supervised process: tiny real programs that end, crash, grow, and do not want to end."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from activities.execution import EXIT_FENCED, EXIT_UNRESPONSIVE
from station.domain.errors import StorageError
from station.storage.batches import ExitKind, ProcessExit
from tests.activities.conftest import until
from worker.child import Child, ChildState, ProcessLimits, Program, RestartPolicy, explain_exit

MILLISECOND = timedelta(milliseconds=1)

# What an end means


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (-signal.SIGKILL, ExitKind.KILLED, "was killed by SIGKILL"),
        (-signal.SIGTERM, ExitKind.KILLED, "was killed by SIGTERM"),
        (-signal.SIGINT, ExitKind.KILLED, "was killed by SIGINT"),
        (-signal.SIGHUP, ExitKind.KILLED, "was killed by SIGHUP"),
        (-signal.SIGSEGV, ExitKind.CRASHED, "crashed with SIGSEGV"),
        (-signal.SIGABRT, ExitKind.CRASHED, "crashed with SIGABRT"),
        (-signal.SIGBUS, ExitKind.CRASHED, "crashed with SIGBUS"),
        (-(signal.SIGRTMIN + 1), ExitKind.CRASHED, f"crashed with signal {signal.SIGRTMIN + 1}"),
        (0, ExitKind.EXITED, "ended by itself with exit code 0"),
        (1, ExitKind.EXITED, "ended by itself with exit code 1"),
        (134, ExitKind.EXITED, "ended by itself with exit code 134"),
        (EXIT_UNRESPONSIVE, ExitKind.UNRESPONSIVE, "ended itself because a step did not yield"),
        (EXIT_FENCED, ExitKind.KILLED, "ended itself because another process owns the hardware"),
    ],
)
def test_what_an_exit_code_means(code: int, kind: ExitKind, message: str) -> None:
    exit_ = explain_exit(17, code)

    expected = {"signal": -code} if code < 0 else {"code": code}
    assert exit_ == ProcessExit(pid=17, kind=kind, message=message, **expected)


def test_the_codes_a_process_ends_itself_with_are_as_documented() -> None:
    assert (EXIT_UNRESPONSIVE, EXIT_FENCED) == (70, 71)


def test_the_pause_before_a_restart_doubles_up_to_its_limit() -> None:
    pauses = [RestartPolicy().pause(failures).total_seconds() for failures in (1, 2, 3, 4, 5, 6, 7, 10_000)]

    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


# Real processes


@dataclass
class Diary:
    """What an observer was told; refuses to write it down where told so."""

    refuses: bool = False
    refusal: Exception = field(default_factory=lambda: StorageError("the disk is full"))
    told: list[str] = field(default_factory=list)
    pids: list[int] = field(default_factory=list)
    restarts: list[int] = field(default_factory=list)
    exits: list[ProcessExit] = field(default_factory=list)
    states: list[ChildState] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    used: list[tuple[int, float]] = field(default_factory=list)

    async def started(self, name: str, pid: int, restarts: int) -> None:
        self.pids.append(pid)
        self.restarts.append(restarts)
        self._write(f"{name} started")

    async def exited(self, name: str, exit_: ProcessExit) -> None:
        self.exits.append(exit_)
        self._write(f"{name} exited")

    async def changed(self, name: str, state: ChildState, alert: str) -> None:
        self.states.append(state)
        self.alerts.append(alert)
        self._write(f"{name} {state}")

    async def usage(self, name: str, rss_bytes: int, cpu_percent: float) -> None:
        self.used.append((rss_bytes, cpu_percent))
        self._write(f"{name} uses")

    def _write(self, news: str) -> None:
        if self.refuses:
            raise self.refusal
        self.told.append(news)


QUICK = RestartPolicy(max_retries=2, backoff_base=20 * MILLISECOND, backoff_max=30 * MILLISECOND)
Make = Callable[..., Child]


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
async def make(tmp_path: Path, diary: Diary) -> AsyncIterator[Make]:
    """A way to keep a shell script alive; whatever still runs at the end of the test is stopped."""
    children: list[Child] = []

    def child(
        script: str,
        policy: RestartPolicy = QUICK,
        *,
        limits: ProcessLimits | None = None,
        grace: timedelta = timedelta(seconds=5),
        arguments: list[str] | None = None,
        role: tuple[str, ...] = (),
    ) -> Child:
        program = Program(
            name="demo",
            arguments=arguments or ["/bin/sh", "-c", script],
            folder=tmp_path,
            output=tmp_path / "logs" / "demo.log",
            limits=limits or ProcessLimits(),
            grace=grace,
            role=role,
            environment={"GREETING": "hello"},
        )
        children.append(Child(program, policy, diary))
        return children[-1]

    yield child
    for each in children:
        await each.stop()


def output(tmp_path: Path) -> str:
    file = tmp_path / "logs" / "demo.log"
    return file.read_text() if file.exists() else ""


def is_gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


async def test_a_program_runs_in_its_folder_with_its_environment_and_writes_into_its_log(
    make: Make, tmp_path: Path, diary: Diary
) -> None:
    child = make("echo $GREETING from $PWD; exec sleep 60")

    await child.start()
    await until(lambda: "hello" in output(tmp_path), "its first line")

    assert output(tmp_path) == f"hello from {tmp_path}\n"
    assert (child.state, child.pid, diary.pids) == (ChildState.RUNNING, diary.pids[0], [child.pid])


async def test_a_program_that_dies_is_restarted_with_growing_pauses_until_it_is_given_up(
    make: Make, diary: Diary
) -> None:
    child = make("exit 3")

    await child.start()
    await until(lambda: child.state is ChildState.ERROR, "it is given up")

    assert diary.states == [ChildState.RUNNING, ChildState.BACKOFF] * 2 + [ChildState.RUNNING, ChildState.ERROR]
    assert [alert for alert in diary.alerts if alert] == [
        "it ended by itself with exit code 3; restart 1 in 0.02 s",
        "it ended by itself with exit code 3; restart 2 in 0.03 s",
        "demo died 3 times in a row; the last time it ended by itself with exit code 3",
    ]
    assert diary.restarts == [0, 1, 2]
    assert child.pid is None


async def test_a_program_that_was_given_up_can_be_started_again_and_counts_from_zero(make: Make, diary: Diary) -> None:
    child = make("exit 3")
    await child.start()
    await until(lambda: child.state is ChildState.ERROR, "it is given up")

    await child.start()
    await until(lambda: diary.states.count(ChildState.ERROR) == 2, "it is given up again")

    assert diary.restarts == [0, 1, 2, 0, 1, 2]


async def test_nothing_is_restarted_where_that_is_switched_off(make: Make, diary: Diary) -> None:
    child = make("kill -SEGV $$", RestartPolicy(enabled=False))

    await child.start()
    await until(lambda: child.state is ChildState.ERROR, "it is given up")

    assert diary.alerts[-1] == "demo died 1 times in a row; the last time it crashed with SIGSEGV"


async def test_a_program_that_stayed_up_for_a_while_starts_counting_afresh(make: Make, diary: Diary) -> None:
    policy = RestartPolicy(max_retries=1, backoff_base=MILLISECOND, stable_after=50 * MILLISECOND)
    child = make("sleep 0.1; exit 3", policy)

    await child.start()
    await until(lambda: len(diary.pids) >= 4, "three restarts")

    assert set(diary.restarts[1:]) == {1}
    assert ChildState.ERROR not in diary.states


async def test_a_program_that_is_never_given_up_is_tried_for_ever(make: Make, diary: Diary) -> None:
    policy = RestartPolicy(max_retries=None, backoff_base=MILLISECOND, backoff_max=MILLISECOND)
    child = make("exit 3", policy)

    await child.start()
    await until(lambda: len(diary.pids) >= 6, "five restarts")

    assert child.state is not ChildState.ERROR


async def test_a_program_that_does_not_exist_is_an_end_like_any_other(make: Make, diary: Diary, tmp_path: Path) -> None:
    child = make("", RestartPolicy(max_retries=0), arguments=[str(tmp_path / "nothing")])

    await child.start()
    await until(lambda: child.state is ChildState.ERROR, "it is given up")

    assert diary.exits[0].kind is ExitKind.EXITED
    assert "FileNotFoundError" in output(tmp_path)


async def test_a_program_that_cannot_be_started_is_tried_again(make: Make, diary: Diary, tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder for its log should be")
    child = make("sleep 60", RestartPolicy(max_retries=None, backoff_base=20 * MILLISECOND))

    await child.start()
    await until(lambda: ChildState.BACKOFF in diary.states, "it is to be tried again")
    (tmp_path / "logs").unlink()
    await until(lambda: child.state is ChildState.RUNNING, "it runs")

    assert diary.alerts[0].startswith("it could not be started: ")


async def test_a_program_that_can_never_be_started_is_given_up(make: Make, diary: Diary, tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder for its log should be")
    child = make("sleep 60")

    await child.start()
    await until(lambda: child.state is ChildState.ERROR, "it is given up")

    assert "demo died 3 times in a row; the last time it could not be started: " in diary.alerts[-1]


# Limits


async def test_a_program_that_takes_too_much_memory_is_ended_and_it_is_said_why(make: Make, diary: Diary) -> None:
    greedy = "import time; hoard = bytearray(200 << 20); time.sleep(60)"
    limits = ProcessLimits(max_memory_bytes=100 << 20)
    child = make("", RestartPolicy(max_retries=0), limits=limits, arguments=[sys.executable, "-S", "-c", greedy])

    await child.start()
    await until(lambda: child.state is ChildState.ERROR, "it is given up")

    assert diary.exits == [
        ProcessExit(
            pid=diary.pids[0],
            kind=ExitKind.MEMORY_LIMIT,
            signal=9,
            message="used more memory than its limit of 100 MB (resource_limits.max_memory_mb) and was ended",
        )
    ]


async def test_cores_and_priority_are_set_and_what_it_uses_is_told(make: Make, diary: Diary) -> None:
    core = max(psutil.Process().cpu_affinity())
    child = make("exec sleep 60", limits=ProcessLimits(cpu_affinity=(core,), niceness=7))

    await child.start()
    await until(lambda: child.state is ChildState.RUNNING, "it runs")
    process = psutil.Process(child.pid)
    affinity, niceness = process.cpu_affinity(), process.nice()
    await until(lambda: bool(diary.used), "a sample of what it uses")

    assert (affinity, niceness) == ([core], 7)
    assert 0 < diary.used[0][0] < 50 << 20
    assert diary.used[0][1] >= 0


async def test_limits_that_cannot_be_set_do_not_keep_a_program_from_running(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    child = make("exec sleep 60", limits=ProcessLimits(cpu_affinity=(4000,)))

    await child.start()
    await until(lambda: child.state is ChildState.RUNNING, "it runs")

    assert "demo: limits could not be set" in caplog.text


# The end


async def test_a_program_that_is_asked_to_end_may_do_so_in_its_own_way(
    make: Make, diary: Diary, tmp_path: Path
) -> None:
    child = make("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.02; done")
    await child.start()
    await until(lambda: "ready" in output(tmp_path), "it is ready")

    await child.stop()

    assert output(tmp_path) == "ready\nbye\n"
    assert diary.exits == [ProcessExit(pid=diary.pids[0], kind=ExitKind.STOPPED, code=0, message="was stopped")]
    assert (child.state, child.pid) == (ChildState.STOPPED, None)


async def test_a_program_that_does_not_want_to_end_is_killed_after_its_grace(
    make: Make, diary: Diary, tmp_path: Path
) -> None:
    child = make("trap '' TERM; echo ready; while :; do sleep 0.02; done", grace=100 * MILLISECOND)
    await child.start()
    await until(lambda: "ready" in output(tmp_path), "it is ready")

    began = time.monotonic()
    await child.stop()

    assert time.monotonic() - began >= 0.1
    assert diary.exits == [ProcessExit(pid=diary.pids[0], kind=ExitKind.STOPPED, message="was stopped")]
    assert is_gone(diary.pids[0])


async def test_a_start_that_comes_while_it_is_being_stopped_is_not_lost(
    make: Make, diary: Diary, tmp_path: Path
) -> None:
    child = make("trap '' TERM; echo ready; while :; do sleep 0.02; done", grace=100 * MILLISECOND)
    await child.start()
    await until(lambda: "ready" in output(tmp_path), "it is ready")

    stopping = asyncio.create_task(child.stop())
    await asyncio.sleep(0)
    await child.start()
    await stopping
    await until(lambda: len(diary.pids) == 2, "it is started again")

    assert diary.exits[0].kind is ExitKind.STOPPED


@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_a_program_that_is_stopped_while_it_starts_does_not_stay(make: Make, diary: Diary, turns: int) -> None:
    child = make("exec sleep 60")

    await child.start()
    for _ in range(turns):
        await asyncio.sleep(0)
    await child.stop()

    assert (child.state, child.pid) == (ChildState.STOPPED, None)
    assert all(is_gone(pid) for pid in diary.pids)


async def test_a_program_that_waits_for_its_restart_is_stopped_at_once(make: Make, diary: Diary) -> None:
    child = make("exit 3", RestartPolicy(backoff_base=timedelta(minutes=1)))
    await child.start()
    await until(lambda: child.state is ChildState.BACKOFF, "it waits")

    async with asyncio.timeout(2):
        await child.stop()

    assert child.state is ChildState.STOPPED
    assert len(diary.pids) == 1


ONE_DEATH = "[ -e died ] && exec sleep 60; touch died; exit 3"


async def test_a_program_that_loads_itself_in_its_pause_does_not_run_before_the_pause_is_over(
    make: Make, diary: Diary
) -> None:
    child = make(ONE_DEATH, RestartPolicy(backoff_base=timedelta(seconds=1)), role=("batch",))
    await child.start()
    await until(lambda: bool(diary.exits) and child.pid is not None, "its successor loads itself")
    meanwhile = (child.state, len(diary.pids), diary.alerts[-1])

    await until(lambda: child.state is ChildState.RUNNING, "it runs")

    assert meanwhile == (ChildState.BACKOFF, 1, "it ended by itself with exit code 3; restart 1 in 1 s")
    assert diary.pids[1:] == [child.pid]
    assert diary.states == [ChildState.RUNNING, ChildState.BACKOFF, ChildState.RUNNING]


async def test_a_program_that_dies_in_its_pause_never_ran_and_its_death_is_told(make: Make, diary: Diary) -> None:
    child = make(ONE_DEATH, RestartPolicy(backoff_base=timedelta(minutes=1)), role=("batch",))
    await child.start()
    await until(lambda: bool(diary.exits) and child.pid is not None, "its successor loads itself")

    psutil.Process(child.pid).kill()
    await until(lambda: len(diary.states) == 3, "it is to be started again")

    assert diary.states == [ChildState.RUNNING, ChildState.BACKOFF, ChildState.BACKOFF]
    assert (len(diary.pids), diary.exits[1].kind) == (1, ExitKind.KILLED)


async def test_a_program_that_loads_itself_in_its_pause_is_stopped_at_once(make: Make, diary: Diary) -> None:
    child = make(ONE_DEATH, RestartPolicy(backoff_base=timedelta(minutes=1)), role=("batch",))
    await child.start()
    await until(lambda: bool(diary.exits) and child.pid is not None, "its successor loads itself")

    async with asyncio.timeout(2):
        await child.stop()

    assert (child.state, diary.exits[1].kind, len(diary.pids)) == (ChildState.STOPPED, ExitKind.STOPPED, 1)


async def test_a_program_that_runs_is_not_started_twice_and_can_be_restarted(make: Make, diary: Diary) -> None:
    child = make("exec sleep 60")
    await child.start()
    await child.start()
    await until(lambda: child.state is ChildState.RUNNING, "it runs")
    once = list(diary.pids)

    await child.stop()
    await child.start()
    await until(lambda: len(diary.pids) == 2, "it runs again")

    assert len(once) == 1
    assert diary.restarts == [0, 0]


async def test_what_a_program_started_itself_dies_with_it(make: Make, tmp_path: Path) -> None:
    child = make("sleep 300 & echo $!; kill -KILL $$", RestartPolicy(max_retries=0))

    await child.start()
    await until(lambda: child.state is ChildState.ERROR, "it is given up")

    await until(lambda: is_gone(int(output(tmp_path))), "its own child is gone")


# An observer that cannot write


@pytest.mark.parametrize("refusal", [StorageError("the disk is full"), OSError("the disk is full")])
async def test_a_program_is_restarted_also_while_nothing_can_be_written_of_it(
    make: Make, diary: Diary, caplog: pytest.LogCaptureFixture, refusal: Exception
) -> None:
    diary.refuses, diary.refusal = True, refusal
    child = make("exit 3")

    await child.start()
    await until(lambda: child.state is ChildState.ERROR, "it is given up")

    assert len(diary.pids) == 3
    assert "what happened to demo could not be written down: the disk is full" in caplog.text


async def test_memory_is_watched_also_while_nothing_can_be_written_of_it(make: Make, diary: Diary) -> None:
    diary.refuses = True
    growing = "import time; time.sleep(2.5); hoard = bytearray(200 << 20); time.sleep(60)"
    limits = ProcessLimits(max_memory_bytes=100 << 20)
    child = make("", RestartPolicy(max_retries=0), limits=limits, arguments=[sys.executable, "-S", "-c", growing])

    await child.start()
    await until(lambda: child.state is ChildState.ERROR, "it is given up")

    assert diary.used
    assert diary.exits[0].kind is ExitKind.MEMORY_LIMIT
