"""What control needs: an audit that is written once, prompts with a state, slots in quarantine."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("audit", sa.Column("entry_id", sa.String(), nullable=True))
    op.create_index("ix_audit_entry_id", "audit", ["entry_id"], unique=True)
    op.add_column("prompts", sa.Column("state", sa.String(), nullable=False, server_default="answered"))
    op.add_column("measurements", sa.Column("measured_by", sa.String(), nullable=True))
    op.add_column("batch_state", sa.Column("quarantine", sa.Text(), nullable=False, server_default=""))
    op.add_column("batch_state", sa.Column("quarantined_at", TIME, nullable=True))
    op.add_column("step_results", sa.Column("given_up", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """There is no way back: restore the backup that was made before."""
    raise NotImplementedError
