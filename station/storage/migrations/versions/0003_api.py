"""What the API needs: who may use it, requests that may come twice, versions of packages that were chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


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


def downgrade() -> None:
    """There is no way back: restore the backup that was made before."""
    raise NotImplementedError
