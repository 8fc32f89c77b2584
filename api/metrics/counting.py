"""Keeps the totals up to the latest event: what happened while the API was away is counted too, and nothing twice."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from api.metrics.totals import TYPES, VERSION, Totals
from station.domain.errors import StorageError
from station.storage.database import Database
from station.storage.metrics import Counted, MetricRecords

logger = logging.getLogger(__name__)

NAME = "api"
PAGE = 1000
SAVE_EVERY = timedelta(seconds=30)
"""What was counted since is counted again after a crash, from the event that is kept with the totals."""


class Counting:
    """The totals, counted on when somebody asks for them.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._records = MetricRecords(database)
        self._one_at_a_time = asyncio.Lock()
        self._totals: Totals | None = None
        self._last_event_id = 0
        self._saved_id = 0
        self._saved_at = datetime.min.replace(tzinfo=UTC)

    async def up_to_now(self) -> Totals:
        """Count what has happened since, and give the totals; a StorageError passes through."""
        async with self._one_at_a_time:
            totals = self._totals or await self._load()
            while True:
                events, upto = await self._records.after(self._last_event_id, TYPES, PAGE)
                if upto < self._last_event_id:
                    logger.warning("the results database is another one; the metrics are counted anew")
                    totals = self._begin(Totals(), 0)
                    continue
                for event in events:
                    try:
                        totals.count(event)
                    except (ValidationError, KeyError, TypeError) as error:
                        logger.warning("event %s is not counted: %s", event.id, error)
                self._last_event_id = upto
                await self._save_sometimes(totals)
                if len(events) < PAGE:
                    return totals

    async def close(self) -> None:
        """Keep what was counted."""
        async with self._one_at_a_time:
            if self._totals is not None:
                await self._save(self._totals)

    async def _load(self) -> Totals:
        kept = await self._records.load(NAME)
        if kept is not None and kept.totals.get("version") == VERSION:
            try:
                return self._begin(Totals.model_validate(kept.totals), kept.last_event_id)
            except ValidationError as error:
                logger.warning("what was counted cannot be read; it is counted anew: %s", error)
        return self._begin(Totals(), 0)

    def _begin(self, totals: Totals, last_event_id: int) -> Totals:
        self._totals, self._last_event_id, self._saved_id = totals, last_event_id, last_event_id
        return totals

    async def _save_sometimes(self, totals: Totals) -> None:
        if datetime.now(UTC) - self._saved_at < SAVE_EVERY:
            return
        try:
            await self._save(totals)
        except StorageError as error:  # a full disk must not hide the metrics
            logger.warning("the metrics' totals are not kept this time: %s", error.message)

    async def _save(self, totals: Totals) -> None:
        self._saved_at = datetime.now(UTC)
        if self._saved_id == self._last_event_id:
            return
        counted = Counted(self._last_event_id, totals.model_dump(mode="json"))
        await self._records.save(NAME, counted, self._saved_at)
        self._saved_id = self._last_event_id
