"""Bearer tokens of `server.auth.type: jwt`: made for whoever logged in, and read again."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from api.access.accounts import Account
from station.config.model import JwtAuth

_NEEDED = ("sub", "role", "iat", "exp", "jti", "iss", "stamp")


@dataclass(frozen=True)
class Claims:
    """What a token says; only who and when, for what somebody may do is looked up anew."""

    name: str
    stamp: str


class Tokens:
    """Makes tokens and reads them.

    Args:
        settings: The section `server.auth.jwt`.
        station: The station's id; a token of another station is worth nothing here, whatever signed it.
    """

    def __init__(self, settings: JwtAuth, station: str) -> None:
        self._key = settings.secret_key.get_secret_value()
        self._algorithm = settings.algorithm
        self._station = station
        self.lifetime = timedelta(minutes=settings.expire_minutes)

    def make(self, account: Account) -> str:
        """Make a token for somebody whose password was right."""
        now = datetime.now(UTC)
        claims = {
            "iss": self._station,
            "sub": account.name,
            "role": account.role.value,
            "iat": now,
            "exp": now + self.lifetime,
            "jti": secrets.token_hex(16),
            "stamp": account.stamp,
        }
        return jwt.encode(claims, self._key, algorithm=self._algorithm)

    def read(self, token: str) -> Claims | None:
        """Read a token; None where it is not one of this station's that is valid now."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[self._algorithm],
                issuer=self._station,
                options={"require": list(_NEEDED)},
            )
        except jwt.InvalidTokenError:
            return None
        return Claims(str(claims["sub"]), str(claims["stamp"]))
