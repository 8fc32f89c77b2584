"""The quarantine of a slot: set in the transaction of the fact it follows from, cleared by a person with a reason."""

from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Row, Select, select

from station.domain.audit import Deed
from station.domain.errors import BatchBusyError, CommandRefusedError
from station.domain.events import EventType
from station.domain.notice import Notice
from station.domain.outcome import RunState
from station.domain.quarantine import Quarantine
from station.storage.audit import record
from station.storage.batch_rows import change_batch
from station.storage.database import Database
from station.storage.events import NewEvent, insert_events
from station.storage.tables import BATCHES, RUNS

NOT_QUARANTINED = "NOT_QUARANTINED"


class Quarantines:
    """The quarantine of each slot, as people look at it and end it.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, batch: str) -> Quarantine | None:
        """Why a slot takes no run; None where it takes runs."""
        async with self._database.read() as session:
            return quarantine_in((await session.execute(quarantine_query(batch))).one_or_none())

    async def set(self, batch: str, why: Notice, at: datetime) -> None:
        """Close a slot for runs; the first reason stands."""
        await self._database.write(lambda transaction: put_in_quarantine(transaction, batch, why, at))

    async def clear(self, deed: Deed) -> Quarantine:
        """Let a slot take runs again, with who decided it and why.

        Args:
            deed: What the person did; its target is the batch.

        Returns:
            The quarantine that is over.

        Raises:
            CommandRefusedError: If the slot is not in quarantine.
            BatchBusyError: If a run is open on it.
        """  # noqa: DOC502 - raised in the transaction
        batch = deed.target

        def write(transaction: Connection) -> Quarantine:
            found = _quarantine_of(transaction, batch)
            if found is None:
                raise CommandRefusedError(NOT_QUARANTINED, f"Batch {batch} is not in quarantine.", batch=batch)
            still_open = select(RUNS.c.id).where(RUNS.c.batch_id == batch, RUNS.c.state != RunState.COMPLETED.value)
            if run_id := transaction.scalar(still_open.limit(1)):
                msg = f"Run {run_id} is open on batch {batch}; its quarantine can be cleared when the run is over."
                raise BatchBusyError(msg, batch=batch, run_id=run_id)
            told = {"quarantine": found.reason, "since": found.since.isoformat()}
            record(transaction, deed.model_copy(update={"data": told | deed.data}))
            ended = {"quarantine": "", "quarantined_at": None, "quarantine_notice": None}
            change_batch(transaction, batch, deed.at, ended)
            insert_events(transaction, [_status(batch, deed.at, ended)])
            return found

        return await self._database.write(write)


def quarantine_query(batch: str) -> Select[Any]:
    """Ask for a slot's quarantine."""
    columns = (BATCHES.c.quarantine, BATCHES.c.quarantined_at, BATCHES.c.quarantine_notice)
    return select(*columns).where(BATCHES.c.batch_id == batch)


def quarantine_in(row: Row[Any] | None) -> Quarantine | None:
    """Read a slot's quarantine out of what the query gave."""
    if row is None or not row.quarantine:
        return None
    return Quarantine(reason=row.quarantine, since=row.quarantined_at, notice=row.quarantine_notice)


def refuse_in_quarantine(transaction: Connection, batch: str) -> None:
    """Refuse a start in the transaction that would accept it.

    Raises:
        SlotQuarantinedError: If the slot takes no run.
    """  # noqa: DOC502 - made by the quarantine
    if (quarantine := _quarantine_of(transaction, batch)) is not None:
        raise quarantine.refusal(batch)


def put_in_quarantine(transaction: Connection, batch: str, why: Notice, at: datetime) -> None:
    """Close a slot for runs in the transaction of what makes it unsafe; the first reason stands."""
    if _quarantine_of(transaction, batch) is not None:
        return
    reason, notice = why.text, why.model_dump()
    change_batch(transaction, batch, at, {"quarantine": reason, "quarantined_at": at, "quarantine_notice": notice})
    alert = f"batch {batch} is in quarantine: {reason}"
    told = {"quarantine": reason, "quarantined_at": at.isoformat(), "quarantine_notice": notice}
    insert_events(
        transaction,
        [
            _status(batch, at, told),
            NewEvent(at, EventType.ERROR, batch, data={"error": alert, "quarantine": reason}),
        ],
    )


def _quarantine_of(transaction: Connection, batch: str) -> Quarantine | None:
    return quarantine_in(transaction.execute(quarantine_query(batch)).one_or_none())


def _status(batch: str, at: datetime, values: dict[str, Any]) -> NewEvent:
    data: dict[str, JsonValue] = dict(values)
    return NewEvent(at, EventType.BATCH_STATUS, batch, data=data)
