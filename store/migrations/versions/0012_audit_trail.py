"""who, from where, and how often: more of each line of the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of lines that are there already the role and the address are not known."""
    with op.batch_alter_table("history") as table:
        table.add_column(sa.Column("user_role", sa.String(16), nullable=False, server_default=""))
        table.add_column(sa.Column("user_organization_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("address", sa.String(64), nullable=False, server_default=""))
        table.add_column(sa.Column("times", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("last_at", sa.DateTime(), nullable=True))
        table.create_index(table.f("ix_history_at"), ["at"], unique=False)
