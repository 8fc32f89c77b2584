"""Tells a webhook when the MES goes away and when it is back; Slack and its like understand what is posted."""

import asyncio
import logging
from datetime import timedelta

from pydantic import JsonValue

from station.domain.errors import MesError
from station.mes.breaker import CircuitBreaker
from station.mes.http import Http
from station.mes.texts import BACK, OFFLINE, OperatorText

_log = logging.getLogger(__name__)


class WebhookAlerts:
    """A `BreakerListener` that posts, in the background, and never stands in anybody's way.

    Args:
        url: Where to post.
        station: Which station speaks.
        timeout: How long one post may take; it is not repeated.
    """

    def __init__(self, url: str, station: str, timeout: timedelta = timedelta(seconds=10)) -> None:
        self._http = Http(url, timeout)
        self._station = station
        self._posts: set[asyncio.Task[None]] = set()

    def opened(self, breaker: CircuitBreaker) -> None:
        """Say that the MES is away."""
        self._post("mes_away", OFFLINE, breaker)

    def closed(self, breaker: CircuitBreaker) -> None:
        """Say that it is back."""
        self._post("mes_back", BACK, breaker)

    async def close(self) -> None:
        """Let what is being posted end, and close the connection."""
        if self._posts:
            await asyncio.wait(self._posts)
        await self._http.close()

    def _post(self, event: str, text: OperatorText, breaker: CircuitBreaker) -> None:
        body: dict[str, JsonValue] = {
            "text": f"{self._station}: {text.en} / {text.ko}",
            "event": event,
            "station": self._station,
            "failure_count": breaker.failure_count,
            "last_failure": breaker.last_failure.isoformat() if breaker.last_failure else None,
        }
        post = asyncio.get_running_loop().create_task(self._send(body))
        self._posts.add(post)
        post.add_done_callback(self._posts.discard)

    async def _send(self, body: JsonValue) -> None:
        try:
            reply = await self._http.send("POST", "", body=body, changes=True)
        except MesError as error:
            _log.warning("the webhook was not told: %s", error)
            return
        if reply.status >= 300:
            _log.warning("the webhook answers %s", reply.status)
