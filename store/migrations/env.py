"""Alembic's entry: runs the steps on the connection that store.schema hands in."""

from __future__ import annotations

from alembic import context

import store.brake
import store.folder_lists
import store.habits  # noqa: F401 - tables too
from store.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
