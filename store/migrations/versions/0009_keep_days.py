"""for how long passwords are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A week, also for what was over before: its week begins with its end."""
    with op.batch_alter_table("migration") as table:
        table.add_column(
            sa.Column("keep_days", sa.Integer(), nullable=False, server_default="7")
        )
        table.add_column(sa.Column("passwords_wiped_at", sa.DateTime(), nullable=True))
