"""Tells the MES: hands items to their WIP's delivery, and makes the calls one at a time."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import ValidationError
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import TemporalError

from activities.live import heartbeating
from station.contracts.delivery import (
    Attempt,
    DeliverRequest,
    DiscardRequest,
    SubmitToMes,
)
from station.control.handing_over import hand_over
from station.domain.delivery import NEEDS_DISPOSITION, Delivered, DeliveryState, MesAction, MesRefusal, OwedItem
from station.domain.errors import (
    MesError,
    MesRateLimitedError,
    MesRefusedError,
    MesUnavailableError,
    Refusal,
    StationError,
)
from station.mes.client import MesClient
from station.mes.deliver import deliver as call_mes
from station.mes.owed import OwedCall
from station.mes.texts import DISPOSITION, REFUSALS
from station.storage.queue import SyncQueue

logger = logging.getLogger(__name__)

HEARTBEAT = timedelta(seconds=1)
HAND_OVER_AGAIN = timedelta(seconds=5)
STUBBORN_AFTER = 8
"""So many 500s in a row, while the MES says that it is well, are a matter for a person.

Nothing else counts: 502, 503 and 504 are said by whoever stands before an MES that is away, and an outage between two
500s says that the whole MES was in trouble and not this item.
"""
FAILED_AT_IT = 500


class MesActivities:
    """Implements the delivery contracts."""

    def __init__(
        self, mes: MesClient, queue: SyncQueue, temporal: Client, station: str, now: Callable[[], datetime]
    ) -> None:
        """Tell this MES, write down here, hand over there."""
        self._mes = mes
        self._queue = queue
        self._temporal = temporal
        self._station = station
        self._now = now

    @activity.defn(name="station.submit_to_mes")
    async def submit_to_mes(self, request: SubmitToMes) -> Delivered:
        """Write the item down, hand it to its WIP's delivery, and wait a short while."""
        async with heartbeating(HEARTBEAT):
            await self._queue.owe(request.item, self._now())
            before = await self._owed_before(request.item)
            return await hand_over(self._temporal, self._station, request.item, request.wait, before=before)

    async def _owed_before(self, item: OwedItem) -> list[OwedItem]:
        """What this item must not overtake: another slot's run may have ended, and not have handed its end over."""
        owed = [record.item for record in await self._queue.open(wip=item.wip)]
        ids = [one.item_id for one in owed]
        return owed[: ids.index(item.item_id)] if item.item_id in ids else []

    async def hand_over_open_items(self) -> None:
        """Hand what is open to its deliveries again, until each has it: the engine may have lost everything."""
        left: dict[str, list[OwedItem]] | None = None
        while True:
            try:
                left = await self._hand_over_all(await self._open_by_wip() if left is None else left)
            except StationError as error:
                logger.warning("what is owed cannot be read now: %s", error.message)
            if left == {}:
                return
            await asyncio.sleep(HAND_OVER_AGAIN.total_seconds())

    async def _open_by_wip(self) -> dict[str, list[OwedItem]]:
        owed: dict[str, list[OwedItem]] = {}
        for record in await self._queue.open():
            owed.setdefault(record.item.wip, []).append(record.item)
        return owed

    async def _hand_over_all(self, owed: dict[str, list[OwedItem]]) -> dict[str, list[OwedItem]]:
        """Hand over what is owed for each WIP, as one: none may overtake another; gives what nobody has taken."""
        left = {}
        for wip, items in owed.items():
            try:
                await hand_over(self._temporal, self._station, items[-1], unknown=True, before=items[:-1])
            except TemporalError as error:
                logger.warning("what is owed for %s is handed over a little later: %s", wip, error)
                left[wip] = items
        return left

    @activity.defn(name="station.deliver")
    async def deliver(self, request: DeliverRequest) -> Attempt:
        """Make one call to the MES and write down what came of it."""
        async with heartbeating(HEARTBEAT):
            return await self._deliver(request)

    async def _deliver(self, request: DeliverRequest) -> Attempt:
        item = request.queued.item
        if over := await self._already_over(item):
            return over
        if item.action is MesAction.COMPLETE and item.payload.get("result") is None:
            return await self._park(item, _needs_disposition())
        try:
            call = _call_for(item)
        except (ValidationError, ValueError, TypeError) as error:
            return await self._park(item, _refusal(Refusal.INVALID_REQUEST, f"It cannot be sent as it is: {error}"))
        try:
            done = await call_mes(self._mes, call, attempted_before=request.queued.unknown)
        except MesRefusedError as error:
            return await self._park(item, _refusal(error.refusal, error.message))
        except MesError as error:
            return await self._later(item, error)
        delivered = Delivered(
            item_id=item.item_id,
            state=DeliveryState.DELIVERED,
            wip_status=done.wip_status or "",
            serial=done.serial or "",
        )
        follow_up = self._conversion(item) if done.can_convert and item.auto_convert else None
        if follow_up is not None:
            await self._queue.owe(follow_up, self._now())
        await self._queue.ended(item, delivered, self._now())
        return Attempt(delivered=delivered, follow_up=follow_up)

    @activity.defn(name="station.record_decision")
    async def record_decision(self, request: DiscardRequest) -> None:
        """Write down what was decided about an item."""
        decision, now = request.decision, self._now()
        record = await self._queue.get(decision.item_id)
        if record is None:
            return
        if decision.action == "retry":
            if decision.result is not None:
                record.item.payload["result"] = decision.result
            await self._queue.reopened(record.item, decision.by, now)
            return
        state = DeliveryState.REFUSED if decision.action == "refused" else DeliveryState.DISCARDED
        outcome = Delivered(item_id=decision.item_id, state=state)
        why = f"discarded by {decision.by}: {decision.reason}" if decision.reason else record.last_error
        await self._queue.ended(record.item, outcome, now, reason=why)

    async def _already_over(self, item: OwedItem) -> Attempt | None:
        """What the row says goes: an item can be handed over again by somebody who does not know that it is over."""
        record = await self._queue.get(item.item_id)
        if record is None or not record.readable or record.state is DeliveryState.PENDING:
            return None
        if record.state is DeliveryState.PARKED:  # nobody has decided yet; the MES has said no, and is not asked again
            parked = Delivered(item_id=item.item_id, state=record.state, refusal=_refusal_from(record.last_error))
            return Attempt(delivered=parked)
        conversion = await self._queue.get(_conversion_id(item))
        follow_up = conversion.item if conversion and conversion.state is DeliveryState.PENDING else None
        # A run that asks again after its engine died must hear of the refusal again, or hardware would move.
        refusal = _refusal_from(record.last_error) if record.state is DeliveryState.REFUSED else None
        return Attempt(
            delivered=Delivered(item_id=item.item_id, state=record.state, refusal=refusal), follow_up=follow_up
        )

    async def _park(self, item: OwedItem, refusal: MesRefusal) -> Attempt:
        parked = Delivered(item_id=item.item_id, state=DeliveryState.PARKED, refusal=refusal)
        await self._queue.ended(item, parked, self._now())
        logger.warning("the MES refuses %s of %s: %s", item.action, item.wip, refusal.message)
        return Attempt(delivered=parked)

    async def _later(self, item: OwedItem, error: MesError) -> Attempt:
        """Keep an item queued: whatever is wrong with the way to the MES, nothing is dropped for it."""
        failed = isinstance(error, MesUnavailableError) and error.status == FAILED_AT_IT
        if failed and await self._is_stubborn(item):
            message = f"The MES is well, and fails at this again and again: {error.message}"
            return await self._park(item, _refusal(Refusal.UNKNOWN, message))
        await self._queue.attempted(item, f"{error.code}: {error.message}", self._now(), server_failed=failed)
        match error:
            case MesUnavailableError(may_have_arrived=unknown, retry_after=retry_after):
                return Attempt(error=error.message, unknown=unknown, retry_after=retry_after)
            case MesRateLimitedError(retry_after=retry_after):
                return Attempt(error=error.message, retry_after=retry_after)
            case _:
                return Attempt(error=error.message)

    async def _is_stubborn(self, item: OwedItem) -> bool:
        record = await self._queue.get(item.item_id)
        if record is None or record.server_failures + 1 < STUBBORN_AFTER:
            return False
        return await self._mes.health()

    def _conversion(self, item: OwedItem) -> OwedItem:
        return OwedItem(
            item_id=_conversion_id(item),
            run_id=item.run_id,
            batch=item.batch,
            action=MesAction.CONVERT,
            wip=item.wip,
            operator=item.operator,
            created_at=self._now(),
        )


def _conversion_id(item: OwedItem) -> str:
    return f"{item.run_id}/{MesAction.CONVERT}"


def _call_for(item: OwedItem) -> OwedCall:
    return OwedCall(
        item_id=item.item_id,
        run_id=item.run_id,
        action=item.action,
        wip=item.wip,
        process_id=item.process,
        operator_id=int(item.operator or ""),
        payload=item.payload,
    )


def _needs_disposition() -> MesRefusal:
    return MesRefusal(
        code=NEEDS_DISPOSITION,
        message=f"The run said nothing about the unit. {DISPOSITION.en}.",
        message_ko=DISPOSITION.ko,
    )


def _refusal_from(last_error: str) -> MesRefusal:
    """Read a refusal back as its row has it: code, colon, message."""
    code, _, message = last_error.partition(": ")
    if code == NEEDS_DISPOSITION:
        return _needs_disposition()
    return _refusal(Refusal(code) if code in set(Refusal) else Refusal.UNKNOWN, message or last_error)


def _refusal(refusal: Refusal, message: str) -> MesRefusal:
    return MesRefusal(code=refusal.value, message=message, message_ko=REFUSALS[refusal].ko)
