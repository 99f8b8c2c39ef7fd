"""What a person does with a schedule: set it, change how often, suspend it, take it up again.

suspended    the clock starts nothing; the run under way ends by itself, and a person may
             start one by hand
active       again: on with the next slot in the future; a single start whose time has
             passed meanwhile makes the migration a draft again
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from store import control, schedule
from store.states import IllegalMove, MigrationState, ScheduleState, move
from store.tables import Migration, User, now


@dataclass(frozen=True, slots=True)
class RepeatChoice:
    """How often. `loop_until` in UTC without a zone; None in a loop: for good."""

    loop: bool
    loop_minutes: int
    loop_until: datetime | None
    timezone: str


def plan(session: Session, migration_id: int, user: User | None) -> None:
    """The clock starts it at its time. Raises NotStartable while an account is not ready."""
    migration = control.locked(session, migration_id)
    control.refuse_unready(session, migration)
    if migration.start_at is None:
        raise ValueError("a start by the clock needs a time")
    _await(migration, migration.start_at)
    migration.loop_from = migration.start_at if migration.loop else None
    control.tell(
        session, migration, user, "scheduled", note=f"First run at {_utc(migration.start_at)}."
    )


def plan_when_ready(session: Session, migration_id: int, user: User | None) -> None:
    """The clock starts it as soon as its accounts are checked and one of them is ready."""
    migration = control.locked(session, migration_id)
    _await(migration, now())
    control.tell(
        session, migration, user, "scheduled", note="First run as soon as the check is clean."
    )


def change_repeats(
    session: Session, migration_id: int, choice: RepeatChoice, user: User | None
) -> None:
    """How often from now on, for a migration that has been started. Raises IllegalMove before."""
    migration = control.locked(session, migration_id)
    if migration.started_at is None:
        raise IllegalMove("before the first start step 3 says how often")
    before = _repeats(migration)
    for field in RepeatChoice.__dataclass_fields__:
        setattr(migration, field, getattr(choice, field))
    migration.loop_from = migration.loop_from or migration.started_at
    schedule.advance(migration, now())
    if migration.next_start_at is None:
        migration.schedule_state = ScheduleState.ACTIVE
    control.tell(
        session, migration, user, "changed", note=f"Repeats: {before} → {_repeats(migration)}."
    )


def suspend(session: Session, migration_id: int, user: User | None) -> None:
    """Raises IllegalMove when there is nothing to suspend, or it is suspended."""
    migration = control.locked(session, migration_id)
    if migration.next_start_at is None:
        raise IllegalMove("there is no schedule to suspend")
    migration.schedule_state = _moved(migration, ScheduleState.SUSPENDED)
    control.tell(session, migration, user, "suspended")


def activate(session: Session, migration_id: int, user: User | None) -> None:
    """Raises IllegalMove when it is not suspended."""
    migration = control.locked(session, migration_id)
    migration.schedule_state = _moved(migration, ScheduleState.ACTIVE)
    if migration.loop_from is not None:
        schedule.advance(migration, now())
    elif migration.start_at is not None and migration.start_at <= now():
        migration.next_start_at = None
    if migration.next_start_at is None and migration.state == MigrationState.SCHEDULED:
        migration.state = move(MigrationState.SCHEDULED, MigrationState.DRAFT)
    control.tell(session, migration, user, "activated")


def _await(migration: Migration, at: datetime) -> None:
    if migration.state != MigrationState.SCHEDULED:
        state = MigrationState(migration.state)
        migration.state = move(state, MigrationState.SCHEDULED)
    migration.next_start_at = at
    migration.schedule_state = ScheduleState.ACTIVE


def _moved(migration: Migration, to: ScheduleState) -> ScheduleState:
    return ScheduleState(move(ScheduleState(migration.schedule_state), to))


def _repeats(migration: Migration) -> str:
    if not migration.loop:
        return "none"
    end = f"until {_utc(migration.loop_until)}" if migration.loop_until else "for good"
    return f"every {migration.loop_minutes} minutes, {end}"


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
