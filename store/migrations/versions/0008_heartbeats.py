"""heartbeats are counted, and so are pauses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _number(name: str, default: int) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=str(default))


def upgrade() -> None:
    """What is held is held for 30 seconds more, by the clock that looks on. Since when nobody
    sends under an open intent was a time of day, which says nothing any more."""
    with op.batch_alter_table("account_run") as table:
        for name, default in (("beat", 0), ("lease_seconds", 30), ("pause_seconds", 0)):
            table.add_column(_number(name, default))
    with op.batch_alter_table("notice_mail") as table:
        for name, default in (("beat", 0), ("lease_seconds", 30), ("pause_seconds", 0)):
            table.add_column(_number(name, default))
    with op.batch_alter_table("account") as table:
        table.add_column(_number("check_beat", 0))
        table.add_column(_number("check_lease_seconds", 30))
    with op.batch_alter_table("ledger_batch") as table:
        table.drop_column("doubtful_since")
    with op.batch_alter_table("ledger_batch") as table:
        table.add_column(sa.Column("doubtful_since", sa.Double(), nullable=True))
        table.add_column(
            sa.Column("doubtful_boot", sa.String(length=64), nullable=False, server_default="")
        )
