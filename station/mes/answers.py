"""What an answer of the MES means: JSON, or one of the errors; both documented and real bodies, one table."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pydantic import JsonValue

from station.domain.errors import (
    MesError,
    MesRateLimitedError,
    MesRefusedError,
    MesUnauthorizedError,
    MesUnavailableError,
    Outage,
    Refusal,
)

DEFAULT_PAUSE = timedelta(seconds=60)
"""How long a 429 means that does not say it: the window of the real MES."""
LONGEST_PAUSE = timedelta(hours=1)
_QUOTED = 500
"""How many characters of a message are kept."""


@dataclass(frozen=True)
class Reply:
    """An HTTP response, read to its end.

    Attributes:
        headers: Names in lower case.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class _Body:
    """An error's body, whichever shape it had."""

    code: str
    message: str
    details: JsonValue


# A code that decides alone. The documented ones are the refusals themselves.
_BY_CODE: dict[str, Refusal] = {
    **{refusal.value: refusal for refusal in Refusal if refusal is not Refusal.UNKNOWN},
    "RES_001": Refusal.WIP_NOT_FOUND,
    "CONF_002": Refusal.CONFLICT,
}

# Codes, with their status, under which the real MES says several things; the message tells which, first match first.
_BY_MESSAGE: dict[tuple[str, int], tuple[tuple[str, Refusal], ...]] = {
    ("VAL_004", 400): (
        (r"previous process .*must be completed|\bBR-003\b", Refusal.PREREQUISITE_NOT_MET),
        (r"already has PASS result for process|\bBR-004\b", Refusal.DUPLICATE_PASS),
        (r"\bBR-005\b", Refusal.INCOMPLETE_PROCESSES),
        (r"current status: CONVERTED", Refusal.ALREADY_CONVERTED),
        (r"already converted to serial|must be in [A-Z_ ]+ status", Refusal.INVALID_WIP_STATUS),
        (r"in [A-Z_]+ status and cannot", Refusal.INVALID_WIP_STATUS),
    ),
    ("VAL_001", 400): ((r"", Refusal.PREREQUISITE_NOT_MET),),
}

# Without a code of its own, as `{"detail": "..."}`: a gateway, an older MES, an unknown route.
_WITHOUT_CODE: tuple[tuple[int, str, Refusal], ...] = (
    (404, r"\bWIP\b.*not found", Refusal.WIP_NOT_FOUND),
    *((400, pattern, refusal) for pattern, refusal in _BY_MESSAGE["VAL_004", 400]),
)

_BY_STATUS: dict[int, Refusal] = {
    404: Refusal.INVALID_REQUEST,
    405: Refusal.INVALID_REQUEST,
    409: Refusal.CONFLICT,
    413: Refusal.INVALID_REQUEST,
    415: Refusal.INVALID_REQUEST,
    422: Refusal.INVALID_REQUEST,
}


def understand(reply: Reply) -> JsonValue:
    """Give the JSON of a good answer.

    Raises:
        MesError: If the answer is anything else; which of its kinds, the answer says.
    """  # noqa: DOC501, DOC502 - the table makes it
    if 200 <= reply.status < 300:
        return _json(reply)
    raise error_of(reply)


def error_of(reply: Reply) -> MesError:
    """Tell which error an answer that is not a good one means."""
    match reply.status:
        case 429:
            return MesRateLimitedError("the MES answers 429: too many calls", retry_after=_pause(reply))
        case 401 | 403:
            return MesUnauthorizedError(
                f"the MES answers {reply.status} {_said(reply)}: it does not accept the credentials",
                status=reply.status,
            )
        case 408:
            return MesUnavailableError("the MES answers 408", outage=Outage.TIMEOUT, status=408)
        case status if 400 <= status < 500:
            return _refusal(reply)
        case status if status >= 500:
            return MesUnavailableError(
                f"the MES answers {status} {_said(reply)}".rstrip(),
                outage=Outage.SERVER_ERROR,
                status=status,
                retry_after=_pause(reply) if "retry-after" in reply.headers else None,
            )
        case status:
            return _garbled(reply, f"status {status} is none of an MES")


def _refusal(reply: Reply) -> MesError:
    try:
        body = _error_body(_json(reply))
    except MesUnavailableError as error:
        return error
    message = body.message[:_QUOTED] or f"the MES answers {reply.status} without a reason"
    return MesRefusedError(
        message, refusal=_why(reply.status, body), status=reply.status, details=body.details or body.code or None
    )


def _why(status: int, body: _Body) -> Refusal:
    if body.code in _BY_CODE:
        return _BY_CODE[body.code]
    if (body.code, status) in _BY_MESSAGE:
        said = _BY_MESSAGE[body.code, status]
        return next((refusal for pattern, refusal in said if _says(body, pattern)), Refusal.UNKNOWN)
    if not body.code:
        for expected, pattern, refusal in _WITHOUT_CODE:
            if expected == status and _says(body, pattern):
                return refusal
    return _BY_STATUS.get(status, Refusal.UNKNOWN)


def _says(body: _Body, pattern: str) -> bool:
    return re.search(pattern, body.message, re.IGNORECASE | re.DOTALL) is not None


def _error_body(data: JsonValue) -> _Body:
    """Read `{error, message}`, `{error_code, message, details}` or `{detail}`, which may hold either."""
    if not isinstance(data, dict):
        return _Body("", _text(data), None)
    detail = data.get("detail")
    if isinstance(detail, dict) and not (data.get("error") or data.get("error_code")):
        return _error_body({key: value for key, value in detail.items() if key != "detail"})
    code = data.get("error_code") or data.get("error")
    message = data.get("message") or detail
    return _Body(
        code if isinstance(code, str) else "",
        _text(message),
        data.get("details") or (detail if isinstance(detail, list) else None),
    )


def _text(value: JsonValue) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(reply: Reply) -> JsonValue:
    try:
        data: JsonValue = json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise _garbled(reply, "not JSON") from error
    return data


def _garbled(reply: Reply, why: str) -> MesUnavailableError:
    start = reply.body[:80].decode("utf-8", "replace")
    return MesUnavailableError(
        f"what answers at the MES's address is no MES ({why}): {start!r}", outage=Outage.GARBLED, status=reply.status
    )


def _said(reply: Reply) -> str:
    """The reason in an answer that may be anything."""
    try:
        body = _error_body(_json(reply))
    except MesUnavailableError:
        return ""
    return " ".join(part for part in (body.code, body.message[:_QUOTED]) if part)


def _pause(reply: Reply) -> timedelta:
    """How long the MES asks to be left alone: `Retry-After` in seconds or as a date, else `retry_after`."""
    header = reply.headers.get("retry-after", "")
    seconds = _seconds(header)
    if seconds is None:
        try:
            at = parsedate_to_datetime(header)
            seconds = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError):
            seconds = None
    if seconds is None:
        seconds = _retry_after_in(reply)
    if seconds is None:
        return DEFAULT_PAUSE
    return timedelta(seconds=min(max(seconds, 0.0), LONGEST_PAUSE.total_seconds()))


def _retry_after_in(reply: Reply) -> float | None:
    try:
        data = _json(reply)
    except MesUnavailableError:
        return None
    return _seconds(data.get("retry_after")) if isinstance(data, dict) else None


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
