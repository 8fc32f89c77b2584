"""Calls for help as rows, each with its event and its line of the audit."""

from typing import Any

from sqlalchemy import Connection, insert, select, update

from station.domain.audit import Deed
from station.domain.call import Call, CallReason, CallState
from station.domain.errors import CommandRefusedError
from station.domain.events import EventType
from station.storage.audit import record
from station.storage.database import Database
from station.storage.events import NewEvent, insert_events
from station.storage.tables import CALLS

NOT_FOUND = "CALL_NOT_FOUND"

_OPEN = select(CALLS).where(CALLS.c.state == CallState.OPEN.value)


class Calls:
    """The calls of a station.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self) -> Call | None:
        """The call nobody has answered yet."""
        async with self._database.read() as session:
            row = (await session.execute(_OPEN)).mappings().one_or_none()
            return None if row is None else Call.model_validate(row)

    async def begin(self, deed: Deed, reason: CallReason) -> Call:
        """Call somebody; where a call is open already, it stays the only one.

        Args:
            deed: What the person did; its target is the call's id.
            reason: What is needed.

        Returns:
            The call that is open now.
        """

        def write(transaction: Connection) -> Call:
            found = transaction.execute(_OPEN).mappings().one_or_none()
            if found is not None:
                return Call.model_validate(found)
            call = Call(call_id=deed.target, reason=reason, called_at=deed.at, called_by=deed.actor)
            transaction.execute(insert(CALLS), call.model_dump(exclude={"reason", "state"}) | _words(call))
            _tell(transaction, call, deed)
            return call

        return await self._database.write(write)

    async def end(self, deed: Deed, state: CallState) -> Call:
        """Say that somebody comes, or that nobody needs to.

        Args:
            deed: What the person did; its target is the call's id.
            state: What becomes of the call.

        Returns:
            The call as it is now.

        Raises:
            CommandRefusedError: If there is no such call, or it ended before.
        """  # noqa: DOC502 - raised in the transaction

        def write(transaction: Connection) -> Call:
            mine = CALLS.c.call_id == deed.target
            row = transaction.execute(select(CALLS).where(mine)).mappings().one_or_none()
            if row is None:
                raise CommandRefusedError(NOT_FOUND, f"Nobody called as {deed.target[:100]}.")
            call = Call.model_validate(row).end(state, deed.at, deed.actor)
            changed = _words(call) | {"ended_at": call.ended_at, "ended_by": call.ended_by}
            transaction.execute(update(CALLS).where(mine).values(**changed))
            _tell(transaction, call, deed)
            return call

        return await self._database.write(write)


def _words(call: Call) -> dict[str, Any]:
    return {"reason": call.reason.value, "state": call.state.value}


def _tell(transaction: Connection, call: Call, deed: Deed) -> None:
    said = {"call_id": call.call_id, "reason": call.reason.value, "state": call.state.value, "by": deed.actor}
    record(transaction, deed)
    insert_events(transaction, [NewEvent(deed.at, EventType.CALL, None, data=dict(said))])
