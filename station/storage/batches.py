"""What is wanted of each batch and what its process does."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Row, select

from station.domain.events import EventType
from station.domain.notice import Notice
from station.domain.quarantine import Quarantine
from station.storage.batch_rows import change_batch
from station.storage.database import Database
from station.storage.events import NewEvent, insert_events
from station.storage.quarantine import put_in_quarantine, quarantine_in
from station.storage.tables import BATCHES


class ExitKind(StrEnum):
    """How a batch's process came to its end."""

    KILLED = "killed"
    """By a signal from outside."""
    CRASHED = "crashed"
    """By a fault of its own."""
    EXITED = "exited"
    """By itself, with an exit code."""
    MEMORY_LIMIT = "memory_limit"
    UNRESPONSIVE = "unresponsive"
    """It gave no sign of life and was killed for that."""
    STOPPED = "stopped"
    """Because it was asked to."""


@dataclass(frozen=True)
class ProcessExit:
    """The end of a batch's process.

    Attributes:
        code: Its exit code, if it had one.
        signal: The signal that ended it, if one did.
        message: One sentence for people.
        pid: Which process it was; `process_exited` fills it in.
    """

    kind: ExitKind
    code: int | None = None
    signal: int | None = None
    message: str = ""
    pid: int | None = None


@dataclass(frozen=True)
class BatchRecord:
    """What is known of one batch.

    Attributes:
        desired: running or stopped: what somebody asked for, also after a power cut.
        process_state: What its process does: starting, running, stopping, stopped, error ...
        restarts: Restarts in a row.
        alert: What needs a person's attention; empty if nothing does.
        session_run_id: The run whose session owns the hardware; None: nobody, or a manual session.
        hardware_safe: False while a session is open, and where the safe state could not be confirmed.
    """

    batch: str
    desired: str
    process_state: str
    pid: int | None
    process_started_at: datetime | None
    restarts: int
    last_exit: ProcessExit | None
    alert: str
    session_token: str | None = field(repr=False)
    session_run_id: str | None
    session_opened_at: datetime | None
    hardware_safe: bool
    rss_bytes: int | None
    cpu_percent: float | None
    updated_at: datetime
    quarantine: Quarantine | None = None
    """Why the slot takes no run; None: it takes runs."""


class Batches:
    """The batches of the station; one that was never heard of gets its row with the first change.

    Args:
        database: The open results database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, batch: str) -> BatchRecord | None:
        """What is known of one batch."""
        async with self._database.read() as session:
            row = (await session.execute(select(BATCHES).where(BATCHES.c.batch_id == batch))).one_or_none()
        return None if row is None else _record(row)

    async def all(self) -> list[BatchRecord]:
        """Every batch that was ever heard of, by name."""
        async with self._database.read() as session:
            return [_record(row) for row in await session.execute(select(BATCHES).order_by(BATCHES.c.batch_id))]

    async def set_desired(self, batch: str, desired: str, at: datetime) -> None:
        """Keep what is wanted of the batch.

        Args:
            batch: The batch.
            desired: running or stopped.
            at: When, aware.

        Raises:
            ValueError: If `desired` is another word.
        """
        if desired not in {"running", "stopped"}:
            msg = f"desired is {desired!r}; it must be running or stopped"
            raise ValueError(msg)
        await self._change(batch, at, {"desired": desired})

    async def process_started(self, batch: str, pid: int, at: datetime, restarts: int) -> None:
        """Write down that the batch's process is up; what was alarming before is over."""
        values = {"process_state": "running", "pid": pid, "restarts": restarts, "alert": ""}
        await self._change(
            batch, at, values, unannounced={"process_started_at": at, "rss_bytes": None, "cpu_percent": None}
        )

    async def process_exited(self, batch: str, pid: int, exit: ProcessExit, at: datetime) -> None:
        """Write down how the batch's process ended; news of a process that has a successor changes nothing.

        An end that nobody asked for is an `error` event too.
        """
        asked_for = exit.kind is ExitKind.STOPPED
        told: dict[str, JsonValue] = {**asdict(exit), "kind": exit.kind.value, "pid": pid}
        values = {"process_state": "stopped" if asked_for else "crashed", "pid": None, "last_exit": told}
        events = [_status(batch, at, values)]
        if not asked_for:
            sentence = exit.message or f"the process of batch {batch} ended: {exit.kind}"
            events.append(NewEvent(at, EventType.ERROR, batch, data={"error": sentence, "exit": told}))

        def write(transaction: Connection) -> None:
            current = transaction.scalar(select(BATCHES.c.pid).where(BATCHES.c.batch_id == batch))
            if current is not None and current != pid:
                return
            change_batch(transaction, batch, at, values | {"rss_bytes": None, "cpu_percent": None})
            insert_events(transaction, events)

        await self._database.write(write)

    async def set_process_state(
        self, batch: str, state: str, at: datetime, alert: str = "", *, quarantine: Notice | None = None
    ) -> None:
        """Say what the batch's process does; an alert is an `error` event too.

        Args:
            batch: The batch.
            state: One word, see `BatchRecord`.
            at: When, aware.
            alert: What needs a person's attention; empty takes back what did.
            quarantine: Why the slot is to take no run from here on; None changes nothing about that.
        """
        values = {"process_state": state, "alert": alert}
        events = [NewEvent(at, EventType.ERROR, batch, data={"error": alert})] if alert else []

        def write(transaction: Connection) -> None:
            change_batch(transaction, batch, at, values)
            insert_events(transaction, [_status(batch, at, values), *events])
            if quarantine:
                put_in_quarantine(transaction, batch, quarantine, at)

        await self._database.write(write)

    async def usage(
        self, batch: str, rss_bytes: int, cpu_percent: float, at: datetime, *, announce: bool = False
    ) -> None:
        """Keep what the batch's process uses; watchers are told only if `announce` says so."""
        values = {"rss_bytes": rss_bytes, "cpu_percent": cpu_percent}

        def write(transaction: Connection) -> None:
            change_batch(transaction, batch, at, values)
            if announce:
                insert_events(transaction, [_status(batch, at, values)])

        await self._database.write(write)

    async def _change(
        self,
        batch: str,
        at: datetime,
        values: dict[str, Any],
        *events: NewEvent,
        unannounced: dict[str, Any] | None = None,
    ) -> None:
        def write(transaction: Connection) -> None:
            change_batch(transaction, batch, at, values | (unannounced or {}))
            insert_events(transaction, [_status(batch, at, values), *events])

        await self._database.write(write)


def _status(batch: str, at: datetime, values: dict[str, Any]) -> NewEvent:
    data: dict[str, JsonValue] = {("exit" if name == "last_exit" else name): value for name, value in values.items()}
    return NewEvent(at, EventType.BATCH_STATUS, batch, data=data)


def _record(row: Row[Any]) -> BatchRecord:
    exit = row.last_exit
    return BatchRecord(
        batch=row.batch_id,
        desired=row.desired,
        process_state=row.process_state,
        pid=row.pid,
        process_started_at=row.process_started_at,
        restarts=row.restarts,
        last_exit=None if exit is None else ProcessExit(**{**exit, "kind": ExitKind(exit["kind"])}),
        alert=row.alert,
        session_token=row.session_token,
        session_run_id=row.session_run_id,
        session_opened_at=row.session_opened_at,
        hardware_safe=row.hardware_safe,
        rss_bytes=row.rss_bytes,
        cpu_percent=row.cpu_percent,
        updated_at=row.updated_at,
        quarantine=quarantine_in(row),
    )
