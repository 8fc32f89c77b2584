"""Who has a slot: its run, or a person."""

from temporalio.client import Client
from temporalio.service import RPCError

from station.config.model import StationConfig
from station.contracts.names import run_workflow_id
from station.domain.errors import BatchBusyError

HELD_BY = "held_by"
"""Memo of a slot's workflow: who started the run, or has the slot in hand."""
MANUAL = "station.manual"


async def slot_taken(client: Client, config: StationConfig, batch: str) -> BatchBusyError:
    """Make the error with which a start is refused: who has the slot, since when, and what to do."""
    try:
        found = await client.get_workflow_handle(run_workflow_id(config.station.id, batch)).describe()
        by = await found.memo_value(HELD_BY, default="")
        run_id = await found.memo_value("run_id", default="")
    except RPCError:
        msg = f"Batch {batch} has a run or a manual session already; wait for its end: station stop {batch} ends it."
        return BatchBusyError(msg, batch=batch)
    since = f"{found.start_time.astimezone():%H:%M:%S}"
    if found.workflow_type == MANUAL:
        msg = (
            f"Batch {batch} is in manual control: {by} has it in hand since {since}. Wait until it is left, or end it "
            f"with: station stop {batch}"
        )
    else:
        msg = (
            f"Batch {batch} has a run already: {run_id}{f' of {by}' if by else ''}, since {since}. "
            f"Wait for its end, or stop it with: station stop {batch}"
        )
    return BatchBusyError(msg, batch=batch, by=by, run_id=run_id, manual=found.workflow_type == MANUAL)
