"""numbers of removed rows are not given again."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Revisions 0002 and 0004 made these tables anew on SQLite, and lost AUTOINCREMENT; there the
    highest number was given again once its row was gone. PostgreSQL's sequences never do that."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in ("account", "account_run"):
        with op.batch_alter_table(
            name, recreate="always", table_kwargs={"sqlite_autoincrement": True}
        ):
            pass
