"""which passwords were read in an encoding that was guessed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is known of the files of earlier versions."""
    with op.batch_alter_table("account") as table:
        table.add_column(
            sa.Column("guessed_encoding", sa.String(40), nullable=False, server_default="")
        )
