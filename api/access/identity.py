"""Finds out who calls, by what is shown: a header, a browser's session, or nothing but an address."""

import base64
import binascii
import hmac
import logging
from datetime import timedelta

from fastapi.requests import HTTPConnection

from api.access.accounts import Account, Accounts
from api.access.browsers import Browsers
from api.access.caller import Caller
from api.access.logins import Logins
from api.access.networks import address_of, is_forwarded, is_in
from api.access.throttle import Throttle
from api.access.tokens import Tokens
from api.errors import NotAuthenticatedError
from station.config.model import StationConfig
from station.control.passwords import Passwords
from station.control.people import People, key_hash
from station.domain.roles import Role
from station.storage.database import Database
from station.storage.failed_logins import FailedLogins
from station.storage.keys import ApiKeys
from station.storage.sessions import Sessions
from station.storage.users import Users

logger = logging.getLogger(__name__)

SHORTEST_SECRET = 32
"""Bytes a key that signs tokens should have; a shorter one can be found by trying."""
_KNOWN = "station.caller"


class Identity:
    """Knows callers by what they show.

    Args:
        config: The station's configuration.
        database: The open results database.
        passwords: Checks passwords.
        throttle: Counts what was wrong.
    """

    def __init__(
        self,
        config: StationConfig,
        database: Database,
        passwords: Passwords | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        self._settings = config.server.auth
        self._networks = self._settings.networks()
        passwords = passwords or Passwords()
        self._keys = ApiKeys(database)
        self._own_keys = [key_hash(key.get_secret_value()) for key in self._settings.api_key.keys]
        self.accounts = Accounts(self._settings, Users(database))
        self.people = People(config, database, passwords)
        self.logins = Logins(
            self.accounts,
            passwords,
            throttle or Throttle(failures=self._settings.failed_logins),
            FailedLogins(database),
            self.people.badges,
        )
        self.tokens = Tokens(self._settings.jwt, config.station.id)
        idle = timedelta(minutes=self._settings.session_minutes)
        self.browsers = Browsers(Sessions(database), self.accounts, config.station.id, idle)
        secret = self._settings.jwt.secret_key.get_secret_value().encode()
        if self._settings.enabled and self._settings.type == "jwt" and len(secret) < SHORTEST_SECRET:
            logger.warning(
                "server.auth.jwt.secret_key has less than %d bytes; it can be found by trying", SHORTEST_SECRET
            )

    @property
    def enabled(self) -> bool:
        """Whether callers must log in."""
        return self._settings.enabled

    @property
    def kind(self) -> str:
        """What headers are taken: basic, jwt or api_key."""
        return self._settings.type

    def without_login(self, connection: HTTPConnection) -> Role | None:
        """Tell what somebody who shows nothing is by the address; None: somebody who must log in."""
        if not self.enabled:
            return Role.ADMIN
        role = self._settings.whitelist_role
        known = is_in(address_of(connection), self._networks) and not is_forwarded(connection.headers)
        return Role(role) if role != "none" and known else None

    async def caller(self, connection: HTTPConnection) -> Caller:
        """Tell who calls; somebody without a role where nothing is shown.

        A StorageError passes through, and a TooManyRequestsError.

        Raises:
            NotAuthenticatedError: If what is shown is not accepted; it never counts as nothing.
        """  # noqa: DOC502 - raised below
        if connection.scope["type"] != "http":
            return await self._find(connection)  # a socket lives long: it asks again whether it still may
        known: Caller | None = connection.scope.get(_KNOWN)
        if known is None:
            known = connection.scope[_KNOWN] = await self._find(connection)
        return known

    def challenge(self, connection: HTTPConnection) -> dict[str, str]:
        """Give the header that says how to log in; a browser must not ask for a password over our page."""
        kind = "Basic" if self.kind == "basic" else "Bearer"
        if "sec-fetch-mode" in connection.headers:
            kind = "Session"
        return {"WWW-Authenticate": f'{kind} realm="station"'}

    async def _find(self, connection: HTTPConnection) -> Caller:
        address = address_of(connection)
        if not self.enabled:
            return Caller(name=address, role=self.without_login(connection), address=address)
        if "authorization" in connection.headers or "x-api-key" in connection.headers:
            return await self._by_header(connection, address)
        if token := connection.cookies.get(self.browsers.cookie):
            caller = await self.browsers.caller(token, address)
            if caller is None:
                headers = self.challenge(connection) | {"Set-Cookie": self.browsers.forget(connection)}
                msg = "The session is over; log in again."
                raise NotAuthenticatedError(msg, headers=headers)
            return caller
        role = self.without_login(connection)
        return Caller(name=address if role else "nobody", role=role, address=address)

    async def _by_header(self, connection: HTTPConnection, address: str) -> Caller:
        scheme, _, shown = connection.headers.get("authorization", "").partition(" ")
        key = connection.headers.get("x-api-key", "")
        scheme, shown = scheme.lower(), shown.strip()
        if self.kind == "api_key" and (key or scheme == "bearer"):
            found = await self._by_key(key or shown, address)
        elif self.kind == "jwt" and scheme == "bearer" and not key:
            found = await self._by_token(shown, address)
        elif self.kind == "basic" and scheme == "basic" and not key:
            found = await self._by_password(shown, address, connection)
        else:
            found = None
        if found is None:
            msg = f"What was shown is not accepted, or not any more; server.auth.type is {self.kind} here."
            raise NotAuthenticatedError(msg, headers=self.challenge(connection))
        return found

    async def _by_key(self, key: str, address: str) -> Caller | None:
        self.logins.check_source("key", address)
        shown = key_hash(key)
        for number, own in enumerate(self._own_keys, start=1):
            if hmac.compare_digest(own, shown):
                role = Role(self._settings.api_key.role)
                return Caller(f"key:station.yaml/{number}", role, address, how="key")
        found = await self._keys.find(shown)
        if found is None or not found.active:
            await self.logins.wrong("key", address)
            return None
        return Caller(f"key:{found.name}", found.role, address, how="key")

    async def _by_token(self, token: str, address: str) -> Caller | None:
        claims = self.tokens.read(token)
        account = await self.accounts.find(claims.name) if claims else None
        if claims is None or account is None or account.stamp != claims.stamp:
            return None
        return _caller(account, address, "token")

    async def _by_password(self, shown: str, address: str, connection: HTTPConnection) -> Caller | None:
        try:
            name, colon, password = base64.b64decode(shown, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        if not colon:
            return None
        try:
            account = await self.logins.check(name, password, address, "basic")
        except NotAuthenticatedError as error:
            error.headers |= self.challenge(connection)
            raise
        return _caller(account, address, "basic")


def _caller(account: Account, address: str, how: str) -> Caller:
    return Caller(account.name, account.role, address, how=how)
