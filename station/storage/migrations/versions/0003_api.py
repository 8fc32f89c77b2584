"""What the API needs: who may use it, requests that may come twice, versions of packages that were chosen.

The history can be searched and counted: indexes in its order, what was wrong with each run, which run judged a unit
first and which last.
"""

import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op
from pydantic import TypeAdapter

from station.storage.chain import FIRST, hash_of
from station.storage.columns import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NOTABLE_LOGS = "level IN ('warning', 'error', 'critical')"
EVENTS_OF_RUNS = "type IN ('run_accepted', 'run_refused', 'sequence_complete')"
SEARCHED = (
    "batch_id", "sequence_name", "sequence_version", "wip_id", "process_id", "operator_id", "outcome", "status",
    "refused",
)  # fmt: skip
HISTORY = [
    "accepted_at", "id", "batch_id", "sequence_name", "sequence_version", "outcome", "status", "refused", "wip_id",
    "process_id", "operator_id", "synced_at", "judged", "superseded", "duration_s",
]  # fmt: skip

HERE = "(execution_results.accepted_at, execution_results.id)"
OF_WIP = "WHERE wip_id IS NOT NULL AND outcome IN ('PASSED', 'FAILED')"
SAME_UNIT = (
    "o.wip_id = execution_results.wip_id AND o.outcome IN ('PASSED', 'FAILED') "
    "AND coalesce(o.process_id, -1) = coalesce(execution_results.process_id, -1)"
)
OTHERS = f"SELECT count(*) FROM execution_results AS o WHERE {SAME_UNIT} AND (o.accepted_at, o.id)"  # noqa: S608
COUNT_AMONG_ITS_UNIT = (
    f"UPDATE execution_results SET judged = ({OTHERS} <= {HERE}), "  # noqa: S608 - constants
    f"superseded = ({OTHERS} > {HERE}) > 0 {OF_WIP}"
)
COUNTED = (
    "FROM step_results AS s JOIN execution_results AS r ON r.id = s.execution_id "
    "WHERE r.state = 'completed' AND s.outcome IN ('FAILED', 'ERROR') AND s.round = r.round AND s.given_up = false "
    "AND s.attempt = (SELECT max(l.attempt) FROM step_results AS l WHERE l.execution_id = s.execution_id "
    "AND l.step_name = s.step_name AND l.round = s.round AND l.given_up = false)"
)
"""The attempts that count: the last of each step in its run's last round."""
FINDING = "INSERT INTO findings (execution_id, kind, step_name, name, batch_id, sequence_name, accepted_at) "
FAILED_STEPS = f"{FINDING} SELECT r.id, 'step', s.step_name, '', r.batch_id, r.sequence_name, r.accepted_at {COUNTED}"
FAILED_MEASUREMENTS = (
    f"{FINDING} SELECT DISTINCT r.id, 'measurement', s.step_name, m.name, r.batch_id, r.sequence_name, r.accepted_at "
    + COUNTED.replace("WHERE", "JOIN measurements AS m ON m.step_result_id = s.id WHERE m.outcome = 'FAILED' AND", 1)
)
FAULTS = (
    "SELECT r.id, s.step_name, s.outcome, s.fault, EXISTS (SELECT 1 FROM measurements AS m "  # noqa: S608 - constants
    f"WHERE m.step_result_id = s.id AND m.outcome = 'FAILED') AS explained {COUNTED}"
)


def upgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("execution_id", sa.String(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_requests"),
    )
    op.create_index("ix_requests_asked_at", "requests", ["asked_at"])
    op.add_column("sync_queue", sa.Column("server_failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("batch_state", sa.Column("quarantine_notice", sa.JSON(), nullable=True))
    _watching()
    _choices_of_packages()
    _calls()
    _identity()
    _access()
    _chain()
    _history_of_runs()
    _series_of_measurements()
    _findings()
    _history_of_logs()
    op.create_index("ix_audit_target", "audit", ["target", "id"])
    op.create_index("ix_events_of_runs", "events", ["id"], **_where(EVENTS_OF_RUNS))


def _history_of_runs() -> None:
    for name in ("accepted_at", "batch_id_id", "outcome_id", "sequence_name_id", "wip_id_id"):
        op.drop_index(f"ix_execution_results_{name}", "execution_results")
    op.add_column("execution_results", sa.Column("instruments", sa.JSON(), nullable=True))
    op.add_column("execution_results", sa.Column("duration_s", sa.Float(), nullable=True))
    op.add_column("execution_results", sa.Column("judged", sa.Integer(), nullable=True))
    op.add_column("execution_results", sa.Column("superseded", sa.Boolean(), nullable=False, server_default=sa.false()))
    _durations()
    op.execute("UPDATE execution_results SET judged = 1 WHERE wip_id IS NULL AND outcome IN ('PASSED', 'FAILED')")
    for name in SEARCHED:
        op.create_index(f"ix_execution_results_{name}_accepted_at", "execution_results", [name, "accepted_at", "id"])
    op.execute(COUNT_AMONG_ITS_UNIT)
    op.create_index("ix_execution_results_history", "execution_results", HISTORY)
    op.create_index(
        "ix_execution_results_synced", "execution_results", ["accepted_at", "id"], **_where("synced_at IS NOT NULL")
    )


def _durations() -> None:
    """From start to end, without the time the run waited for answers."""
    runs = sa.table(
        "execution_results",
        sa.column("id", sa.String()),
        sa.column("started_at", TIME),
        sa.column("completed_at", TIME),
        sa.column("duration_s", sa.Float()),
        sa.column("result", sa.JSON()),
    )
    connection = op.get_bind()
    query = sa.select(runs).where(runs.c.started_at.is_not(None), runs.c.completed_at.is_not(None))
    change = sa.update(runs).where(runs.c.id == sa.bindparam("run")).values(duration_s=sa.bindparam("seconds"))
    found = [
        {"run": row.id, "seconds": (row.completed_at - row.started_at - _waited(row.result)).total_seconds()}
        for row in connection.execute(query)
    ]
    if found:
        connection.execute(change, found)


def _waited(result: dict[str, Any] | None) -> timedelta:
    return TypeAdapter(timedelta).validate_python((result or {}).get("waited", 0))


def _series_of_measurements() -> None:
    op.add_column("measurements", sa.Column("sequence_name", sa.String(), nullable=False, server_default=""))
    op.add_column("measurements", sa.Column("step_name", sa.String(), nullable=False, server_default=""))
    op.execute(
        "UPDATE measurements SET "
        "sequence_name = (SELECT r.sequence_name FROM execution_results AS r WHERE r.id = execution_id), "
        "step_name = (SELECT s.step_name FROM step_results AS s WHERE s.id = step_result_id)"
    )
    op.drop_index("ix_measurements_name_measured_at", "measurements")
    op.create_index(
        "ix_measurements_series", "measurements", ["sequence_name", "step_name", "name", "measured_at", "id"]
    )


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("execution_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("step_name", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("sequence_name", sa.String(), nullable=False),
        sa.Column("accepted_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["execution_results.id"], name="fk_findings_execution_id_execution_results"
        ),
        sa.PrimaryKeyConstraint("execution_id", "kind", "step_name", "name", name="pk_findings"),
    )
    find_all(op.get_bind())
    op.create_index(
        "ix_findings_history",
        "findings",
        ["kind", "step_name", "name", "accepted_at", "execution_id", "batch_id", "sequence_name"],
    )


def find_all(connection: sa.Connection) -> None:
    """Write down what was wrong with every run that is over."""
    runs = sa.table(
        "execution_results",
        *(sa.column(name, sa.String()) for name in ("id", "batch_id", "sequence_name", "state")),
        sa.column("accepted_at", TIME),
        sa.column("defects", sa.JSON()),
    )
    findings = sa.table(
        "findings",
        *(sa.column(name, sa.String()) for name in ("execution_id", "kind", "step_name", "name", "batch_id")),
        sa.column("sequence_name", sa.String()),
        sa.column("accepted_at", TIME),
    )
    for source in (FAILED_STEPS, FAILED_MEASUREMENTS):
        connection.execute(sa.text(source))
    steps = sa.text(FAULTS).columns(
        id=sa.String(), step_name=sa.String(), outcome=sa.String(), fault=sa.JSON(), explained=sa.Boolean()
    )
    faults: dict[str, set[tuple[str, str]]] = {}
    for row in connection.execute(steps):
        if row.fault or not row.explained:
            faults.setdefault(row.id, set()).add((row.step_name, row.fault["code"] if row.fault else row.outcome))
    rows = []
    for row in connection.execute(sa.select(runs).where(runs.c.state == "completed")):
        wrong = {("fault", *fault) for fault in faults.get(row.id, ())} | {("defect", "", d) for d in row.defects or ()}
        same = {
            "execution_id": row.id, "batch_id": row.batch_id, "sequence_name": row.sequence_name,
            "accepted_at": row.accepted_at,
        }  # fmt: skip
        rows += [same | {"kind": kind, "step_name": step, "name": name} for kind, step, name in sorted(wrong)]
    if rows:
        connection.execute(sa.insert(findings), rows)


def _history_of_logs() -> None:
    for name in ("batch_id", "execution_id"):
        op.drop_index(f"ix_logs_{name}", "logs")
        op.create_index(f"ix_logs_{name}_timestamp", "logs", [name, "timestamp", "id"])
    op.create_index("ix_logs_timestamp", "logs", ["timestamp", "id"])
    op.create_index("ix_logs_notable", "logs", ["timestamp", "id"], **_where(NOTABLE_LOGS))


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _watching() -> None:
    op.create_table(
        "circuit_breakers",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("failure_count", sa.Integer(), nullable=False),
        sa.Column("last_failure", TIME, nullable=True),
        sa.Column("reachable", sa.Boolean(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_circuit_breakers"),
    )
    op.create_table(
        "metric_totals",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last_event_id", BIG, nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_metric_totals"),
    )


def _choices_of_packages() -> None:
    op.create_table(
        "package_choices",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("sequence_name", sa.String(), nullable=True),
        sa.Column("sequence_version", sa.String(), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("chosen_at", TIME, nullable=False),
        sa.Column("chosen_by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("previous_id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_package_choices"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_package_choices_batch_id", "package_choices", ["batch_id", "id"])


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("called_at", TIME, nullable=False),
        sa.Column("called_by", sa.String(), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_calls"),
    )
    op.create_index("ix_calls_state", "calls", ["state"])


def _identity() -> None:
    identity = op.create_table(
        "identity",
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("badge_salt", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", name="pk_identity"),
    )
    op.bulk_insert(identity, [{"epoch": secrets.token_hex(8), "badge_salt": secrets.token_hex(16)}])


def _access() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("badge_hash", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
    )
    op.create_index("ix_users_badge_hash", "users", ["badge_hash"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("by_badge", sa.Boolean(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_user_name", "sessions", ["user_name"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "api_keys",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_api_keys"),
    )
    op.create_index("ix_api_keys_key_hash", "api_keys", ["key_hash"], unique=True)
    op.create_table(
        "failed_logins",
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "source", name="pk_failed_logins"),
    )
    op.create_index("ix_failed_logins_at", "failed_logins", ["at"])


def _chain() -> None:
    """Chain the audit's entries of before, and keep where the chain ends."""
    op.add_column("audit", sa.Column("hash", sa.String(), nullable=False, server_default=""))
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("last_id", BIG, nullable=False),
        sa.Column("last_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    audit = sa.table(
        "audit",
        *(sa.column(name) for name in ("id", "entry_id", "actor", "action", "target", "reason", "hash")),
        sa.column("time", UtcDateTime),
        sa.column("data", Json),
    )
    connection = op.get_bind()
    last_id, last_hash = 0, FIRST
    for row in connection.execute(sa.select(audit).order_by(audit.c.id)).all():
        last_id, last_hash = row.id, hash_of(last_hash, row._asdict())
        connection.execute(sa.update(audit).where(audit.c.id == row.id).values(hash=last_hash))
    connection.execute(sa.insert(head), {"id": 1, "last_id": last_id, "last_hash": last_hash})


def downgrade() -> None:
    """There is no way back: restore the backup that was made before."""
    raise NotImplementedError
