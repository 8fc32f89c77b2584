"""What was done by hand, as one transaction: the audit, the event, and the quarantine where it left the slot unsafe."""

from pydantic import JsonValue
from sqlalchemy import Connection

from station.domain.audit import Deed
from station.domain.events import EventType
from station.domain.notice import Notice, NoticeCode
from station.storage.audit import record
from station.storage.database import Database
from station.storage.events import NewEvent, insert_events
from station.storage.quarantine import put_in_quarantine


class ManualNotes:
    """The notes of manual sessions.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, deed: Deed, session_id: str, state: str, *, unsafe: str = "") -> None:
        """Write what somebody did by hand; a second time changes nothing.

        Args:
            deed: Who did what; its target is the batch.
            session_id: The manual session.
            state: Where the session is after it.
            unsafe: Why the slot is to take no run from here on; empty where it may.
        """
        told: dict[str, JsonValue] = {
            "state": state,
            "action": deed.action.removeprefix("manual "),
            "by": deed.actor,
            "reason": deed.reason,
            **deed.data,
        }

        def write(transaction: Connection) -> None:
            if not record(transaction, deed):
                return
            insert_events(transaction, [NewEvent(deed.at, EventType.MANUAL, deed.target, session_id, told)])
            if unsafe:
                put_in_quarantine(
                    transaction, deed.target, Notice.of(NoticeCode.UNSAFE_MANUAL, unsafe, said=unsafe), deed.at
                )

        await self._database.write(write)
