"""What a clock that was ahead has left in the schedule: computed anew, and said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from store.ahead import compute_anew, too_far_ahead
from store.engine import Store
from store.states import MigrationState, ScheduleState
from store.tables import History, Migration, now
from tests.store.world import add_migration

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def looped(store: Store, ahead: timedelta, **columns: Any) -> int:
    """A loop that has run, whose next start lies so far ahead."""
    with store.write() as session:
        at = now()
        migration = add_migration(session, loop=True, **({"loop_minutes": 1} | columns))
        migration.state, migration.started_at = MigrationState.COMPLETE, at
        migration.loop_from = migration.loop_from or at - HOUR
        migration.next_start_at = at + ahead
        return migration.id


def mended(store: Store) -> list[int]:
    with store.read() as session:
        found = list(too_far_ahead(session))
    for number in found:
        with store.write() as session:
            assert compute_anew(session, number)
    return found


def found(store: Store, number: int) -> Migration:
    with store.read() as session:
        return session.get_one(Migration, number)


@pytest.mark.parametrize("ahead", [DAY, HOUR, 5 * MINUTE])
def test_a_loops_next_start_is_an_interval_ahead_at_most(store: Store, ahead: timedelta) -> None:
    """The history says that a clock was wrong, and what it is now."""
    number = looped(store, ahead)
    assert mended(store) == [number]
    at = found(store, number).next_start_at
    assert at is not None
    assert now() < at <= now() + MINUTE
    with store.read() as session:
        (line,) = session.scalars(select(History).where(History.kind == "time")).all()
    assert "further ahead than it can be: a clock was wrong" in line.note
    assert mended(store) == []


def test_slots_that_are_counted_from_a_time_to_come_are_counted_from_now(store: Store) -> None:
    """The first run of the loop was started while the clock was ahead."""
    number = looped(store, DAY + MINUTE, loop_from=now() + DAY)
    assert mended(store) == [number]
    at = found(store, number).next_start_at
    assert at is not None
    assert at <= now() + MINUTE


@pytest.mark.parametrize(
    ("ahead", "minutes"), [(MINUTE, 1), (DAY, 24 * 60), (DAY + HOUR, 24 * 60), (20 * DAY, 43_200)]
)
def test_what_is_within_an_interval_is_left_alone(
    store: Store, ahead: timedelta, minutes: int
) -> None:
    """Also in the night that is an hour longer."""
    looped(store, ahead, loop_minutes=minutes)
    assert mended(store) == []


def test_a_time_that_a_person_has_typed_is_left_alone(store: Store) -> None:
    """However far ahead: of a single start, and of a loop's first one."""
    at = now() + 90 * DAY
    looped(store, 90 * DAY, start_at=at, loop_from=at, domain="a.test")
    with store.write() as session:
        for migration in session.scalars(select(Migration)):
            migration.next_start_at = at
        one = add_migration(session, start_at=at, next_start_at=at, domain="b.test")
        one.state = MigrationState.SCHEDULED
    assert mended(store) == []


def test_as_soon_as_the_check_is_clean_is_no_time_to_come(store: Store) -> None:
    """Entered while the clock of the pages was ahead."""
    with store.write() as session:
        one = add_migration(session, next_start_at=now() + DAY)
        one.state = MigrationState.SCHEDULED
        number = one.id
    assert mended(store) == [number]
    at = found(store, number).next_start_at
    assert at is not None
    assert at <= now()


def test_a_suspended_loop_is_computed_when_it_is_taken_up_again(store: Store) -> None:
    """Nothing starts meanwhile."""
    looped(store, DAY, schedule_state=ScheduleState.SUSPENDED)
    assert mended(store) == []
