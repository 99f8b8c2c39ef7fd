"""Stored passwords go when their time is over, and whoever starts again is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from store import control
from store.control import NotStartable
from store.engine import Store
from store.states import AccountState, MigrationState
from store.tables import Account, AccountRun, FindingRow, History, Migration, now
from store.wiping import due_for_wiping, has_any, kept_until, wipe
from tests.store.world import add_migration

DAY = timedelta(days=1)


def over(store: Store, ago: timedelta, **columns: Any) -> int:
    """Two accounts with passwords, and a run that ended so long ago."""
    with store.write() as session:
        migration = add_migration(session, accounts=2, **columns)
        control.start(session, migration.id, None)
        session.execute(
            update(Account).values(source_password_sealed=b"one", mailbox_password_sealed=b"two")
        )
        session.execute(update(AccountRun).values(state="complete"))
        migration.state = MigrationState.COMPLETE
        migration.next_start_at = None
        migration.completed_at = now() - ago
        return migration.id


def wiped(store: Store) -> list[int]:
    with store.read() as session:
        found = due_for_wiping(session)
    for number in found:
        with store.write() as session:
            assert wipe(session, number)
    return found


def test_after_a_week_the_passwords_of_what_is_over_go(store: Store) -> None:
    """Both of each row; the history says so, and a new start says that they are needed again."""
    number = over(store, 8 * DAY)
    assert wiped(store) == [number]
    with store.write() as session:
        rows = session.scalars(select(Account)).all()
        assert {(one.source_password_sealed, one.mailbox_password_sealed) for one in rows} == {
            (None, None)
        }
        assert {one.state for one in rows} == {AccountState.BLOCKED}
        assert len(session.scalars(select(FindingRow)).all()) == 2
        (line,) = session.scalars(select(History).where(History.kind == "passwords wiped")).all()
        assert line.note == "Of 2 accounts."
        with pytest.raises(NotStartable, match="enter them again"):
            control.start(session, number, None)
        assert not has_any(session, number)
    assert wiped(store) == []


def test_until_then_they_are_kept(store: Store) -> None:
    """The page can say until when; the days can be changed."""
    number = over(store, 6 * DAY)
    assert wiped(store) == []
    with store.write() as session:
        migration = session.get_one(Migration, number)
        assert migration.completed_at is not None
        assert kept_until(migration) == migration.completed_at + 7 * DAY
        migration.keep_days = 5
    assert wiped(store) == [number]


@pytest.mark.parametrize("state", [MigrationState.RUNNING, MigrationState.PAUSED])
def test_what_is_not_over_keeps_them(store: Store, state: MigrationState) -> None:
    """However long ago another run of it ended."""
    number = over(store, 30 * DAY)
    with store.write() as session:
        session.get_one(Migration, number).state = state
    assert wiped(store) == []


def test_a_loop_keeps_them_until_its_end(store: Store) -> None:
    """While a next start stands; at its end they go at once, but not when a person stopped it."""
    number = over(store, timedelta(0), loop=True, loop_minutes=1)
    with store.write() as session:
        migration = session.get_one(Migration, number)
        migration.next_start_at = now() + DAY
        assert kept_until(migration) is None
    assert wiped(store) == []
    with store.write() as session:
        migration = session.get_one(Migration, number)
        migration.next_start_at, migration.state = None, MigrationState.STOPPED
    assert wiped(store) == []
    with store.write() as session:
        session.get_one(Migration, number).state = MigrationState.COMPLETE
    assert wiped(store) == [number]


def test_a_worker_that_still_leaves_keeps_them(store: Store) -> None:
    """It may be in the middle of a login."""
    over(store, 30 * DAY)
    with store.write() as session:
        session.execute(update(AccountRun).values(state="running"))
    with store.read() as session:
        (number,) = due_for_wiping(session)
    with store.write() as session:
        assert not wipe(session, number)
