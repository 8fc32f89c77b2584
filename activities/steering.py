"""Writes into the results database how people steered a run, on the engine's queue."""

from temporalio import activity

from activities.recording import unless_lost
from station.contracts.steering import SkippedStep, WentBack
from station.storage.steering import Steering
from station.storage.steps import StepKey


class SteeringRecords:
    """Implements the contracts of steering that record; both may be repeated without harm."""

    def __init__(self, steering: Steering) -> None:
        """Write through these queries."""
        self._steering = steering

    @activity.defn(name="station.record_skipped")
    async def record_skipped(self, request: SkippedStep) -> None:
        """Write the attempt that stands for a step that was left out."""
        await unless_lost(
            self._steering.skipped(
                StepKey(request.run_id, request.step, request.attempt),
                batch=request.batch,
                index=request.index,
                round=request.round,
                fault=request.fault,
                at=request.at,
            )
        )

    @activity.defn(name="station.record_going_back")
    async def record_going_back(self, request: WentBack) -> None:
        """Write which attempts no longer count."""
        await self._steering.went_back(
            request.run_id,
            batch=request.batch,
            step=request.step,
            given_up=request.given_up,
            by=request.by,
            reason=request.reason,
            at=request.at,
        )
