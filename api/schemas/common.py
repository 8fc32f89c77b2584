"""Shapes that several resources share."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

_DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
"""A text that is looked for; no database holds a NUL."""


def _written(value: object) -> object:
    """Refuse a bare number, which would be taken for seconds since 1970.

    Raises:
        ValueError: If it is not written as a date.
    """
    if isinstance(value, str) and not _DATE.match(value):
        msg = "write it as a date and a time with a zone, such as 2026-01-31T08:00:00Z"
        raise ValueError(msg)
    return value


Time = Annotated[AwareDatetime, BeforeValidator(_written), Field(ge=EARLIEST, lt=LATEST)]
"""With its zone, such as `2026-01-31T08:00:00Z`; a `+` in it must be written `%2B` in an address."""


class Asked(BaseModel):
    """What is asked of a list; a word it does not know is an error, because a misspelt filter would not narrow."""

    model_config = ConfigDict(extra="forbid")
