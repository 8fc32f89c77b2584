"""What people may wish of what is owed to the MES: send it now, decide about it, convert a WIP by hand."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from station.config.model import StationConfig
from station.contracts.delivery import (
    Decision,
    DeliveryContract,
    DeliveryInput,
    DeliveryStatus,
    QueuedItem,
    SubmitRequest,
)
from station.contracts.names import delivery_workflow_id, engine_queue
from station.control.cancelling import raise_if_cancelled
from station.control.handing_over import nothing_left
from station.control.noting import note
from station.control.owed import OwedEntry, entry_of
from station.control.starting import is_operator_number
from station.domain.delivery import NEEDS_DISPOSITION, Delivered, DeliveryState, MesAction, MesRefusal, OwedItem
from station.domain.errors import BatchError, CommandRefusedError, EngineError, ParameterError, Refusal
from station.domain.ids import new_id
from station.storage.database import Database
from station.storage.queue import QueueRecord, SyncQueue

ANSWER_WITHIN = timedelta(seconds=10)
"""How long the engine may take to take a wish."""
CONVERT_WITHIN = timedelta(seconds=10)
"""How long a conversion asked for by hand waits for the MES."""
_CATCHING_UP = timedelta(seconds=2)
"""A row says that an item is parked a moment before its delivery knows it."""

NOT_PARKED = "ITEM_NOT_PARKED"
RETRY, DISCARD = "retry", "discard"


class ConversionState(StrEnum):
    """What became of a conversion that was asked for."""

    CONVERTED = "converted"
    REFUSED = "refused"
    QUEUED = "queued"
    """The MES has not answered yet; it is told as soon as it does."""


class Conversion(BaseModel):
    """The answer to a conversion; `serial` is empty where the MES does not tell it."""

    item_id: str
    wip: str
    state: ConversionState
    serial: str = ""
    refusal: MesRefusal | None = None
    error: str = ""


async def send_now(
    client: Client, config: StationConfig, database: Database, wip: str | None = None, *, by: str = ""
) -> list[str]:
    """Let the deliveries of a WIP, or of all, make their next try at once.

    Args:
        client: Connected to the station's Temporal server.
        config: The station's configuration.
        database: The open results database.
        wip: Of this WIP only; None: of all.
        by: Who wishes it, for the audit; empty: nobody in particular.

    Returns:
        The WIPs concerned; empty where nothing waits for being sent.

    Raises:
        EngineError: If the engine does not answer.
    """  # noqa: DOC502 - `_answered` raises it
    records = await SyncQueue(database).open()
    wips = dict.fromkeys(record.item.wip for record in records if record.state is DeliveryState.PENDING)
    chosen = [known for known in wips if wip in {None, known}]
    async with _answered():
        for each in chosen:
            await client.start_workflow(
                DeliveryContract.run,
                _begun(config, each, records),
                id=delivery_workflow_id(config.station.id, each),
                task_queue=engine_queue(config.station.id),
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=_summary(each),
                start_signal="send_now",
            )
    if by:
        await note(database, by=by, action="send_now", target=wip or "queue", wips=list(chosen))
    return chosen


async def decide(
    client: Client,
    config: StationConfig,
    database: Database,
    item_id: str,
    *,
    action: str,
    by: str,
    reason: str = "",
    result: str | None = None,
) -> OwedEntry:
    """Carry out a person's decision about a parked item.

    Args:
        client: Connected to the station's Temporal server.
        config: The station's configuration.
        database: The open results database.
        item_id: The item.
        action: retry or discard.
        by: Who decides.
        reason: Why; a discard needs one.
        result: PASS, FAIL or REWORK, for a completion that waits for a disposition, and only for one.

    Returns:
        The item as it stands now.

    Raises:
        CommandRefusedError: If there is no such item, it does not wait for a person, or the decision is none.
        EngineError: If the engine does not answer.
    """  # noqa: DOC502 - `_answered` raises the second one
    queue = SyncQueue(database)
    record = await queue.get(item_id)
    if record is None:
        msg = f"There is no item {item_id} in the queue; `station queue` lists what is owed."
        raise CommandRefusedError("ITEM_NOT_FOUND", msg, item=item_id)
    if record.state is not DeliveryState.PARKED:
        msg = f"Item {item_id} does not wait for a person: it is {record.state}."
        raise CommandRefusedError(NOT_PARKED, msg, item=item_id)
    if not record.readable:
        entry = await _discard_unreadable(queue, record, action, by, reason)
        await note(database, by=by, action=action, target=item_id, reason=reason)
        return entry
    _check_result(record.item, action, result)
    decision = Decision(item_id=item_id, action=action, by=by, reason=reason, result=result)
    give_up = asyncio.get_running_loop().time() + _CATCHING_UP.total_seconds()
    while True:
        try:
            await _decide(client, config, record.item.wip, decision, await queue.open())
            break
        except CommandRefusedError as error:
            if error.code != NOT_PARKED or asyncio.get_running_loop().time() > give_up:
                raise
        await asyncio.sleep(0.05)
    await note(database, by=by, action=action, target=item_id, reason=reason, result=result)
    return entry_of(await queue.get(item_id) or record)


async def convert(
    client: Client, config: StationConfig, database: Database, wip: str, *, operator: str, notes: str = "", by: str = ""
) -> Conversion:
    """Ask for a WIP's serial number, and wait a short while for it.

    A refusal is told to whoever asked and is not owed any more: parked, it would hold up everything else that is owed
    for the WIP. A conversion that is owed already is not owed a second time.

    Args:
        client: Connected to the station's Temporal server.
        config: The station's configuration.
        database: The open results database.
        wip: The WIP.
        operator: The operator's number in the MES.
        notes: What is noted with it.
        by: Who asks, for the record.

    Raises:
        CommandRefusedError: If there is no MES.
        ParameterError: If wip or operator cannot be told to the MES.
        EngineError: If the engine does not answer; the conversion is owed all the same.
    """  # noqa: DOC502 - `_answered` raises the last one
    check_conversion(config, wip, operator)
    queue, now = SyncQueue(database), datetime.now(UTC)
    known = [one for one in await queue.open() if one.item.wip == wip and one.item.action is MesAction.CONVERT]
    item = known[0].item if known else _conversion(wip, operator, notes, now)
    await queue.owe(item, now)
    await note(database, by=by or operator, action="convert", target=wip, item=item.item_id, operator=operator)
    if known and known[0].state is DeliveryState.PARKED:
        await decide(client, config, database, item.item_id, action=RETRY, by=by)
    beginning = _beginning(config, wip, await queue.open())
    async with _answered(CONVERT_WITHIN + ANSWER_WITHIN), nothing_left(beginning):
        answer: Delivered = await client.execute_update_with_start_workflow(
            "submit",
            SubmitRequest(item=item, wait=CONVERT_WITHIN),
            start_workflow_operation=beginning,
            result_type=Delivered,
        )
    match answer.state:
        case DeliveryState.DELIVERED:
            state = ConversionState.CONVERTED
        case DeliveryState.PENDING:
            state = ConversionState.QUEUED
        case _:
            state = ConversionState.REFUSED
    if answer.state is DeliveryState.PARKED:
        refused = f"{answer.refusal.code}: {answer.refusal.message}" if answer.refusal else "refused"
        await decide(client, config, database, item.item_id, action=DISCARD, by=by or operator, reason=refused)
    return Conversion(
        item_id=item.item_id,
        wip=wip,
        state=state,
        serial=answer.serial,
        refusal=answer.refusal,
        error=answer.error,
    )


def check_conversion(config: StationConfig, wip: str, operator: str) -> None:
    """Refuse a conversion that could never be delivered, before anything is owed.

    Raises:
        CommandRefusedError: If there is no MES.
        ParameterError: If wip or operator cannot be told to the MES.
    """
    if not config.backend.url:
        msg = "There is no MES to convert a WIP: backend.url is empty."
        raise CommandRefusedError("MES_NOT_CONFIGURED", msg)
    pattern = config.backend.wip_pattern
    if re.fullmatch(pattern, wip) is None:
        msg = f"WIP {wip!r} does not look like one (backend.wip_pattern is {pattern})."
        raise ParameterError(msg, wip=wip)
    if not is_operator_number(operator):
        msg = f"The operator must be the operator's number in the MES, not {operator!r}."
        raise ParameterError(msg, operator=operator)


async def _discard_unreadable(queue: SyncQueue, record: QueueRecord, action: str, by: str, reason: str) -> OwedEntry:
    """Take an item off the queue that no delivery can have; its MES must be told by hand.

    Raises:
        CommandRefusedError: If it is to be sent, or no reason is given.
    """
    item_id = record.item.item_id
    if action != DISCARD:
        msg = f"Item {item_id} cannot be sent: {record.last_error}. Tell the MES by hand, then discard it."
        raise CommandRefusedError("INVALID_CHOICE", msg, item=item_id)
    if not reason.strip():
        msg = "Discarding needs a reason: the MES will never hear of this item."
        raise CommandRefusedError("REASON_MISSING", msg, item=item_id)
    discarded = Delivered(item_id=item_id, state=DeliveryState.DISCARDED)
    await queue.ended(record.item, discarded, datetime.now(UTC), reason=f"discarded by {by}: {reason}")
    return entry_of(await queue.get(item_id) or record)


async def _decide(
    client: Client, config: StationConfig, wip: str, decision: Decision, records: Iterable[QueueRecord]
) -> None:
    beginning = _beginning(config, wip, records)
    async with _answered(), nothing_left(beginning):
        await client.execute_update_with_start_workflow(
            "decide",
            decision,
            start_workflow_operation=beginning,
            result_type=DeliveryStatus,
        )


def _check_result(item: OwedItem, action: str, result: str | None) -> None:
    """A result is a disposition: it is needed where the run gave none, and changes none that the run gave.

    Raises:
        CommandRefusedError: If it is missing, or there is one already.
    """
    waits = item.action is MesAction.COMPLETE and item.payload.get("result") is None
    if waits and action == RETRY and result is None:
        msg = f"The run of {item.wip} said nothing about the unit; say which result is sent: pass, fail or rework."
        raise CommandRefusedError(NEEDS_DISPOSITION, msg, item=item.item_id)
    if result is not None and not waits:
        msg = f"Item {item.item_id} is no completion without a result; what was measured is not changed here."
        raise CommandRefusedError("INVALID_CHOICE", msg, item=item.item_id)


def _conversion(wip: str, operator: str, notes: str, now: datetime) -> OwedItem:
    return OwedItem(
        item_id=f"convert/{wip}/{new_id(now, secrets.token_bytes(10))}",
        action=MesAction.CONVERT,
        wip=wip,
        operator=operator,
        payload={"notes": notes} if notes else {},
        created_at=now,
    )


def _beginning(
    config: StationConfig, wip: str, records: Iterable[QueueRecord]
) -> WithStartWorkflowOperation[DeliveryContract, None]:
    """The one delivery of a WIP takes it; where the engine has lost it, it begins anew with all that is owed."""
    return WithStartWorkflowOperation(
        DeliveryContract.run,
        _begun(config, wip, records),
        id=delivery_workflow_id(config.station.id, wip),
        task_queue=engine_queue(config.station.id),
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=_summary(wip),
    )


def _begun(config: StationConfig, wip: str, records: Iterable[QueueRecord]) -> DeliveryInput:
    """Put what is owed for a WIP in order; what is parked stays parked, so that nothing is sent against a decision."""
    queue = [
        QueuedItem(
            item=record.item,
            attempts=record.attempts,
            # Whoever was to hear the answer of the last call is gone.
            unknown=True,
            outcome=_parked(record) if record.state is DeliveryState.PARKED else None,
        )
        for record in records
        if record.item.wip == wip
    ]
    return DeliveryInput(station=config.station.id, wip=wip, queue=queue)


def _parked(record: QueueRecord) -> Delivered:
    entry = entry_of(record)
    refusal = MesRefusal(
        code=entry.code or Refusal.UNKNOWN.value, message=record.last_error, message_ko=entry.reason_ko
    )
    return Delivered(item_id=record.item.item_id, state=DeliveryState.PARKED, refusal=refusal)


def _summary(wip: str) -> str:
    return f"{wip} · what the MES is owed"


@asynccontextmanager
async def _answered(within: timedelta = ANSWER_WITHIN) -> AsyncIterator[None]:
    """Say what it means when the engine, or a delivery, says no or nothing.

    Raises:
        CommandRefusedError: If the delivery refuses.
        EngineError: If nobody answers.
    """
    try:
        async with asyncio.timeout(within.total_seconds()):
            yield
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        code = cause.type if isinstance(cause, ApplicationError) else None
        message = cause.message if isinstance(cause, ApplicationError) else str(cause)
        raise CommandRefusedError(code or BatchError.code, message) from error
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        raise_if_cancelled(error)
        msg = (
            f"The engine's process did not answer within {within.total_seconds():g} s; what is owed stays owed. "
            "`station status` tells what is up."
        )
        raise EngineError(msg) from error
    except RPCError as error:
        msg = f"The Temporal server does not answer: {error.message}. `station status` says what is up."
        raise EngineError(msg) from error
