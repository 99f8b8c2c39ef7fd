"""how many connections a server takes, and checks that wait for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No check of an earlier version waits: it was blocked."""
    with op.batch_alter_table("account") as table:
        table.add_column(sa.Column("check_waits_since", sa.DateTime(), nullable=True))
        table.add_column(sa.Column("check_not_before", sa.DateTime(), nullable=True))
    op.create_table(
        "server_pace",
        sa.Column("host", sa.String(255), primary_key=True),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("refused_at", sa.DateTime(), nullable=False),
        sa.Column("raised_after", sa.Integer(), nullable=False),
    )
