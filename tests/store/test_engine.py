"""The two doors of the database."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from store.engine import Store
from store.tables import Account, Organization


def count(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Organization)) or 0


def _raise_number(url: str, times: int) -> None:
    store = Store(url)
    for _ in range(times):
        with store.write() as session:
            query = select(Organization).where(Organization.name == "0").with_for_update()
            organization = session.scalars(query.execution_options(populate_existing=True)).one()
            organization.created_at = organization.created_at.replace(
                microsecond=organization.created_at.microsecond + 1
            )
    store.dispose()


def test_a_write_is_there_for_the_next_reader(store: Store) -> None:
    """What write() ends with is committed."""
    with store.write() as session:
        session.add(Organization(name="Example"))
    assert count(store) == 1


def test_an_exception_leaves_nothing_behind(store: Store) -> None:
    """A transaction is all or nothing."""

    def broken() -> None:
        with store.write() as session:
            session.add(Organization(name="Example"))
            session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert count(store) == 0


def test_the_reading_door_refuses_to_write(store: Store) -> None:
    """A page cannot change anything by mistake: the database itself says no."""
    with store.read() as session:
        session.add(Organization(name="Example"))
        with pytest.raises(DBAPIError):
            session.flush()
    assert count(store) == 0


def test_foreign_keys_are_enforced(store: Store) -> None:
    """An account of no migration cannot be stored, on SQLite neither."""
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(Account(migration_id=4711, position=1))


def test_processes_that_read_and_then_write_lose_no_update(store: Store) -> None:
    """Four processes raise one number 50 times each: the sum is 200, and none was refused."""
    with store.write() as session:
        organization = Organization(name="0")
        session.add(organization)
        session.flush()
        organization.created_at = organization.created_at.replace(microsecond=0)
    store.dispose()
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_raise_number, args=(store.url, 50)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    with store.read() as session:
        assert session.scalars(select(Organization)).one().created_at.microsecond == 200


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    """A page is shown while a long transaction is open."""
    with store.write() as session:
        session.add(Organization(name="Example"))
        session.flush()
        assert count(store) == 0
    assert count(store) == 1


def test_a_forked_child_gets_connections_of_its_own(store: Store) -> None:
    """A child that uses and drops the store leaves the parent's connection working."""
    assert count(store) == 0
    child = os.fork()
    if child == 0:
        with store.write() as session:
            session.add(Organization(name="of the child"))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert count(store) == 1
    with store.write() as session:
        session.add(Organization(name="of the parent"))
    assert count(store) == 2


def test_sqlite_keeps_a_write_ahead_log(tmp_path: Path) -> None:
    """Without it a reader would wait for each writer."""
    (tmp_path / "new.db").touch()
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    with store.write() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
    store.dispose()


def test_an_error_does_not_show_what_was_written(store: Store) -> None:
    """Its text goes to logs, and to Redis when a job fails."""
    with store.write() as session:
        session.add(Organization(name="swordfish"))
    with pytest.raises(IntegrityError) as caught, store.write() as session:
        session.add(Organization(name="swordfish", id=1))
    assert "parameters hidden" in str(caught.value)


def test_no_database_is_made_where_there_is_none(tmp_path: Path) -> None:
    """Only store.schema.upgrade makes one; a name may hold what a URL knows."""
    path = tmp_path / "a #1?b%20.db"
    store = Store(str(URL.create("sqlite", database=str(path))))
    with pytest.raises(OperationalError), store.write():
        pass
    assert list(tmp_path.iterdir()) == []
    path.touch()
    with store.read() as session:
        session.execute(text("SELECT 1"))
    store.dispose()
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
