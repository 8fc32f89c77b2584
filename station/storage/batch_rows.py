"""Writing a batch's one row, which is made when it is first needed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from station.storage.tables import BATCHES

_FRESH = {"desired": "stopped", "process_state": "stopped", "restarts": 0, "alert": "", "hardware_safe": True}


def change_batch(transaction: Connection, batch: str, at: datetime, values: dict[str, Any]) -> None:
    """Set columns of a batch's row in somebody's transaction."""
    values = values | {"updated_at": at}
    known = transaction.scalar(select(BATCHES.c.batch_id).where(BATCHES.c.batch_id == batch))
    if known is None:
        transaction.execute(insert(BATCHES), _FRESH | values | {"batch_id": batch})
    else:
        transaction.execute(update(BATCHES).where(BATCHES.c.batch_id == batch).values(**values))
