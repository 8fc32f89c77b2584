"""What callers send, as both profiles take it."""

import math
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from starlette.requests import Request

from station.testing.reference_mes.core import Mes
from station.testing.reference_mes.store import Cause

Key = Annotated[int, Field(gt=0)]


class StartBody(BaseModel):
    """Body of start-process."""

    process_id: Key
    operator_id: Key
    equipment_id: Key | None = None
    started_at: datetime | None = None


class CompleteBody(BaseModel):
    """Body of complete-process."""

    result: Literal["PASS", "FAIL", "REWORK"]
    measurements: dict[str, Any] | None = None
    defects: list[Any] | None = None
    notes: str | None = None
    started_at: datetime | None = None
    """Only the real backend knows it."""
    completed_at: datetime | None = None

    @property
    def data(self) -> tuple[dict[str, Any], list[Any], str | None]:
        """Measurements, defects and notes."""
        return self.measurements or {}, self.defects or [], self.notes


class ConvertBody(BaseModel):
    """Body of convert-to-serial."""

    operator_id: Key
    notes: str | None = None


def cause_of(request: Request, mes: Mes) -> Cause:
    """Which request an effect comes from."""
    return Cause(mes.now(), request.state.request_id, request.headers.get("idempotency-key"))


def has_no_number(value: object) -> bool:
    """Whether NaN or an infinity is in it, however deep."""
    if isinstance(value, dict):
        return any(has_no_number(inner) for inner in value.values())
    if isinstance(value, list):
        return any(has_no_number(inner) for inner in value)
    return isinstance(value, float) and not math.isfinite(value)
