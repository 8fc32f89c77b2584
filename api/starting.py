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
from api.schemas.batches import NotStarted, ScannedStart, Started, StartedTogether, StartTogether, unit_of
from api.services import Services
from api.standing import standing_of
from station.control.scanning import choose_slot, until_begun
from station.control.starting import start_run
from station.control.together import Order, start_together
from station.domain.errors import CommandRefusedError
from station.domain.ids import new_id, time_of
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


async def run_id_for(services: Services, caller: Caller, key: str | None, asked: Mapping[str, JsonValue]) -> str | None:
    """Give the run that a request with a key is about, now and each time it comes; None: it has no key.

    Args:
        services: What the API can reach.
        caller: Who asks; keys are everybody's own.
        key: The Idempotency-Key.
        asked: Everything that is asked for.

    Raises:
        KeyReusedError: If the key was used for something else.
    """
    if key is None:
        return None
    now = datetime.now(UTC)
    run_id = new_id(now, secrets.token_bytes(10))
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    first = await Requests(services.database).first(Request(f"{caller.name}/{key}", digest, run_id, now))
    if first.digest != digest:
        msg = f"The Idempotency-Key {key!r} was used before for another request; use a new one for each start."
        raise KeyReusedError(msg)
    return first.run_id


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

    What `start_run` refuses passes through, also the second time, and a KeyReusedError of a key of something else.
    """
    asked: dict[str, JsonValue] = {
        "batch": batch,
        "unit": unit.model_dump(),
        "parameters": dict(parameters),
        "mes": not without_mes,
    }
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
        run_id=await run_id_for(services, caller, key, asked),
    )
    return Started(execution_id=started, batch_id=batch)


async def start_scanned(
    services: Services, client: Client, caller: Caller, key: str | None, scanned: ScannedStart
) -> Started:
    """Start a run on the one free slot that runs the scanned unit's process, and wait for the MES's word.

    What `start_run`, `choose_slot` and the MES refuse passes through, and a KeyReusedError of a key of something else.
    """
    run_id = await run_id_for(services, caller, key, scanned.model_dump(mode="json"))
    batch = await _slot_of(services, scanned, run_id)
    started = await start_run(
        client,
        services.config,
        services.layout,
        services.runs,
        batch_id=batch,
        unit=UnitUnderTest(
            wip=scanned.wip_id,
            process=scanned.process_id,
            operator=str(scanned.operator_id),
            equipment=scanned.equipment_id,
        ),
        parameters=scanned.parameters,
        started_by=caller.name,
        run_id=run_id,
    )
    await until_begun(services.config, services.runs, started)
    return Started(execution_id=started, batch_id=batch)


async def _slot_of(services: Services, scanned: ScannedStart, run_id: str | None) -> str:
    """Say on which slot a scanned unit's run is, or is to be; what `choose_slot` refuses passes through."""
    if scanned.batch_id is not None:
        return services.config.batch(scanned.batch_id).id
    standings = await standing_of(services)
    if run_id is None:
        return choose_slot(services.config, standings, scanned.process_id)
    # The same request at the same time: its run has begun, and its row may be on its way.
    under_way = [one.batch for one in standings if one.run is not None and one.run.run_id == run_id]
    if under_way:
        return under_way[0]
    known = await services.runs.get(run_id)
    return known.batch if known else choose_slot(services.config, standings, scanned.process_id)


async def start_several(
    services: Services, client: Client, caller: Caller, key: str | None, request: StartTogether
) -> StartedTogether:
    """Start runs on several batches; one that is refused does not keep the others from starting.

    What `start_together` refuses as a whole passes through, and a KeyReusedError of a key of something else.

    Raises:
        CommandRefusedError: If every one of them was refused.
    """
    run_id = await run_id_for(services, caller, key, request.model_dump(mode="json"))
    orders = []
    for one in request.starts:
        unit, parameters = unit_of(one)
        # Each run has an id of its own that is the same again when the request comes again.
        digest = hashlib.sha256(f"{run_id}/{one.batch_id}".encode()).digest()
        own = new_id(time_of(run_id), digest[:10]) if run_id else None
        orders.append(Order(one.batch_id, unit, parameters, without_mes=one.without_mes, run_id=own))
    results = await start_together(
        client,
        services.config,
        services.layout,
        services.runs,
        orders,
        started_by=caller.name,
        meet_at=request.meet_at,
        group=run_id,
    )
    refused = {one.order.batch: one.refused for one in results if one.refused is not None}
    if len(refused) == len(results):
        first = next(iter(refused.values()))
        msg = f"None was started: {'; '.join(f'{batch}: {error.message}' for batch, error in refused.items())}"
        codes = {batch: error.code for batch, error in refused.items()}
        raise CommandRefusedError(first.code, msg, refused=codes)
    return StartedTogether(
        started=[Started(execution_id=one.run_id, batch_id=one.order.batch) for one in results if one.run_id],
        refused=[
            NotStarted(batch_id=batch, error=error.code, message=error.message) for batch, error in refused.items()
        ],
    )
