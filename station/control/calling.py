"""Calling somebody to the station, and answering: what an andon button does."""

import secrets
from datetime import UTC, datetime

from station.control.noting import deed
from station.domain.call import Call, CallReason, CallState
from station.domain.ids import new_id
from station.storage.calls import Calls
from station.storage.database import Database


async def call(database: Database, reason: CallReason, *, by: str) -> Call:
    """Call somebody to the station; a call that is open already is given instead.

    Args:
        database: The open results database.
        reason: What is needed.
        by: Who calls.
    """
    id = new_id(datetime.now(UTC), secrets.token_bytes(10))
    return await Calls(database).begin(deed("call", id, by, reason=reason.value), reason)


async def answer(database: Database, call_id: str, *, by: str) -> Call:
    """Say that somebody comes; a CommandRefusedError passes through where the call is not open."""
    return await Calls(database).end(deed("answer_call", call_id, by), CallState.ANSWERED)


async def withdraw(database: Database, call_id: str, *, by: str) -> Call:
    """Say that nobody needs to come any more; a CommandRefusedError passes through where the call is not open."""
    return await Calls(database).end(deed("withdraw_call", call_id, by), CallState.WITHDRAWN)
