"""Starts a run for a caller who may ask twice: an Idempotency-Key makes one run of any number of requests."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Header
from pydantic import JsonValue
from temporalio.client import Client

from api.access.caller import Caller
from api.errors import KeyReusedError
from api.schemas.batches import Started
from api.services import Services
from station.control.starting import start_run
from station.domain.ids import new_id
from station.domain.run import UnitUnderTest
from station.storage.requests import Request, Requests

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Whoever is not sure that a start arrived sends it again with the same key.",
    ),
]


async def start_once(
    services: Services,
    client: Client,
    caller: Caller,
    key: str | None,
    *,
    batch: str,
    unit: UnitUnderTest,
    parameters: Mapping[str, JsonValue],
    without_mes: bool = False,
) -> Started:
    """Start a run, or say again what became of it where the key was seen before.

    What `start_run` refuses passes through, also the second time.

    Raises:
        KeyReusedError: If the key was used for something else.
    """
    now = datetime.now(UTC)
    run_id = new_id(now, secrets.token_bytes(10))
    if key is not None:
        asked = {"batch": batch, "unit": unit.model_dump(), "parameters": dict(parameters), "mes": not without_mes}
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        first = await Requests(services.database).first(Request(f"{caller.name}/{key}", digest, run_id, now))
        if first.digest != digest:
            msg = f"The Idempotency-Key {key!r} was used before for another request; use a new one for each start."
            raise KeyReusedError(msg)
        run_id = first.run_id
    started = await start_run(
        client,
        services.config,
        services.layout,
        services.runs,
        batch_id=batch,
        unit=unit,
        parameters=parameters,
        started_by=caller.name,
        without_mes=without_mes,
        run_id=run_id,
    )
    return Started(execution_id=started, batch_id=batch)
