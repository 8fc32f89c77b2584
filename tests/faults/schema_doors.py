"""What each request of the fuzzing must have met at its door, by what was shown; judged apart from schemathesis."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from station.domain.roles import Permission, Role

KEY_HEADER = "X-API-Key"
ELSEWHERE = frozenset({("405", "METHOD_NOT_ALLOWED"), ("404", "NOT_FOUND"), ("400", ""), ("307", "")})
"""Answers to a path that leads to no route, or cannot be read: what is sent breaks paths too."""


def is_shown(headers: Mapping[str, Sequence[str]], key: str | None) -> bool:
    """Whether a request shows the key of the turn, and nothing instead of it."""
    shown = [value for name, values in headers.items() if name.lower() == KEY_HEADER.lower() for value in values]
    return key is not None and shown == [key]


def code_of(content: bytes | None) -> str:
    """The code of an error; empty where there is none."""
    try:
        body: Any = json.loads(content or b"")
    except ValueError:
        return ""
    return str(body.get("error", "")) if isinstance(body, dict) else ""


def wrong_at_door(asked: Permission, role: Role | None, status: int, code: str) -> str:
    """Say what is wrong with an answer; empty where nothing is.

    Args:
        asked: What the operation asks of its caller.
        role: Of the key that was shown; None: nothing, or something made up.
        status: Of the answer.
        code: Of the answer, if it is an error.
    """
    answer = (str(status), code)
    if asked is Permission.PUBLIC:
        return "a public door asks for a role" if code == "ROLE_NOT_ALLOWED" else ""
    if role is None:
        ok = answer == ("401", "NOT_AUTHENTICATED") or answer in ELSEWHERE
        return "" if ok else f"answers {answer} to whoever has not shown who it is"
    if not role.may(asked):
        ok = answer == ("403", "ROLE_NOT_ALLOWED") or answer in ELSEWHERE
        return "" if ok else f"answers {answer} to {role}, who may not {asked}"
    return f"answers {answer} to {role}, who may {asked}" if status == 401 or code == "ROLE_NOT_ALLOWED" else ""
