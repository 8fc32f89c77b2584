"""How people steered a run: steps that were left out, and attempts that no longer count because the run went back."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, func, insert, select, update

from station.domain.events import EventType
from station.domain.outcome import Outcome, StepState
from station.domain.run import StepFault
from station.storage import steps
from station.storage.database import Database
from station.storage.events import NewEvent, insert_events
from station.storage.runs import check_known
from station.storage.steps import StepKey
from station.storage.tables import STEPS

_GIVE_UP = (
    update(STEPS)
    .where(
        STEPS.c.execution_id == bindparam("run_id"),
        STEPS.c.step_name == bindparam("step"),
        STEPS.c.attempt <= bindparam("last"),
    )
    .values(given_up=True)
)
_STILL_COUNTING = select(func.count()).where(
    STEPS.c.execution_id == bindparam("run_id"),
    STEPS.c.step_name == bindparam("step"),
    STEPS.c.attempt <= bindparam("last"),
    STEPS.c.given_up.is_(False),
)


class Steering:
    """What the database keeps of how a run was steered.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def skipped(
        self, key: StepKey, *, batch: str, index: int, round: int, fault: StepFault, at: datetime
    ) -> None:
        """Write that a step was left out, as an attempt that no process ever had; a second time changes nothing.

        Args:
            key: The attempt that stands for it.
            batch: The slot of the run.
            index: Position of the step in its package.
            round: The round of the run.
            fault: Who left it out, and why.
            at: When, aware.

        Raises:
            RunNotFoundError: If there is no such run.
        """  # noqa: DOC502 - raised in the transaction
        row = {
            "id": key.id,
            "execution_id": key.run_id,
            "step_name": key.step,
            "step_index": index,
            "attempt": key.attempt,
            "round": round,
            "segment": 1,
            "segments_done": 1,
            "session": "",
            "started_at": at,
            "completed_at": at,
            "elapsed_s": 0.0,
            "status": StepState.SKIPPED.value,
            "outcome": Outcome.SKIPPED.value,
            "fault": steps.fault_json(fault),
        }
        data: dict[str, JsonValue] = {
            "step": key.step,
            "index": index,
            "attempt": key.attempt,
            "outcome": Outcome.SKIPPED.value,
            "elapsed_s": 0.0,
            "measurements": [],
            "defects": [],
            "fault": steps.fault_json(fault),
        }

        def write(transaction: Connection) -> None:
            check_known(transaction, key.run_id)
            if transaction.scalar(select(STEPS.c.id).where(STEPS.c.id == key.id)) is None:
                transaction.execute(insert(STEPS), row)
                insert_events(transaction, [NewEvent(at, EventType.STEP_COMPLETE, batch, key.run_id, data)])

        await self._database.write(write)

    async def went_back(
        self,
        run_id: str,
        *,
        batch: str,
        step: str,
        given_up: Mapping[str, int],
        by: str,
        reason: str,
        at: datetime,
    ) -> None:
        """Write that these attempts no longer count; they stay as history. A second time changes nothing.

        Args:
            run_id: The run.
            batch: Its slot.
            step: The step it begins again with.
            given_up: The last attempt that does not count any more, by step.
            by: Who wished it.
            reason: Why.
            at: When, aware.
        """
        data: dict[str, JsonValue] = {"step": step, "given_up": dict(given_up), "by": by, "reason": reason}

        def write(transaction: Connection) -> None:
            changed = 0
            for name, last in given_up.items():
                which = {"run_id": run_id, "step": name, "last": last}
                changed += transaction.scalar(_STILL_COUNTING, which) or 0
                transaction.execute(_GIVE_UP, which)
            if changed:
                insert_events(transaction, [NewEvent(at, EventType.RUN_WENT_BACK, batch, run_id, data)])

        await self._database.write(write)
