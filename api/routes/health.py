"""Health, liveness and readiness, under every path the documents name; and the metrics.

Whether it is healthy, anybody may know whose address is served; how, only who may watch the station.
"""

import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response

from api.access.caller import Caller
from api.access.roles import Permission
from api.guard import Anybody, needs
from api.measured import Measuring
from api.metrics.page import CONTENT_TYPE
from api.schemas.health import CircuitBreaker, HealthAnswer, Liveness, ReadinessAnswer
from api.services import Station
from station.control.backend import backend_status
from station.control.health import readiness, station_health

router = APIRouter(tags=["health"])

_Responses = dict[int | str, dict[str, Any]]
_UNHEALTHY: _Responses = {HTTPStatus.SERVICE_UNAVAILABLE: {"model": HealthAnswer, "description": "It is unhealthy"}}
_NOT_READY: _Responses = {HTTPStatus.SERVICE_UNAVAILABLE: {"model": ReadinessAnswer, "description": "It is not ready"}}

_SAMPLES: _Responses = {HTTPStatus.OK: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
"""Not by the class of the response: then errors would be text, too, says the description."""


@router.get("/health", responses=_UNHEALTHY)
@router.get("/api/v1/health", responses=_UNHEALTHY, include_in_schema=False)
@router.get("/api/health", responses=_UNHEALTHY, include_in_schema=False)
async def health(services: Station, metrics: Measuring, caller: Anybody, response: Response) -> HealthAnswer:
    """Tell whether the station is healthy: database, Temporal, disk, memory, circuit breakers."""
    began = time.perf_counter()
    found = await station_health(services.config, services.layout, services.database, services.engine.client)
    metrics.process.health_checks.labels(found.status).inc()
    metrics.process.health_check_seconds.set(time.perf_counter() - began)
    if found.status == "unhealthy":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    if not _may_watch(caller):
        return HealthAnswer(status=found.status, timestamp=datetime.now(UTC))
    return HealthAnswer(status=found.status, timestamp=datetime.now(UTC), checks=found.checks, version=services.version)


@router.get("/health/liveness", dependencies=[needs(Permission.PUBLIC)])
@router.get("/api/v1/health/liveness", dependencies=[needs(Permission.PUBLIC)], include_in_schema=False)
@router.get("/api/health/liveness", dependencies=[needs(Permission.PUBLIC)], include_in_schema=False)
async def liveness() -> Liveness:
    """Tell that the API's process lives; nothing else is asked."""
    return Liveness(timestamp=datetime.now(UTC))


@router.get("/health/readiness", responses=_NOT_READY)
@router.get("/api/v1/health/readiness", responses=_NOT_READY, include_in_schema=False)
@router.get("/api/health/readiness", responses=_NOT_READY, include_in_schema=False)
async def ready(services: Station, caller: Anybody, response: Response) -> ReadinessAnswer:
    """Tell whether the station takes runs: it is up, it is not going down, and what it stands on answers."""
    found = await readiness(services.config, services.layout, services.database, services.engine.client)
    if not found.ready:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return ReadinessAnswer(
        status="ready" if found.ready else "not_ready",
        timestamp=datetime.now(UTC),
        message=found.message if _may_watch(caller) else "",
    )


@router.get("/health/circuit-breakers", dependencies=[needs(Permission.WATCH)])
@router.get("/api/v1/health/circuit-breakers", dependencies=[needs(Permission.WATCH)], include_in_schema=False)
@router.get("/api/health/circuit-breakers", dependencies=[needs(Permission.WATCH)], include_in_schema=False)
async def circuit_breakers(services: Station) -> dict[str, CircuitBreaker]:
    """Tell how each circuit breaker stands: `mes`; none where there is no MES, or the engine was never up."""
    breaker = (await backend_status(services.config, services.layout, services.database)).breaker
    if breaker is None:
        return {}
    return {"mes": CircuitBreaker.model_validate(breaker.model_dump())}


@router.get(
    "/metrics", dependencies=[needs(Permission.WATCH)], response_class=Response, responses=_SAMPLES, tags=["metrics"]
)
async def metrics(measuring: Measuring) -> Response:
    """Tell the metrics, as Prometheus reads them."""
    return Response(await measuring.page(), media_type=CONTENT_TYPE)


def _may_watch(caller: Caller) -> bool:
    return caller.role is not None and caller.role.may(Permission.WATCH)
