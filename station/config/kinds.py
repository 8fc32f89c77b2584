"""The kinds of value a setting can have, each with its bounds and the words that describe it to people."""

import ipaddress
import math
import re
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, PlainSerializer, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from station.config.codes import ProblemCode, Wanted

KIND = "x-kind"
"""Keyword of the JSON schema: what must be written, in words; used by error messages and the reference."""

WANTED = "x-wanted"
"""Keyword of the JSON schema: one word for the same, for screens that say it in another language."""

UNIT = "x-unit"
"""Keyword of the JSON schema: the unit of a number."""

MAX_SECONDS = 365 * 24 * 3600
"""The longest duration a setting accepts: a year."""

_SIZE = re.compile(r"(?P<number>[1-9][0-9]{0,9}) ?(?P<unit>[KMG]?B)", re.IGNORECASE)
_SIZE_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
_BCRYPT = re.compile(r"\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}")


def wrong_kind() -> PydanticCustomError:
    """Make the error that says nothing but "must be" and the words of the kind."""
    return PydanticCustomError("wrong_kind", "wrong kind of value")


def refused(code: ProblemCode, text: str, **params: JsonValue) -> PydanticCustomError:
    """Make the error that says something of its own, with a code and the values it speaks of."""
    return PydanticCustomError("refused", "{text}", {"code": code, "text": text, "params": params})


def size_in_bytes(text: str) -> int:
    """Read a size such as `10MB`; KB, MB and GB are powers of 1024.

    Raises:
        ValueError: If the text is not a size.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        msg = f"not a size: {text!r}"
        raise ValueError(msg)
    return int(match["number"]) * _SIZE_UNITS[match["unit"].upper()]


def is_bcrypt(text: str) -> bool:
    """Tell whether the text is a bcrypt hash."""
    return _BCRYPT.fullmatch(text) is not None


def _seconds(*, zero: bool) -> Callable[[object], timedelta]:
    def read(value: object) -> timedelta:
        if isinstance(value, timedelta):
            number = value.total_seconds()
        elif isinstance(value, bool) or not isinstance(value, int | float | str):
            raise wrong_kind()
        else:
            try:
                number = float(value)
            except (ValueError, OverflowError):
                raise wrong_kind() from None
        # Less than a microsecond would become zero without a word.
        smallest = 0.0 if zero else 1e-6
        if not math.isfinite(number) or not smallest <= number <= MAX_SECONDS:
            raise wrong_kind()
        return timedelta(seconds=number)

    return read


def _to_seconds(value: timedelta) -> float:
    number = value.total_seconds()
    return int(number) if number.is_integer() else number


def _not_bool(value: object) -> object:
    # In Python, and so in pydantic, true is the number 1; nobody who writes `port: true` means port 1.
    if isinstance(value, bool):
        raise wrong_kind()
    return value


def _printable(value: str) -> str:
    if not value.isprintable():
        raise refused(ProblemCode.SETTING_NOT_ONE_LINE, "must not hold line breaks or control characters")
    return value


def _printable_path(value: Path) -> Path:
    _printable(str(value))
    return value


def _not_blank(value: object) -> object:
    # Path("") is the current folder, which nobody means by an empty value.
    if isinstance(value, str) and not value.strip():
        raise wrong_kind()
    return value


def _size(value: object) -> object:
    return f"{value}B" if isinstance(value, int) and not isinstance(value, bool) else value


def _size_in_range(value: str) -> str:
    try:
        size = size_in_bytes(value)
    except ValueError:
        raise wrong_kind() from None
    if not 1024 <= size <= 10 * 1024**3:
        raise wrong_kind()
    return value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        try:
            widened = ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise wrong_kind() from None
        msg = f'has bits set outside its network; write "{widened}" for the network, or the address alone'
        raise refused(ProblemCode.NETWORK_TOO_PRECISE, msg, network=str(widened)) from None
    return value


def _pattern(value: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(value)
    except (re.error, OverflowError, RecursionError):
        raise wrong_kind() from None
    return value


def _web_address(value: str) -> str:
    if not value:
        return value
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise wrong_kind() from None
    if not good or " " in value:
        raise wrong_kind()
    if "@" in parts.netloc or parts.query or parts.fragment:
        msg = "must not hold a user, a password, a query or a fragment; the key belongs in backend.api_key"
        raise refused(ProblemCode.ADDRESS_HOLDS_MORE, msg)
    return value.rstrip("/")


def _database_url(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    known = ("sqlite:///", "sqlite+aiosqlite:///", "postgresql://", "postgres://", "postgresql+asyncpg://")
    if text and (not text.startswith(known) or not text.isprintable()):
        raise wrong_kind()
    return value


def _empty_mapping(value: object) -> object:
    return {} if value is None else value


def _empty_list(value: object) -> object:
    return [] if value is None else value


def _words(wanted: Wanted, kind: str) -> dict[str, object]:
    return {KIND: kind, WANTED: wanted.value}


Text = Annotated[
    str,
    Field(max_length=1000, json_schema_extra=_words(Wanted.TEXT_LINE, "one line of text, at most 1000 characters")),
    AfterValidator(_printable),
]
"""One line of text; may be empty."""

Identifier = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        json_schema_extra=_words(Wanted.IDENTIFIER, "1 to 64 letters, digits, underscores, dots or hyphens"),
    ),
]
"""Part of queue names, workflow ids and addresses of pages, hence the narrow alphabet."""

Secret = SecretStr
"""Text that never shows in logs, messages or `repr`."""

FilePath = Annotated[
    Path,
    BeforeValidator(_not_blank),
    AfterValidator(_printable_path),
    WithJsonSchema({"type": "string", "format": "path", "minLength": 1, **_words(Wanted.PATH, "a path")}),
]

HostName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_.:-]{1,253}$",
        json_schema_extra=_words(Wanted.HOST, 'an address or host name such as "127.0.0.1"'),
    ),
]

HostAndPort = Annotated[
    str,
    Field(
        pattern=r"^([A-Za-z0-9_.:\[\]-]{1,253}:[0-9]{1,5})?$",
        json_schema_extra=_words(Wanted.HOST_AND_PORT, 'empty, or host and port such as "127.0.0.1:7233"'),
    ),
]

UrlPath = Annotated[
    str,
    Field(
        pattern=r"^/[!-~]{0,199}$", json_schema_extra=_words(Wanted.URL_PATH, 'a path of a URL such as "/api/health"')
    ),
]

Folder = Annotated[
    str,
    Field(
        min_length=1, max_length=1000, json_schema_extra=_words(Wanted.FOLDER, 'a folder such as "sequences/pcb_test"')
    ),
    AfterValidator(_printable),
]

NotBool = BeforeValidator(_not_bool)
"""For whole numbers; it stands last, because bounds that follow a validator are lost to the JSON schema."""

Port = Annotated[int, Field(ge=1, le=65535), NotBool]

Count = Annotated[int, Field(ge=0, le=1000), NotBool]
"""How often something is tried again; 0 is never."""

Seconds = Annotated[
    timedelta,
    BeforeValidator(_seconds(zero=False)),
    PlainSerializer(_to_seconds, return_type=float, when_used="json"),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": MAX_SECONDS, UNIT: "s"}),
]
"""A duration: `timedelta` in Python, a number of seconds in YAML; more than 0, at most a year."""

SecondsOrZero = Annotated[
    timedelta,
    BeforeValidator(_seconds(zero=True)),
    PlainSerializer(_to_seconds, return_type=float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": MAX_SECONDS, UNIT: "s"}),
]
"""A duration for which zero has a meaning, which the setting states."""

Size = Annotated[
    str,
    BeforeValidator(_size),
    AfterValidator(_size_in_range),
    WithJsonSchema({"type": ["string", "integer"], **_words(Wanted.SIZE, 'a size from 1KB to 10GB, such as "10MB"')}),
]

Upper = BeforeValidator(_upper)
"""Lets a choice be written in either case."""

Network = Annotated[
    str,
    AfterValidator(_network),
    Field(json_schema_extra=_words(Wanted.NETWORK, 'an IP address or a network such as "192.168.1.0/24"')),
]

Pattern = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        json_schema_extra=_words(Wanted.PATTERN, "a regular expression of at most 200 characters"),
    ),
    AfterValidator(_pattern),
]

WebAddress = Annotated[
    str,
    Field(
        max_length=1000,
        json_schema_extra=_words(Wanted.WEB_ADDRESS, 'empty, or an address such as "http://mes.local:3000"'),
    ),
    AfterValidator(_printable),
    AfterValidator(_web_address),
]

DatabaseUrl = Annotated[
    SecretStr,
    AfterValidator(_database_url),
    Field(
        json_schema_extra=_words(Wanted.DATABASE_URL, 'empty, or a URL such as "postgresql://user:password@host/name"')
    ),
]

EmptyMapping = BeforeValidator(_empty_mapping)
"""Reads a key with nothing after it as a mapping without entries."""

EmptyList = BeforeValidator(_empty_list)
"""Reads a key with nothing after it as a list without items."""
