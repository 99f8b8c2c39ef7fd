"""how far an account has come, and why folders were left out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_DONE = "(copied + present + skipped + failed + vanished)"
_SHARE = f"CAST(1000.0 * {_DONE} / planned AS INTEGER)"


def upgrade() -> None:
    """An account has come as far as its counters say. Why folders were left out nobody knows."""
    with op.batch_alter_table("account_run") as table:
        table.add_column(sa.Column("omitted", sa.JSON(), nullable=True))
        table.add_column(sa.Column("reached", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE account_run SET reached ="  # noqa: S608 - no value from outside is in it
        f" CASE WHEN {_DONE} >= planned THEN 990 WHEN {_SHARE} > 990 THEN 990 ELSE {_SHARE} END"
        " WHERE planned > 0"
    )
