"""Clearing a slot that is in quarantine: a person's decision, with a reason."""

import secrets
from datetime import UTC, datetime

from pydantic import JsonValue

from station.config.model import StationConfig
from station.domain.audit import Deed
from station.domain.errors import CommandRefusedError
from station.domain.ids import new_id
from station.domain.quarantine import Quarantine
from station.storage.database import Database
from station.storage.quarantine import Quarantines


async def clear_quarantine(
    config: StationConfig,
    database: Database,
    batch: str,
    *,
    by: str,
    reason: str,
    data: dict[str, JsonValue] | None = None,
) -> Quarantine:
    """Let a slot take runs again; it is in the audit who decided that, and why.

    A BatchNotFoundError passes through where there is no such batch, a BatchBusyError where a run is open on it, and a
    CommandRefusedError where it is not in quarantine.

    Args:
        config: The station's configuration.
        database: The open results database.
        batch: The batch.
        by: Who decides it.
        reason: Why the slot can be used again.
        data: What else the audit is to know.

    Returns:
        The quarantine that is over.

    Raises:
        CommandRefusedError: If no reason is given.
    """
    config.batch(batch)
    if not reason.strip():
        msg = f"Clearing {batch} needs a reason: what was found, and why the slot can be used again."
        raise CommandRefusedError("REASON_MISSING", msg, batch=batch)
    now = datetime.now(UTC)
    deed = Deed(
        id=f"clear/{new_id(now, secrets.token_bytes(10))}",
        at=now,
        actor=by,
        action="clear",
        target=batch,
        reason=reason,
        data=data or {},
    )
    return await Quarantines(database).clear(deed)
