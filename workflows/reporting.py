"""Tells the MES of one run: its start before any hardware moves, its end after the result is written."""

from datetime import datetime, timedelta

from pydantic import JsonValue
from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from station.contracts import delivery
from station.contracts.delivery import SubmitToMes
from station.contracts.messages import RunInput
from station.contracts.names import engine_queue
from station.domain.delivery import Delivered, DeliveryState, MesAction, OwedItem
from station.domain.run import RunReason
from workflows import policies

_SUBMITTING_MARGIN = timedelta(seconds=10)
_PASSING = frozenset({"STORAGE_FAILED", "RPCError", "WorkflowUpdateRPCTimeoutOrCancelledError", "WorkerShutdown"})
"""Failures that are over when the database or the server is back."""


class Reporting:
    """The run's side of its WIP's delivery.

    Attributes:
        told: Whether the MES is told of this run, so that it is owed the end.
    """

    def __init__(self, request: RunInput) -> None:
        """Report the run of that request; a run without WIP or without MES reports nothing."""
        self._request = request
        self.told = request.mes is not None and request.unit.wip is not None

    async def start(self, at: datetime) -> RunReason | None:
        """Tell that the unit enters its process; a reason where the MES says no, and no hardware may move."""
        if self._request.mes is None or self._request.unit.wip is None:
            return None
        unit, mes = self._request.unit, self._request.mes
        # Where no equipment is named, the client adds that of the configuration.
        equipment: dict[str, JsonValue] = {} if unit.equipment is None else {"equipment_id": unit.equipment}
        item = OwedItem(
            item_id=f"{self._request.run_id}/{MesAction.START}",
            run_id=self._request.run_id,
            batch=self._request.batch,
            action=MesAction.START,
            wip=self._request.unit.wip,
            process=unit.process,
            operator=unit.operator,
            payload={"started_at": at.isoformat(), **equipment},
            created_at=at,
        )
        answer = await self._submit(item, mes.online_wait)
        # Parked: a person is asked already, because the engine died before this run heard of it.
        if answer.state not in {DeliveryState.REFUSED, DeliveryState.PARKED} or answer.refusal is None:
            return None
        self.told = False
        return RunReason(code=answer.refusal.code, message=answer.refusal.message)

    async def finish(self, owed: OwedItem) -> None:
        """Hand over what is owed for the end, which is written already; the slot is not kept waiting for the MES."""
        try:
            await self._submit(owed, timedelta())
        except RuntimeError as error:
            workflow.logger.error("it waits in the queue, and is handed over when the engine starts: %s", error)

    async def _submit(self, item: OwedItem, wait: timedelta) -> Delivered:
        """Hand an item over to its WIP's delivery, however often the engine dies over it.

        Raises:
            RuntimeError: If it fails again and again for a reason of its own; a slot is not held for that.
        """
        failures = 0
        while True:
            try:
                return await workflow.execute_activity(
                    delivery.submit_to_mes,
                    SubmitToMes(station=self._request.station, item=item, wait=wait),
                    task_queue=engine_queue(self._request.station),
                    start_to_close_timeout=wait + _SUBMITTING_MARGIN,
                    heartbeat_timeout=policies.ENGINE_HEARTBEAT,
                    retry_policy=policies.ONCE,
                    summary=f"tell the MES: {item.action}",
                )
            except ActivityError as error:
                if isinstance(error.cause, ApplicationError) and error.cause.type == "NotFoundError":
                    # The MES was taken out of the configuration meanwhile; what is owed waits in its row.
                    return Delivered(item_id=item.item_id, state=DeliveryState.PENDING)
                failures += _is_our_own(error)
                if failures >= policies.SUBMIT_ATTEMPTS:
                    msg = f"the MES cannot be told ({item.action}): {error.cause}"
                    raise RuntimeError(msg) from error
                # The engine died in the middle of it. Submitting again is submitting once.
                await workflow.sleep(policies.MES_BACKOFF, summary="tell the MES again")


def _is_our_own(error: ActivityError) -> bool:
    """Whether the call itself failed, as it may do for ever; not the engine under it."""
    return isinstance(error.cause, ApplicationError) and error.cause.type not in _PASSING
