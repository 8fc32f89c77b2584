"""Starts a run for a scanner that knows the unit and its process, and not the slot."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from pydantic import BaseModel

from station.config.model import BatchConfig, StationConfig
from station.control.status import BatchStatus
from station.domain.errors import CommandRefusedError
from station.domain.outcome import RunState
from station.storage.runs import Runs

_LOOK = 0.03
_MARGIN = timedelta(seconds=5)


class SlotChoice(BaseModel):
    """A slot that could be meant; `why_not` is empty where it is free."""

    batch_id: str
    name: str
    why_not: str = ""


def choose_slot(config: StationConfig, standings: Sequence[BatchStatus], process: int) -> str:
    """Give the one free slot on which a process is run.

    Slots whose configuration names the process come first; where there is none, those that name no process.

    Args:
        config: The station's configuration.
        standings: How all batches stand.
        process: The MES process.

    Raises:
        CommandRefusedError: SLOT_NOT_CHOSEN, if none is free or several are; `choices` has all that run it.
    """
    running = [batch for batch in config.batches if batch.process == process] or [
        batch for batch in config.batches if batch.process is None
    ]
    choices = [_choice(batch, standings) for batch in running]
    free = [choice for choice in choices if not choice.why_not]
    if len(free) == 1:
        return free[0].batch_id
    if not choices:
        msg = f"No batch of this station runs process {process}."
    elif not free:
        why = "; ".join(f"{choice.batch_id} {choice.why_not}" for choice in choices)
        msg = f"No slot is free for process {process}: {why}."
    else:
        msg = f"More than one slot is free for process {process}; say which: {', '.join(one.batch_id for one in free)}."
    raise CommandRefusedError("SLOT_NOT_CHOSEN", msg, process=process, choices=[one.model_dump() for one in choices])


async def until_begun(config: StationConfig, runs: Runs, run_id: str) -> None:
    """Wait until the MES has been told of a run's start, or the run does not wait for it any more.

    Raises:
        CommandRefusedError: If the run ended before anything was done: the MES has refused its start.
    """
    loop = asyncio.get_running_loop()
    patience = (config.backend.online_wait if config.backend.url else timedelta()) + _MARGIN
    give_up = loop.time() + patience.total_seconds()
    while loop.time() < give_up:
        run = await runs.get(run_id)
        if run is not None and run.state is not RunState.ACCEPTED:
            if run.outcome is not None and run.reason is not None and not await runs.steps(run_id):
                raise CommandRefusedError(run.reason.code, run.reason.message, run_id=run.run_id, batch=run.batch)
            return
        await asyncio.sleep(_LOOK)


def _choice(batch: BatchConfig, standings: Sequence[BatchStatus]) -> SlotChoice:
    standing = next((one for one in standings if one.batch == batch.id), None)
    return SlotChoice(batch_id=batch.id, name=batch.name, why_not=_why_not(standing))


def _why_not(standing: BatchStatus | None) -> str:
    if standing is None:
        return "is not known"
    if standing.run is not None:
        return f"has a run ({standing.wip or standing.run.run_id})"
    if standing.manual is not None:
        return f"is in hand of {standing.manual.holder}"
    if standing.quarantine is not None:
        return "is in quarantine"
    if standing.process.state != "running":
        return f"has no process ({standing.process.state})"
    return ""
