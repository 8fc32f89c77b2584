"""What a batch's worker writes before and after a step touches hardware, fenced by the session it holds.

A session's token is the right to touch the hardware of one batch. Claiming a session takes that right from whoever
held it before: from then on all its writes are refused, so that a process everybody took for dead cannot write a
result over what its successor has found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, select, update

from station.domain.errors import SessionLostError, StorageError
from station.domain.events import EventType
from station.domain.notice import Notice, NoticeCode
from station.domain.outcome import StepState, step_state_of
from station.domain.plan import PackageRef
from station.domain.run import StepFault, StepResult
from station.storage import steps
from station.storage.batch_rows import change_batch
from station.storage.database import Database
from station.storage.events import NewEvent, insert_events
from station.storage.logs import LogLine, insert_lines
from station.storage.quarantine import put_in_quarantine
from station.storage.steps import FINISHED, StepKey, StepRecord
from station.storage.tables import BATCHES, MEASUREMENTS, RUNS, STEPS

__all__ = ["Journal", "SessionClaim", "StepKey", "StepRecord"]

_DECISIVE = [STEPS.c.id, STEPS.c.status, STEPS.c.session, STEPS.c.segment, STEPS.c.segments_done, STEPS.c.step_index]
_FENCE = (
    select(BATCHES.c.session_token.label("owner"), *_DECISIVE)
    .join_from(BATCHES, STEPS, STEPS.c.id == bindparam("key"), isouter=True)
    .where(BATCHES.c.batch_id == bindparam("batch"))
)
_BATCH_OF = select(RUNS.c.batch_id).where(RUNS.c.id == bindparam("run_id")).scalar_subquery()
_INSERT = insert(STEPS)
_UPDATE = update(STEPS).where(STEPS.c.id == bindparam("key"))
_INSERT_MEASUREMENTS = insert(MEASUREMENTS)


@dataclass(frozen=True)
class SessionClaim:
    """Who owns a batch's hardware.

    Attributes:
        token: What every write of the owner carries.
        run_id: The run it was opened for; None: a manual session.
        package: The package whose code runs in it.
        hardware: The instruments as they were opened.
    """

    batch: str
    token: str
    run_id: str | None
    package: PackageRef | None
    hardware: dict[str, JsonValue]
    opened_at: datetime


class Journal:
    """The journal of steps, and the sessions that may write it.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim_session(
        self,
        batch: str,
        token: str,
        run_id: str | None,
        package: PackageRef | None,
        hardware: dict[str, JsonValue],
        at: datetime,
    ) -> None:
        """Take the batch's hardware; the token of the previous owner is dead from here on.

        The hardware counts as not safe until the session is released, or somebody has made sure of it.
        """
        values = {
            "session_token": token,
            "session_run_id": run_id or None,
            "session_package": None if package is None else package.model_dump(mode="json"),
            "session_hardware": hardware,
            "session_opened_at": at,
            "hardware_safe": False,
        }

        def write(transaction: Connection) -> None:
            change_batch(transaction, batch, at, values)

        await self._database.write(write)

    async def release_session(
        self, batch: str, token: str, hardware_safe: bool, at: datetime, problem: str = ""
    ) -> None:
        """Give the batch's hardware back; releasing it twice does nothing. What is not safe is in quarantine from here.

        Args:
            batch: The batch.
            token: The session's token.
            hardware_safe: Whether the safe state was confirmed.
            at: The time, aware.
            problem: What kept it from being confirmed.

        Raises:
            SessionLostError: If another session owns the hardware.
        """  # noqa: DOC502 - raised in the transaction
        values = {
            "session_token": None,
            "session_run_id": None,
            "session_package": None,
            "session_hardware": None,
            "session_opened_at": None,
            "hardware_safe": hardware_safe,
        }

        def write(transaction: Connection) -> None:
            owner = transaction.scalar(select(BATCHES.c.session_token).where(BATCHES.c.batch_id == batch))
            if owner is None:
                return
            if owner != token:
                raise SessionLostError(_lost(batch, token), session=token)
            change_batch(transaction, batch, at, values)
            if not hardware_safe:
                why = problem or "nobody could say why"
                text = f"the instruments could not be made safe: {why}"
                put_in_quarantine(transaction, batch, Notice.of(NoticeCode.UNSAFE_SESSION, text, said=problem), at)

        await self._database.write(write)

    async def owner(self, batch: str) -> SessionClaim | None:
        """The session that owns the batch's hardware; None where nobody does."""
        async with self._database.read() as session:
            row = (await session.execute(select(BATCHES).where(BATCHES.c.batch_id == batch))).one_or_none()
        if row is None or row.session_token is None:
            return None
        package = None if row.session_package is None else PackageRef.model_validate(row.session_package)
        return SessionClaim(
            batch, row.session_token, row.session_run_id, package, row.session_hardware or {}, row.session_opened_at
        )

    async def begin_step(
        self,
        key: StepKey,
        *,
        batch: str,
        session: str,
        index: int,
        round: int,
        segment: int,
        task_token: bytes | None,
        pid: int | None,
        at: datetime,
        elapsed: timedelta = timedelta(),
        state: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Write down that the attempt, or its next segment, is about to touch hardware.

        Args:
            key: The attempt.
            batch: The slot.
            session: The token of the session it runs in.
            index: Position of the step in its package.
            round: The round of the run it belongs to.
            segment: From 1.
            task_token: Of the activity that runs it.
            pid: The process that runs it.
            at: The time, aware.
            elapsed: What an earlier attempt of a long step had done and this one goes on from; written with its
                beginning, so that no crash can fall between the two.
            state: `ctx.state` at that point.

        Raises:
            SessionLostError: If the session does not own the batch's hardware.
            StorageError: If the attempt has its result already, or began in another session and nobody has yet said
                what became of it.
        """  # noqa: DOC502 - raised in the transaction
        values = {
            "status": StepState.RUNNING.value,
            "session": session,
            "segment": segment,
            "task_token": task_token,
            "worker_pid": pid,
        }

        def write(transaction: Connection) -> None:
            row = _fenced(transaction, key, batch)
            if row is None or row.owner != session:
                raise SessionLostError(_lost(batch, session), session=session)
            if (obstacle := _obstacle(row, key, session)) is not None:
                raise StorageError(obstacle, status=row.status, session=row.session)
            if row.id is None:
                identity = {"id": key.id, "execution_id": key.run_id, "step_name": key.step, "attempt": key.attempt}
                first = {"step_index": index, "round": round, "segments_done": 0, "started_at": at}
                carried = {"elapsed_s": elapsed.total_seconds(), "state": None if state is None else dict(state)}
                transaction.execute(_INSERT, values | identity | first | carried)
            else:
                again = {"completed_at": None, "fault": None}
                transaction.execute(_UPDATE, values | again | {"key": key.id})
            data: dict[str, JsonValue] = _named(key, index) | {"segment": segment}
            insert_events(transaction, [NewEvent(at, EventType.STEP_START, batch, key.run_id, data)])

        await self._database.write(write)

    async def checkpoint(
        self, key: StepKey, session: str, elapsed: timedelta, state: dict[str, JsonValue], at: datetime
    ) -> None:
        """Save how far a running attempt is.

        Raises:
            SessionLostError: If the attempt is not running in this session, or the session is not the owner any more.
        """  # noqa: DOC502 - raised in the transaction
        owned = select(BATCHES.c.batch_id).where(BATCHES.c.batch_id == _BATCH_OF, BATCHES.c.session_token == session)
        statement = (
            _UPDATE.where(STEPS.c.status == StepState.RUNNING.value, STEPS.c.session == session, owned.exists())
            .values(elapsed_s=elapsed.total_seconds(), state=state)
            .returning(STEPS.c.id)
        )

        def write(transaction: Connection) -> None:
            done = transaction.execute(statement, {"key": key.id, "run_id": key.run_id})
            if done.one_or_none() is None:
                raise SessionLostError(_lost(key.id, session), session=session)

        await self._database.write(write)

    async def finish_step(
        self,
        key: StepKey,
        *,
        batch: str,
        session: str,
        result: StepResult,
        at: datetime,
        logs: Sequence[LogLine] = (),
        extra_events: Sequence[NewEvent] = (),
    ) -> None:
        """Write what the attempt came to, or that one of its segments has ended; all of it or nothing.

        Raises:
            SessionLostError: If the attempt is not running in this session, or the session is not the owner any more.
        """  # noqa: DOC502 - raised in the transaction

        def write(transaction: Connection) -> None:
            row = _fenced(transaction, key, batch)
            if row is None or row.owner != session or row.session != session or row.status != StepState.RUNNING:
                raise SessionLostError(_lost(key.id, session), session=session)
            _write_measurements(transaction, key, row, result, at)
            values, announcement = _ending(row, key, result, at)
            transaction.execute(_UPDATE, values | {"key": key.id})
            insert_lines(transaction, logs)
            type = EventType.STEP_COMPLETE if result.report.finished else EventType.STEP_PROGRESS
            own = NewEvent(at, type, batch, key.run_id, announcement)
            insert_events(transaction, [*extra_events, own])

        await self._database.write(write)

    async def interrupt_step(self, key: StepKey, reason: str, at: datetime) -> None:
        """Write down that a running attempt was cut off; from then on no result is taken for it.

        An attempt that is not running is left as it is.

        Raises:
            StorageError: If the attempt was never begun.
        """  # noqa: DOC502 - raised in the transaction
        query = select(STEPS.c.status, STEPS.c.step_index, RUNS.c.batch_id).join(RUNS).where(STEPS.c.id == key.id)

        def write(transaction: Connection) -> None:
            row = transaction.execute(query).one_or_none()
            if row is None:
                msg = f"attempt {key.id} was never begun, so it cannot be interrupted"
                raise StorageError(msg, step=key.step, attempt=key.attempt)
            if row.status == StepState.RUNNING:
                fault = StepFault(code="INTERRUPTED", message=reason)
                ended = {"status": StepState.INTERRUPTED.value, "completed_at": at, "fault": steps.fault_json(fault)}
                transaction.execute(_UPDATE, ended | {"key": key.id})
                data: dict[str, JsonValue] = _named(key, row.step_index) | {"reason": reason}
                insert_events(transaction, [NewEvent(at, EventType.STEP_INTERRUPTED, row.batch_id, key.run_id, data)])

        await self._database.write(write)

    async def find(self, key: StepKey) -> StepRecord | None:
        """What is known of an attempt; None where it was never begun."""
        async with self._database.read() as session:
            found = await steps.load(session, await session.execute(select(STEPS).where(STEPS.c.id == key.id)))
        return found[0] if found else None

    async def finished(self, run_id: str, round: int) -> list[StepResult]:
        """The latest result of each step of a round, in the order they were completed; none that was given up."""
        of_round = (STEPS.c.execution_id == run_id, STEPS.c.round == round)
        query = (
            select(STEPS)
            .where(*of_round, STEPS.c.status.in_(FINISHED), STEPS.c.given_up.is_(False))
            .order_by(STEPS.c.completed_at, STEPS.c.step_index, STEPS.c.attempt)
        )
        async with self._database.read() as session:
            records = await steps.load(session, await session.execute(query))
        latest = {record.key.step: record.key for record in sorted(records, key=lambda record: record.key.attempt)}
        return [r.result for r in records if r.result is not None and latest[r.key.step] == r.key]

    async def orphans(self, batch: str) -> list[StepRecord]:
        """The attempts of a batch that began and whose end nobody has written."""
        query = (
            select(STEPS)
            .join(RUNS)
            .where(RUNS.c.batch_id == batch, STEPS.c.status == StepState.RUNNING.value)
            .order_by(STEPS.c.started_at, STEPS.c.step_index)
        )
        async with self._database.read() as session:
            return await steps.load(session, await session.execute(query))


def _fenced(transaction: Connection, key: StepKey, batch: str) -> Row[Any] | None:
    """Who owns the batch, and what decides of the attempt's row; None, each, where it was never begun."""
    return transaction.execute(_FENCE, {"batch": batch, "key": key.id}).one_or_none()


def _lost(what: str, session: str) -> str:
    return f"session {session} does not own {what} any more: another process has taken over, nothing was written"


def _obstacle(row: Row[Any], key: StepKey, session: str) -> str | None:
    """Why the attempt may not begin (again), if so."""
    if row.status in FINISHED:
        return f"attempt {key.id} has its result already; take that, or begin another attempt"
    under_way = row.status == StepState.RUNNING and row.segments_done < row.segment
    if under_way and row.session != session:
        return f"attempt {key.id} began in another session; it must be reconciled before it is begun again"
    return None


def _named(key: StepKey, index: int) -> dict[str, JsonValue]:
    return {"step": key.step, "index": index, "attempt": key.attempt}


def _ending(
    row: Row[Any], key: StepKey, result: StepResult, at: datetime
) -> tuple[dict[str, Any], dict[str, JsonValue]]:
    """The columns that end an attempt or a segment of it, and what the event says of it."""
    report = result.report
    elapsed = report.elapsed.total_seconds()
    announcement = _named(key, row.step_index)
    if not report.finished:
        values = {"segments_done": row.segment, "elapsed_s": elapsed, "state": result.state}
        return values, announcement | {"segments_done": row.segment, "elapsed_s": elapsed}
    values = steps.ending(result) | {
        "status": step_state_of(report.outcome).value,
        "segments_done": row.segment,
        "completed_at": at,
    }
    return values, announcement | {
        "outcome": report.outcome.value,
        "elapsed_s": elapsed,
        "measurements": [steps.measurement_json(measurement) for measurement in result.measurements],
        "defects": list(report.defects),
        "fault": steps.fault_json(report.fault),
    }


def _write_measurements(transaction: Connection, key: StepKey, row: Row[Any], result: StepResult, at: datetime) -> None:
    """Write measurements; one that an earlier segment, or this one before it was cut off, took is replaced."""
    if not result.measurements:
        return
    first = 0
    if row.segment > 1 or row.segments_done:
        names = [measurement.name for measurement in result.measurements]
        mine = MEASUREMENTS.c.step_result_id == key.id
        transaction.execute(delete(MEASUREMENTS).where(and_(mine, MEASUREMENTS.c.name.in_(names))))
        first = int(
            transaction.scalar(select(func.coalesce(func.max(MEASUREMENTS.c.position) + 1, 0)).where(mine)) or 0
        )
    sequence = transaction.scalar(select(RUNS.c.sequence_name).where(RUNS.c.id == key.run_id)) or ""
    rows = steps.measurement_rows(key, sequence, result.measurements, first, at)
    transaction.execute(_INSERT_MEASUREMENTS, rows)
