"""What is owed to the MES: looking at it, sending it now, deciding about it, converting a WIP by hand."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response, status

from api.access.roles import Permission
from api.breakers import refuse_while_away
from api.guard import Manager, Operator, needs
from api.schemas.queue import (
    AS_IT_IS,
    EVERYTHING,
    Converted,
    ConvertRequest,
    DiscardRequest,
    Queue,
    QueueItem,
    RetryRequest,
    SendRequest,
)
from api.schemas.system import SyncAnswer
from api.services import Commanding, Station
from station.control import queue
from station.control.next_tries import add_next_tries
from station.control.owed import owed, reason_ko
from station.control.queue import ConversionState
from station.domain.errors import CommandRefusedError

router = APIRouter(tags=["queue"])

ItemId = Annotated[str, Path(description="Id of the item, as the list has it; its slashes stay as they are.")]


@router.get("/api/queue", dependencies=[needs(Permission.WATCH)])
async def list_queue(
    services: Station,
    next_try: Annotated[bool, Query(description="Whether to say when each is tried next; takes the engine.")] = False,
) -> Queue:
    """List what is owed to the MES, oldest first."""
    everything = await owed(services.database)
    if next_try and everything.items:
        await add_next_tries(services.config, services.engine.client, everything.items)
    return Queue.of(everything)


@router.post("/api/queue/send")
async def send(
    services: Station, client: Commanding, caller: Operator, request: SendRequest = EVERYTHING
) -> SyncAnswer:
    """Let what is owed, all or of one WIP, make its next try at once."""
    wips = await queue.send_now(client, services.config, services.database, request.wip_id, by=caller.name)
    return SyncAnswer(status="started" if wips else "nothing_to_send", wips=wips)


@router.post("/api/queue/{item_id:path}/retry")
async def retry(
    item_id: ItemId, services: Station, client: Commanding, caller: Manager, request: RetryRequest = AS_IT_IS
) -> QueueItem:
    """Have a parked item sent again; with a result where the run said nothing about the unit."""
    entry = await queue.decide(
        client,
        services.config,
        services.database,
        item_id,
        action=queue.RETRY,
        by=caller.name,
        reason=request.reason,
        result=request.result,
    )
    return QueueItem.of(entry)


@router.post("/api/queue/{item_id:path}/discard")
async def discard(
    item_id: ItemId, request: DiscardRequest, services: Station, client: Commanding, caller: Manager
) -> QueueItem:
    """Have a parked item never sent."""
    entry = await queue.decide(
        client,
        services.config,
        services.database,
        item_id,
        action=queue.DISCARD,
        by=caller.name,
        reason=request.reason,
    )
    return QueueItem.of(entry)


@router.post("/api/wips/{wip_id}/convert", responses={status.HTTP_202_ACCEPTED: {"model": Converted}})
async def convert(
    wip_id: Annotated[str, Path(max_length=100)],
    request: ConvertRequest,
    services: Station,
    client: Commanding,
    caller: Operator,
    response: Response,
) -> Converted:
    """Ask for a WIP's serial number; what the MES refuses is a conflict, and not owed any more.

    Raises:
        CommandRefusedError: If the MES says no; the code is its refusal.
    """
    operator = str(request.operator_id)
    queue.check_conversion(services.config, wip_id, operator)
    if not request.queue:
        await refuse_while_away(services)
    answer = await queue.convert(
        client, services.config, services.database, wip_id, operator=operator, notes=request.notes, by=caller.name
    )
    if answer.state is ConversionState.REFUSED:
        code, message = ("CONVERSION_DISCARDED", "it was discarded")
        if answer.refusal is not None:
            code, message = answer.refusal.code, answer.refusal.message
        msg = f"{wip_id} is not converted: {message}"
        raise CommandRefusedError(code, msg, wip=wip_id, item=answer.item_id, reason_ko=reason_ko(code))
    if answer.state is ConversionState.QUEUED:
        response.status_code = status.HTTP_202_ACCEPTED
    return Converted.of(answer)
