"""How circuit breakers stand, as rows: written by the process that has them, read by the others."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from station.storage.database import Database
from station.storage.tables import BREAKERS


@dataclass(frozen=True)
class BreakerRecord:
    """How one circuit breaker stands.

    Attributes:
        name: What is behind it: `mes`.
        state: closed, open or half_open.
        failure_count: Failures since the last success.
        last_failure: When the last one was; None: never since the process that has it was started.
        reachable: Whether what is behind it answered when it was last asked.
        changed_at: When any of this changed.
    """

    name: str
    state: str
    failure_count: int
    last_failure: datetime | None
    reachable: bool
    changed_at: datetime


class Breakers:
    """The circuit breakers of the station.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, record: BreakerRecord) -> None:
        """Write how one stands."""

        def write(transaction: Connection) -> None:
            transaction.execute(delete(BREAKERS).where(BREAKERS.c.name == record.name))
            transaction.execute(insert(BREAKERS), asdict(record))

        await self._database.write(write)

    async def get(self, name: str) -> BreakerRecord | None:
        """How one stands; None where nobody has written it yet."""
        async with self._database.read() as session:
            row = (await session.execute(select(BREAKERS).where(BREAKERS.c.name == name))).one_or_none()
        if row is None:
            return None
        return BreakerRecord(
            name=row.name,
            state=row.state,
            failure_count=row.failure_count,
            last_failure=row.last_failure,
            reachable=row.reachable,
            changed_at=row.changed_at,
        )
