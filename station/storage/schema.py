"""Which schema this code speaks, and whether a database is of that schema."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from station.domain.errors import StorageError

REVISIONS = ("0001", "0002", "0003")
"""Every migration, oldest first; kept here so that a database that is up to date needs no Alembic to be opened."""
HEAD = REVISIONS[-1]
SQLITE = sqlite3.sqlite_version
"""Of SQLite's library."""

_MAGIC = b"SQLite format 3\x00"


def check_file(path: Path) -> None:
    """Refuse a file that SQLite would take for a new database, or that is none at all.

    The station makes its database in one step (see `migrate`), so an empty file at its place is always a damaged one.

    Raises:
        StorageError: If the file is missing, empty, or not SQLite's.
    """
    if not path.exists():
        check_absence(path)
        msg = f"there is no results database at {path}: start the station once, it makes one"
        raise StorageError(msg)
    if path.is_dir():
        msg = f"database.url names the folder {path}; name a file in it"
        raise StorageError(msg)
    with path.open("rb") as file:
        start = file.read(len(_MAGIC))
    if start != _MAGIC:
        damage = "is empty" if not start else "is not an SQLite database, or is damaged"
        msg = (
            f"the results database {path} {damage}; it was left as it is. Stop the station, keep the file for rescue, "
            f"and put the last backup in its place (or move it and its -wal file away to begin with no results)"
        )
        raise StorageError(msg)


def check_absence(path: Path) -> None:
    """Refuse to begin anew where a database has left its journal behind.

    Raises:
        StorageError: If there is a journal without its database.
    """
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        msg = (
            f"the results database {path} is gone, but its journal {wal.name} is there: put the database back beside "
            f"it, or move the journal away to begin with no results"
        )
        raise StorageError(msg)


def check_version(connection: Connection, name: str) -> None:
    """Refuse a database of another schema than this code's.

    Raises:
        StorageError: If it is older, newer, or not the station's.
    """
    found = version(connection, name)
    if found != HEAD:
        msg = f"the results database {name} has schema {found or 'none'}, this program needs {HEAD}: start the station"
        raise StorageError(msg, found=found, needed=HEAD)


def version(connection: Connection, name: str) -> str | None:
    """The schema of a database; None where there is none yet.

    Raises:
        StorageError: If the database belongs to a newer program, or to another one.
    """
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        if "execution_results" in tables:
            msg = f"the database {name} has tables, but they are not this station's: name another file in database.url"
            raise StorageError(msg)
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in REVISIONS:
        msg = (
            f"the results database {name} has schema {found}, which is newer than this program's {HEAD}: "
            f"install the version of the station that made it, or a newer one; nothing was changed"
        )
        raise StorageError(msg, found=found, known=HEAD)
    return None if found is None else str(found)
