"""Runs, from the moment they are accepted or refused until their result is kept and owed to the MES."""

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, func, insert, literal, select, update

from station.domain.audit import Deed
from station.domain.errors import RunNotFoundError
from station.domain.events import EventType
from station.domain.notice import Notice, NoticeCode
from station.domain.outcome import RunState, StepState
from station.domain.plan import PackageRef, Plan
from station.domain.quarantine import Quarantine
from station.domain.run import RunReason, RunResult, UnitUnderTest
from station.storage import steps
from station.storage.audit import record as record_deed
from station.storage.choices import choice_in, choice_query
from station.storage.columns import UtcDateTime
from station.storage.database import Database
from station.storage.events import NewEvent, insert_events
from station.storage.findings import conclude
from station.storage.history import EVERY_RUN, Position, RunFilter, runs_of
from station.storage.quarantine import put_in_quarantine, quarantine_in, quarantine_query, refuse_in_quarantine
from station.storage.run_rows import RunRecord, closing, record, refusal, row_of, without_plan
from station.storage.steps import StepRecord
from station.storage.tables import PROMPTS, RUNS, STEPS, SYNC_QUEUE

__all__ = ["AcceptedRun", "LostRun", "OwedItem", "Position", "RunFilter", "RunRecord", "Runs"]

_OF_RUN = update(RUNS).where(RUNS.c.id == bindparam("run_id"))
_LEFT_RUNNING = (
    update(STEPS)
    .where(STEPS.c.execution_id == bindparam("run_id"), STEPS.c.status == StepState.RUNNING.value)
    .values(status=StepState.INTERRUPTED.value, completed_at=bindparam("at"))
)
_LEFT_OPEN = (
    update(PROMPTS)
    .where(PROMPTS.c.execution_id == bindparam("run_id"), PROMPTS.c.state == "open")
    .values(state="withdrawn", answered_at=bindparam("at"))
)


@dataclass(frozen=True)
class AcceptedRun:
    """A run that will happen, with everything that is decided before it starts."""

    run_id: str
    batch: str
    unit: UnitUnderTest
    plan: Plan
    workflow_id: str
    accepted_at: datetime
    started_by: str = ""
    """Who asked for it; empty where nobody said."""


def _start_of(run: AcceptedRun) -> Deed:
    return Deed(
        id=f"{run.run_id}/accepted",
        at=run.accepted_at,
        actor=run.started_by,
        action="start_run",
        target=run.batch,
        data={"run": run.run_id, "wip": run.unit.wip},
    )


@dataclass(frozen=True)
class LostRun:
    """What a run that is over knows of itself, for a database that has lost it: one restored from a backup."""

    batch: str
    package: PackageRef
    parameters: dict[str, JsonValue]
    unit: UnitUnderTest
    round: int
    accepted_at: datetime
    workflow_id: str = ""
    temporal_run_id: str = ""


@dataclass(frozen=True)
class OwedItem:
    """What the MES must be told.

    Attributes:
        item_id: Its identity; the same item is owed once, however often it is written.
        entity_type: wip_process.
        entity_id: The WIP.
        action: start_process, complete_process or convert_to_serial.
        payload: What is sent.
    """

    item_id: str
    entity_type: str
    entity_id: str
    action: str
    payload: dict[str, JsonValue] = field(default_factory=dict)


class _Head(NamedTuple):
    batch_id: str
    sequence_name: str
    state: str
    round: int
    recoveries: int


class Runs:
    """The runs of the station.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(self, run: AcceptedRun) -> str | None:
        """Write the run down before anything else happens; a second time changes nothing.

        Returns:
            The id of an open run with the same WIP and process, where there is one: then nothing is written, because
            two runs on one unit's process would overwrite each other in the MES.

        Raises:
            SlotQuarantinedError: If the slot takes no run; then nothing is written.
        """  # noqa: DOC502 - made by the quarantine
        package = run.plan.package
        values = row_of(run.run_id, run.batch, package, run.unit, run.accepted_at) | {
            "state": RunState.ACCEPTED.value,
            "status": "running",
            "parameters": run.plan.parameters,
            "plan": run.plan.model_dump(mode="json"),
            "workflow_id": run.workflow_id,
        }
        data: dict[str, JsonValue] = {
            "sequence": package.name,
            "version": package.version,
            **run.unit.model_dump(mode="json", exclude={"notes", "equipment"}),
            "steps": len(run.plan.steps),
        }

        def write(transaction: Connection) -> str | None:
            if _known(transaction, run.run_id):
                return None
            refuse_in_quarantine(transaction, run.batch)
            if run.unit.wip is not None and (other := _open_run_of(transaction, run.unit)):
                return other
            transaction.execute(insert(RUNS), values)
            event = NewEvent(run.accepted_at, EventType.RUN_ACCEPTED, run.batch, run.run_id, data)
            insert_events(transaction, [event])
            if run.started_by:
                record_deed(transaction, _start_of(run))
            return None

        return await self._database.write(write)

    async def refuse(
        self,
        run_id: str,
        batch: str,
        sequence: PackageRef | str,
        unit: UnitUnderTest,
        reason: RunReason,
        at: datetime,
    ) -> None:
        """Write down that a start was refused, and why; a second time changes nothing.

        Args:
            run_id: The identity the run would have had.
            batch: The slot that was asked for.
            sequence: The package, or as much as is known of it: its name.
            unit: The unit that was to be tested.
            reason: Why not.
            at: When, aware.
        """
        package = PackageRef(name=sequence, version="", content_hash="") if isinstance(sequence, str) else sequence
        values = row_of(run_id, batch, package, unit, at) | refusal(reason, at)
        data: dict[str, JsonValue] = {"sequence": package.name, "wip": unit.wip, "reason": values["reason"]}

        def write(transaction: Connection) -> None:
            if _known(transaction, run_id):
                return
            transaction.execute(insert(RUNS), values)
            insert_events(transaction, [NewEvent(at, EventType.RUN_REFUSED, batch, run_id, data)])

        await self._database.write(write)

    async def set_state(
        self,
        run_id: str,
        state: RunState,
        at: datetime,
        *,
        waiting_for: str = "",
        detail: dict[str, JsonValue] | None = None,
    ) -> None:
        """Say where the run is on its way; a completed run is never changed.

        Args:
            run_id: The run.
            state: Any but COMPLETED, which is for `finish` to say.
            at: When, aware.
            waiting_for: What holds it up, in words.
            detail: What else the event tells.

        Raises:
            RunNotFoundError: If there is no such run.
            ValueError: If the run would be completed without a result.
        """  # noqa: DOC502 - raised in the transaction
        data: dict[str, JsonValue] = {"state": state.value, "waiting_for": waiting_for, **(detail or {})}

        def write(transaction: Connection) -> None:
            run = _head(transaction, run_id)
            if run.state == RunState.COMPLETED:
                return
            if state is RunState.COMPLETED:
                msg = "a run is completed by finish(), which needs its result"
                raise ValueError(msg)
            transaction.execute(_OF_RUN.values(state=state.value), {"run_id": run_id})
            insert_events(transaction, [NewEvent(at, EventType.BATCH_STATUS, run.batch_id, run_id, data)])

        await self._database.write(write)

    async def begin(self, run_id: str, temporal_run_id: str, at: datetime) -> None:
        """Write down which execution in the engine drives the run; its start is the first one's.

        Raises:
            RunNotFoundError: If there is no such run.
        """  # noqa: DOC502 - raised in the transaction
        changes = {
            "temporal_run_id": temporal_run_id,
            "started_at": func.coalesce(RUNS.c.started_at, literal(at, UtcDateTime())),
        }

        def write(transaction: Connection) -> None:
            run = _head(transaction, run_id)
            if run.state != RunState.COMPLETED:
                transaction.execute(_OF_RUN.values(**changes), {"run_id": run_id})

        await self._database.write(write)

    async def note_instruments(self, run_id: str, found: Mapping[str, Mapping[str, str]]) -> None:
        """Write down which instruments a run is done with; those that were noted before stay.

        Args:
            run_id: The run.
            found: Driver and identity of each, by its name.

        Raises:
            RunNotFoundError: If there is no such run.
        """  # noqa: DOC502 - raised in the transaction

        def write(transaction: Connection) -> None:
            _head(transaction, run_id)
            known = transaction.scalar(select(RUNS.c.instruments).where(RUNS.c.id == run_id)) or {}
            noted = known | {name: dict(facts) for name, facts in found.items()}
            if noted != known:
                transaction.execute(_OF_RUN.values(instruments=noted), {"run_id": run_id})

        await self._database.write(write)

    async def new_round(self, run_id: str, round: int, at: datetime) -> None:
        """Write down that the run begins again at its first step.

        Raises:
            RunNotFoundError: If there is no such run.
        """  # noqa: DOC502 - raised in the transaction

        def write(transaction: Connection) -> None:
            run = _head(transaction, run_id)
            if run.state == RunState.COMPLETED or run.round >= round:
                return
            transaction.execute(_OF_RUN.values(round=round), {"run_id": run_id})
            data: dict[str, JsonValue] = {"state": run.state, "round": round}
            insert_events(transaction, [NewEvent(at, EventType.BATCH_STATUS, run.batch_id, run_id, data)])

        await self._database.write(write)

    async def recovered(self, run_id: str, recoveries: int, reason: str, at: datetime) -> None:
        """Write down that the run goes on after it was cut off, and how often that has happened.

        Raises:
            RunNotFoundError: If there is no such run.
        """  # noqa: DOC502 - raised in the transaction

        def write(transaction: Connection) -> None:
            run = _head(transaction, run_id)
            if run.state == RunState.COMPLETED or run.recoveries >= recoveries:
                return
            transaction.execute(_OF_RUN.values(recoveries=recoveries), {"run_id": run_id})
            data: dict[str, JsonValue] = {"recoveries": recoveries, "reason": reason}
            insert_events(transaction, [NewEvent(at, EventType.RUN_RECOVERED, run.batch_id, run_id, data)])

        await self._database.write(write)

    async def finish(self, result: RunResult, owed: Sequence[OwedItem] = (), *, lost: LostRun | None = None) -> None:
        """Keep what the run came to and what the MES must be told of it, in one transaction.

        A run that could not confirm the safe state puts its slot in quarantine with it.

        The first result stands; what is owed is added where it is not there yet. A step whose result could not be
        written, because the disk was full for example, is not left running for ever: it counts as interrupted.

        Args:
            result: What the run came to.
            owed: What the MES must be told of it.
            lost: Writes the run anew, without its plan and its steps, where there is no such run any more.

        Raises:
            RunNotFoundError: If there is no such run, and none is to be written anew.
        """  # noqa: DOC502 - raised in the transaction
        at = result.completed_at

        def write(transaction: Connection) -> None:
            if lost is not None and not _known(transaction, result.run_id):
                _write_anew(transaction, result.run_id, lost, at)
            run = _head(transaction, result.run_id)
            if run.state != RunState.COMPLETED:
                transaction.execute(_OF_RUN.values(**closing(result)), {"run_id": result.run_id})
                data: dict[str, JsonValue] = {"result": result.model_dump(mode="json")}
                event = NewEvent(at, EventType.SEQUENCE_COMPLETE, run.batch_id, result.run_id, data)
                insert_events(transaction, [event])
                for left in (_LEFT_RUNNING, _LEFT_OPEN):
                    transaction.execute(left, {"run_id": result.run_id, "at": at})
                conclude(transaction, result)
                if not result.hardware_safe:
                    put_in_quarantine(transaction, run.batch_id, _unsafe(result), at)
            for item in owed:
                owe(transaction, item, result.run_id, at)

        await self._database.write(write)

    async def quarantine_of(self, batch: str) -> Quarantine | None:
        """Why a slot takes no run; None where it takes runs."""
        async with self._database.read() as session:
            return quarantine_in((await session.execute(quarantine_query(batch))).one_or_none())

    async def chosen_package(self, batch: str, folder: str) -> PackageRef | None:
        """The version that was chosen for a batch; None: none was, and it uses what is in its folder."""
        async with self._database.read() as session:
            choice = choice_in((await session.execute(choice_query(batch))).one_or_none(), folder)
        return choice.package if choice else None

    async def get(self, run_id: str) -> RunRecord | None:
        """Everything about one run, its plan included."""
        async with self._database.read() as session:
            row = (await session.execute(select(RUNS).where(RUNS.c.id == run_id))).one_or_none()
        return None if row is None else record(row)

    async def list(
        self, filter: RunFilter = EVERY_RUN, limit: int = 50, after: Position | None = None
    ) -> builtins.list[RunRecord]:
        """Runs that pass the filter, newest first, without their plans.

        Args:
            filter: Which runs.
            limit: At most so many.
            after: Where the previous page ended.
        """
        async with self._database.read() as session:
            return await runs_of(session, filter, limit, after)

    async def open_runs(self, *, plans: bool = True) -> builtins.list[RunRecord]:
        """Every run that is not completed, oldest first; with their plans, they are what a lost engine is rebuilt from.

        Args:
            plans: Whether with their plans, which are large.
        """
        every = select(RUNS) if plans else without_plan()
        query = every.where(RUNS.c.state != RunState.COMPLETED.value).order_by(RUNS.c.id)
        async with self._database.read() as session:
            return [record(row) for row in await session.execute(query)]

    async def steps(self, run_id: str) -> builtins.list[StepRecord]:
        """Every attempt of every step of a run, with its measurements, by position and attempt."""
        query = select(STEPS).where(STEPS.c.execution_id == run_id).order_by(STEPS.c.step_index, STEPS.c.attempt)
        async with self._database.read() as session:
            return await steps.load(session, await session.execute(query))


def _known(transaction: Connection, run_id: str) -> bool:
    return transaction.scalar(select(RUNS.c.id).where(RUNS.c.id == run_id)) is not None


def _write_anew(transaction: Connection, run_id: str, run: LostRun, at: datetime) -> None:
    values = row_of(run_id, run.batch, run.package, run.unit, run.accepted_at) | {
        "state": RunState.ACCEPTED.value,
        "status": "running",
        "parameters": run.parameters,
        "round": run.round,
        "workflow_id": run.workflow_id or None,
        "temporal_run_id": run.temporal_run_id or None,
    }
    transaction.execute(insert(RUNS), values)
    alert = f"the results had lost run {run_id}; it is written anew, without the steps that were lost with it"
    insert_events(transaction, [NewEvent(at, EventType.ERROR, run.batch, run_id, {"error": alert})])


def _open_run_of(transaction: Connection, unit: UnitUnderTest) -> str | None:
    same_unit = (RUNS.c.wip_id == unit.wip, RUNS.c.process_id.is_not_distinct_from(unit.process))
    query = select(RUNS.c.id).where(*same_unit, RUNS.c.state != RunState.COMPLETED.value).limit(1)
    found: str | None = transaction.scalar(query)
    return found


def check_known(transaction: Connection, run_id: str) -> None:
    """Refuse to write something of a run that is not in the results.

    Raises:
        RunNotFoundError: If it is not.
    """  # noqa: DOC502 - `_head` raises it
    _head(transaction, run_id)


def sequence_of(transaction: Connection, run_id: str) -> str:
    """Tell which sequence a run is of.

    Raises:
        RunNotFoundError: If there is no such run.
    """  # noqa: DOC502 - `_head` raises it
    return _head(transaction, run_id).sequence_name


def _head(transaction: Connection, run_id: str) -> _Head:
    """What a change of a run must know of it.

    Raises:
        RunNotFoundError: If there is no such run.
    """
    columns = (RUNS.c.batch_id, RUNS.c.sequence_name, RUNS.c.state, RUNS.c.round, RUNS.c.recoveries)
    query = select(*columns).where(RUNS.c.id == run_id)
    row = transaction.execute(query).one_or_none()
    if row is None:
        msg = f"there is no run {run_id} in the results"
        raise RunNotFoundError(msg, run_id=run_id)
    return _Head(*row)


def _unsafe(result: RunResult) -> Notice:
    said = f"{result.reason.code}: {result.reason.message}" if result.reason else ""
    why = f" ({said})" if said else ""
    text = f"run {result.run_id} ended {result.outcome} without a confirmed safe state{why}"
    return Notice.of(NoticeCode.UNSAFE_RUN, text, run=result.run_id, outcome=result.outcome.value, said=said)


def owe(transaction: Connection, item: OwedItem, run_id: str | None, at: datetime) -> bool:
    """Add an item to what is owed to the MES, once; tells whether it is new."""
    if transaction.scalar(select(SYNC_QUEUE.c.id).where(SYNC_QUEUE.c.item_id == item.item_id)) is not None:
        return False
    values = {
        "item_id": item.item_id,
        "entity_type": item.entity_type,
        "entity_id": item.entity_id,
        "action": item.action,
        "payload": item.payload,
        "execution_id": run_id,
        "retry_count": 0,
        "created_at": at,
        "state": "pending",
    }
    transaction.execute(insert(SYNC_QUEUE), values)
    return True
