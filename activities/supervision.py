"""Commands to the supervisor, on its own queue: start, stop and restart a batch's process."""

from typing import Protocol

from temporalio import activity
from temporalio.exceptions import ApplicationError

from station.contracts.messages import BatchCommand, BatchProcess
from station.domain.errors import StationError


class BatchProcesses(Protocol):
    """What the supervisor can do with the processes of its batches."""

    async def command(self, batch: str, action: str, by: str = "") -> BatchProcess:
        """Start, stop or restart one; it is in the audit who wanted it."""


class Supervision:
    """Implements the supervisor's contract."""

    def __init__(self, processes: BatchProcesses) -> None:
        """Command these processes."""
        self._processes = processes

    @activity.defn(name="station.batch_command")
    async def batch_command(self, request: BatchCommand) -> BatchProcess:
        """Start, stop or restart a batch's process.

        Raises:
            ApplicationError: With the station's own code, where the batch is unknown or the wish makes no sense.
        """
        try:
            return await self._processes.command(request.batch, request.action, request.by)
        except StationError as error:
            raise ApplicationError(error.message, type=error.code, non_retryable=True) from error
