"""Cursors: where a page ended, in a word that callers hand back and do not read."""

import base64
import binascii
import json
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from api.errors import ApiError
from api.schemas.common import EARLIEST, LATEST

_T = TypeVar("_T")

Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]
RunCursor = TypeAdapter(tuple[Moment, Annotated[str, Field(max_length=100)]])
LineCursor = TypeAdapter(tuple[Moment, Annotated[int, Field(ge=0, lt=2**63)]])


class CursorError(ApiError):
    """A cursor that this list has not given."""

    code = "CURSOR_INVALID"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


def write_cursor(kind: str, at: datetime, key: str | int) -> str:
    """Make the cursor of a list's position."""
    text = json.dumps([kind, at.isoformat(), key], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(kind: str, shape: TypeAdapter[_T], cursor: str) -> _T:
    """Read the position back.

    Raises:
        CursorError: If it is no cursor of this list.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        given, *position = json.loads(text)
        if given == kind and write_cursor(kind, *_as_written(position)) == cursor:
            return shape.validate_python(position)
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError, ValidationError):
        pass
    msg = "The cursor is not one of this list; begin without one."
    raise CursorError(msg)


def _as_written(position: list[str | int]) -> tuple[datetime, str | int]:
    # What only means the same is not a cursor that was given.
    at, key = position
    return datetime.fromisoformat(str(at)), key
