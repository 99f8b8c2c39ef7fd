"""a person asks for what was refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has asked for anything before this version."""
    with op.batch_alter_table("account_run") as table:
        table.add_column(
            sa.Column("retry_refused", sa.Boolean(), nullable=False, server_default=sa.false())
        )
