"""Column types that mean the same on SQLite and PostgreSQL, and the JSON they write."""

import json
import math
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps it without the zone, as text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: nobody could say later when it was.

        Raises:
            ValueError: If the time is naive.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"{value.isoformat()} is a naive time; the database takes aware times only"
            raise ValueError(msg)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the time back aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class FreeText(TypeDecorator[str]):
    """Text of any origin: what no database can store (half a surrogate pair, NUL) is written as an escape."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape what cannot be stored; an instrument's garbage must not cost a log line."""
        return None if value is None else storable(value)


class AnyJson(TypeDecorator[Any]):
    """Any JSON value, kept as text.

    SQLite takes a column called JSON for a numeric one and would make 5 of 5.0, which is fine in an object only.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """Write it; None is NULL."""
        return None if value is None else dump_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        """Read it."""
        return None if value is None else json.loads(value)


Json = JSON(none_as_null=True)
"""An object or a list, its keys in the order they were given; None is NULL."""

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A number given by the database; SQLite counts by itself in INTEGER columns only."""


def dump_json(value: object) -> str:
    """Write JSON that every reader takes: NaN and infinity become texts, unstorable characters escapes."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        if text.isascii() or text.encode():
            return text if "\\u0000" not in text else json.dumps(_clean(value), ensure_ascii=False)
    except ValueError:
        pass
    return json.dumps(_clean(value), ensure_ascii=False)


def storable(text: str) -> str:
    """Escape the characters that UTF-8 or PostgreSQL cannot hold."""
    if "\x00" in text:
        text = text.replace("\x00", "\\x00")
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _clean(value: object) -> object:
    match value:
        case str():
            return storable(value)
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            return {_clean(key): _clean(item) for key, item in value.items()}
        case list() | tuple():
            return [_clean(item) for item in value]
        case _:
            return value
