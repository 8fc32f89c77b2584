"""Refuses text that no database and no other program can keep: half characters, and NUL."""

import json
import re
from collections.abc import Iterator
from typing import Any

from fastapi import Depends
from fastapi.requests import HTTPConnection

from api.errors import RequestInvalidError

_SUSPICIOUS = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
"""Such an escape is in every JSON that has a half character or NUL, and in some that have none."""


async def _readable(connection: HTTPConnection) -> None:
    """Look at the request's texts before anything else does.

    Raises:
        RequestInvalidError: If one of them cannot be kept.
    """
    given = [*connection.query_params.values(), *map(str, connection.path_params.values())]
    # What FastAPI has read to find the body's values in; empty where the route takes none, or reads it itself.
    body: bytes = getattr(connection, "_body", b"")
    if _SUSPICIOUS.search(body):
        given += _texts_of(body)
    if not all(map(_can_be_kept, given)):
        msg = "A text of the request has NUL or half a character (a lone surrogate) in it, which nothing can keep."
        raise RequestInvalidError(msg)


READABLE: Any = Depends(_readable)
"""For the application: holds for every route."""


def _texts_of(body: bytes) -> Iterator[str]:
    """Give every text of a JSON document, keys too; nothing where it is none: its route says so."""
    try:
        waiting = [json.loads(body)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _can_be_kept(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
