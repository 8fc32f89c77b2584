"""The contract as the backend in the factory behaves: operators' tokens, bare replies, few codes for many cases."""

import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from station.testing.reference_mes.auth import Tokens, UnauthorizedError
from station.testing.reference_mes.bodies import CompleteBody, ConvertBody, Key, StartBody, cause_of, has_no_number
from station.testing.reference_mes.core import BrokenError, Mes
from station.testing.reference_mes.neurohub_shapes import PROCESS_PASSED, history_of, item_of, serial_of, trace_of
from station.testing.reference_mes.rules import Reason, RefusedError

_CODES = {Reason.WIP_NOT_FOUND: (404, "RES_001"), Reason.CONFLICT: (409, "CONF_002")}
"""Every other refusal is 400 VAL_004."""


class NeurohubDialect:
    """Errors as the real backend sends them."""

    closes_after_500 = True

    def refused(self, request: Request, error: RefusedError) -> Response:
        """One code for all business rules; only the sentence tells them apart."""
        status, code = _CODES.get(error.reason, (400, "VAL_004"))
        return _error(request, status, code, error.message)

    def unauthorized(self, request: Request, error: UnauthorizedError) -> Response:
        """401 with one code for every cause."""
        return _error(request, 401, error.code, error.message)

    def invalid(self, request: Request, details: list[dict[str, Any]]) -> Response:
        """422 with details."""
        return _error(request, 422, "VAL_001", "Request validation failed", details)

    def failed(self, request: Request, status: int, code: str, message: str) -> Response:
        """500 and its like."""
        return _error(request, status, code, message)

    def too_many(self, retry_after: float) -> Response:
        """429 with Retry-After, in a body of its own."""
        body = {"error_code": "RATE_LIMIT_EXCEEDED", "message": "Too many requests. Please try again later."}
        headers = {"Retry-After": f"{retry_after:g}"}
        return JSONResponse(body | {"retry_after": retry_after}, status_code=429, headers=headers)

    def health(self, *, degraded: bool) -> Response:
        """200 always; the body tells."""
        if degraded:
            return JSONResponse({"status": "degraded", "database": "disconnected"})
        return JSONResponse({"status": "healthy", "database": "connected"})


def neurohub_router(mes: Mes, tokens: Tokens) -> APIRouter:
    """The calls about WIPs, their processes and their serial numbers."""

    async def operator(request: Request) -> None:
        tokens.check(request.headers, mes.now())

    async def operator_or_station(request: Request) -> None:
        tokens.check_or_station(request.headers, mes.now())

    needs_operator = [Depends(operator)]
    offset = mes.settings.process_key_offset
    router = APIRouter()

    @router.get("/health")
    async def health() -> Response:
        return NeurohubDialect().health(degraded=False)

    @router.post("/api/v1/wip-items/{wip}/scan", dependencies=[Depends(operator_or_station)])
    async def scan(request: Request, wip: str, process_id: Key | None = None) -> Any:  # noqa: ANN401 - two kinds of reply
        item = mes.find(wip)
        passed = mes.passed(item)
        number = 0 if process_id is None else process_id - offset
        if number > 1 and number in mes.rules.processes and number - 1 not in passed:
            message = f"WIP {wip} cannot start process {number}. Previous process {number - 1} must be completed with"
            return _error(request, 400, "VAL_001", f"{message} PASS result.")
        has_pass = number in passed
        extra = {"has_pass_for_process": has_pass, "pass_warning_message": PROCESS_PASSED if has_pass else None}
        return item_of(item, offset) | extra

    @router.get("/api/v1/wip-items/{wip}/trace", dependencies=needs_operator)
    async def trace(wip: str) -> dict[str, Any]:
        item = mes.find(wip)
        return trace_of(item, mes.store.lot_number(item.lot_id), mes.store.history(item), mes.settings.username)

    @router.post("/api/v1/wip-items/{wip}/start-process", dependencies=needs_operator)
    async def start(request: Request, wip: Annotated[int, Path(gt=0)], body: StartBody) -> dict[str, Any]:
        item = mes.find(wip)
        process = _process(mes, body.process_id)
        _check_operator(mes, body.operator_id)
        item, _ = await mes.start(item, process, body.operator_id, body.started_at, cause_of(request, mes))
        return item_of(item, offset)

    @router.post("/api/v1/wip-items/{wip}/complete-process", dependencies=needs_operator)
    async def complete(
        request: Request,
        wip: Annotated[int, Path(gt=0)],
        process_id: Annotated[Key, Query()],
        operator_id: Annotated[Key, Query()],
        body: CompleteBody,
    ) -> dict[str, Any]:
        item = mes.find(wip)
        process = _process(mes, process_id)
        if has_no_number(body.measurements) or has_no_number(body.defects):
            msg = "Database operation failed"
            raise BrokenError(msg, "SRV_002")
        _check_operator(mes, operator_id)
        if body.result == "REWORK" and mes.settings.rework_refused:
            raise RefusedError(Reason.CONFLICT, "Database constraint violation: chk_wip_history_result")
        times = (body.started_at, body.completed_at)
        item, row = await mes.complete(
            item, process, operator_id, body.result, body.data, times, cause_of(request, mes)
        )
        return {"process_history": history_of(row, offset), "wip_item": item_of(item, offset)}

    @router.post("/api/v1/wip-items/{wip}/convert-to-serial", dependencies=needs_operator)
    async def convert(request: Request, wip: Annotated[int, Path(gt=0)], body: ConvertBody) -> dict[str, Any]:
        if mes.settings.convert_broken:
            msg = "Internal server error"
            raise BrokenError(msg)
        item, serial = await mes.convert(mes.find(wip), body.operator_id, cause_of(request, mes))
        return {"serial": serial_of(serial), "wip_item": item_of(item, offset)}

    @router.post("/api/v1/serials/generate-from-wip", status_code=201, dependencies=needs_operator)
    async def generate(request: Request, wip_id: str, *, print_label: bool = True) -> dict[str, Any]:
        _, serial = mes.generate(mes.find(wip_id), None, cause_of(request, mes))
        return serial_of(serial)

    @router.get("/api/v1/serials/{serial_id}", dependencies=needs_operator)
    async def read_serial(request: Request, serial_id: int) -> Any:  # noqa: ANN401 - two kinds of reply
        serial = mes.store.serial(serial_id)
        if serial is None:
            return _error(request, 404, "RES_001", f"Serial {serial_id} not found")
        return serial_of(serial)

    return router


def _process(mes: Mes, process_id: int) -> int:
    """The number of a process from its key.

    Raises:
        RefusedError: If there is none; with the same code as an unknown WIP.
    """
    number = process_id - mes.settings.process_key_offset
    if number not in mes.rules.processes:
        raise RefusedError(Reason.WIP_NOT_FOUND, f"Process with ID {process_id} not found")
    return number


def _check_operator(mes: Mes, operator_id: int) -> None:
    if operator_id > mes.settings.operators:
        message = f"Database constraint violation: operator {operator_id} is not in users"
        raise RefusedError(Reason.CONFLICT, message)


def _error(
    request: Request, status: int, code: str, message: str, details: list[dict[str, Any]] | None = None
) -> Response:
    body: dict[str, Any] = {
        "error_code": code,
        "message": message,
        "timestamp": datetime.now(UTC).isoformat(),
        "path": request.url.path,
        "trace_id": str(uuid.uuid4()),
    }
    if details is not None:
        body["details"] = details
    return JSONResponse(body, status_code=status)
