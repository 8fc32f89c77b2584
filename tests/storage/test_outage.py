"""A PostgreSQL server that goes away: said as what it is, waited for by whoever has patience, nothing written twice."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from station.domain.audit import Deed
from station.domain.errors import StorageError
from station.storage.audit import Audit, AuditFilter
from station.storage.database import Database
from station.storage.migrate import migrate
from tests.postgres import Server, server
from tests.storage.samples import after

PATIENCE = timedelta(seconds=20)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    """A server of our own: it is killed."""
    with server() as running:
        yield running


def deed(number: int) -> Deed:
    return Deed(id=str(number), at=after(number), actor="kim", action="stop", target="slot_1")


async def test_a_server_that_is_away_is_said_to_be_away_and_everything_goes_on_when_it_is_back(
    postgres: Server,
) -> None:
    url = await asyncio.to_thread(postgres.create, "impatient")
    await migrate(url)
    async with Database(url) as database:
        audit = Audit(database)
        await audit.write(deed(1))

        postgres.kill()
        with pytest.raises(StorageError, match="cannot be reached"):
            await audit.write(deed(2))
        with pytest.raises(StorageError, match="cannot be reached"):
            await audit.list(AuditFilter())
        postgres.start()

        await audit.write(deed(3))
        assert [entry.deed.id for entry in await audit.list(AuditFilter())] == ["3", "1"]


async def test_whoever_has_patience_waits_for_it(postgres: Server) -> None:
    url = await asyncio.to_thread(postgres.create, "patient")
    await migrate(url)
    async with Database(url, patience=PATIENCE) as database:
        audit = Audit(database)
        await audit.write(deed(1))

        postgres.kill()
        writes = [asyncio.create_task(audit.write(deed(number))) for number in (2, 3)]
        read = asyncio.create_task(audit.list(AuditFilter()))
        await asyncio.sleep(1)
        assert not any(task.done() for task in (*writes, read))
        await asyncio.to_thread(postgres.start)

        await asyncio.gather(*writes, read)
        assert {entry.deed.id for entry in await audit.list(AuditFilter())} == {"1", "2", "3"}
        assert (await audit.verify()).whole


async def test_a_transaction_that_is_cut_off_is_done_once_from_its_beginning(postgres: Server) -> None:
    url = await asyncio.to_thread(postgres.create, "cut")
    await migrate(url)
    tries = 0

    def write(transaction: Connection) -> None:
        nonlocal tries
        tries += 1
        transaction.exec_driver_sql("CREATE TABLE tried (number integer)")
        transaction.exec_driver_sql(f"INSERT INTO tried VALUES ({tries})")
        if tries == 1:
            postgres.kill()
            postgres.start()
        transaction.exec_driver_sql("INSERT INTO tried VALUES (0)")

    async with Database(url, patience=PATIENCE) as database:
        await database.write(write)
        async with database.read() as session:
            connection = await session.connection()
            found = (await connection.exec_driver_sql("SELECT number FROM tried")).scalars().all()

    assert (tries, sorted(found)) == (2, [0, 2])
