"""What callers are told when something goes wrong: one body for every error, and a status for every code."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, JsonValue
from pydantic_core import to_jsonable_python
from starlette.exceptions import HTTPException

from station.domain.errors import (
    AnswerError,
    BatchBusyError,
    BatchError,
    BatchNotFoundError,
    ConfigError,
    EngineError,
    MesError,
    MesRefusedError,
    MesUnavailableError,
    PackageError,
    PackageNotFoundError,
    ParameterError,
    RunNotFoundError,
    StationError,
    StationUpError,
    StorageError,
)
from station.execution.archive import ArchiveTooLargeError

logger = logging.getLogger(__name__)

RETRY_AFTER = 2
"""Seconds after which whoever met an outage may ask again."""


class ErrorBody(BaseModel):
    """The body of every error.

    Attributes:
        error: Stable, upper case; what programs match on.
        message: One sentence: what is wrong, where, and how to mend it.
        details: The values the sentence speaks of.
    """

    error: str
    message: str
    details: dict[str, JsonValue] = {}


class ApiError(StationError):
    """Base of what only a caller over the network can do wrong.

    Attributes:
        status: The HTTP status of the answer.
        headers: What the answer says besides.
    """

    code = "REQUEST_REFUSED"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str, *, headers: Mapping[str, str] | None = None, **facts: object) -> None:
        """Keep the sentence, its facts, and headers of the answer."""
        super().__init__(message, **facts)
        self.headers = dict(headers or {})


class NotFoundError(ApiError):
    """Nothing is served under this path, or there is no such thing."""

    code = "NOT_FOUND"
    status = HTTPStatus.NOT_FOUND


class NotAuthenticatedError(ApiError):
    """The caller must say who it is, or what it said is not accepted."""

    code = "NOT_AUTHENTICATED"
    status = HTTPStatus.UNAUTHORIZED


class ForbiddenError(ApiError):
    """The caller's role does not allow it."""

    code = "ROLE_NOT_ALLOWED"
    status = HTTPStatus.FORBIDDEN


class ScreenLockedError(ApiError):
    """The caller's screen was left alone and is locked; reading and STOP are all it may have."""

    code = "SCREEN_LOCKED"
    status = HTTPStatus.LOCKED


class AddressRefusedError(ApiError):
    """The caller's address is not served."""

    code = "ADDRESS_NOT_ALLOWED"
    status = HTTPStatus.FORBIDDEN


class OriginRefusedError(ApiError):
    """Another site's page asked, not the station's own."""

    code = "ORIGIN_NOT_ALLOWED"
    status = HTTPStatus.FORBIDDEN


class HostRefusedError(ApiError):
    """The station was asked for under a name that is not its own."""

    code = "HOST_NOT_ALLOWED"
    status = HTTPStatus.MISDIRECTED_REQUEST


class TooManyRequestsError(ApiError):
    """The caller asks too often, or failed to log in too often."""

    code = "TOO_MANY_REQUESTS"
    status = HTTPStatus.TOO_MANY_REQUESTS


class TooLargeError(ApiError):
    """What was sent is larger than the station takes."""

    code = "PAYLOAD_TOO_LARGE"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class RequestInvalidError(ApiError):
    """What was sent is not of the shape that is asked for."""

    code = "REQUEST_INVALID"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class KeyReusedError(ApiError):
    """An Idempotency-Key was used before for something else."""

    code = "IDEMPOTENCY_KEY_REUSED"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class GoingDownError(ApiError):
    """The station is being taken down, or is not up yet; it takes no commands now."""

    code = "STATION_NOT_READY"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class ServiceUnavailableError(ApiError):
    """What the request needs is away, and it is known when asking again makes sense."""

    code = "SERVICE_UNAVAILABLE"
    status = HTTPStatus.SERVICE_UNAVAILABLE


_STATUS: tuple[tuple[type[StationError], HTTPStatus], ...] = (
    # The first that fits.
    (BatchNotFoundError, HTTPStatus.NOT_FOUND),
    (RunNotFoundError, HTTPStatus.NOT_FOUND),
    (PackageNotFoundError, HTTPStatus.NOT_FOUND),
    (BatchBusyError, HTTPStatus.CONFLICT),
    (BatchError, HTTPStatus.CONFLICT),
    (StationUpError, HTTPStatus.CONFLICT),
    (AnswerError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ParameterError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PackageError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ConfigError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (MesRefusedError, HTTPStatus.CONFLICT),
    (MesUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (MesError, HTTPStatus.BAD_GATEWAY),
    (EngineError, HTTPStatus.SERVICE_UNAVAILABLE),
    (StorageError, HTTPStatus.SERVICE_UNAVAILABLE),
)

_STATUS_OF_CODE = {
    # A start that was refused is refused in the same words when it is asked for again.
    PackageNotFoundError.code: HTTPStatus.NOT_FOUND,
    PackageError.code: HTTPStatus.UNPROCESSABLE_ENTITY,
    ParameterError.code: HTTPStatus.UNPROCESSABLE_ENTITY,
    ArchiveTooLargeError.code: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "ITEM_NOT_FOUND": HTTPStatus.NOT_FOUND,
    "PROMPT_NOT_FOUND": HTTPStatus.NOT_FOUND,
    "CALL_NOT_FOUND": HTTPStatus.NOT_FOUND,
    "COMMAND_NOT_FOUND": HTTPStatus.NOT_FOUND,
    "STEP_NOT_FOUND": HTTPStatus.NOT_FOUND,
    "INVALID_ARGUMENT": HTTPStatus.UNPROCESSABLE_ENTITY,
    "INVALID_ANSWER": HTTPStatus.UNPROCESSABLE_ENTITY,
    "INVALID_CHOICE": HTTPStatus.UNPROCESSABLE_ENTITY,
    "NEEDS_DISPOSITION": HTTPStatus.UNPROCESSABLE_ENTITY,
    "REASON_MISSING": HTTPStatus.UNPROCESSABLE_ENTITY,
    "USER_EXISTS": HTTPStatus.CONFLICT,
    "USER_NOT_FOUND": HTTPStatus.NOT_FOUND,
    "OWN_ACCOUNT": HTTPStatus.CONFLICT,
    "LOGIN_NOT_NEEDED": HTTPStatus.CONFLICT,
    "TOKENS_NOT_USED": HTTPStatus.CONFLICT,
    "PASSWORD_WRONG": HTTPStatus.FORBIDDEN,
    "BADGE_UNKNOWN": HTTPStatus.UNAUTHORIZED,
    "BADGE_NEEDS_PASSWORD": HTTPStatus.FORBIDDEN,
    "BADGE_NOT_ALLOWED": HTTPStatus.UNPROCESSABLE_ENTITY,
    "BADGE_TAKEN": HTTPStatus.CONFLICT,
    "PASSWORD_NOT_ALLOWED": HTTPStatus.UNPROCESSABLE_ENTITY,
    "NAME_NOT_ALLOWED": HTTPStatus.UNPROCESSABLE_ENTITY,
    "KEY_EXISTS": HTTPStatus.CONFLICT,
    "KEY_NOT_FOUND": HTTPStatus.NOT_FOUND,
    "SETTINGS_CHANGED": HTTPStatus.CONFLICT,
    "SETTINGS_NOT_READ": HTTPStatus.SERVICE_UNAVAILABLE,
    "SETTINGS_NOT_WRITTEN": HTTPStatus.SERVICE_UNAVAILABLE,
    "BACKUP_NOT_FOUND": HTTPStatus.NOT_FOUND,
}
"""Refusals of commands share a class; their codes say more."""

_OF_STATUS = {
    HTTPStatus.NOT_FOUND: NotFoundError.code,
    HTTPStatus.UNAUTHORIZED: NotAuthenticatedError.code,
    HTTPStatus.FORBIDDEN: ForbiddenError.code,
    HTTPStatus.METHOD_NOT_ALLOWED: "METHOD_NOT_ALLOWED",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLargeError.code,
}


def status_of(error: StationError) -> HTTPStatus:
    """Tell the HTTP status of an error."""
    if isinstance(error, ApiError):
        return error.status
    if error.code in _STATUS_OF_CODE:
        return _STATUS_OF_CODE[error.code]
    return next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def answer(error: StationError) -> JSONResponse:
    """Make the answer to a caller."""
    status = status_of(error)
    headers = dict(error.headers) if isinstance(error, ApiError) else {}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("Retry-After", str(RETRY_AFTER))
    return _answer(status, error.code, error.message, error.facts, headers)


def install(app: FastAPI) -> None:
    """Have an application answer every error with the one body."""

    @app.exception_handler(StationError)
    async def of_station(_: Request, error: StationError) -> JSONResponse:
        if status_of(error) is HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.error("%s: %s", error.code, error.message, exc_info=error)
        return answer(error)

    @app.exception_handler(RequestValidationError)
    async def of_shape(_: Request, error: RequestValidationError) -> JSONResponse:
        problems = [_problem(one) for one in error.errors()]
        where = "; ".join(f"{one['where']}: {one['problem']}" for one in problems)
        return answer(RequestInvalidError(f"The request is not as it must be: {where}.", problems=problems))

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> JSONResponse:
        status = HTTPStatus(error.status_code)
        code = _OF_STATUS.get(status, ApiError.code)
        message = f"{request.method} {request.url.path[:200]}: {status.description or status.phrase}."
        return _answer(status, code, message, {}, dict(error.headers or {}))


def unexpected(method: str, path: str, error: Exception) -> JSONResponse:
    """Make the answer to a request at which our own software failed, and log how."""
    logger.error("%s %s failed", method, path, exc_info=error)
    message = "The station's own software failed at this request; its log says how. Nothing was lost."
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, StationError.code, message, {}, {})


class _Json(JSONResponse):
    """JSON that can always be written: what somebody sent may be in it, half characters and NaN included."""

    def render(self, content: object) -> bytes:
        """Write half characters as escapes, and what is no number as text."""
        finite = json.loads(json.dumps(content), parse_constant=str)
        text = json.dumps(finite, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")


def _answer(
    status: HTTPStatus, code: str, message: str, facts: Mapping[str, object], headers: Mapping[str, str]
) -> JSONResponse:
    details: dict[str, Any] = to_jsonable_python(dict(facts), fallback=str)
    body = ErrorBody(error=code, message=message, details=details)
    return _Json(body.model_dump(mode="json"), status, dict(headers))


def _problem(found: Mapping[str, Any]) -> dict[str, str]:
    # Never the value itself: it may be a password.
    where = ".".join(str(part) for part in found["loc"])
    return {"where": where, "problem": str(found["msg"]), "kind": str(found["type"])}
