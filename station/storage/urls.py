"""What a database URL means: which engine, which file, which driver."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from station.domain.errors import StorageError

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


def parse(url: str) -> URL:
    """Read `sqlite:///path` or `postgresql://...`, with or without the name of the driver.

    Raises:
        StorageError: If the URL names no database the station can use.
    """
    try:
        parsed = make_url(url)
        driver = _DRIVERS[parsed.get_backend_name()]
    except (ArgumentError, KeyError) as error:
        msg = "database.url must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
        raise StorageError(msg) from error
    if driver.startswith("sqlite") and parsed.database in {None, "", ":memory:"}:
        msg = f"database.url is {url}; the station needs a file, because several processes share it"
        raise StorageError(msg, url=url)
    return parsed.set(drivername=driver)


def sqlite_file(url: URL) -> Path | None:
    """The database's file; None where it is not SQLite."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def shown(url: URL) -> str:
    """The URL for people, without its password."""
    return url.render_as_string(hide_password=True)
