"""Who the station is to the MES: a static key, or a user who logs in and is renewed."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from pydantic import JsonValue

from station.domain.clock import Clock
from station.domain.errors import MesError, MesRefusedError, MesUnauthorizedError, MesUnavailableError, Outage


@dataclass(frozen=True)
class Pass:
    """What is shown with one call.

    Attributes:
        number: Tells passes apart; a caller whose pass was refused says which.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    number: int = 0


class Credentials(Protocol):
    """Where passes come from."""

    async def current(self) -> Pass:
        """Give the pass to show.

        Raises:
            MesError: If there is none to be had.
        """

    async def renewed(self, refused: Pass, *, again: bool) -> Pass | None:
        """Give another one in place of a pass that was refused; None: there is no other.

        Args:
            refused: Which one.
            again: Whether it was itself given in place of another.

        Raises:
            MesError: If there should be one, and it cannot be had now.
        """


class StaticKey:
    """A key from the configuration, as a bearer token or in X-API-Key; empty: nothing is shown."""

    def __init__(self, key: str, *, bearer: bool) -> None:
        header = {"Authorization": f"Bearer {key}"} if bearer else {"X-API-Key": key}
        self._pass = Pass(header if key else {})

    async def current(self) -> Pass:
        """Give the key."""
        return self._pass

    async def renewed(self, refused: Pass, *, again: bool) -> Pass | None:
        """There is only one key."""
        return None


class Ask(Protocol):
    """How a login is sent: past limiter and timeout, without credentials."""

    async def __call__(self, path: str, body: dict[str, JsonValue]) -> JsonValue:
        """POST and give the JSON of a good answer.

        Raises:
            MesError: If there is none.
        """


class UserLogin:
    """A user's JWT: refreshed before it expires and when it is refused, and if that does not help, a new login.

    However many callers come with a refused token, one of them renews it and the others take what it got. A server
    that refuses fresh tokens too (as the real one does while its database is down) is asked for another one at most
    once per `pause`, so that a queue full of reports does not lock the account.

    Args:
        path: Where to log in; `refresh` is beside it.
        station_id: Sent along, as the real MES wants it.
        ask: How it is sent.
        pause: Shortest time between two logins, and between two refreshes that were not due.
    """

    MARGIN = 60.0
    """Seconds before its end from which on a token is renewed; a tenth of its life where that is less."""
    LIFE = 1800.0
    """Seconds a token lives where the MES does not say."""

    def __init__(
        self,
        username: str,
        password: str,
        *,
        path: str,
        station_id: str,
        ask: Ask,
        clock: Clock,
        pause: timedelta = timedelta(seconds=30),
    ) -> None:
        self._username = username
        self._password = password
        self._path = path
        self._station_id = station_id
        self._ask = ask
        self._clock = clock
        self._pause = pause.total_seconds()
        self._lock = asyncio.Lock()
        self._pass: Pass | None = None
        self._refresh_token = ""
        self._fresh_until = -math.inf
        self._last_login = -math.inf
        self._last_refusal = -math.inf
        self._last_refresh = -math.inf

    async def current(self) -> Pass:
        """Give a token that is not about to expire.

        Raises:
            MesError: If none can be had.
        """  # noqa: DOC502 - what the login raises
        async with self._lock:
            if self._pass is None:
                return await self._log_in()
            if self._clock.monotonic() >= self._fresh_until:
                return await self._refresh() or await self._log_in()
            return self._pass

    async def renewed(self, refused: Pass, *, again: bool) -> Pass | None:
        """Give a newer token: somebody else's, else a refreshed one, else one of a new login; None: not so soon.

        Args:
            refused: Which one the MES did not take.
            again: Whether it was itself given in place of another, so that a refresh did not help.

        Raises:
            MesError: If the MES does not let us in, or does not answer.
        """  # noqa: DOC502 - what the login raises
        async with self._lock:
            if self._pass is not None and self._pass.number != refused.number:
                return self._pass
            now = self._clock.monotonic()
            too_soon = again or now - self._last_refresh < self._pause
            if not too_soon and (renewed := await self._refresh()):
                return renewed
            if now - self._last_login >= self._pause:
                return await self._log_in()
            return None

    async def _log_in(self) -> Pass:
        if self._clock.monotonic() - self._last_refusal < self._pause:
            raise MesUnauthorizedError(f"the MES has just refused to let {self._username!r} in")
        self._last_login = self._clock.monotonic()
        try:
            answer = await self._ask(
                self._path,
                {"username": self._username, "password": self._password, "station_id": self._station_id},
            )
        except (MesRefusedError, MesUnauthorizedError) as error:
            self._last_refusal = self._last_login
            raise MesUnauthorizedError(
                f"the MES does not let {self._username!r} in ({error.message}); check backend.username and password"
            ) from error
        except MesError:
            self._last_login = -math.inf  # it was never judged
            raise
        return self._keep(answer)

    async def _refresh(self) -> Pass | None:
        if not self._refresh_token:
            return None
        self._last_refresh = self._clock.monotonic()
        path = self._path.partition("/login")[0] + "/refresh"
        try:
            answer = await self._ask(path, {"refresh_token": self._refresh_token, "station_id": self._station_id})
        except (MesRefusedError, MesUnauthorizedError):
            self._refresh_token = ""
            return None
        except MesError:
            self._last_refresh = -math.inf
            raise
        return self._keep(answer)

    def _keep(self, answer: JsonValue) -> Pass:
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(answer, dict) or not isinstance(token, str) or not token:
            raise MesUnavailableError("the answer to the login holds no access_token", outage=Outage.GARBLED)
        life = answer.get("expires_in")
        seconds = float(life) if isinstance(life, int | float) and 0 < life < 10**9 else self.LIFE
        self._fresh_until = self._clock.monotonic() + seconds - min(self.MARGIN, seconds / 10)
        refresh_token = answer.get("refresh_token")
        if isinstance(refresh_token, str) and refresh_token:  # the real MES does not send it again
            self._refresh_token = refresh_token
        self._pass = Pass({"Authorization": f"Bearer {token}"}, (self._pass.number if self._pass else 0) + 1)
        return self._pass
