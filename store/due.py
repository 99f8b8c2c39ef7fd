"""What the clock starts: each slot once, however many clocks there are.

    due, and its accounts are     what happens
    running or paused             nothing: the slot waits for the end of that run
    being checked                 nothing: it waits for the checks
    logins refused time and again those accounts are checked first
    all ready                     the next run
    mailboxes given away          those accounts are blocked
    partly blocked                the next run over the others; the history names those left out
    all blocked                   nothing until one is mended; the history says once why
    past the end of the loop      the slot is given up: a machine that was off does not come late

A start moves the slot in the transaction that makes the run, under the lock of the migration's
row: another clock finds the slot gone. Slots that were missed meanwhile are one run, not many.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store import control, ownership
from store.refused import check_again
from store.states import AccountState, MigrationState, ScheduleState, move
from store.tables import Account, History, Migration, Run, now

STARTABLE = (MigrationState.SCHEDULED, MigrationState.COMPLETE, MigrationState.STOPPED)

_NAMED = 5


def due(session: Session) -> Sequence[int]:
    """The migrations whose time has come, the longest waiting first."""
    query = select(Migration.id).where(
        Migration.next_start_at <= now(),
        Migration.schedule_state == ScheduleState.ACTIVE,
        Migration.state.in_(STARTABLE),
    )
    return session.scalars(query.order_by(Migration.next_start_at, Migration.id)).all()


def start_due(session: Session, migration_id: int) -> Run | None:
    """The run that begins now. None: another clock was faster, or it cannot begin (yet)."""
    migration = control.locked(session, migration_id)
    slot = migration.next_start_at
    active = migration.schedule_state == ScheduleState.ACTIVE
    if slot is None or slot > now() or not active or migration.state not in STARTABLE:
        return None
    if migration.loop and migration.loop_until is not None and migration.loop_until < now():
        _give_up(session, migration)
        return None
    _check_refused(session, migration)
    ownership.block_foreign(session, migration)
    session.flush()
    accounts = _accounts(session, migration_id)
    states = {state for _, state in accounts}
    if states & {AccountState.NEW, AccountState.CHECKING}:
        return None
    obstacles = control.obstacles(migration) + ownership.place_reasons(session, migration)
    if obstacles or AccountState.READY not in states:
        _hold(session, migration, slot)
        return None
    blocked = [mailbox for mailbox, state in accounts if state == AccountState.BLOCKED]
    return control.begin_run(session, migration, None, f", by the schedule{_left_out(blocked)}")


def _check_refused(session: Session, migration: Migration) -> None:
    if found := check_again(session, migration):
        note = f"Checked again, their logins being refused time and again: {_names(found)}."
        control.tell(session, migration, None, "changed", note=note)


def _accounts(session: Session, migration_id: int) -> list[tuple[str, str]]:
    query = select(Account.mailbox, Account.state).where(Account.migration_id == migration_id)
    return [(mailbox, state) for mailbox, state in session.execute(query.order_by(Account.id))]


def _left_out(blocked: list[str]) -> str:
    return f"; left out, being blocked: {_names(blocked)}" if blocked else ""


def _names(mailboxes: list[str]) -> str:
    more = f" and {len(mailboxes) - _NAMED} more" if len(mailboxes) > _NAMED else ""
    return ", ".join(mailboxes[:_NAMED]) + more


def _hold(session: Session, migration: Migration, slot: datetime) -> None:
    said = select(History.id).where(
        History.migration_id == migration.id, History.kind == "held", History.at >= slot
    )
    if session.scalar(said.limit(1)) is None:
        reasons, _ = control.unready(session, migration)
        control.tell(session, migration, None, "held", note=" ".join(reasons))


def _give_up(session: Session, migration: Migration) -> None:
    migration.next_start_at = None
    if migration.state == MigrationState.SCHEDULED:
        migration.state = move(MigrationState.SCHEDULED, MigrationState.DRAFT)
    note = "The last time to start passed before it could be used."
    control.tell(session, migration, None, "lapsed", note=note)
