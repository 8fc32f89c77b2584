"""One thing done by hand: in the session that is open, or in one that is opened for it and left again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from temporalio.client import Client

from station.config.model import StationConfig
from station.control import manual
from station.control.layout import Layout
from station.domain.errors import BatchNotRunningError, EngineError
from station.storage.database import Database

_T = TypeVar("_T")


async def in_session(
    client: Client,
    config: StationConfig,
    layout: Layout,
    database: Database,
    batch: str,
    tell: Callable[[], Awaitable[_T]],
    *,
    by: str,
    single_steps: bool = False,
    reason: str = "",
) -> _T:
    """Do something in the session that is open; without one, open it, do it, make safe and leave.

    What opening and doing refuse passes through: a BatchBusyError while a run has the slot.

    Args:
        client: Connected to the station's Temporal server.
        config: The station's configuration.
        layout: Where the station keeps its files.
        database: The open results database.
        batch: The batch.
        tell: Does it.
        by: Who does it.
        single_steps: Whether it is a step of the sequence, for which the package is set up.
        reason: Why; kept in the audit.
    """
    if await manual.manual_status(client, config, batch) is not None:
        return await tell()
    await manual.open_manual(
        client, config, layout, database, batch, by=by, reason=reason, single_steps=single_steps, keeps_alive=True
    )
    try:
        async with _alive(client, config, batch):
            return await tell()
    finally:
        with suppress(BatchNotRunningError):  # it was ended from outside
            await manual.leave(client, config, batch, by=by, reason="one command")


@asynccontextmanager
async def _alive(client: Client, config: StationConfig, batch: str) -> AsyncIterator[None]:
    """Say again and again that the client is there: a command may take longer than it may be silent."""
    pause = config.manual.client_timeout.total_seconds() / 3

    async def say() -> None:
        while True:
            await asyncio.sleep(pause)
            with suppress(EngineError, BatchNotRunningError):
                await manual.keep_alive(client, config, batch)

    saying = asyncio.create_task(say())
    try:
        yield
    finally:
        saying.cancel()
