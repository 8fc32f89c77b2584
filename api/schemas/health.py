"""How the station's parts stand, for monitors."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from station.control.health import Check


class HealthAnswer(BaseModel):
    """How the station stands; 503 where it is unhealthy.

    Attributes:
        status: unhealthy: the database or the Temporal server does not answer. Warnings do not change it.
        checks: Part by part; null for a caller who may not watch the station.
        version: Of the station; null for a caller who may not watch it.
    """

    status: Literal["healthy", "unhealthy"]
    timestamp: datetime
    checks: dict[str, Check] | None = None
    version: str | None = None


class Liveness(BaseModel):
    """The API's process lives."""

    status: Literal["alive"] = "alive"
    timestamp: datetime


class ReadinessAnswer(BaseModel):
    """Whether the station takes runs; 503 where it does not.

    Attributes:
        message: Why not; empty for a caller who may not watch the station.
    """

    status: Literal["ready", "not_ready"]
    timestamp: datetime
    message: str = ""


class CircuitBreaker(BaseModel):
    """How a circuit breaker stands.

    Attributes:
        state: closed: calls pass; open: none does; half_open: one does, to see.
        failure_count: Failures since the last success.
        changed_at: Since when it is in this state.
        retry_after: Seconds until a call is let pass again; zero unless it is open.
    """

    state: Literal["closed", "open", "half_open"]
    failure_count: int
    last_failure: datetime | None
    changed_at: datetime
    retry_after: float
