"""The control plane under /_mes/: seed, look, spoil, heal. It is never part of either contract."""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from station.testing.reference_mes.core import Mes
from station.testing.reference_mes.faults import Fault, Schedule
from station.testing.reference_mes.ledger import LedgerReport

CONTROL = "/_mes/"


class SeedOrder(BaseModel):
    """Which WIPs are to be put into the MES."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(default=1, ge=1, le=10_000)
    """How many, when no names are given; they get the profile's names."""
    wip_ids: list[str] = []
    status: str | None = Field(default=None, pattern="^(CREATED|IN_PROGRESS|COMPLETED|FAILED|CONVERTED)$")
    """None: what follows from the processes passed and failed."""
    passed: list[int] = []
    """Numbers of processes with a PASS."""
    failed: list[int] = []
    """Numbers of processes with a FAIL."""


class SeededWip(BaseModel):
    """A WIP that was put into the MES."""

    id: int
    wip_id: str


class MesState(BaseModel):
    """How the server is set up at this moment."""

    profile: str
    down: bool
    faults: list[Fault]
    schedule: Schedule | None
    wips: int


def control_router(mes: Mes) -> APIRouter:
    """The control plane's calls."""
    router = APIRouter(prefix=CONTROL.rstrip("/"), include_in_schema=False)

    @router.get("/state")
    async def state() -> MesState:
        faults = mes.faults
        return MesState(
            profile=mes.settings.profile,
            down=mes.down,
            faults=faults.waiting,
            schedule=faults.schedule,
            wips=len(mes.store.wip_ids()),
        )

    @router.post("/wips")
    async def seed(order: SeedOrder) -> list[SeededWip]:
        try:
            wips = mes.seed(order.count, order.wip_ids, order.status, order.passed, order.failed)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        return [SeededWip(id=wip.id, wip_id=wip.wip_id) for wip in wips]

    @router.get("/wips")
    async def names() -> list[str]:
        return mes.store.wip_ids()

    @router.get("/wips/{wip_id}")
    async def wip(wip_id: str) -> dict[str, Any]:
        item = mes.store.wip(wip_id)
        if item is None:
            raise HTTPException(404, f"no WIP {wip_id}")
        return {
            **vars(item),
            "history": [vars(row) for row in mes.store.history(item)],
            "serials": [serial.serial_number for serial in mes.store.serials(item)],
        }

    @router.get("/ledger")
    async def ledger(*, since: int = 0, requests: bool = True) -> LedgerReport:
        return mes.ledger.report(since=since, with_requests=requests)

    @router.post("/faults")
    async def fault(order: Fault) -> MesState:
        mes.faults.add(order)
        return await state()

    @router.post("/schedule")
    async def schedule(order: Schedule) -> MesState:
        mes.faults.shower(order)
        return await state()

    @router.post("/heal")
    async def heal() -> MesState:
        mes.faults.heal()
        return await state()

    @router.post("/down")
    async def down(request: Request) -> MesState:
        mes.down = True
        mes.cut_all(spare=request.state.wire)
        return await state()

    @router.post("/up")
    async def up() -> MesState:
        mes.down = False
        return await state()

    return router
