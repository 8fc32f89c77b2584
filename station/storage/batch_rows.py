"""Writing a batch's one row, which is made when it is first needed."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from station.storage.tables import BATCHES

_FRESH = {"desired": "stopped", "process_state": "stopped", "restarts": 0, "alert": "", "hardware_safe": True}


async def change_batch(session: AsyncSession, batch: str, at: datetime, values: dict[str, Any]) -> None:
    """Set columns of a batch's row in somebody's transaction."""
    values = values | {"updated_at": at}
    known = await session.scalar(select(BATCHES.c.batch_id).where(BATCHES.c.batch_id == batch))
    if known is None:
        await session.execute(insert(BATCHES), _FRESH | values | {"batch_id": batch})
    else:
        await session.execute(update(BATCHES).where(BATCHES.c.batch_id == batch).values(**values))
