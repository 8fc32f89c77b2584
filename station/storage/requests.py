"""Requests that may come twice: which run each of them is about."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from station.storage.database import Database
from station.storage.tables import REQUESTS

KEPT = timedelta(days=30)
"""How long a key is remembered."""


@dataclass(frozen=True)
class Request:
    """What was asked for under a key.

    Attributes:
        key: Of whoever asked.
        digest: Of everything that was asked for.
        run_id: The run it is about.
    """

    key: str
    digest: str
    run_id: str
    asked_at: datetime


class Requests:
    """The requests that were made under a key.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def first(self, request: Request) -> Request:
        """Keep a request, or give the one that was made under its key before."""

        def write(transaction: Connection) -> Request:
            known = transaction.execute(select(REQUESTS).where(REQUESTS.c.key == request.key)).one_or_none()
            if known is not None:
                return Request(known.key, known.digest, known.execution_id, known.asked_at)
            transaction.execute(delete(REQUESTS).where(REQUESTS.c.asked_at < request.asked_at - KEPT))
            values = {
                "key": request.key,
                "digest": request.digest,
                "execution_id": request.run_id,
                "asked_at": request.asked_at,
            }
            transaction.execute(insert(REQUESTS), values)
            return request

        return await self._database.write(write)
