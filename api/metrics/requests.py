"""Measures how long requests take."""

import time
from http import HTTPStatus

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
NO_ROUTE = "none"
"""Stands for every path that nothing is served under: somebody who tries paths must not fill the memory."""


class ProcessMetrics:
    """What is counted in this process alone, and begins at zero with it.

    Attributes:
        registry: All of it; of this application, not of the interpreter.
    """

    def __init__(self) -> None:
        """Begin at zero."""
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "station_http_request_duration_seconds",
            "How long requests took, by route, method and status.",
            ["route", "method", "status"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.health_checks = Counter(
            "health_check_total", "Looks at the station's health, by what came of it.", ["status"],
            registry=self.registry,
        )  # fmt: skip
        self.health_check_seconds = Gauge(
            "health_check_duration_seconds", "How long the last look at the station's health took.",
            registry=self.registry,
        )  # fmt: skip


class Stopwatch:
    """Measures each request behind it.

    Args:
        app: What is behind it.
        metrics: Where it is kept.
    """

    def __init__(self, app: ASGIApp, metrics: ProcessMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, and keep how long it took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", NO_ROUTE)
            method = scope["method"] if route != NO_ROUTE else ""
            self._metrics.requests.labels(route, method, str(status)).observe(time.perf_counter() - began)
