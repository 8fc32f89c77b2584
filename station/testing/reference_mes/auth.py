"""Who may call: the static key of the documented contract, the operators' tokens of the real one."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from station.testing.reference_mes.settings import MesSettings
from station.testing.reference_mes.store import Store

LOGIN_FAILED = "AUTH_001"
TOKEN_REFUSED = "AUTH_002"  # noqa: S105 - a code


class UnauthorizedError(Exception):
    """Whoever calls is not let in."""

    def __init__(self, message: str, code: str = TOKEN_REFUSED) -> None:
        """Keep the sentence, and the code of the real backend."""
        super().__init__(message)
        self.message = message
        self.code = code


class StaticKey:
    """`Authorization: Bearer <key>`, as documented."""

    def __init__(self, settings: MesSettings) -> None:
        self._key = settings.api_key

    def check(self, headers: Mapping[str, str]) -> None:
        """Let a call in.

        Raises:
            UnauthorizedError: If it does not bear the key.
        """
        if not hmac.compare_digest(bearer(headers).encode(), self._key.encode()):
            msg = "Invalid or missing API key"
            raise UnauthorizedError(msg)


class Tokens:
    """Tokens of operators: signed, with an end, valid across restarts of the server."""

    def __init__(self, settings: MesSettings, store: Store) -> None:
        self._settings = settings
        self._secret = bytes.fromhex(store.meta("token_secret", secrets.token_hex(32)))

    def login(self, username: str, password: str, station_id: str | None, now: datetime) -> dict[str, Any]:
        """Answer a login.

        Raises:
            UnauthorizedError: If name or password are wrong.
        """
        settings = self._settings
        if username != settings.username or password != settings.password:
            msg = "Incorrect username or password"
            raise UnauthorizedError(msg, LOGIN_FAILED)
        return {
            **self._access(now),
            "refresh_token": self._issue("refresh", settings.refresh_life, now),
            "user": {"id": settings.operator_id, "username": username, "full_name": username, "role": "WORKER"},
            "station_api_key": settings.station_key if station_id else None,
        }

    def refresh(self, token: str, now: datetime) -> dict[str, Any]:
        """Answer a refresh; the refresh token stays what it is.

        Raises:
            UnauthorizedError: If the token is none, or too old.
        """
        if not self._valid(token, "refresh", now):
            msg = "Invalid or expired refresh token"
            raise UnauthorizedError(msg)
        return {**self._access(now), "refresh_token": token}

    def check(self, headers: Mapping[str, str], now: datetime) -> None:
        """Let an operator in.

        Raises:
            UnauthorizedError: If no valid token is borne.
        """
        if not self._valid(bearer(headers), "access", now):
            msg = "Could not validate credentials"
            raise UnauthorizedError(msg)

    def check_or_station(self, headers: Mapping[str, str], now: datetime) -> None:
        """Let an operator or a station in; an UnauthorizedError passes through."""
        key = headers.get("x-api-key", "")
        if not (key and hmac.compare_digest(key.encode(), self._settings.station_key.encode())):
            self.check(headers, now)

    def _access(self, now: datetime) -> dict[str, Any]:
        life = self._settings.token_life
        return {
            "access_token": self._issue("access", life, now),
            "token_type": "bearer",
            "expires_in": int(life.total_seconds()),
        }

    def _issue(self, kind: str, life: timedelta, now: datetime) -> str:
        claims = {"sub": str(self._settings.operator_id), "type": kind, "exp": (now + life).timestamp()}
        claims |= {"jti": secrets.token_hex(4)}
        signed = f"{_encode(_HEADER)}.{_encode(json.dumps(claims).encode())}"
        return f"{signed}.{self._signature(signed)}"

    def _valid(self, token: str, kind: str, now: datetime) -> bool:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return False
        claims = json.loads(_decode(signed.partition(".")[2]))
        return bool(claims["type"] == kind and now.timestamp() < claims["exp"])

    def _signature(self, signed: str) -> str:
        return _encode(hmac.new(self._secret, signed.encode(), hashlib.sha256).digest())


_HEADER = b'{"alg":"HS256","typ":"JWT"}'


def bearer(headers: Mapping[str, str]) -> str:
    """What follows `Bearer`; empty where there is nothing."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
