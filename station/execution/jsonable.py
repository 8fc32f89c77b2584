"""Turns what sequence code hands over into plain JSON values, or says exactly which part cannot be."""

import json
import math
from collections.abc import Mapping

from pydantic import JsonValue

STATE_LIMIT = 64 * 1024
"""Bytes of JSON `ctx.state` may have."""
VALUES_LIMIT = 1024 * 1024
"""Bytes of JSON a step may return."""
DEPTH_LIMIT = 32


class NotJsonError(ValueError):
    """A value cannot be kept; the sentence names the key."""


def to_json(value: object, where: str, *, keep_non_finite: bool = True, depth: int = 0) -> JsonValue:
    """Copy a value as plain JSON.

    Args:
        value: Anything.
        where: How people find it, as in `ctx.state['samples']`.
        keep_non_finite: NaN and infinity become the texts `nan`, `inf`, `-inf`; otherwise they are refused.
        depth: How deep in the whole the value is.

    Raises:
        NotJsonError: If a part of it is not a number, text, true, false, None, list or dict.
    """
    if depth > DEPTH_LIMIT:
        msg = f"{where} is nested deeper than {DEPTH_LIMIT} levels (does it contain itself?)"
        raise NotJsonError(msg)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _number(float(value), where, keep_non_finite=keep_non_finite)
    if isinstance(value, Mapping):
        return {
            _key(key, where): to_json(item, f"{where}[{key!r}]", keep_non_finite=keep_non_finite, depth=depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            to_json(item, f"{where}[{index}]", keep_non_finite=keep_non_finite, depth=depth + 1)
            for index, item in enumerate(value)
        ]
    scalar = getattr(value, "item", None)  # numpy's numbers
    if callable(scalar) and getattr(value, "ndim", None) == 0:
        return to_json(scalar(), where, keep_non_finite=keep_non_finite, depth=depth + 1)
    msg = (
        f"{where} is a {type(value).__name__}, which cannot be kept; use a number, text, true/false, None, list or dict"
    )
    raise NotJsonError(msg)


def to_object(
    value: Mapping[str, object], where: str, limit: int, *, keep_non_finite: bool = True
) -> dict[str, JsonValue]:
    """Copy a mapping as a JSON object of at most `limit` bytes.

    Raises:
        NotJsonError: If a part of it cannot be kept, or it is too large.
    """
    copy = {
        _key(key, where): to_json(item, f"{where}[{key!r}]", keep_non_finite=keep_non_finite)
        for key, item in value.items()
    }
    size = len(json.dumps(copy, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if size > limit:
        msg = f"{where} has {size} bytes of JSON, more than {limit}; keep large data with ctx.attach"
        raise NotJsonError(msg)
    return copy


def to_json_leniently(value: object) -> JsonValue:
    """Copy a value as JSON for a log line; what cannot be kept is written as text."""
    try:
        return to_json(value, "value")
    except NotJsonError:
        if isinstance(value, Mapping):
            return {str(key): to_json_leniently(item) for key, item in list(value.items())[:100]}
        return repr(value)[:1000]


def _key(key: object, where: str) -> str:
    if isinstance(key, str):
        return str(key)
    msg = f"{where} has the key {key!r}, a {type(key).__name__}; keys must be texts"
    raise NotJsonError(msg)


def _number(value: float, where: str, *, keep_non_finite: bool) -> float | str:
    if math.isfinite(value):
        return value
    if keep_non_finite:
        return str(value)
    msg = f"{where} is {value}, which JSON cannot keep; use None for a number that is not there yet"
    raise NotJsonError(msg)
