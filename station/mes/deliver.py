"""One owed call, brought to the MES once: asked before it is repeated, in order, and never what would harm the WIP."""

from collections.abc import Callable
from typing import TypeVar, assert_never

from station.domain.delivery import MesAction
from station.domain.errors import MesRefusedError, Refusal
from station.mes.client import MesClient
from station.mes.messages import CompleteRequest, Completion, Trace, WipItem, WipStatus
from station.mes.owed import OwedCall, Receipt
from station.mes.reconcile import Finding, find_completion, find_conversion, find_start

T = TypeVar("T")


async def deliver(client: MesClient, item: OwedCall, attempted_before: bool) -> Receipt:
    """Tell the MES one thing, unless it knows it already.

    Args:
        client: The MES.
        item: What is owed.
        attempted_before: Whether an earlier attempt may have arrived without our knowing.

    Raises:
        MesError: If it could not be delivered: `MesRefusedError` needs a person, everything else another attempt.
    """  # noqa: DOC502 - the client raises it
    match item.action:
        case MesAction.START:
            return await _start(client, item, attempted_before)
        case MesAction.COMPLETE:
            return await _complete(client, item, attempted_before)
        case MesAction.CONVERT:
            return await _convert(client, item)
        case _:  # pragma: no cover - the type checker proves it
            assert_never(item.action)


async def _start(client: MesClient, item: OwedCall, attempted_before: bool) -> Receipt:
    request = _payload(item.start_request)
    wip = await client.scan(item.wip)
    if attempted_before and find_start(request, wip, await _trace(client, item)) is Finding.DONE_BY_US:
        return _delivered(item, wip, already=True)
    return _delivered(item, await client.start(wip, request, run_id=item.run_id))


async def _complete(client: MesClient, item: OwedCall, attempted_before: bool) -> Receipt:
    request = _payload(item.complete_request)
    if attempted_before:
        wip, finding = await _look_for(client, item, request)
        if finding is Finding.DONE_BY_US:
            return _delivered(item, wip, already=True)
        if finding is Finding.DONE_BY_SOMEBODY_ELSE:
            raise MesRefusedError(
                f"process {request.process_id} of {item.wip} has passed already, by another report than ours",
                refusal=Refusal.DUPLICATE_PASS,
            )
    else:
        wip = await client.scan(item.wip)
    if wip.is_converted:
        # The real MES would take it, and a FAIL would turn a unit that is on its way to the customer to FAILED.
        raise MesRefusedError(
            f"{item.wip} has its serial number; a late {request.result} is not sent", refusal=Refusal.INVALID_WIP_STATUS
        )
    try:
        done = await _complete_started(client, item, wip, request)
    except MesRefusedError as error:
        if error.refusal is not Refusal.DUPLICATE_PASS:
            raise
        wip, finding = await _look_for(client, item, request)
        known = client.is_real or wip.records is not None
        if finding is Finding.DONE_BY_US if known else attempted_before:
            return _delivered(item, wip, already=True)
        raise
    return _delivered(item, done.wip, duration=done.record.duration_seconds if done.record else None)


async def _complete_started(client: MesClient, item: OwedCall, wip: WipItem, request: CompleteRequest) -> Completion:
    try:
        return await client.complete(wip, request, run_id=item.run_id)
    except MesRefusedError as error:
        if error.refusal is not Refusal.PROCESS_NOT_STARTED:
            raise
    await client.start(wip, _payload(item.start_request), run_id=item.run_id)
    return await client.complete(wip, request, run_id=item.run_id)


async def _convert(client: MesClient, item: OwedCall) -> Receipt:
    request = _payload(item.convert_request)
    wip = await client.scan(item.wip)
    if find_conversion(wip) is Finding.DONE_BY_US:
        return await _converted(client, item, wip)
    if wip.status != WipStatus.COMPLETED:
        raise MesRefusedError(
            f"{item.wip} is {wip.status}; only a COMPLETED WIP gets its serial number",
            refusal=Refusal.INVALID_WIP_STATUS,
        )
    try:
        serial = await client.convert(wip, request, run_id=item.run_id)
    except MesRefusedError as error:
        if error.refusal not in {Refusal.ALREADY_CONVERTED, Refusal.INVALID_WIP_STATUS}:
            raise
        wip = await client.scan(item.wip)
        if find_conversion(wip) is not Finding.DONE_BY_US and error.refusal is not Refusal.ALREADY_CONVERTED:
            raise
        return await _converted(client, item, wip)
    status = serial.wip.status if serial.wip else WipStatus.CONVERTED
    return Receipt(item_id=item.item_id, action=item.action, wip_status=status, serial=serial.number)


async def _converted(client: MesClient, item: OwedCall, wip: WipItem) -> Receipt:
    serial = await client.serial_of(wip)
    return Receipt(item_id=item.item_id, action=item.action, already=True, wip_status=wip.status, serial=serial.number)


async def _look_for(client: MesClient, item: OwedCall, request: CompleteRequest) -> tuple[WipItem, Finding]:
    try:
        wip = await client.scan(item.wip, request.process_id)
    except MesRefusedError as error:
        if error.refusal is not Refusal.PREREQUISITE_NOT_MET:
            raise
        wip = await client.scan(item.wip)  # it may not be started now; what became of it is still to be seen
    return wip, find_completion(request, wip, await _trace(client, item))


async def _trace(client: MesClient, item: OwedCall) -> Trace | None:
    try:
        return await client.trace(item.wip)
    except MesRefusedError as error:
        if error.refusal is Refusal.INVALID_REQUEST:  # a version without this call
            return None
        raise


def _payload(read: Callable[[], T]) -> T:
    try:
        return read()
    except ValueError as error:
        raise MesRefusedError(
            f"what is owed cannot be told as it is: {error}", refusal=Refusal.INVALID_REQUEST
        ) from error


def _delivered(item: OwedCall, wip: WipItem, *, already: bool = False, duration: float | None = None) -> Receipt:
    return Receipt(
        item_id=item.item_id, action=item.action, already=already, wip_status=wip.status, duration_seconds=duration
    )
