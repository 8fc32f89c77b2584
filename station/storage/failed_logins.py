"""Logins that failed lately, so that whoever guesses does not begin anew when the API does."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from station.domain.audit import Deed
from station.storage.access_tables import FAILED_LOGINS
from station.storage.audit import record
from station.storage.database import Database


class FailedLogins:
    """The failures that still count.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, at: datetime) -> list[tuple[str, datetime]]:
        """Every source that failed since then, with when, oldest first."""
        wanted = select(FAILED_LOGINS.c.source, FAILED_LOGINS.c.at).where(FAILED_LOGINS.c.at > at)
        async with self._database.read() as session:
            rows = await session.execute(wanted.order_by(FAILED_LOGINS.c.at, FAILED_LOGINS.c.entry_id))
            return [(row.source, row.at) for row in rows]

    async def add(self, deeds: Sequence[Deed], sources: Iterable[str], *, forget_before: datetime) -> None:
        """Write a failure of these sources, with what the audit says of it; the first deed is the failure itself.

        Args:
            deeds: Entries of the audit.
            sources: What it counts against.
            forget_before: Older failures count no more.
        """
        failure = deeds[0]
        rows = [{"entry_id": failure.id, "source": source, "at": failure.at} for source in sources]

        def write(transaction: Connection) -> None:
            for deed in deeds:
                record(transaction, deed)
            transaction.execute(delete(FAILED_LOGINS).where(FAILED_LOGINS.c.at < forget_before))
            if rows:
                transaction.execute(insert(FAILED_LOGINS), rows)

        await self._database.write(write)

    async def forget(self, sources: Iterable[str]) -> None:
        """Have the failures of these sources count no more."""
        theirs = FAILED_LOGINS.c.source.in_(list(sources))

        def write(transaction: Connection) -> None:
            transaction.execute(delete(FAILED_LOGINS).where(theirs))

        await self._database.write(write)
