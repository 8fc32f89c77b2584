"""Machines that may call, as rows; a row knows the hash of its key, never the key."""

from typing import Any

from sqlalchemy import Connection, Row, update

from station.domain.audit import Deed
from station.domain.people import ApiKey
from station.domain.roles import Role
from station.storage.access_tables import API_KEYS
from station.storage.audit import record
from station.storage.named import NamedRows


class ApiKeys(NamedRows[ApiKey]):
    """The API keys of the station, also those that were revoked.

    Args:
        database: The open results database.
    """

    table = API_KEYS
    what = "key"
    exists = "KEY_EXISTS"
    not_found = "KEY_NOT_FOUND"
    taken = "There is a key {name}, or there was one; what it did stays under its name. Choose another."

    async def find(self, key_hash: str) -> ApiKey | None:
        """The key with this hash; None where there is none."""
        row = await self._row("key_hash", key_hash)
        return None if row is None else self._read(row)

    async def add(self, deed: Deed, role: Role, key_hash: str) -> ApiKey:
        """Make a key; the deed's target is its name. An AccessError passes through where there is one, or was."""
        return await self._add(deed, role=role.value, key_hash=key_hash)

    async def revoke(self, deed: Deed) -> ApiKey:
        """Make a key worth nothing from the next request on; an AccessError passes through where there is none."""

        def write(transaction: Connection) -> ApiKey:
            self._get(transaction, deed.target)
            changed = update(API_KEYS).where(API_KEYS.c.name == deed.target, API_KEYS.c.active)
            if transaction.execute(changed.values(active=False, revoked_at=deed.at)).rowcount:
                record(transaction, deed)
            return self._get(transaction, deed.target)

        return await self._database.write(write)

    @staticmethod
    def _read(row: Row[Any]) -> ApiKey:
        return ApiKey(
            name=row.name,
            role=Role(row.role),
            active=row.active,
            created_at=row.created_at,
            created_by=row.created_by,
            revoked_at=row.revoked_at,
        )
