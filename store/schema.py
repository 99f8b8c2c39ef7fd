"""Brings a database to the tables of this version, whatever version it comes from."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from store.engine import SQLITE_TIMEOUT, driver_url
from store.file import number, opened_only

_ADVISORY_LOCK = 7_260_301


def upgrade(database_url: str, to: str = "head") -> None:
    """Run every step that is missing. Several processes may call it at once: one does it. `to` an
    earlier version only in tests."""
    url = make_url(driver_url(database_url))
    with _alone(url) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        if url.get_backend_name() == "sqlite":
            number(connection)
            connection.commit()


def is_current(database_url: str) -> bool:
    """Whether the database has exactly the tables of this version."""
    engine = _engine(opened_only(driver_url(database_url)))
    with engine.connect() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
    return set(heads) == set(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@contextmanager
def _alone(url: URL) -> Iterator[Connection]:
    engine = _engine(url)
    if url.get_backend_name() == "sqlite":
        with _file_lock(Path(url.database or "")), engine.connect() as connection:
            yield connection
        return
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        # The lock belongs to the connection; the steps get a transaction of their own.
        connection.commit()
        yield connection


def _engine(url: URL) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    arguments = {"timeout": SQLITE_TIMEOUT} if sqlite else {}
    return create_engine(url, poolclass=NullPool, connect_args=arguments)


@contextmanager
def _file_lock(database: Path) -> Iterator[None]:
    """SQLite alone would let two processes read 'no tables yet' and both make them."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with database.with_name(f"{database.name}.upgrade").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
