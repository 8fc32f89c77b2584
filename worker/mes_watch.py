"""Notices that the MES is back, and has what is owed sent at once instead of at the next try."""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from station.contracts.delivery import DeliveryContract
from station.contracts.names import delivery_workflow_id
from station.domain.delivery import DeliveryState
from station.domain.errors import StationError
from station.mes.breaker import BreakerState
from station.mes.client import MesClient
from station.storage.queue import SyncQueue

logger = logging.getLogger(__name__)

INTERVAL = timedelta(seconds=2)
"""How often an MES that is away is asked whether it is well; a call that costs it nothing."""


class MesWatch:
    """Looks after an MES that is away, for as long as something is owed to it."""

    def __init__(self, mes: MesClient, queue: SyncQueue, temporal: Client, station: str) -> None:
        """Watch this MES on behalf of one station."""
        self._mes = mes
        self._queue = queue
        self._temporal = temporal
        self._station = station
        self._away = False

    async def keep(self) -> None:
        """Watch for as long as the process lives."""
        while True:
            await asyncio.sleep(INTERVAL.total_seconds())
            try:
                await self.look()
            except (RPCError, StationError) as error:
                logger.warning("the MES could not be looked after this time: %s", error)
            except Exception:  # a bug must not leave an MES unwatched that is away
                logger.exception("looking after the MES failed; it is tried again")

    async def look(self) -> None:
        """Look once: while the breaker is open, ask for its health; when it is back, wake what is owed."""
        breaker = self._mes.breaker
        if breaker.state is BreakerState.CLOSED:
            if self._away:
                logger.info("the MES is back; what is owed is sent now")
                self._away = False
                await self._wake()
            return
        self._away = True
        if await self._mes.health():
            breaker.expect_recovery()
            await self._wake(only_first=True)  # one probe; its success closes the breaker for all

    async def _wake(self, *, only_first: bool = False) -> None:
        wips = list(dict.fromkeys(one.item.wip for one in await self._queue.open((DeliveryState.PENDING,))))
        for wip in wips[:1] if only_first else wips:
            handle = self._temporal.get_workflow_handle(delivery_workflow_id(self._station, wip))
            with suppress(RPCError):  # it has just ended
                await handle.signal(DeliveryContract.send_now)
