"""Who may log in, as rows; every change in one transaction with who made it."""

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from station.domain.audit import Deed
from station.domain.errors import AccessError
from station.domain.people import User
from station.domain.roles import Role
from station.storage.access_tables import SESSIONS, USERS
from station.storage.audit import record
from station.storage.named import NamedRows
from station.storage.tables import IDENTITY

USER_EXISTS = "USER_EXISTS"
BADGE_TAKEN = "BADGE_TAKEN"


@dataclass(frozen=True)
class Login:
    """What is needed to let a user in.

    Attributes:
        stamp: Changes whenever everything that was shown for the user before is to be worth nothing.
    """

    user: User
    password_hash: str
    stamp: str


class Users(NamedRows[User]):
    """The users of the station.

    Args:
        database: The open results database.
    """

    table = USERS
    what = "user"
    exists = USER_EXISTS
    not_found = "USER_NOT_FOUND"
    taken = "There is a user {name} already; change it, or choose another name."

    async def find(self, name: str) -> Login | None:
        """A user, with what lets it in; None where there is none."""
        row = await self._row("name", name)
        return None if row is None else Login(self._read(row), row.password_hash, row.stamp)

    async def of_badge(self, badge_hash: str) -> Login | None:
        """The user who has this badge; None where nobody has it."""
        row = await self._row("badge_hash", badge_hash)
        return None if row is None else Login(self._read(row), row.password_hash, row.stamp)

    async def badge_salt(self) -> bytes:
        """What the badges of this database are hashed with; always the same."""
        async with self._database.read() as session:
            return bytes.fromhex((await session.execute(select(IDENTITY.c.badge_salt))).scalar_one())

    async def add(self, deed: Deed, role: Role, password_hash: str) -> User:
        """Make a user; the deed's target is its name. An AccessError passes through where there is one."""
        return await self._add(deed, role=role.value, password_hash=password_hash, stamp=_stamp(), changed_at=deed.at)

    async def set_password(self, deed: Deed, password_hash: str) -> User:
        """Give a user another password; all its sessions and tokens end."""
        values = {"password_hash": password_hash, "changed_at": deed.at, "stamp": _stamp()}
        return await self._change(deed, values, ends=True)

    async def set_role(self, deed: Deed, role: Role) -> User:
        """Give a user another role; it holds from its next request."""
        return await self._change(deed, {"role": role.value}, ends=False)

    async def set_active(self, deed: Deed, *, active: bool) -> User:
        """Let a user log in, or not any more; what it had is over in both cases."""
        return await self._change(deed, {"active": active, "stamp": _stamp()}, ends=True)

    async def set_badge(self, deed: Deed, badge_hash: str | None) -> User:
        """Give a user a badge, or take it away; sessions that were begun with the one before end.

        Raises:
            AccessError: If there is no such user, or somebody else has the badge.
        """  # noqa: DOC502 - raised in the transaction

        def write(transaction: Connection) -> User:
            self._get(transaction, deed.target)
            others = (USERS.c.badge_hash == badge_hash) & (USERS.c.name != deed.target)
            if badge_hash is not None and transaction.execute(select(USERS.c.name).where(others)).first():
                msg = "Somebody else has this badge, who may be disabled; remove it there, or use another badge."
                raise AccessError(BADGE_TAKEN, msg)
            transaction.execute(update(USERS).where(USERS.c.name == deed.target).values(badge_hash=badge_hash))
            theirs = (SESSIONS.c.user_name == deed.target) & SESSIONS.c.by_badge
            transaction.execute(delete(SESSIONS).where(theirs))
            record(transaction, deed)
            return self._get(transaction, deed.target)

        return await self._database.write(write)

    async def _change(self, deed: Deed, values: dict[str, Any], *, ends: bool) -> User:
        def write(transaction: Connection) -> User:
            before = self._get(transaction, deed.target)
            transaction.execute(update(USERS).where(USERS.c.name == deed.target).values(values))
            if ends:
                transaction.execute(delete(SESSIONS).where(SESSIONS.c.user_name == deed.target))
            record(transaction, deed.model_copy(update={"data": {"role_before": before.role.value} | deed.data}))
            return self._get(transaction, deed.target)

        return await self._database.write(write)

    @staticmethod
    def _read(row: Row[Any]) -> User:
        return User(
            name=row.name,
            role=Role(row.role),
            active=row.active,
            created_at=row.created_at,
            created_by=row.created_by,
            changed_at=row.changed_at,
            badge=row.badge_hash is not None,
        )


def _stamp() -> str:
    return secrets.token_hex(8)
