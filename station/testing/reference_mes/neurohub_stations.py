"""The real backend's calls that are not about WIPs: logging in, processes, stations, process headers."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from station.testing.reference_mes.auth import Tokens
from station.testing.reference_mes.core import Mes
from station.testing.reference_mes.times import to_text


class LoginBody(BaseModel):
    """Body of a login."""

    username: str
    password: str
    station_id: str | None = None


class RefreshBody(BaseModel):
    """Body of a refresh."""

    refresh_token: str
    station_id: str | None = None


class StationBody(BaseModel):
    """Body of a registration."""

    station_id: str
    station_name: str
    host: str
    port: int = 8080
    description: str | None = None
    version: str | None = None
    health_data: dict[str, Any] | None = None


class HeartbeatBody(BaseModel):
    """Body of a heartbeat."""

    version: str | None = None
    health_data: dict[str, Any] | None = None


class HeaderBody(BaseModel):
    """Body that opens a process header."""

    model_config = ConfigDict(extra="ignore")

    station_id: str
    batch_id: str
    process_id: int
    slot_id: int | None = None
    sequence_package: str | None = None
    sequence_version: str | None = None
    parameters: dict[str, Any] | None = None
    hardware_config: dict[str, Any] | None = None


def stations_router(mes: Mes, tokens: Tokens) -> APIRouter:
    """Logging in, processes, stations and headers."""

    async def operator(request: Request) -> None:
        tokens.check(request.headers, mes.now())

    needs_operator = [Depends(operator)]
    router = APIRouter(prefix="/api/v1")

    @router.post("/auth/login/json")
    async def login(body: LoginBody) -> dict[str, Any]:
        return tokens.login(body.username, body.password, body.station_id, mes.now())

    @router.post("/auth/refresh")
    async def refresh(body: RefreshBody) -> dict[str, Any]:
        return tokens.refresh(body.refresh_token, mes.now())

    @router.get("/processes/active", dependencies=needs_operator)
    async def processes() -> list[dict[str, Any]]:
        offset = mes.settings.process_key_offset
        return [
            {
                "id": number + offset,
                "process_number": number,
                "process_code": f"P{number}",
                "process_name_ko": f"공정 {number}",
                "process_name_en": f"Process {number}",
                "process_type": "MANUFACTURING",
                "is_active": True,
                "sort_order": number,
            }
            for number in mes.rules.processes
        ]

    @router.post("/stations/register", status_code=201)
    async def register(body: StationBody) -> dict[str, Any]:
        known = mes.store.documents("station", body.station_id)
        station = known[0][1] if known else {"created_at": to_text(mes.now()), "is_active": True}
        station |= body.model_dump()
        return _seen(mes, station, known[0][0] if known else None)

    @router.post("/stations/{station_id}/heartbeat")
    async def heartbeat(station_id: str, body: HeartbeatBody) -> dict[str, Any]:
        known = mes.store.documents("station", station_id)
        if not known:
            raise HTTPException(404, f"Station '{station_id}' not found. Please register first.")
        key, station = known[0]
        return _seen(mes, station | body.model_dump(exclude_none=True), key)

    @router.post("/process-headers/open", dependencies=needs_operator)
    async def open_header(body: HeaderBody) -> dict[str, Any]:
        name = f"{body.station_id}/{body.batch_id}/{body.process_id}"
        for key, header in mes.store.documents("header", name):
            if header["status"] == "OPEN":
                return {"id": key} | header
        now = to_text(mes.now())
        header = body.model_dump() | {"status": "OPEN", "opened_at": now, "closed_at": None}
        header |= {"total_count": 0, "pass_count": 0, "fail_count": 0, "created_at": now, "updated_at": now}
        return {"id": mes.store.put_document("header", name, header)} | header

    @router.post("/process-headers/{header_id}/close", dependencies=needs_operator)
    async def close_header(header_id: int) -> dict[str, Any]:
        header = dict(mes.store.documents("header")).get(header_id)
        if header is None:
            raise HTTPException(404, f"Process header with ID {header_id} not found")
        if header["status"] != "OPEN":
            raise HTTPException(400, f"Header {header_id} is not OPEN")
        now = mes.now()
        opened = datetime.fromisoformat(header["opened_at"])
        header |= {"status": "CLOSED", "closed_at": to_text(now), "updated_at": to_text(now)}
        header["duration_seconds"] = int((now - opened).total_seconds())
        name = f"{header['station_id']}/{header['batch_id']}/{header['process_id']}"
        mes.store.put_document("header", name, header, header_id)
        return {"id": header_id} | header

    return router


def _seen(mes: Mes, station: dict[str, Any], key: int | None) -> dict[str, Any]:
    now = to_text(mes.now())
    ill = (station.get("health_data") or {}).get("status") == "unhealthy"
    station |= {"status": "DEGRADED" if ill else "ONLINE", "last_seen_at": now, "updated_at": now}
    return {"id": mes.store.put_document("station", station["station_id"], station, key)} | station
