"""whose place a check has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Checks under way at the upgrade count as those of workers that only check."""
    with op.batch_alter_table("account") as table:
        table.add_column(
            sa.Column("check_beside", sa.Boolean(), nullable=False, server_default=sa.false())
        )
