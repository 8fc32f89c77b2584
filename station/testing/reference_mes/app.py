"""Puts the server together: a FastAPI application per profile, behind the front door."""

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from station.testing.reference_mes.auth import Tokens, UnauthorizedError
from station.testing.reference_mes.control import control_router
from station.testing.reference_mes.core import BrokenError, Mes
from station.testing.reference_mes.dialect import Dialect
from station.testing.reference_mes.documented import DocumentedDialect, documented_router
from station.testing.reference_mes.front import Front
from station.testing.reference_mes.neurohub import NeurohubDialect, neurohub_router
from station.testing.reference_mes.neurohub_stations import stations_router
from station.testing.reference_mes.rules import RefusedError


def build_app(mes: Mes) -> ASGIApp:
    """Make the application of a MES."""
    app = FastAPI(title=f"Reference MES, profile {mes.settings.profile}", version="1")
    dialect: Dialect = NeurohubDialect() if mes.neurohub else DocumentedDialect()
    _tell_errors(app, dialect)
    app.include_router(control_router(mes))
    if mes.neurohub:
        tokens = Tokens(mes.settings, mes.store)
        app.include_router(stations_router(mes, tokens))
        app.include_router(neurohub_router(mes, tokens))
    else:
        app.include_router(documented_router(mes))
    return Front(app, mes, dialect)


def _tell_errors(app: FastAPI, dialect: Dialect) -> None:
    @app.exception_handler(RefusedError)
    async def refused(request: Request, error: RefusedError) -> Response:
        return dialect.refused(request, error)

    @app.exception_handler(UnauthorizedError)
    async def unauthorized(request: Request, error: UnauthorizedError) -> Response:
        return dialect.unauthorized(request, error)

    @app.exception_handler(BrokenError)
    async def broken(request: Request, error: BrokenError) -> Response:
        return dialect.failed(request, 500, error.code, error.message)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return dialect.invalid(request, [_detail(detail) for detail in error.errors()])


def _detail(detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "field": ".".join(str(part) for part in detail["loc"]),
        "message": detail["msg"],
        "code": detail["type"],
    }
