"""Writes down in the audit what somebody did, where no workflow does it."""

import secrets
from datetime import UTC, datetime

from pydantic import JsonValue

from station.domain.audit import Deed
from station.domain.ids import new_id
from station.storage.audit import Audit
from station.storage.database import Database


def deed(action: str, target: str, by: str, reason: str = "", **data: JsonValue) -> Deed:
    """Make the entry of the audit that says what somebody does now, for a transaction that writes it with the deed."""
    now = datetime.now(UTC)
    id = f"{action}/{new_id(now, secrets.token_bytes(10))}"
    return Deed(id=id, at=now, actor=by, action=action, target=target, reason=reason, data=data)


async def note(database: Database, *, by: str, action: str, target: str, reason: str = "", **data: JsonValue) -> None:
    """Write what somebody did; a StorageError passes through.

    Args:
        database: The open results database.
        by: Who did it.
        action: What, in one word.
        target: To what.
        reason: Why; may be empty.
        data: What else there is to say.
    """
    await Audit(database).write(deed(action, target, by, reason, **data))
