"""The contract as it is documented: static key, `{error, message}`, six processes, replies with `wip_item`."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from station.testing.reference_mes.auth import StaticKey, UnauthorizedError
from station.testing.reference_mes.bodies import CompleteBody, ConvertBody, Key, StartBody, cause_of, has_no_number
from station.testing.reference_mes.core import Mes
from station.testing.reference_mes.rules import Reason, RefusedError
from station.testing.reference_mes.store import History, Wip
from station.testing.reference_mes.times import with_z

_STATUS = {Reason.WIP_NOT_FOUND: 404, Reason.CONFLICT: 409}
"""Every other refusal is 400."""


class DocumentedDialect:
    """Errors as documented; where the document is silent, in the same shape."""

    closes_after_500 = False

    def refused(self, request: Request, error: RefusedError) -> Response:
        """`{error, message}` with the documented code."""
        return _error(_STATUS.get(error.reason, 400), error.reason, error.message)

    def unauthorized(self, request: Request, error: UnauthorizedError) -> Response:
        """401; the document has no code for it."""
        return _error(401, "UNAUTHORIZED", error.message)

    def invalid(self, request: Request, details: list[dict[str, Any]]) -> Response:
        """422; the document has no code for it."""
        message = "; ".join(f"{detail['field']}: {detail['message']}" for detail in details)
        return _error(422, "VALIDATION_ERROR", message)

    def failed(self, request: Request, status: int, code: str, message: str) -> Response:
        """500 and its like."""
        return _error(status, "INTERNAL_ERROR", message)

    def too_many(self, retry_after: float) -> Response:
        """429 with Retry-After."""
        response = _error(429, "RATE_LIMIT_EXCEEDED", "Too many requests. Please try again later.")
        response.headers["Retry-After"] = f"{retry_after:g}"
        return response

    def health(self, *, degraded: bool) -> Response:
        """200, or 503 without a database."""
        return _error(503, "INTERNAL_ERROR", "database unavailable") if degraded else JSONResponse({"status": "ok"})


def documented_router(mes: Mes) -> APIRouter:
    """The documented calls."""
    key = StaticKey(mes.settings)

    async def let_in(request: Request) -> None:
        key.check(request.headers)

    router = APIRouter()
    calls = APIRouter(prefix="/api/v1/wip-items/{wip}", dependencies=[Depends(let_in)])

    @router.get("/api/health")
    async def health() -> Response:
        return DocumentedDialect().health(degraded=False)

    @calls.api_route("/scan", methods=["GET", "POST"])
    async def scan(wip: str, process_id: Key | None = None) -> dict[str, Any]:
        item = mes.find(wip)
        asked = {} if process_id is None else {"has_pass_for_process": process_id in mes.passed(item)}
        return _whole_item(item) | asked

    @calls.post("/start-process")
    async def start(request: Request, wip: str, body: StartBody) -> dict[str, Any]:
        _check_process(mes, body.process_id)
        item = mes.find(_key(wip))
        began = _aware(body.started_at)
        item, _ = await mes.start(item, body.process_id, body.operator_id, began, cause_of(request, mes))
        return {"wip_item": _item(item), "message": "Process started successfully"}

    @calls.post("/complete-process")
    async def complete(
        request: Request,
        wip: str,
        body: CompleteBody,
        process_id: Annotated[Key | None, Query()] = None,
        operator_id: Annotated[Key | None, Query()] = None,
    ) -> dict[str, Any]:
        if has_no_number(body.measurements):
            raise _invalid("measurements", "NaN and infinity are not JSON")
        item = mes.find(_key(wip))
        process = process_id or _process_meant(mes, item, body.result)
        _check_process(mes, process)
        times = (None, _aware(body.completed_at))
        item, row = await mes.complete(
            item, process, operator_id, body.result, body.data, times, cause_of(request, mes)
        )
        return {"process_history": _history(row), "wip_item": _item(item)}

    @calls.post("/convert-to-serial", status_code=201)
    async def convert(request: Request, wip: str, body: ConvertBody) -> dict[str, Any]:
        item, serial = await mes.convert(mes.find(_key(wip)), body.operator_id, cause_of(request, mes))
        return {
            "serial": {
                "id": serial.id,
                "serial_number": serial.serial_number,
                "lot_id": serial.lot_id,
                "status": serial.status,
                "created_at": with_z(serial.created_at),
            },
            "wip_item": {
                "id": item.id,
                "wip_id": item.wip_id,
                "status": item.status,
                "serial_id": item.serial_id,
                "converted_at": with_z(item.converted_at),
            },
        }

    router.include_router(calls)
    return router


def _key(wip: str) -> int | str:
    """The document has the WIP's number in one place and its name in another; both are taken."""
    return int(wip) if wip.isdecimal() else wip


def _process_meant(mes: Mes, item: Wip, result: str) -> int:
    """The process of a completion that does not name it: the open one, else the one that just passed.

    Raises:
        RefusedError: If there is neither.
    """
    if item.current_process is not None:
        return item.current_process
    rows = mes.store.history(item)
    if rows and rows[-1].result == result == "PASS":
        return rows[-1].process
    raise RefusedError(Reason.PROCESS_NOT_STARTED, "Process must be started before completion")


def _check_process(mes: Mes, process: int) -> None:
    if process not in mes.rules.processes:
        raise _invalid("process_id", f"must be one of 1 to {len(mes.rules.processes)}")


def _invalid(field: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("body", field), "msg": message, "type": "value_error"}])


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _item(item: Wip) -> dict[str, Any]:
    return {
        "id": item.id,
        "wip_id": item.wip_id,
        "status": item.status,
        "current_process_id": item.current_process,
        "updated_at": with_z(item.updated_at),
    }


def _whole_item(item: Wip) -> dict[str, Any]:
    return _item(item) | {
        "lot_id": item.lot_id,
        "serial_id": item.serial_id,
        "created_at": with_z(item.created_at),
        "completed_at": with_z(item.completed_at),
        "converted_at": with_z(item.converted_at),
    }


def _history(row: History) -> dict[str, Any]:
    return {
        "id": row.id,
        "wip_item_id": row.wip_item_id,
        "process_id": row.process,
        "result": row.result,
        "started_at": with_z(row.started_at),
        "completed_at": with_z(row.completed_at),
        "duration_seconds": row.duration_seconds,
    }


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": code, "message": message}, status_code=status)
