"""Prompts as rows: what was asked, what became of it, and the end of a step that no process writes."""

import operator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Row, insert, select, update

from station.domain.events import EventType
from station.domain.outcome import StepState, step_state_of
from station.domain.prompt import Answer, OpenPrompt
from station.domain.run import StepResult
from station.storage import steps
from station.storage.database import Database
from station.storage.events import NewEvent, insert_events
from station.storage.filters import conditions
from station.storage.runs import check_known, sequence_of
from station.storage.steps import StepKey
from station.storage.tables import MEASUREMENTS, PROMPTS, STEPS

OPEN = "open"


@dataclass(frozen=True)
class PromptRecord:
    """A prompt as it is read.

    Attributes:
        state: open, answered, timed_out or withdrawn.
        answer: None where there is none.
        closed_at: When it stopped being open.
    """

    batch: str
    run_id: str
    asked: OpenPrompt
    state: str
    answer: Answer | None
    closed_at: datetime | None


class Prompts:
    """The prompts of the station; every write may be repeated without harm.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, run_id: str, batch: str, asked: OpenPrompt) -> None:
        """Write that somebody is asked, and tell it; a second time changes nothing.

        Raises:
            RunNotFoundError: If there is no such run.
        """  # noqa: DOC502 - raised in the transaction
        prompt = asked.prompt
        values = {
            "id": asked.id,
            "batch_id": batch,
            "execution_id": run_id,
            "step_name": asked.step,
            "kind": prompt.fields[0].kind if len(prompt.fields) == 1 else "form",
            "message": str(prompt.message),
            "data": asked.model_dump(mode="json"),
            "asked_at": asked.asked_at,
            "state": OPEN,
        }
        data: dict[str, JsonValue] = {
            "prompt": asked.id,
            "step": asked.step,
            "asked": prompt.model_dump(mode="json"),
            "until": asked.until.isoformat() if asked.until else None,
        }

        def write(transaction: Connection) -> None:
            check_known(transaction, run_id)
            if transaction.scalar(select(PROMPTS.c.id).where(PROMPTS.c.id == asked.id)) is None:
                transaction.execute(insert(PROMPTS), values)
                insert_events(transaction, [NewEvent(asked.asked_at, EventType.PROMPT, batch, run_id, data)])

        await self._database.write(write)

    async def close(
        self, run_id: str, batch: str, id: str, step: str, state: str, answer: Answer | None, at: datetime
    ) -> None:
        """Write what became of a prompt, and tell it; the first word stands."""
        values: dict[str, Any] = {"state": state, "answered_at": at}
        data: dict[str, JsonValue] = {"prompt": id, "step": step}
        if answer is None:
            event = NewEvent(at, EventType.PROMPT_CLOSED, batch, run_id, data | {"state": state})
        else:
            values |= {"answer": answer.values, "answered_by": answer.by}
            data |= {"answer": answer.values, "actor": answer.by}
            event = NewEvent(at, EventType.PROMPT_ANSWERED, batch, run_id, data)
        still_open = update(PROMPTS).where(PROMPTS.c.id == id, PROMPTS.c.state == OPEN)

        def write(transaction: Connection) -> None:
            done = transaction.execute(still_open.values(**values).returning(PROMPTS.c.id))
            if done.one_or_none() is not None:
                insert_events(transaction, [event])

        await self._database.write(write)

    async def end_step(self, run_id: str, batch: str, index: int, round: int, result: StepResult, at: datetime) -> None:
        """Write what an attempt came to that no process will write; one that has its result is left alone.

        No session is asked for: the attempt has not begun, or ended its last part, so that no process holds it.

        Raises:
            RunNotFoundError: If there is no such run.
        """  # noqa: DOC502 - raised in the transaction
        report = result.report
        key = StepKey(run_id, report.step, report.attempt)
        ending = {
            "status": step_state_of(report.outcome).value,
            "outcome": report.outcome.value,
            "fault": steps.fault_json(report.fault),
            "defects": list(report.defects),
            "elapsed_s": report.elapsed.total_seconds(),
            "completed_at": at,
        }

        def write(transaction: Connection) -> None:
            sequence = sequence_of(transaction, run_id)
            status = transaction.scalar(select(STEPS.c.status).where(STEPS.c.id == key.id))
            if status not in {None, StepState.RUNNING}:
                return
            if status is None:
                identity = {
                    "id": key.id, "execution_id": run_id, "step_name": report.step, "attempt": report.attempt,
                    "step_index": index, "round": round, "segment": 1, "segments_done": 1, "session": "",
                    "started_at": at, "result": result.values, "state": result.state,
                }  # fmt: skip
                transaction.execute(insert(STEPS), identity | ending)
                rows = steps.measurement_rows(key, sequence, result.measurements, 0, at)
                if rows:
                    transaction.execute(insert(MEASUREMENTS), rows)
            else:
                transaction.execute(update(STEPS).where(STEPS.c.id == key.id), ending)
            data: dict[str, JsonValue] = {
                "step": report.step,
                "index": index,
                "attempt": report.attempt,
                "outcome": report.outcome.value,
                "elapsed_s": report.elapsed.total_seconds(),
                "measurements": [steps.measurement_json(measurement) for measurement in result.measurements],
                "defects": list(report.defects),
                "fault": steps.fault_json(report.fault),
            }
            insert_events(transaction, [NewEvent(at, EventType.STEP_COMPLETE, batch, run_id, data)])

        await self._database.write(write)

    async def get(self, id: str) -> PromptRecord | None:
        """A prompt and what became of it; None where nobody asked it."""
        async with self._database.read() as session:
            row = (await session.execute(select(PROMPTS).where(PROMPTS.c.id == id))).one_or_none()
        return None if row is None else _record(row)

    async def list(
        self, run_id: str | None = None, batch: str | None = None, state: str | None = None
    ) -> list[PromptRecord]:
        """The prompts that pass, oldest first; what is left out does not narrow."""
        wanted = conditions(
            (PROMPTS.c.execution_id, operator.eq, run_id),
            (PROMPTS.c.batch_id, operator.eq, batch),
            (PROMPTS.c.state, operator.eq, state),
        )
        query = select(PROMPTS).where(*wanted).order_by(PROMPTS.c.asked_at, PROMPTS.c.id)
        async with self._database.read() as session:
            return [_record(row) for row in await session.execute(query)]


def _record(row: Row[Any]) -> PromptRecord:
    answer = None
    if row.answered_by is not None:
        answer = Answer(values=row.answer, by=row.answered_by, at=row.answered_at)
    return PromptRecord(
        batch=row.batch_id,
        run_id=row.execution_id,
        asked=OpenPrompt.model_validate(row.data),
        state=row.state,
        answer=answer,
        closed_at=row.answered_at,
    )
