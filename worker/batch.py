"""The process of one batch: takes the slot, makes it safe, then polls the batch's queue."""

import asyncio
import fcntl
import logging
import os
import signal
from contextlib import suppress
from datetime import timedelta
from typing import NoReturn

from pydantic import JsonValue
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.execution import Execution
from station.config.model import StationConfig
from station.control.connect import connect
from station.control.layout import Layout
from station.control.sdk_metrics import measured_runtime
from station.domain.clock import SystemClock
from station.domain.errors import StationError
from station.domain.notice import Notice, NoticeCode
from station.domain.run import UnitUnderTest
from station.execution.session import Session
from station.storage.database import Database
from station.storage.journal import SessionClaim
from worker import build

logger = logging.getLogger(__name__)

SERVER_PATIENCE = timedelta(seconds=30)
"""How long the end of a step waits for a PostgreSQL server that is away; without it, its result would be lost."""
LATEST = 16
"""As many steps as one slot can have under way at once."""


async def run_batch(config: StationConfig, layout: Layout, batch: str) -> None:
    """Serve one batch until SIGTERM."""
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    # Kept open for the life of the process: the lock goes with the process, however it dies.
    with (layout.batch_lock(batch)).open("w") as lock:
        if not await _take(lock.fileno(), ending):
            return
        async with Database(config.database_url(layout.base), patience=SERVER_PATIENCE) as database:
            identity = f"{config.station.id}/{batch}/{os.getpid()}"
            runtime = measured_runtime(layout, batch)
            connecting = asyncio.create_task(connect(config, identity=identity, within=None, runtime=runtime))
            clock = SystemClock()
            execution = build.slot(
                lambda: asyncio.shield(connecting), config, layout, database, batch, clock, _end_process
            )
            claim = await execution.hardware.stores.journal.owner(batch)
            if claim is not None:
                # Before anything else: outputs that are on do not wait for an engine that may be far away.
                await make_slot_safe(execution, claim)
            client = await _first(connecting, ending)
            if client is None:
                return
            if claim is not None and claim.run_id:
                await report_lost_steps(client, claim.run_id, execution)
            await _serve(client, config, batch, execution, ending)


async def make_slot_safe(execution: Execution, claim: SessionClaim) -> None:
    """Make the instruments safe that a dead process may have left on, before anything else reaches them.

    They are reached as the claim says they were opened: the configuration may have changed since.
    """
    hardware = execution.hardware
    if claim.package is None:
        return
    logger.warning("the last process left a session open (run %s); making the hardware safe", claim.run_id)
    now = hardware.clock.now
    try:
        package = await asyncio.to_thread(hardware.stores.packages.load, claim.package)
        # Of the shared ones those that it died with, and that nobody has taken and made safe meanwhile.
        elsewhere = [
            name for name, said in hardware.settings.shared.items() if not hardware.locks.take_left_behind(said)
        ]
        session = Session(
            package,
            None,
            _instruments_of(claim) or hardware.settings.hardware,
            hardware.stores.files,
            UnitUnderTest(),
            claim.run_id or "",
            hardware.clock,
            shared=elsewhere,
        )
        await session.open(setup=False)
        problems = await session.close()
        hardware.locks.give_back(hardware.locks.held, safe=not problems)
    except StationError as error:
        logger.exception("the hardware could not be made safe")
        hardware.locks.give_back(hardware.locks.held, safe=False)
        alert = f"the hardware could not be made safe: {error.message}"
        unsafe = Notice.of(NoticeCode.UNSAFE_START, alert, said=error.message)
        await hardware.stores.batches.set_process_state(
            hardware.settings.batch, "running", now(), alert=alert, quarantine=unsafe
        )
        return
    await hardware.stores.journal.release_session(
        hardware.settings.batch,
        claim.token,
        hardware_safe=not problems,
        at=now(),
        problem="; ".join(problem.message for problem in problems),
    )


def _instruments_of(claim: SessionClaim) -> dict[str, dict[str, JsonValue]]:
    """The settings the session was opened with; empty where the claim keeps none."""
    return {name: given for name, given in claim.hardware.items() if isinstance(given, dict)}


async def report_lost_steps(client: Client, run_id: str, execution: Execution) -> None:
    """Tell the engine of the activities the last process took with it, so that nobody waits for their heartbeat.

    A step whose result is written may not have been reported either, so the latest few of the run are looked at.
    """
    steps = await execution.hardware.stores.runs.steps(run_id)
    latest = sorted(steps, key=lambda step: step.started_at)[-LATEST:]
    for record in latest:
        if record.task_token is None:
            continue
        handle = client.get_async_activity_handle(task_token=record.task_token)
        error = ApplicationError("the process that ran it is gone", type="WORKER_CRASHED", non_retryable=True)
        with suppress(RPCError):  # the engine has noticed by itself, or the activity had ended
            await handle.fail(error)


async def _serve(
    client: Client, config: StationConfig, batch: str, execution: Execution, ending: asyncio.Event
) -> None:
    worker = build.batch_worker(client, config, batch, execution)
    lease = asyncio.create_task(execution.hardware.watch_lease())
    try:
        async with worker:
            logger.info("batch %s is ready", batch)
            await ending.wait()
            logger.info("batch %s ends", batch)
    finally:  # also where the worker itself has failed
        lease.cancel()
        await execution.hardware.let_go("the process ends", interrupted=True)
        await execution.hardware.feed.close()


async def _take(lock: int, ending: asyncio.Event) -> bool:
    """Wait for the slot; the process before may still be dying."""
    while not ending.is_set():
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), 0.05)
        else:
            return True
    return False


async def _first(connecting: "asyncio.Task[Client]", ending: asyncio.Event) -> Client | None:
    end = asyncio.create_task(ending.wait())
    await asyncio.wait([connecting, end], return_when=asyncio.FIRST_COMPLETED)
    end.cancel()
    if connecting.done():
        return connecting.result()
    connecting.cancel()
    return None


def _end_process(code: int) -> NoReturn:
    logging.shutdown()
    os._exit(code)
