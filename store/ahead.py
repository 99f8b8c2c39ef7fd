"""Next starts further ahead than they can be: a clock that was ahead has left them.

typed by a person                 it is as far ahead as he wants
a loop's                          no further than one interval
"as soon as the check is clean"   now
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from store import control, schedule
from store.due import STARTABLE
from store.states import MigrationState, ScheduleState, move
from store.tables import Migration, now

_SUMMER_TIME = timedelta(hours=2)
"""Slots that are whole days apart are an hour further apart in one night of the year."""
_LEEWAY = timedelta(seconds=60)


def too_far_ahead(session: Session) -> Sequence[int]:
    query = select(Migration).where(
        Migration.next_start_at > now() + _LEEWAY,
        Migration.schedule_state == ScheduleState.ACTIVE,
        Migration.state.in_(STARTABLE),
        or_(Migration.start_at.is_(None), Migration.start_at != Migration.next_start_at),
    )
    return [one.id for one in session.scalars(query) if _is_too_far(one)]


def compute_anew(session: Session, migration_id: int) -> bool:
    """False: it is right already."""
    migration = control.locked(session, migration_id)
    before = migration.next_start_at
    if before is None or migration.state not in STARTABLE or not _is_too_far(migration):
        return False
    at = now()
    if not migration.loop:
        migration.next_start_at = at
    else:
        if migration.loop_from is not None and migration.loop_from > at:
            migration.loop_from = at.replace(microsecond=0)
        schedule.advance(migration, at)
        if migration.next_start_at is None and migration.state == MigrationState.SCHEDULED:
            migration.state = move(MigrationState.SCHEDULED, MigrationState.DRAFT)
    after = migration.next_start_at
    note = f"The next start was {_utc(before)}, further ahead than it can be: a clock was wrong."
    note += f" It is {_utc(after)} now." if after else " There is none any more."
    control.tell(session, migration, None, "time", note=note)
    return True


def _is_too_far(migration: Migration) -> bool:
    at = migration.next_start_at
    if at is None or at == migration.start_at:
        return False
    furthest = timedelta(0)
    if migration.loop:
        furthest = timedelta(minutes=migration.loop_minutes)
        if furthest % timedelta(days=1) == timedelta(0):
            furthest += _SUMMER_TIME
    return at > now() + furthest + _LEEWAY


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
