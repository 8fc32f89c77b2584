"""Who may log in, as rows; every change in one transaction with who made it."""

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from station.domain.audit import Deed
from station.domain.errors import AccessError
from station.domain.people import User
from station.domain.roles import Role
from station.storage.access_tables import SESSIONS, USERS
from station.storage.audit import record
from station.storage.database import Database

USER_EXISTS = "USER_EXISTS"
USER_NOT_FOUND = "USER_NOT_FOUND"


@dataclass(frozen=True)
class Login:
    """What is needed to let a user in.

    Attributes:
        stamp: Changes whenever everything that was shown for the user before is to be worth nothing.
    """

    user: User
    password_hash: str
    stamp: str


class Users:
    """The users of the station.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[User]:
        """Every user, by name."""
        async with self._database.read() as session:
            return [_user(row) for row in await session.execute(select(USERS).order_by(USERS.c.name))]

    async def find(self, name: str) -> Login | None:
        """A user, with what lets it in; None where there is none."""
        async with self._database.read() as session:
            row = (await session.execute(select(USERS).where(USERS.c.name == name))).one_or_none()
        return None if row is None else Login(_user(row), row.password_hash, row.stamp)

    async def add(self, deed: Deed, role: Role, password_hash: str) -> User:
        """Make a user; the deed's target is its name.

        Raises:
            AccessError: If there is one.
        """  # noqa: DOC502 - raised in the transaction
        values = {
            "name": deed.target,
            "password_hash": password_hash,
            "role": role.value,
            "active": True,
            "stamp": _stamp(),
            "created_at": deed.at,
            "created_by": deed.actor,
            "changed_at": deed.at,
        }

        def write(transaction: Connection) -> User:
            if transaction.scalar(select(USERS.c.name).where(USERS.c.name == deed.target)) is not None:
                msg = f"There is a user {deed.target} already; change it, or choose another name."
                raise AccessError(USER_EXISTS, msg, user=deed.target)
            transaction.execute(insert(USERS), values)
            record(transaction, deed)
            return _get(transaction, deed.target)

        return await self._database.write(write)

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

    async def _change(self, deed: Deed, values: dict[str, Any], *, ends: bool) -> User:
        def write(transaction: Connection) -> User:
            before = _get(transaction, deed.target)
            transaction.execute(update(USERS).where(USERS.c.name == deed.target).values(values))
            if ends:
                transaction.execute(delete(SESSIONS).where(SESSIONS.c.user_name == deed.target))
            record(transaction, deed.model_copy(update={"data": {"role_before": before.role.value} | deed.data}))
            return _get(transaction, deed.target)

        return await self._database.write(write)


def _get(transaction: Connection, name: str) -> User:
    """Read a user in a transaction.

    Raises:
        AccessError: If there is none.
    """
    row = transaction.execute(select(USERS).where(USERS.c.name == name)).one_or_none()
    if row is None:
        msg = f"There is no user {name}."
        raise AccessError(USER_NOT_FOUND, msg, user=name)
    return _user(row)


def _user(row: Row[Any]) -> User:
    return User(
        name=row.name,
        role=Role(row.role),
        active=row.active,
        created_at=row.created_at,
        created_by=row.created_by,
        changed_at=row.changed_at,
    )


def _stamp() -> str:
    return secrets.token_hex(8)
