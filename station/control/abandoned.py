"""Ends a run whose workflow is gone: it gets a result, and the MES is owed the end of what it was told of."""

from station.domain.delivery import DeliveryState, MesAction, MesPlan, OwedItem, owed_end
from station.domain.run import RunResult
from station.storage.database import Database
from station.storage.journal import Journal
from station.storage.queue import SyncQueue, row_for
from station.storage.run_rows import RunRecord
from station.storage.runs import Runs

_NOT_STARTED = frozenset({DeliveryState.REFUSED, DeliveryState.DISCARDED})


async def end_abandoned(database: Database, run: RunRecord, result: RunResult) -> OwedItem | None:
    """Write a run's end, and what is owed for it, in one transaction; a StorageError passes through.

    Nobody knows any more how the run was to deal with the MES, so a person decides about the unit.

    Args:
        database: The open results database.
        run: The run, open until now.
        result: What it comes to: ABORTED.

    Returns:
        What is owed; None where the MES was not told of the start.
    """
    start = await SyncQueue(database).get(f"{run.run_id}/{MesAction.START}")
    owed: OwedItem | None = None
    if start is not None and start.state not in _NOT_STARTED:
        steps = await Journal(database).finished(run.run_id, run.round)
        values = [(step.report.step, step.values) for step in steps]
        owed = owed_end(result, run.unit, run.batch, MesPlan(), values)
    await Runs(database).finish(result, [row_for(owed)] if owed else [])
    return owed
