"""Browsers in which somebody is logged in; the rows know the hash of a session's token, never the token."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from station.domain.audit import Deed
from station.storage.access_tables import SESSIONS
from station.storage.audit import record
from station.storage.database import Database


@dataclass(frozen=True)
class Session:
    """Somebody who logged in.

    Attributes:
        token_hash: SHA-256 of what the browser shows.
        stamp: Of the user when it logged in; a session is over when it is another one now.
        by_badge: Whether a badge alone began it.
        locked: Whether the screen is locked.
    """

    token_hash: str
    user: str
    stamp: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    by_badge: bool = False
    locked: bool = False


class Sessions:
    """The sessions of all browsers.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, session: Session, deed: Deed, *, instead_of: str = "") -> None:
        """Let somebody be logged in.

        Args:
            session: The new session.
            deed: Who logged in.
            instead_of: The hash of the token the browser showed before; that session ends.
        """

        def write(transaction: Connection) -> None:
            over = SESSIONS.c.expires_at <= session.created_at
            transaction.execute(delete(SESSIONS).where(over | (SESSIONS.c.token_hash == instead_of)))
            values = {
                "token_hash": session.token_hash,
                "user_name": session.user,
                "stamp": session.stamp,
                "address": session.address,
                "created_at": session.created_at,
                "last_seen_at": session.last_seen_at,
                "expires_at": session.expires_at,
                "by_badge": session.by_badge,
                "locked": session.locked,
            }
            transaction.execute(insert(SESSIONS), values)
            record(transaction, deed)

        await self._database.write(write)

    async def find(self, token_hash: str) -> Session | None:
        """A session; None where there is none. Whether it is over, the caller judges."""
        async with self._database.read() as reading:
            query = select(SESSIONS).where(SESSIONS.c.token_hash == token_hash)
            row = (await reading.execute(query)).one_or_none()
        if row is None:
            return None
        return Session(
            token_hash=row.token_hash,
            user=row.user_name,
            stamp=row.stamp,
            address=row.address,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            by_badge=row.by_badge,
            locked=row.locked,
        )

    async def seen(self, token_hash: str, at: datetime, expires_at: datetime) -> None:
        """Note that a session is used; one that was ended meanwhile stays ended."""
        values = {"last_seen_at": at, "expires_at": expires_at}
        await self._database.write(
            lambda transaction: transaction.execute(
                update(SESSIONS).where(SESSIONS.c.token_hash == token_hash).values(values)
            )
        )

    async def lock(self, token_hash: str, deed: Deed) -> None:
        """Lock the screen of a session; a second time changes nothing, and nothing unlocks it but another session."""

        def write(transaction: Connection) -> None:
            open_ = (SESSIONS.c.token_hash == token_hash) & ~SESSIONS.c.locked
            if transaction.execute(update(SESSIONS).where(open_).values(locked=True)).rowcount:
                record(transaction, deed)

        await self._database.write(write)

    async def end(self, token_hash: str, deed: Deed) -> None:
        """Log somebody out; a second time changes nothing."""

        def write(transaction: Connection) -> None:
            ended = transaction.execute(delete(SESSIONS).where(SESSIONS.c.token_hash == token_hash))
            if ended.rowcount:
                record(transaction, deed)

        await self._database.write(write)
