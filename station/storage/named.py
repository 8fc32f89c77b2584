"""Rows that somebody names and nobody deletes: who may use the station, as people and as machines."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import Connection, Row, Table, insert, select

from station.domain.audit import Deed
from station.domain.errors import AccessError
from station.storage.audit import record
from station.storage.database import Database

_Named = TypeVar("_Named")


class NamedRows(ABC, Generic[_Named]):
    """The rows of a table whose key is `name`; every change in one transaction with who made it.

    Args:
        database: The open results database.
    """

    table: ClassVar[Table]
    what: ClassVar[str]
    """In words and facts of errors."""
    exists: ClassVar[str]
    not_found: ClassVar[str]
    """Codes of errors."""
    taken: ClassVar[str]
    """What somebody is told who wants a name that is taken."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[_Named]:
        """Every row, by name."""
        async with self._database.read() as session:
            return [self._read(row) for row in await session.execute(select(self.table).order_by(self.table.c.name))]

    @staticmethod
    @abstractmethod
    def _read(row: Row[Any]) -> _Named:
        """Make of a row what it says."""

    async def _row(self, column: str, value: str) -> Row[Any] | None:
        async with self._database.read() as session:
            wanted = select(self.table).where(self.table.c[column] == value)
            return (await session.execute(wanted)).one_or_none()

    async def _add(self, deed: Deed, **values: Any) -> _Named:  # noqa: ANN401 - columns
        """Make a row; the deed's target is its name.

        Raises:
            AccessError: If there is one.
        """  # noqa: DOC502 - raised in the transaction
        made = {"name": deed.target, "active": True, "created_at": deed.at, "created_by": deed.actor, **values}

        def write(transaction: Connection) -> _Named:
            if self._find(transaction, deed.target) is not None:
                raise AccessError(self.exists, self.taken.format(name=deed.target), **{self.what: deed.target})
            transaction.execute(insert(self.table), made)
            record(transaction, deed)
            return self._get(transaction, deed.target)

        return await self._database.write(write)

    def _get(self, transaction: Connection, name: str) -> _Named:
        """Read a row in a transaction.

        Raises:
            AccessError: If there is none.
        """
        row = self._find(transaction, name)
        if row is None:
            raise AccessError(self.not_found, f"There is no {self.what} {name}.", **{self.what: name})
        return self._read(row)

    def _find(self, transaction: Connection, name: str) -> Row[Any] | None:
        return transaction.execute(select(self.table).where(self.table.c.name == name)).one_or_none()
