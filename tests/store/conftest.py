"""One contract, two databases: each test that asks for `store` runs on SQLite and PostgreSQL."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from store.engine import Store, driver_url
from store.schema import upgrade
from store.tables import Base
from tests.store.postgresql import PostgreSQL

SOON = "SET LOCAL lock_timeout = '2s'"
FROM_ONE = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    server.start()
    upgrade(server.url("postgres"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def emptied() -> list[str]:
    """Addresses of databases of PostgreSQL that have all tables and no rows. To empty one takes a
    tenth of the time of making one."""
    return []


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path, emptied: list[str]
) -> Iterator[str]:
    """A database of this test's own, with all tables."""
    if request.param == "sqlite":
        path = tmp_path / "mailhaul.db"
        shutil.copy(sqlite_template, path)
        yield f"sqlite:///{path}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = emptied.pop() if emptied else new_database(server, template="postgres")
    yield url
    if empty(url):
        emptied.append(url)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    yield store
    store.dispose()


def empty(url: str) -> bool:
    """Remove all rows, and number new ones from 1. False when somebody still holds some."""
    engine = create_engine(driver_url(url))
    try:
        with engine.begin() as connection:
            connection.execute(text(SOON))
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(table.delete())
            connection.execute(text(FROM_ONE))
    except OperationalError:
        return False
    finally:
        engine.dispose()
    return True


def new_database(server: PostgreSQL, template: str = "template0") -> str:
    name = f"t{uuid.uuid4().hex}"
    engine = create_engine(driver_url(server.url("template1")), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return server.url(name)
