"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_time", "audit", ["time"])
    op.create_table(
        "batch_state",
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("desired", sa.String(), nullable=False),
        sa.Column("process_state", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("process_started_at", TIME, nullable=True),
        sa.Column("restarts", sa.Integer(), nullable=False),
        sa.Column("last_exit", sa.JSON(), nullable=True),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("session_token", sa.String(), nullable=True),
        sa.Column("session_run_id", sa.String(), nullable=True),
        sa.Column("session_package", sa.JSON(), nullable=True),
        sa.Column("session_hardware", sa.JSON(), nullable=True),
        sa.Column("session_opened_at", TIME, nullable=True),
        sa.Column("hardware_safe", sa.Boolean(), nullable=False),
        sa.Column("rss_bytes", BIG, nullable=True),
        sa.Column("cpu_percent", sa.Float(), nullable=True),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name="pk_batch_state"),
    )
    op.create_table(
        "events",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.Column("batch_id", sa.String(), nullable=True),
        sa.Column("execution_id", sa.String(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_execution_id", "events", ["execution_id", "id"])
    op.create_table(
        "execution_results",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("sequence_name", sa.String(), nullable=False),
        sa.Column("sequence_version", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("wip_id", sa.String(), nullable=True),
        sa.Column("process_id", sa.Integer(), nullable=True),
        sa.Column("operator_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=True),
        sa.Column("plan", sa.JSON(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("defects", sa.JSON(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("recoveries", sa.Integer(), nullable=False),
        sa.Column("hardware_safe", sa.Boolean(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=True),
        sa.Column("temporal_run_id", sa.String(), nullable=True),
        sa.Column("accepted_at", TIME, nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("completed_at", TIME, nullable=True),
        sa.Column("synced_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_execution_results"),
    )
    op.create_index("ix_execution_results_accepted_at", "execution_results", ["accepted_at"])
    op.create_index("ix_execution_results_batch_id_id", "execution_results", ["batch_id", "id"])
    op.create_index(
        "ix_execution_results_open",
        "execution_results",
        ["id"],
        sqlite_where=sa.text("state != 'completed'"),
        postgresql_where=sa.text("state != 'completed'"),
    )
    op.create_index("ix_execution_results_outcome_id", "execution_results", ["outcome", "id"])
    op.create_index("ix_execution_results_sequence_name_id", "execution_results", ["sequence_name", "id"])
    op.create_index("ix_execution_results_wip_id_id", "execution_results", ["wip_id", "id"])
    op.create_table(
        "logs",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("execution_id", sa.String(), nullable=True),
        sa.Column("step_name", sa.String(), nullable=True),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=True),
        sa.Column("timestamp", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_logs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_logs_batch_id", "logs", ["batch_id", "id"])
    op.create_index("ix_logs_execution_id", "logs", ["execution_id", "id"])
    op.create_table(
        "sync_queue",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("entity_type", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("retry_count", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("synced_at", TIME, nullable=True),
        sa.Column("item_id", sa.String(), nullable=True),
        sa.Column("execution_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sync_queue"),
        sa.UniqueConstraint("item_id", name="uq_sync_queue_item_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "idx_sync_queue_pending",
        "sync_queue",
        ["synced_at"],
        sqlite_where=sa.text("synced_at IS NULL"),
        postgresql_where=sa.text("synced_at IS NULL"),
    )
    op.create_index("ix_sync_queue_execution_id", "sync_queue", ["execution_id"])
    op.create_table(
        "prompts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("execution_id", sa.String(), nullable=False),
        sa.Column("step_name", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=True),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["execution_results.id"], name="fk_prompts_execution_id_execution_results"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_prompts"),
    )
    op.create_index("ix_prompts_execution_id", "prompts", ["execution_id"])
    op.create_table(
        "step_results",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("execution_id", sa.String(), nullable=False),
        sa.Column("step_name", sa.String(), nullable=False),
        sa.Column("step_index", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("segments_done", sa.Integer(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("task_token", sa.LargeBinary(), nullable=True),
        sa.Column("worker_pid", sa.Integer(), nullable=True),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("completed_at", TIME, nullable=True),
        sa.Column("elapsed_s", sa.Float(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("state", sa.JSON(), nullable=True),
        sa.Column("fault", sa.JSON(), nullable=True),
        sa.Column("defects", sa.JSON(), nullable=True),
        sa.Column("attachments", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["execution_results.id"], name="fk_step_results_execution_id_execution_results"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_step_results"),
    )
    op.create_index("ix_step_results_execution_id", "step_results", ["execution_id", "step_index", "attempt"])
    op.create_index(
        "ix_step_results_running",
        "step_results",
        ["execution_id"],
        sqlite_where=sa.text("status = 'running'"),
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_table(
        "measurements",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("step_result_id", sa.String(), nullable=False),
        sa.Column("execution_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("number", sa.Float(), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("limit", sa.JSON(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("measured_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["execution_results.id"], name="fk_measurements_execution_id_execution_results"
        ),
        sa.ForeignKeyConstraint(
            ["step_result_id"], ["step_results.id"], name="fk_measurements_step_result_id_step_results"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_measurements"),
    )
    op.create_index("ix_measurements_execution_id", "measurements", ["execution_id"])
    op.create_index("ix_measurements_name_measured_at", "measurements", ["name", "measured_at"])
    op.create_index("ix_measurements_step_result_id", "measurements", ["step_result_id"])


def downgrade() -> None:
    """There is no way back: restore the backup that was made before."""
    raise NotImplementedError
