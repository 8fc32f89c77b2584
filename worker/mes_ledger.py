"""Writes down how the way to the MES stands, because other processes are asked for it."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from station.control.backend import MES_BREAKER
from station.domain.clock import Clock
from station.domain.errors import StationError
from station.mes.breaker import BreakerState, CircuitBreaker
from station.mes.client import MesClient
from station.storage.breakers import BreakerRecord, Breakers

logger = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=1)
"""How often the breaker is looked at; when it opens or closes, at once."""
EVERY = timedelta(seconds=10)
"""How often the MES is asked whether it is well; a call that costs it nothing."""
EVERY_WHILE_AWAY = timedelta(seconds=2)
PATIENCE = timedelta(seconds=5)
"""How long it may take to answer that."""


class MesLedger:
    """A `BreakerListener` that keeps the breaker's row as the breaker is.

    Args:
        mes: The MES.
        breakers: Where it is written.
        clock: Where the time comes from.
    """

    def __init__(self, mes: MesClient, breakers: Breakers, clock: Clock) -> None:
        self._mes = mes
        self._breakers = breakers
        self._clock = clock
        self._changed = asyncio.Event()
        self._written: BreakerRecord | None = None
        self._well = False
        self._asked_at: datetime | None = None
        mes.breaker.listen(self)

    def opened(self, breaker: CircuitBreaker) -> None:
        """Write it at once."""
        self._changed.set()

    def closed(self, breaker: CircuitBreaker) -> None:
        """Write it at once."""
        self._changed.set()

    async def keep(self) -> None:
        """Ask and write for as long as the process lives."""
        await asyncio.gather(self._ask(), self._write())

    async def ask(self) -> None:
        """Ask the MES whether it is well."""
        well = False
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE.total_seconds()):
                well = await self._mes.health()
        self._well, self._asked_at = well, self._clock.now()
        self._changed.set()

    async def write(self) -> None:
        """Write how it stands, if that has changed."""
        now = self._clock.now()
        breaker = self._mes.breaker
        record = BreakerRecord(
            name=MES_BREAKER,
            state=breaker.state.value,
            failure_count=breaker.failure_count,
            last_failure=breaker.last_failure,
            reachable=self._is_reachable(),
            changed_at=now,
        )
        if self._written is None or replace(self._written, changed_at=now) != record:
            await self._breakers.put(record)
            self._written = record

    async def _ask(self) -> None:
        while True:
            try:
                await self.ask()
            except Exception:  # a bug must not leave the MES's state as it is for ever
                logger.exception("asking the MES for its health failed; it is tried again")
            await asyncio.sleep((EVERY if self._well else EVERY_WHILE_AWAY).total_seconds())

    async def _write(self) -> None:
        while True:
            try:
                await self.write()
            except StationError as error:
                logger.warning("how the MES stands could not be written down this time: %s", error)
            except Exception:
                logger.exception("writing down how the MES stands failed; it is tried again")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LOOK_EVERY.total_seconds())
            self._changed.clear()

    def _is_reachable(self) -> bool:
        breaker = self._mes.breaker
        if breaker.state is not BreakerState.CLOSED or self._asked_at is None:
            return False
        failed = breaker.last_failure if breaker.failure_count else None
        return self._well and (failed is None or failed < self._asked_at)
