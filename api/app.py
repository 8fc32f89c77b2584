"""The application: routes, the gate before them, and one body for every error."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import FastAPI

from api import errors, screen
from api.access.gate import Gate
from api.access.pace import Pace
from api.errors import ErrorBody
from api.guard import Doors
from api.live import socket
from api.metrics.page import Metrics
from api.metrics.requests import Stopwatch
from api.routes import (
    audit,
    auth,
    batches,
    calls,
    docs,
    health,
    keys,
    logs,
    manual,
    prompts,
    queue,
    results,
    scanner,
    screen_info,
    sequences,
    settings,
    statistics,
    system,
    users,
)
from api.schemes import DescribedApp
from api.services import Services
from api.standing import AskAnew
from api.text import READABLE
from station.domain.errors import StorageError

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": description}
    for status, description in {
        400: "It cannot be read at all",
        401: "Somebody must log in",
        403: "Not allowed to this caller",
        404: "There is no such thing",
        409: "It contradicts how things stand",
        413: "Too large",
        421: "Asked for under a name that is not the station's",
        422: "Not of the shape, or the values, that are asked for",
        429: "Too often",
        503: "Something that is needed is away; Retry-After says when to ask again",
    }.items()
}


def create_app(services: Services) -> FastAPI:
    """Put the application together.

    Args:
        services: What its routes can reach; they are open while it runs.
    """
    app = DescribedApp(
        title="Station",
        description="The test station's API.",
        version=services.version,
        lifespan=_lifespan,
        dependencies=[READABLE],
        responses=_ERRORS,
        docs_url=None,  # with permissions of their own, in api/routes/docs.py
        redoc_url=None,
        openapi_url=None,
    )
    app.state.services = services
    app.state.metrics = metrics = Metrics(services)
    errors.install(app)
    for routes in (
        system,
        health,
        batches,
        scanner,
        manual,
        prompts,
        calls,
        queue,
        sequences,
        results,
        logs,
        statistics,
    ):
        app.include_router(routes.router)
    for routes in (auth, users, keys, audit, settings, docs, screen_info):
        app.include_router(routes.router)
    app.include_router(sequences.of_batch)
    app.include_router(socket.router)
    app.include_router(screen.router)
    app.mount(docs.ASSETS, docs.assets(), name="docs-assets")
    server = services.config.server
    pace = Pace(server.rate_limit, server.auth.networks())
    app.add_middleware(Doors, routes=app.routes, pace=pace, open_mounts={docs.ASSETS})
    app.add_middleware(AskAnew, standings=services.standings)
    app.add_middleware(Gate, settings=server, uploads=sequences.UPLOADS)
    app.add_middleware(Stopwatch, metrics=metrics.process)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    with suppress(StorageError):  # without its database nobody logs in either
        await services.identity.logins.recall()
    async with services.hub.running():
        yield
        with suppress(StorageError):
            await app.state.metrics.counting.close()
