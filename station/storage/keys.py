"""Machines that may call, as rows; a row knows the hash of its key, never the key."""

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from station.domain.audit import Deed
from station.domain.errors import AccessError
from station.domain.people import ApiKey
from station.domain.roles import Role
from station.storage.access_tables import API_KEYS
from station.storage.audit import record
from station.storage.database import Database

KEY_EXISTS = "KEY_EXISTS"
KEY_NOT_FOUND = "KEY_NOT_FOUND"


class ApiKeys:
    """The API keys of the station.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[ApiKey]:
        """Every key, also those that were revoked, by name."""
        async with self._database.read() as session:
            return [_key(row) for row in await session.execute(select(API_KEYS).order_by(API_KEYS.c.name))]

    async def find(self, key_hash: str) -> ApiKey | None:
        """The key with this hash; None where there is none."""
        async with self._database.read() as session:
            row = (await session.execute(select(API_KEYS).where(API_KEYS.c.key_hash == key_hash))).one_or_none()
        return None if row is None else _key(row)

    async def add(self, deed: Deed, role: Role, key_hash: str) -> ApiKey:
        """Make a key; the deed's target is its name.

        Raises:
            AccessError: If there is one, or was.
        """  # noqa: DOC502 - raised in the transaction
        values = {
            "name": deed.target,
            "key_hash": key_hash,
            "role": role.value,
            "active": True,
            "created_at": deed.at,
            "created_by": deed.actor,
        }

        def write(transaction: Connection) -> ApiKey:
            if transaction.scalar(select(API_KEYS.c.name).where(API_KEYS.c.name == deed.target)) is not None:
                msg = (
                    f"There is a key {deed.target}, or there was one; what it did stays under its name. Choose another."
                )
                raise AccessError(KEY_EXISTS, msg, key=deed.target)
            transaction.execute(insert(API_KEYS), values)
            record(transaction, deed)
            return _get(transaction, deed.target)

        return await self._database.write(write)

    async def revoke(self, deed: Deed) -> ApiKey:
        """Make a key worth nothing from the next request on."""

        def write(transaction: Connection) -> ApiKey:
            _get(transaction, deed.target)
            changed = update(API_KEYS).where(API_KEYS.c.name == deed.target, API_KEYS.c.active)
            if transaction.execute(changed.values(active=False, revoked_at=deed.at)).rowcount:
                record(transaction, deed)
            return _get(transaction, deed.target)

        return await self._database.write(write)


def _get(transaction: Connection, name: str) -> ApiKey:
    """Read a key in a transaction.

    Raises:
        AccessError: If there is none.
    """
    row = transaction.execute(select(API_KEYS).where(API_KEYS.c.name == name)).one_or_none()
    if row is None:
        msg = f"There is no key {name}."
        raise AccessError(KEY_NOT_FOUND, msg, key=name)
    return _key(row)


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        name=row.name,
        role=Role(row.role),
        active=row.active,
        created_at=row.created_at,
        created_by=row.created_by,
        revoked_at=row.revoked_at,
    )
