"""Versions that were chosen for batches: every decision is kept, the latest of a batch holds."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from station.domain.audit import Deed
from station.domain.choice import PackageChoice
from station.domain.errors import CommandRefusedError
from station.domain.plan import PackageRef
from station.storage import urls
from station.storage.audit import record
from station.storage.database import Database
from station.storage.tables import PACKAGE_CHOICES

NOTHING_TO_ROLL_BACK = "NOTHING_TO_ROLL_BACK"

_LATEST = select(func.max(PACKAGE_CHOICES.c.id)).group_by(PACKAGE_CHOICES.c.batch_id)


class Choices:
    """The versions that were chosen for batches.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def standing(self, batch: str, folder: str) -> PackageChoice | None:
        """Tell which decision holds for a batch; None where there is none.

        Args:
            batch: The batch.
            folder: Its `sequence_package`; a decision about another one does not hold any more.
        """
        async with self._database.read() as session:
            return choice_in((await session.execute(choice_query(batch))).one_or_none(), folder)

    async def all_standing(self, folders: Mapping[str, str]) -> dict[str, PackageChoice]:
        """Tell which decisions hold, by batch; `folders` has the `sequence_package` of each batch."""
        async with self._database.read() as session:
            rows = await session.execute(select(PACKAGE_CHOICES).where(PACKAGE_CHOICES.c.id.in_(_LATEST)))
            found = [choice_in(row, folders.get(row.batch_id)) for row in rows]
        return {choice.batch: choice for choice in found if choice is not None}

    async def history(self, batch: str, limit: int = 100) -> list[PackageChoice]:
        """The latest decisions about a batch, newest first, also those that do not hold any more."""
        query = select(PACKAGE_CHOICES).where(PACKAGE_CHOICES.c.batch_id == batch)
        async with self._database.read() as session:
            rows = await session.execute(query.order_by(PACKAGE_CHOICES.c.id.desc()).limit(limit))
            return [_choice(row) for row in rows]

    async def before(self, batch: str, folder: str) -> PackageRef | None:
        """Tell what rolling back would go to; None: the folder. A CommandRefusedError passes through."""
        async with self._database.read() as session:
            standing = choice_in((await session.execute(choice_query(batch))).one_or_none(), folder)
            previous = _must_have_one(standing, batch).previous
            if previous is None:
                return None
            row = (await session.execute(select(PACKAGE_CHOICES).where(PACKAGE_CHOICES.c.id == previous))).one()
            return _choice(row).package

    async def choose(self, deed: Deed, package: PackageRef, folder: str) -> PackageChoice:
        """Keep a decision, with the deed in the audit; choosing what holds already changes nothing.

        Args:
            deed: What the person did; its target is the batch.
            package: The version.
            folder: The batch's `sequence_package`.
        """

        def write(transaction: Connection) -> PackageChoice:
            standing = _standing(transaction, deed.target, folder)
            if standing is not None and standing.package == package:
                return standing
            return _write(transaction, deed, package, folder, standing.id if standing else None)

        return await self._database.write(write)

    async def roll_back(self, deed: Deed, folder: str) -> PackageChoice:
        """Go back to what held before the decision that holds now, with the deed in the audit.

        Raises:
            CommandRefusedError: If no decision holds.
        """  # noqa: DOC502 - raised in the transaction

        def write(transaction: Connection) -> PackageChoice:
            standing = _must_have_one(_standing(transaction, deed.target, folder), deed.target)
            if standing.previous is None:
                return _write(transaction, deed, None, folder, None)
            row = transaction.execute(select(PACKAGE_CHOICES).where(PACKAGE_CHOICES.c.id == standing.previous)).one()
            before = _choice(row)
            return _write(transaction, deed, before.package, folder, before.previous)

        return await self._database.write(write)


def is_there(url: str) -> bool:
    """Whether there is a database that could know of choices; one that was never made knows of none."""
    file = urls.sqlite_file(urls.parse(url))
    return file is None or file.exists()


def choice_query(batch: str) -> Select[Any]:
    """Ask for the latest decision about a batch."""
    mine = select(PACKAGE_CHOICES).where(PACKAGE_CHOICES.c.batch_id == batch)
    return mine.order_by(PACKAGE_CHOICES.c.id.desc()).limit(1)


def choice_in(row: Row[Any] | None, folder: str | None) -> PackageChoice | None:
    """Read the decision that holds out of what the query gave."""
    if row is None or row.folder != folder or row.content_hash is None:
        return None
    return _choice(row)


def _standing(transaction: Connection, batch: str, folder: str) -> PackageChoice | None:
    return choice_in(transaction.execute(choice_query(batch)).one_or_none(), folder)


def _must_have_one(standing: PackageChoice | None, batch: str) -> PackageChoice:
    """Give the decision that holds.

    Raises:
        CommandRefusedError: If there is none.
    """
    if standing is None:
        msg = f"No version was chosen for batch {batch}: it uses what is in its folder, and there is nothing before."
        raise CommandRefusedError(NOTHING_TO_ROLL_BACK, msg, batch=batch)
    return standing


def _write(
    transaction: Connection, deed: Deed, package: PackageRef | None, folder: str, previous: int | None
) -> PackageChoice:
    values = {
        "batch_id": deed.target,
        "folder": folder,
        "sequence_name": package.name if package else None,
        "sequence_version": package.version if package else None,
        "content_hash": package.content_hash if package else None,
        "chosen_at": deed.at,
        "chosen_by": deed.actor,
        "reason": deed.reason,
        "previous_id": previous,
    }
    inserted = transaction.execute(insert(PACKAGE_CHOICES).returning(PACKAGE_CHOICES.c.id), values)
    choice = PackageChoice(
        id=int(inserted.scalar_one()),
        batch=deed.target,
        package=package,
        folder=folder,
        at=deed.at,
        by=deed.actor,
        reason=deed.reason,
        previous=previous,
    )
    told = {"package": package.model_dump() if package else None, "folder": folder}
    record(transaction, deed.model_copy(update={"data": told | deed.data}))
    return choice


def _choice(row: Row[Any]) -> PackageChoice:
    package = None
    if row.content_hash is not None:
        package = PackageRef(name=row.sequence_name, version=row.sequence_version, content_hash=row.content_hash)
    return PackageChoice(
        id=row.id,
        batch=row.batch_id,
        package=package,
        folder=row.folder,
        at=row.chosen_at,
        by=row.chosen_by,
        reason=row.reason,
        previous=row.previous_id,
    )
