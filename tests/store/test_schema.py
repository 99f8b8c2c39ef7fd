"""The steps of the schema lead to the tables of this version."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from store.engine import driver_url
from store.schema import is_current, upgrade
from store.tables import Base
from tests.store.conftest import new_database
from tests.store.postgresql import PostgreSQL


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'var' / 'mailhaul.db'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return new_database(server)


def test_the_migrated_tables_are_those_of_the_models(database_url: str) -> None:
    """A change of store/tables.py needs a step in store/migrations: this test names it."""
    engine = create_engine(driver_url(database_url))
    with engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert difference == []


def test_numbers_that_people_have_seen_are_not_given_again(sqlite_template: Path) -> None:
    """SQLite's AUTOINCREMENT is lost where a step makes a table anew, and no comparison of columns
    tells of it."""
    engine = create_engine(f"sqlite:///{sqlite_template}")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master"))
        made = {name: sql or "" for name, sql in rows}
    engine.dispose()
    wanted = {
        table.name
        for table in Base.metadata.sorted_tables
        if table.dialect_options["sqlite"]["autoincrement"]
    }
    assert wanted
    assert not {name for name in wanted if "AUTOINCREMENT" not in made[name]}


def test_several_processes_may_upgrade_at_once(empty_url: str) -> None:
    """Web server, workers and clock start together on an empty database: all of them come up."""
    spawn = multiprocessing.get_context("spawn")
    starters = [spawn.Process(target=upgrade, args=(empty_url,)) for _ in range(4)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert [starter.exitcode for starter in starters] == [0, 0, 0, 0]
    assert is_current(empty_url)


def test_an_upgrade_of_a_current_database_changes_nothing(database_url: str) -> None:
    """It may be called at each start."""
    upgrade(database_url)
    assert is_current(database_url)
