"""When what is owed to the MES is tried next: only the deliveries know."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from station.config.model import StationConfig
from station.contracts.delivery import DeliveryContract
from station.contracts.names import delivery_workflow_id
from station.control.owed import OwedEntry
from station.domain.delivery import DeliveryState
from station.domain.errors import EngineError

WITHIN = timedelta(seconds=2)
"""How long the deliveries may take to say it; where they do not, it is left open."""
MOST = 50
"""WIPs that are asked about, the longest owed first: each costs the engine a query."""


async def add_next_tries(
    config: StationConfig, connected: Callable[[], Awaitable[Client]], items: Sequence[OwedEntry]
) -> None:
    """Ask the deliveries, and write down what they say at the first item of each WIP."""
    first = {item.wip: item for item in reversed(items) if item.place == 1 and item.state is DeliveryState.PENDING}
    wips = list(reversed(first))[:MOST]
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            client = await connected()
            told = await asyncio.gather(*(_next_try(client, config, wip) for wip in wips))
    except (TimeoutError, EngineError):
        return
    for wip, when in zip(wips, told, strict=True):
        first[wip].next_try = when


async def _next_try(client: Client, config: StationConfig, wip: str) -> datetime | None:
    handle = client.get_workflow_handle_for(DeliveryContract.run, delivery_workflow_id(config.station.id, wip))
    try:
        return (await handle.query(DeliveryContract.owed)).next_try
    except RPCError:  # it is over, or nobody answers for it
        return None
