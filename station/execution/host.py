"""Where sequence code runs: a thread of its own with an event loop of its own, so that it cannot stop anybody else."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

T = TypeVar("T")


class Unresponsive(Exception):
    """The code did not give an answer in time; it may still be running."""


class Ended(Exception):
    """Sequence code asked the whole process to end (`sys.exit`); it does not get that."""


class Host:
    """One thread with one event loop, for one session.

    The thread is a daemon: code that blocks for ever does not keep the process from ending.
    """

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def start(self, make: Callable[[], Coroutine[Any, Any, T]]) -> "concurrent.futures.Future[T]":
        """Begin some work on the host's loop and return at once.

        Args:
            make: Makes the coroutine, on the host: a loop that is blocked for ever never makes it.

        Raises:
            Unresponsive: If the host is closed.
        """
        if self._closing:
            msg = "the session is closed"
            raise Unresponsive(msg)
        future: concurrent.futures.Future[T] = concurrent.futures.Future()

        def begin() -> None:
            if not future.cancelled():
                task = self.loop.create_task(_contained(make()))
                task.add_done_callback(lambda done: _hand_over(done, future))
                future.add_done_callback(lambda _: self.call(task.cancel) if future.cancelled() else None)

        self.call(begin)
        return future

    async def run(self, make: Callable[[], Coroutine[Any, Any, T]], timeout: timedelta) -> T:
        """Do some work on the host's loop and wait for it on the caller's.

        Raises:
            Unresponsive: If there is no answer within the timeout; the work was asked to stop.
            asyncio.CancelledError: If the caller is cancelled; the work is, too.
        """
        waiting = asyncio.wrap_future(self.start(make))
        try:
            done, _ = await asyncio.wait([waiting], timeout=timeout.total_seconds())
        except asyncio.CancelledError:
            waiting.cancel()
            raise
        if not done:
            waiting.cancel()
            msg = f"no answer within {timeout.total_seconds():g} s"
            raise Unresponsive(msg)
        return waiting.result()

    def call(self, function: Callable[[], object]) -> None:
        """Call a function on the host's loop, soon; nothing happens once the host is closed."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(function)

    def run_in_new_thread(self, function: Callable[[], T], name: str) -> "concurrent.futures.Future[T]":
        """Run blocking code in a daemon thread of its own, which nobody ever waits for at exit."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()

        def run() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - handed on, whatever it is
                future.set_exception(error)

        threading.Thread(target=run, name=name, daemon=True).start()
        return future

    async def close(self, timeout: timedelta = timedelta(seconds=2)) -> bool:
        """End the loop and its thread.

        Returns:
            False where the thread is stuck in code that does not yield; it is left behind.
        """
        self._closing = True
        self.call(self.loop.stop)
        deadline = asyncio.get_running_loop().time() + timeout.total_seconds()
        while self._thread.is_alive():
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(0.005)
        return True

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        while not self._closing:
            # Code that a step started on its own may ask the process to end; the loop goes on.
            with suppress(SystemExit, KeyboardInterrupt):
                self.loop.run_forever()
        self._finish()

    def _finish(self) -> None:
        with suppress(Exception):
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            if left:
                self.loop.run_until_complete(asyncio.wait(left, timeout=1))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


def _hand_over(task: "asyncio.Task[T]", future: "concurrent.futures.Future[T]") -> None:
    """Carry what a task came to to whoever waits in another thread, if anybody still does."""
    error = None if task.cancelled() else task.exception()
    with suppress(concurrent.futures.InvalidStateError):
        if task.cancelled():
            future.cancel()
        elif error is not None:
            future.set_exception(error)
        else:
            future.set_result(task.result())


async def _contained(work: Coroutine[Any, Any, T]) -> T:
    """Keep what would end the loop's thread inside the work.

    Raises:
        Ended: If the work asked the process to end.
    """
    try:
        return await work
    except (SystemExit, KeyboardInterrupt) as error:
        msg = f"the code asked the process to end ({type(error).__name__})"
        raise Ended(msg) from error
