"""Hands an item that is owed to the MES to its WIP's delivery; where there is none, one begins."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from station.contracts.delivery import DeliveryContract, DeliveryInput, SubmitRequest
from station.contracts.names import delivery_workflow_id, engine_queue
from station.domain.delivery import Delivered, OwedItem


async def hand_over(
    client: Client,
    station: str,
    item: OwedItem,
    wait: timedelta = timedelta(),
    *,
    unknown: bool = False,
    before: Sequence[OwedItem] = (),
) -> Delivered:
    """Hand an item over; the same item is taken once.

    Args:
        client: Connected to the station's Temporal server.
        station: The station's id.
        item: Written into the queue already.
        wait: How long to wait for what becomes of it.
        unknown: Whether a call may have been made for it that the engine no longer knows of.
        before: What was owed for the same WIP before it, oldest first.
    """
    operation = WithStartWorkflowOperation(
        DeliveryContract.run,
        DeliveryInput(station=station, wip=item.wip),
        id=delivery_workflow_id(station, item.wip),
        task_queue=engine_queue(station),
        # The one delivery of this WIP takes it; where there is none, one begins.
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"{item.wip} · what the MES is owed",
    )
    async with nothing_left(operation):
        answer: Delivered = await client.execute_update_with_start_workflow(
            "submit",
            SubmitRequest(item=item, wait=wait, unknown=unknown, before=list(before)),
            start_workflow_operation=operation,
            result_type=Delivered,
        )
    return answer


@asynccontextmanager
async def nothing_left(operation: WithStartWorkflowOperation[Any, Any]) -> AsyncIterator[None]:
    """Have what went wrong with the start heard, too, where it went wrong together with its update.

    The SDK keeps the error twice, once for whoever asks the operation for its handle. Nobody does; and what nobody
    has heard of is complained of in the log when it is thrown away.
    """
    try:
        yield
    except BaseException:
        with suppress(Exception, asyncio.CancelledError):
            async with asyncio.timeout(1):
                await operation.workflow_handle()
        raise
