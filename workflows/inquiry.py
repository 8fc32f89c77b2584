"""Finds out what became of a step whose process is gone, and whose doing that was."""

from datetime import timedelta
from typing import assert_never

from temporalio import workflow

from station.contracts.messages import Cause, Finding, Reconciled, RunProgress
from station.domain.plan import StepPlan
from station.domain.run import StepFault
from workflows import policies
from workflows.slot import Lost, Slot


class Inquiry:
    """Asks the batch's process, and counts what nobody can explain."""

    def __init__(self, progress: RunProgress, slot: Slot) -> None:
        """Inquire about steps on that slot."""
        self._progress = progress
        self._slot = slot

    async def find_out(self, step: StepPlan, attempt: int, segment: int, timeout: timedelta, token: str) -> Reconciled:
        """Learn what became of a lost step, and whether the session it ran in went with it."""
        found = await self._reconcile(step, attempt, segment, timeout)
        if not found.session_alive and self._slot.token == token:
            self._slot.token = ""
        return found

    async def _reconcile(self, step: StepPlan, attempt: int, segment: int, timeout: timedelta) -> Reconciled:
        faults = 0
        while True:
            match await self._slot.reconcile(step, attempt, segment, timeout):
                case Reconciled() as found:
                    return found
                case StepFault() as fault:
                    faults += 1
                    if faults >= policies.RECONCILE_ATTEMPTS:
                        return Reconciled(finding=Finding.INTERRUPTED, cause=Cause.UNKNOWN, explanation=fault.message)
                case Lost():
                    pass
                case never:  # pragma: no cover - the type checker proves it
                    assert_never(never)
            await workflow.sleep(timedelta(seconds=1), summary="the batch's process is away")

    def is_suspect(self, step: StepPlan, cause: Cause) -> bool:
        """Count the interruptions nobody can explain, and tell when the step itself is the likely cause of them."""
        if cause is not Cause.UNKNOWN:
            return False
        times = self._progress.unexplained.get(step.name, 0) + 1
        self._progress.unexplained[step.name] = times
        return times > policies.UNEXPLAINED_INTERRUPTIONS
