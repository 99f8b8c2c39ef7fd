"""The database: one door for writing, one for reading. No session is held while a network waits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from store.file import DatabaseFile, opened_only

SQLITE_TIMEOUT = 30
POSTGRESQL_IDLE = 60
"""Seconds for which a transaction may lie idle: ours wait for nothing but the database."""
POSTGRESQL_LINE = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A server that has gone without a word is noticed in half a minute. In seconds; the last in ms."""

StoreError = SQLAlchemyError
"""What any use of the store may raise, for rooms that do not know SQLAlchemy."""


def driver_url(database_url: str) -> str:
    """The same database with the driver that is installed: psycopg 3 for PostgreSQL."""
    for scheme in ("postgresql://", "postgres://"):
        if database_url.startswith(scheme):
            return "postgresql+psycopg://" + database_url[len(scheme) :]
    return database_url


class Store:
    """One database, used by any number of threads, processes and machines.

    SQLite: every write takes the write lock when it begins. A transaction that reads first and
    asks for the lock later loses updates or fails under load. Readers never wait for writers.
    """

    def __init__(self, database_url: str) -> None:
        self.url = driver_url(database_url)
        self._writer = make_engine(self.url, write=True)
        self._reader = make_engine(self.url, write=False)
        self._process = os.getpid()
        self._file = DatabaseFile.of(self.url)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: commits at the end, rolls back when anything raises."""
        self._notice_fork()
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            # Now, and not at the first statement: a time in it is not to grow old in a queue.
            self._file.refuse_another(session.connection())
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent view. A write in it is refused by the database."""
        self._notice_fork()
        with Session(self._reader, expire_on_commit=False) as session:
            self._file.refuse_another(session.connection())
            yield session

    def dispose(self) -> None:
        """Close every connection. The store may be used again afterwards."""
        self._writer.dispose()
        self._reader.dispose()

    def _notice_fork(self) -> None:
        self._file.refuse_moved()
        if self._process != os.getpid():
            # The parent's connections are the parent's: forgotten here, not closed.
            self._writer.dispose(close=False)
            self._reader.dispose(close=False)
            self._process = os.getpid()


def make_engine(url: str, *, write: bool) -> Engine:
    """Errors do not show parameters: they would stand in logs, and in Redis."""
    if make_url(url).get_backend_name() != "sqlite":
        return _postgresql(url, write=write)
    engine = create_engine(
        opened_only(url), hide_parameters=True, connect_args={"timeout": SQLITE_TIMEOUT}
    )
    pragma = "PRAGMA journal_mode=WAL" if write else "PRAGMA query_only=ON"
    begin = "BEGIN IMMEDIATE" if write else "BEGIN"

    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={SQLITE_TIMEOUT * 1000}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(pragma)

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def _postgresql(url: str, *, write: bool) -> Engine:
    engine = create_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,
        isolation_level="READ COMMITTED" if write else "REPEATABLE READ",
        execution_options={"postgresql_readonly": not write},
        connect_args=POSTGRESQL_LINE,
    )

    def connected(connection: Any, _record: Any) -> None:
        # A machine that lost its power would hold its locks until TCP notices: two hours.
        connection.autocommit = True
        connection.execute(f"SET idle_in_transaction_session_timeout = '{POSTGRESQL_IDLE}s'")
        connection.autocommit = False

    if write:
        event.listen(engine, "connect", connected)
    return engine
