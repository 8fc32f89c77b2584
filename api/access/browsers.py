"""Sessions of browsers: a random token in a cookie that scripts cannot read, and a row that can be ended."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fastapi.requests import HTTPConnection
from starlette.responses import Response

from api.access.accounts import Account, Accounts
from api.access.caller import Caller
from api.access.networks import address_of
from station.control.noting import deed
from station.control.people import key_hash
from station.storage.sessions import Session, Sessions

LONGEST = timedelta(days=30)
"""After which somebody logs in again, however busy the browser is."""
_NOTED_EVERY = 20
"""A session's use is noted that many times within its idle time at most: reading must not write every time."""


class Browsers:
    """Lets people be logged in in a browser.

    Args:
        sessions: The rows.
        accounts: Who may log in.
        station: The station's id; stations on one machine share their cookies.
        idle: How long a session lives without being used.
    """

    def __init__(self, sessions: Sessions, accounts: Accounts, station: str, idle: timedelta) -> None:
        self._sessions = sessions
        self._accounts = accounts
        self._idle = idle
        self.cookie = f"session_{station}"

    async def log_in(
        self, connection: HTTPConnection, response: Response, account: Account, *, by_badge: bool = False
    ) -> Caller:
        """Begin a session, always a new one; the one the browser showed ends."""
        token = secrets.token_urlsafe(32)
        now = datetime.now(UTC)
        address = address_of(connection)
        session = Session(
            token_hash=key_hash(token),
            user=account.name,
            stamp=account.stamp,
            address=address,
            created_at=now,
            last_seen_at=now,
            expires_at=now + self._idle,
            by_badge=by_badge,
        )
        before = connection.cookies.get(self.cookie, "")
        done = deed("login", account.name, account.name, address=address, how="badge" if by_badge else "session")
        await self._sessions.begin(session, done, instead_of=key_hash(before) if before else "")
        response.set_cookie(self.cookie, token, path="/", httponly=True, samesite="strict", secure=is_https(connection))
        return Caller(account.name, account.role, address, how="session", session=session.token_hash)

    async def log_out(self, connection: HTTPConnection, response: Response) -> None:
        """End the session the browser shows; what was copied of it is worth nothing from here on."""
        token = connection.cookies.get(self.cookie, "")
        if token:
            session = await self._sessions.find(key_hash(token))
            if session is not None:
                await self._sessions.end(session.token_hash, deed("logout", session.user, session.user))
        response.headers["Set-Cookie"] = self.forget(connection)

    async def caller(self, token: str, address: str) -> Caller | None:
        """Tell whose session this is; None where it is nobody's, or over."""
        session = await self._sessions.find(key_hash(token))
        now = datetime.now(UTC)
        if session is None or now >= session.expires_at:
            return None
        account = await self._accounts.find(session.user)
        if account is None or account.stamp != session.stamp:
            return None
        if session.by_badge and not account.role.badge_is_enough:
            return None  # it got another role meanwhile
        if now - session.last_seen_at > self._idle / _NOTED_EVERY:
            seen = replace(session, last_seen_at=now, expires_at=min(now + self._idle, session.created_at + LONGEST))
            await self._sessions.seen(seen.token_hash, seen.last_seen_at, seen.expires_at)
        return Caller(
            account.name, account.role, address, how="session", session=session.token_hash, locked=session.locked
        )

    async def lock(self, caller: Caller) -> None:
        """Lock the screen of whoever calls; a new login ends the session, and with it the lock."""
        done = deed("lock", caller.name, caller.name, address=caller.address)
        await self._sessions.lock(caller.session, done)

    def forget(self, connection: HTTPConnection) -> str:
        """Give the header that has the browser forget its session."""
        secure = "; Secure" if is_https(connection) else ""
        return f"{self.cookie}=; Path=/; Max-Age=0; HttpOnly; SameSite=strict{secure}"


def is_https(connection: HTTPConnection) -> bool:
    """Whether the browser speaks https, to the station or to what stands before it.

    What a page says of its own origin is believed, for it could only cheat itself.
    """
    return connection.url.scheme in {"https", "wss"} or connection.headers.get("origin", "").startswith("https://")
