"""Answers "not now" at once where a circuit breaker is open."""

import math

from api.errors import ServiceUnavailableError
from api.services import Services
from station.control.backend import backend_status


async def refuse_while_away(services: Services) -> None:
    """Refuse what needs the MES now while its circuit breaker is open.

    Raises:
        ServiceUnavailableError: If it is.
    """
    backend = await backend_status(services.config, services.layout, services.database)
    if backend.breaker is None or backend.breaker.state != "open":
        return
    seconds = max(1, math.ceil(backend.breaker.retry_after))
    msg = f"The MES does not answer; it is asked again in {seconds} s."
    raise ServiceUnavailableError(msg, headers={"Retry-After": str(seconds)}, retry_after=seconds)
