"""Makes processes that need not load themselves: a fork of a process in which everything is loaded already.

Loading Python and its libraries costs each process over a second of a core, which a slot whose outputs may be on
after a crash should not wait for. So `station up` forks a nursery before it has any thread. On request the nursery
forks twice and lets the one in the middle go: the new process then belongs to the supervisor (Linux: child
subreaper), which watches it like any other child, and dies with it. The nursery itself is nobody's parent; where it
is gone, or the system is not Linux, processes are started the ordinary way.
"""

import asyncio
import contextlib
import ctypes
import gc
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_LONGEST_REQUEST = 65_536
_ENDINGS = (signal.SIGINT, signal.SIGTERM)

Main = Callable[[Sequence[str]], int]


@dataclass
class BornProcess:
    """A process from the nursery, with what is needed of `asyncio.subprocess.Process`."""

    pid: int
    returncode: int | None = None

    async def wait(self) -> int:
        """Wait for its end; a negative code is the signal that ended it."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        descriptor = os.pidfd_open(self.pid)
        try:
            loop.add_reader(descriptor, ended.set)
            await ended.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)
        _, status = os.waitpid(self.pid, 0)  # noqa: ASYNC222 - it has ended, this only takes note of it
        self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)


class Nursery:
    """The supervisor's side of it."""

    def __init__(self, channel: socket.socket) -> None:
        """Speak to the nursery over a channel."""
        self._channel: socket.socket | None = channel
        self._one_at_a_time = asyncio.Lock()

    @classmethod
    def open(cls, main: Main, load: Callable[[], object]) -> "Nursery | None":
        """Fork the nursery; to be called before the process has threads, locks or open databases.

        Args:
            main: What a new process runs, with its arguments; returns its exit code.
            load: Loads what processes need and the supervisor does not.

        Returns:
            None where the system cannot do it.
        """
        if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
            return None
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        supervisor = os.getpid()
        if os.fork() == 0:
            ours.close()
            _tie_to(supervisor, "nursery")
            load()
            _serve(theirs, supervisor, main)
        theirs.close()
        ours.setblocking(False)
        return cls(ours)

    async def bear(self, name: str, arguments: Sequence[str], folder: Path, output: Path) -> BornProcess | None:
        """Ask for a process; None where the nursery is gone, and the process must be started the ordinary way."""
        if self._channel is None:
            return None
        request = {"name": name, "arguments": list(arguments), "folder": str(folder), "output": str(output)}
        loop = asyncio.get_running_loop()
        async with self._one_at_a_time:
            try:
                await loop.sock_sendall(self._channel, json.dumps(request).encode())
                answer = await loop.sock_recv(self._channel, 64)
            except OSError:
                answer = b""
        if not answer:
            self._channel.close()
            self._channel = None
            return None
        return BornProcess(int(answer))


def _serve(channel: socket.socket, supervisor: int, main: Main) -> NoReturn:
    """Fork on request until the supervisor is gone."""
    # It ends with the supervisor, not before; and a process that is told to end while it is being born hears of it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    gc.collect()
    gc.freeze()  # what is loaded now stays shared between all processes born here
    while request := channel.recv(_LONGEST_REQUEST):
        between = os.fork()
        if between == 0:
            middle = os.getpid()
            born = os.fork()
            if born == 0:
                channel_number = channel.detach()
                os.close(channel_number)
                _live(json.loads(request), supervisor, middle, main)
            channel.send(str(born).encode())
            os._exit(0)
        os.waitpid(between, 0)
    os._exit(0)


def _live(request: dict[str, str], supervisor: int, middle: int, main: Main) -> NoReturn:
    """Become the process that was asked for, once the one in the middle has handed it to the supervisor."""
    while (parent := os.getppid()) != supervisor:
        if parent != middle:
            os._exit(0)  # the supervisor is gone: somebody else was given this process
        os.sched_yield()
    _tie_to(supervisor, request["name"])
    os.setsid()  # Ctrl-C is for the supervisor, which takes its processes down in order
    for number in _ENDINGS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDINGS)
    output = os.open(request["output"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(request["folder"])
    code = 1
    try:
        code = main(list(request["arguments"]))
    except Exception:  # noqa: BLE001 - a bug: it belongs into the log, and nobody above would write it there
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _tie_to(parent: int, name: str) -> None:
    """Die when the parent dies, and be called `name` in `ps -o comm` and `top`."""
    system = ctypes.CDLL(None)
    system.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    system.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)
