"""The tables of the results database, with the names and columns the source documents give them.

Our words are translated here and in the modules beside this one: a run is an `execution`, its package a `sequence`.
Nobody outside this package sees these classes.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, MetaData, Table, text
from sqlmodel import Field, SQLModel

from station.storage.columns import AnyJson, BigId, FreeText, Json, UtcDateTime

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_COUNTED = {"sqlite_autoincrement": True}  # an id is never given twice, not even after rows were deleted


NOTABLE_LOGS = "level IN ('warning', 'error', 'critical')"
"""The lines people look for; an index of them is used by queries that have exactly these words."""
EVENTS_OF_RUNS = "type IN ('run_accepted', 'run_refused', 'sequence_complete')"
"""The events after which the list of runs is another one."""


class Base(SQLModel):
    """Tables of the station, apart from any other SQLModel tables in the process."""

    metadata = MetaData(naming_convention=_NAMES)


def _json() -> Any:  # noqa: ANN401 - a SQLModel field is of the type its annotation says
    return Field(default=None, sa_type=Json, nullable=True)


def _time(*, nullable: bool = True) -> Any:  # noqa: ANN401
    return Field(default=None, sa_type=UtcDateTime, nullable=nullable)


def _counted_id() -> Any:  # noqa: ANN401
    return Field(default=None, sa_column=Column("id", BigId, primary_key=True, autoincrement=True))


def _text(default: str | None = None) -> Any:  # noqa: ANN401
    return Field(default=default, sa_type=FreeText, nullable=default is None)


HISTORY = (
    "accepted_at", "id", "batch_id", "sequence_name", "sequence_version", "outcome", "status", "refused", "wip_id",
    "process_id", "operator_id", "synced_at", "judged", "superseded", "duration_s",
)  # fmt: skip
"""What runs are searched and counted by, in the order of the history: an index of it is a narrow copy of the table."""


class ExecutionResult(Base, table=True):
    """A run, from the moment it is accepted; a refused start has a row too."""

    __tablename__ = "execution_results"
    __table_args__ = (
        *(
            Index(f"ix_execution_results_{name}_accepted_at", name, "accepted_at", "id")
            for name in ("batch_id", "sequence_name", "sequence_version", "wip_id", "process_id", "operator_id")
        ),
        *(
            Index(f"ix_execution_results_{name}_accepted_at", name, "accepted_at", "id")
            for name in ("outcome", "status", "refused")
        ),
        Index("ix_execution_results_history", *HISTORY),
        Index(
            "ix_execution_results_synced",
            "accepted_at",
            "id",
            sqlite_where=text("synced_at IS NOT NULL"),
            postgresql_where=text("synced_at IS NOT NULL"),
        ),
        Index(
            "ix_execution_results_open",
            "id",
            sqlite_where=text("state != 'completed'"),
            postgresql_where=text("state != 'completed'"),
        ),
    )

    id: str = Field(primary_key=True)
    """The run's id, 26 characters, ordered by time."""
    batch_id: str
    sequence_name: str
    sequence_version: str
    content_hash: str
    wip_id: str | None = None
    process_id: int | None = None
    operator_id: str | None = None
    state: str
    """RunState."""
    status: str
    """running, completed, failed or stopped, as documented; follows from the outcome."""
    outcome: str | None = None
    reason: dict[str, Any] | None = _json()
    refused: bool = False
    parameters: dict[str, Any] | None = _json()
    plan: dict[str, Any] | None = _json()
    result: dict[str, Any] | None = _json()
    """RunResult, once there is one."""
    defects: list[str] | None = _json()
    round: int = 1
    """Counts the times the run began at its first step."""
    recoveries: int = 0
    hardware_safe: bool = True
    instruments: dict[str, Any] | None = _json()
    """The instruments it was done with, by name: driver, and identity in the instrument's own words."""
    duration_s: float | None = None
    """The test's own time in seconds, from its start to its end without waiting for answers, once it is over."""
    judged: int | None = None
    """How many runs had judged this unit in this process, this one included, where it ended PASSED or FAILED."""
    superseded: bool = False
    """Whether a later run has judged the same unit in the same process."""
    workflow_id: str | None = None
    temporal_run_id: str | None = None
    accepted_at: datetime = _time(nullable=False)
    started_at: datetime | None = _time()
    completed_at: datetime | None = _time()
    synced_at: datetime | None = _time()
    created_at: datetime = _time(nullable=False)


class StepResultRow(Base, table=True):
    """One attempt of a step: written before it touches hardware, and with its result right after."""

    __tablename__ = "step_results"
    __table_args__ = (
        Index("ix_step_results_execution_id", "execution_id", "step_index", "attempt"),
        Index(
            "ix_step_results_running",
            "execution_id",
            sqlite_where=text("status = 'running'"),
            postgresql_where=text("status = 'running'"),
        ),
    )

    id: str = Field(primary_key=True)
    """`<run>:<step>:<attempt>`."""
    execution_id: str = Field(sa_column=Column(ForeignKey("execution_results.id"), nullable=False))
    step_name: str
    step_index: int
    attempt: int
    round: int
    segment: int
    """Segments begun; 1 for a step that is one piece."""
    segments_done: int = 0
    session: str
    task_token: bytes | None = Field(default=None, sa_type=LargeBinary)
    worker_pid: int | None = None
    started_at: datetime = _time(nullable=False)
    completed_at: datetime | None = _time()
    elapsed_s: float = 0.0
    """Powered time of all segments, in seconds."""
    status: str
    """StepState."""
    outcome: str | None = None
    result: dict[str, Any] | None = _json()
    """What the step returned."""
    state: dict[str, Any] | None = _json()
    """`ctx.state`, at the last checkpoint or at the end."""
    fault: dict[str, Any] | None = _json()
    defects: list[str] | None = _json()
    attachments: list[Any] | None = _json()
    given_up: bool = False
    """Whether the run went back behind this attempt: it stays as history and does not count any more."""


class MeasurementRow(Base, table=True):
    """One measured value and its verdict."""

    __tablename__ = "measurements"
    __table_args__ = (
        Index("ix_measurements_execution_id", "execution_id"),
        Index("ix_measurements_step_result_id", "step_result_id"),
        Index("ix_measurements_series", "sequence_name", "step_name", "name", "measured_at", "id"),
    )

    id: str = Field(primary_key=True)
    """`<step result>:<position>`."""
    step_result_id: str = Field(sa_column=Column(ForeignKey("step_results.id"), nullable=False))
    execution_id: str = Field(sa_column=Column(ForeignKey("execution_results.id"), nullable=False))
    sequence_name: str = ""
    step_name: str = ""
    name: str
    position: int
    value: Any = Field(default=None, sa_type=AnyJson, nullable=True)
    number: float | None = None
    """The value where it is a finite number, for statistics in SQL."""
    unit: str = ""
    limit: dict[str, Any] | None = _json()
    outcome: str
    measured_at: datetime = _time(nullable=False)
    measured_by: str | None = None
    """Who said so, where a person answered a prompt."""


class FindingRow(Base, table=True):
    """What was wrong with a run that is over, to find it by and to count it; follows from its steps and its result."""

    __tablename__ = "findings"
    __table_args__ = (
        Index(
            "ix_findings_history",
            "kind", "step_name", "name", "accepted_at", "execution_id", "batch_id", "sequence_name",
        ),
    )  # fmt: skip

    execution_id: str = Field(sa_column=Column(ForeignKey("execution_results.id"), primary_key=True))
    kind: str = Field(primary_key=True)
    """step: it ended FAILED or ERROR; measurement: out of limits; fault: another reason for that; defect."""
    step_name: str = Field(default="", primary_key=True)
    """Empty for a defect."""
    name: str = Field(default="", primary_key=True)
    """Of the measurement, or the code of the fault or defect; empty for a step.

    A fault without a code has the step's outcome in its place.
    """
    batch_id: str
    sequence_name: str
    accepted_at: datetime = _time(nullable=False)


class LogRow(Base, table=True):
    """One line of a run's or a batch's log."""

    __tablename__ = "logs"
    __table_args__ = (
        Index("ix_logs_execution_id_timestamp", "execution_id", "timestamp", "id"),
        Index("ix_logs_batch_id_timestamp", "batch_id", "timestamp", "id"),
        Index("ix_logs_timestamp", "timestamp", "id"),
        Index(
            "ix_logs_notable",
            "timestamp",
            "id",
            sqlite_where=text(NOTABLE_LOGS),
            postgresql_where=text(NOTABLE_LOGS),
        ),
        _COUNTED,
    )

    id: int | None = _counted_id()
    batch_id: str
    execution_id: str | None = None
    step_name: str | None = None
    level: str
    message: str = _text("")
    data: dict[str, Any] | None = _json()
    timestamp: datetime = _time(nullable=False)


class SyncItem(Base, table=True):
    """What is owed to the MES, from before its delivery until long after."""

    __tablename__ = "sync_queue"
    __table_args__ = (
        Index(
            "idx_sync_queue_pending",
            "synced_at",
            sqlite_where=text("synced_at IS NULL"),
            postgresql_where=text("synced_at IS NULL"),
        ),
        Index("ix_sync_queue_execution_id", "execution_id"),
        _COUNTED,
    )

    id: int | None = _counted_id()
    entity_type: str
    """wip_process."""
    entity_id: str
    """The WIP."""
    action: str
    """start_process, complete_process or convert_to_serial."""
    payload: dict[str, Any] = Field(sa_type=Json, nullable=False)
    retry_count: int = 0
    last_error: str | None = _text()
    created_at: datetime = _time(nullable=False)
    synced_at: datetime | None = _time()
    item_id: str | None = Field(default=None, unique=True)
    execution_id: str | None = None
    state: str = "pending"
    server_failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How often in a row the MES failed at it with a 500."""


class EventRow(Base, table=True):
    """A live event; its id is the cursor with which a watcher resumes."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_execution_id", "execution_id", "id"),
        Index("ix_events_of_runs", "id", sqlite_where=text(EVENTS_OF_RUNS), postgresql_where=text(EVENTS_OF_RUNS)),
        _COUNTED,
    )

    id: int | None = _counted_id()
    time: datetime = _time(nullable=False)
    batch_id: str | None = None
    execution_id: str | None = None
    type: str
    data: dict[str, Any] = Field(sa_type=Json, nullable=False)


class PromptRow(Base, table=True):
    """A question a run waits for, and its one answer."""

    __tablename__ = "prompts"
    __table_args__ = (Index("ix_prompts_execution_id", "execution_id"),)

    id: str = Field(primary_key=True)
    batch_id: str
    execution_id: str = Field(sa_column=Column(ForeignKey("execution_results.id"), nullable=False))
    step_name: str | None = None
    kind: str
    message: str = _text("")
    data: dict[str, Any] | None = _json()
    """What else the question says: choices, unit of measure, picture."""
    asked_at: datetime = _time(nullable=False)
    state: str = "open"
    """open, answered, timed_out or withdrawn."""
    answer: Any = Field(default=None, sa_type=AnyJson, nullable=True)
    answered_by: str | None = None
    answered_at: datetime | None = _time()


class BatchStateRow(Base, table=True):
    """What is wanted of a batch, what its process does, and which session owns its hardware."""

    __tablename__ = "batch_state"

    batch_id: str = Field(primary_key=True)
    desired: str = "stopped"
    """running or stopped."""
    process_state: str = "stopped"
    pid: int | None = None
    process_started_at: datetime | None = _time()
    restarts: int = 0
    """Restarts in a row."""
    last_exit: dict[str, Any] | None = _json()
    alert: str = _text("")
    session_token: str | None = None
    session_run_id: str | None = None
    session_package: dict[str, Any] | None = _json()
    session_hardware: dict[str, Any] | None = _json()
    session_opened_at: datetime | None = _time()
    hardware_safe: bool = True
    quarantine: str = _text("")
    """Why the slot takes no run until somebody clears it; empty: it takes runs."""
    quarantined_at: datetime | None = _time()
    quarantine_notice: dict[str, Any] | None = _json()
    """The same as a code with parameters."""
    rss_bytes: int | None = Field(default=None, sa_type=BigId)
    cpu_percent: float | None = None
    updated_at: datetime = _time(nullable=False)


class AuditRow(Base, table=True):
    """What a person did: who, when, what, why."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_time", "time"),
        Index("ix_audit_entry_id", "entry_id", unique=True),
        Index("ix_audit_target", "target", "id"),
        _COUNTED,
    )

    id: int | None = _counted_id()
    entry_id: str | None = None
    """Given by whoever writes it, so that writing it again changes nothing."""
    time: datetime = _time(nullable=False)
    actor: str
    action: str
    target: str
    reason: str = _text("")
    data: dict[str, Any] | None = _json()
    hash: str = ""
    """Over the entry and the hash of the one before it."""


class AuditHeadRow(Base, table=True):
    """Where the audit ends: one row, so that entries taken from its end are missed."""

    __tablename__ = "audit_head"

    id: int = Field(primary_key=True)
    last_id: int = Field(sa_type=BigId)
    last_hash: str


class RequestRow(Base, table=True):
    """A start that may be asked for twice, by the key its caller gave it."""

    __tablename__ = "requests"
    __table_args__ = (Index("ix_requests_asked_at", "asked_at"),)

    key: str = Field(primary_key=True)
    """`<caller>/<Idempotency-Key>`."""
    digest: str
    execution_id: str
    asked_at: datetime = _time(nullable=False)


class CallRow(Base, table=True):
    """Somebody asked for help at the station."""

    __tablename__ = "calls"
    __table_args__ = (Index("ix_calls_state", "state"),)

    call_id: str = Field(primary_key=True)
    reason: str
    """CallReason."""
    state: str
    """CallState; one row at most is open."""
    called_at: datetime = _time(nullable=False)
    called_by: str
    ended_at: datetime | None = _time()
    ended_by: str = ""


class BreakerRow(Base, table=True):
    """How a circuit breaker stands, written by the process that has it, for the others to read."""

    __tablename__ = "circuit_breakers"

    name: str = Field(primary_key=True)
    state: str
    """BreakerState."""
    failure_count: int = 0
    last_failure: datetime | None = _time()
    reachable: bool = False
    """Whether what is behind it answered when it was last asked."""
    changed_at: datetime = _time(nullable=False)


class MetricTotalsRow(Base, table=True):
    """What has been counted for the metrics, up to an event."""

    __tablename__ = "metric_totals"

    name: str = Field(primary_key=True)
    last_event_id: int = Field(sa_type=BigId)
    totals: dict[str, Any] = Field(sa_type=Json, nullable=False)
    updated_at: datetime = _time(nullable=False)


class PackageChoiceRow(Base, table=True):
    """Which version the next run of a batch uses, from the moment somebody chose it; the latest of a batch holds."""

    __tablename__ = "package_choices"
    __table_args__ = (Index("ix_package_choices_batch_id", "batch_id", "id"), _COUNTED)

    id: int | None = _counted_id()
    batch_id: str
    folder: str
    """`sequence_package` of the batch when it was chosen; where station.yaml names another one, this does not hold."""
    sequence_name: str | None = None
    """Null: the folder's own content, as it is without any choice."""
    sequence_version: str | None = None
    content_hash: str | None = None
    chosen_at: datetime = _time(nullable=False)
    chosen_by: str
    reason: str = _text("")
    previous_id: int | None = Field(default=None, sa_type=BigId)
    """The choice to which rolling back goes; null: to the folder."""


class IdentityRow(Base, table=True):
    """Which database this is: one row, made with the table and never changed."""

    __tablename__ = "identity"

    epoch: str = Field(primary_key=True)
    """Random; whoever follows the events knows by it that their ids are those it has seen before."""
    badge_salt: str
    """What badges are hashed with, in hex."""


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


RUNS = _table("execution_results")
STEPS = _table("step_results")
MEASUREMENTS = _table("measurements")
FINDINGS = _table("findings")
LOGS = _table("logs")
SYNC_QUEUE = _table("sync_queue")
EVENTS = _table("events")
PROMPTS = _table("prompts")
BATCHES = _table("batch_state")
AUDIT = _table("audit")
REQUESTS = _table("requests")
CALLS = _table("calls")
BREAKERS = _table("circuit_breakers")
METRIC_TOTALS = _table("metric_totals")
PACKAGE_CHOICES = _table("package_choices")
IDENTITY = _table("identity")
AUDIT_HEAD = _table("audit_head")
