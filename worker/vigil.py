"""Watches what no run can watch itself: runs the engine cannot get on with, and runs that are gone without a result."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from station.control.abandoned import end_abandoned
from station.control.handing_over import hand_over
from station.domain.delivery import OwedItem
from station.domain.errors import StationError
from station.domain.events import EventType
from station.domain.outcome import Outcome
from station.domain.run import RunReason, RunResult
from station.storage.database import Database
from station.storage.events import Events, NewEvent
from station.storage.queue import SyncQueue
from station.storage.run_rows import RunRecord
from station.storage.runs import Runs

logger = logging.getLogger(__name__)

INTERVAL = timedelta(seconds=10)
PROBLEMS = '"category=WorkflowTaskFailed", "category=WorkflowTaskTimedOut"'
"""What the server itself writes on a workflow whose tasks failed several times in a row."""


class Vigil:
    """Looks at the engine every few seconds."""

    def __init__(self, client: Client, station: str, database: Database, events: Events) -> None:
        """Watch the runs of one station."""
        self._client = client
        self._station = station
        self._database = database
        self._runs = Runs(database)
        self._events = events
        self._alarmed: set[str] = set()

    async def keep(self) -> None:
        """Watch for as long as the process lives; a server that is away is somebody else's business."""
        while True:
            await asyncio.sleep(INTERVAL.total_seconds())
            for look in (self.raise_alarms, self.close_vanished_runs):
                try:
                    await look()
                except RPCError as error:
                    logger.info("the engine does not answer: %s", error.message)
                except StationError as error:
                    logger.error("what was found could not be written down: %s", error.message)
                except Exception:  # a bug in one look must not end the watch over every run
                    logger.exception("looking after the runs failed; it is tried again")

    async def raise_alarms(self) -> None:
        """Raise an alert, once each, for runs whose workflow tasks fail again and again: their hardware may be on."""
        mine = f'StationId = "{self._station}" AND ExecutionStatus = "Running"'
        query = f"{mine} AND TemporalReportedProblems IN ({PROBLEMS})"
        stuck = {run.run_id: run.id async for run in self._client.list_workflows(query)}
        for run_id in stuck.keys() - self._alarmed:
            alert = f"the engine cannot get on with {stuck[run_id]}; see its history in Temporal's Web UI"
            logger.error("%s", alert)
            await self._events.append(NewEvent(datetime.now(UTC), EventType.ERROR, data={"error": alert}))
        self._alarmed = set(stuck)

    async def close_vanished_runs(self) -> None:
        """Give a result to runs whose workflow was ended from outside, so that no row says `running` for ever.

        A terminated workflow has had no chance to clean up; the batch's process makes the hardware safe when its
        session's lease is over.
        """
        for run in await self._runs.open_runs():
            if run.workflow_id and run.temporal_run_id and (how := await self._how_it_ended(run)):
                logger.error("run %s %s; it is closed without a result", run.run_id, how)
                if owed := await end_abandoned(self._database, run, _without_result(run, how)):
                    await self._hand_over(owed)

    async def _hand_over(self, owed: OwedItem) -> None:
        """Let the MES's queue know of it; where that cannot be now, it is handed over when the engine starts."""
        before = [record.item for record in await SyncQueue(self._database).open(wip=owed.wip)]
        earlier = list(takewhile(lambda item: item.item_id != owed.item_id, before))
        try:
            await hand_over(self._client, self._station, owed, before=earlier)
        except TemporalError as error:
            logger.warning("%s is handed over at the engine's next start: %s", owed.item_id, error)

    async def _how_it_ended(self, run: RunRecord) -> str:
        """Say how a run's workflow was ended from outside; empty while it is not known to be.

        Raises:
            RPCError: If the engine does not answer.
        """
        try:
            found = await self._client.get_workflow_handle(run.workflow_id or "", run_id=run.temporal_run_id).describe()
            if found.status is WorkflowExecutionStatus.CONTINUED_AS_NEW:
                found = await self._client.get_workflow_handle(run.workflow_id or "").describe()
                if await found.memo_value("run_id", default="") != run.run_id:
                    return ""
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return ""  # another server, perhaps; `station engine reset` closes what is lost for good
            raise
        match found.status:
            case WorkflowExecutionStatus.TERMINATED:
                return "was terminated from outside"
            case WorkflowExecutionStatus.FAILED | WorkflowExecutionStatus.TIMED_OUT:
                return f"ended as {found.status.name.lower()} in the engine"
            case _:
                return ""  # open, or closing with its result written


def _without_result(run: RunRecord, how: str) -> RunResult:
    now = datetime.now(UTC)
    return RunResult(
        run_id=run.run_id,
        outcome=Outcome.ABORTED,
        reason=RunReason(code="RUN_VANISHED", message=f"The run {how}; no cleanup step ran."),
        started_at=run.started_at or run.accepted_at,
        completed_at=now,
        recoveries=run.recoveries,
        hardware_safe=False,
    )
