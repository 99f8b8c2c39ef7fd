"""Stored passwords go when nobody needs them any more.

one-time migration over     `keep_days` after its end: until then it is repeated without typing
loop at its end             at once
loop that was stopped       as a one-time migration
deleted                     with its rows (store.removal)

Whoever starts it again types them: its rows are blocked, and say why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from store import control
from store.removal import is_over
from store.states import AccountRunState, AccountState, MigrationState, move
from store.tables import Account, AccountRun, FindingRow, Migration, Run, now
from sync.errors import Code

LEAST_DAYS, MOST_DAYS = 0, 365
_WORDS = "The stored passwords were removed, as the migration was over."
_HINT = "Type them again, and the account is checked."


def kept_until(migration: Migration) -> datetime | None:
    """None: for as long as it runs, is to run, or repeats."""
    ended = migration.completed_at
    if ended is None or not is_over(migration):
        return None
    at_once = migration.loop and migration.state == MigrationState.COMPLETE
    return ended if at_once else ended + timedelta(days=migration.keep_days)


def due_for_wiping(session: Session) -> list[int]:
    """The migrations whose time for repeats is over, and that have passwords still."""
    has = select(Account.id).where(Account.migration_id == Migration.id, _sealed())
    over = Migration.state.in_((MigrationState.COMPLETE, MigrationState.STOPPED))
    query = select(Migration).where(over, Migration.completed_at <= now(), has.exists())
    return [one.id for one in session.scalars(query) if _is_due(one)]


def has_any(session: Session, migration_id: int) -> bool:
    """Whether one of its passwords is stored."""
    query = select(Account.id).where(Account.migration_id == migration_id, _sealed())
    return session.scalar(query.limit(1)) is not None


def _is_due(migration: Migration) -> bool:
    until = kept_until(migration)
    return until is not None and until <= now()


def wipe(session: Session, migration_id: int) -> bool:
    """False: it is not (or no longer) due."""
    migration = control.locked(session, migration_id)
    if not _is_due(migration) or _is_left(session, migration_id):
        return False
    rows: Sequence[Account] = session.scalars(
        select(Account).where(Account.migration_id == migration_id, _sealed())
    ).all()
    for row in rows:
        row.source_password_sealed = row.mailbox_password_sealed = None
        if row.state == AccountState.READY:
            row.state = move(move(AccountState.READY, AccountState.NEW), AccountState.BLOCKED)
            finding = FindingRow(
                level="blocking", code=Code.LOGIN_REFUSED, words=_WORDS, hint=_HINT
            )
            finding.field = "source_password"
            row.findings.append(finding)
    migration.passwords_wiped_at = now()
    many = "1 account" if len(rows) == 1 else f"{len(rows)} accounts"
    control.tell(session, migration, None, "passwords wiped", note=f"Of {many}.")
    return True


def _is_left(session: Session, migration_id: int) -> bool:
    """A worker still leaves it, and uses them."""
    lives = select(AccountRun.id).join(Run, Run.id == AccountRun.run_id)
    lives = lives.where(Run.migration_id == migration_id)
    return session.scalar(lives.where(AccountRun.state == AccountRunState.RUNNING)) is not None


def _sealed() -> ColumnElement[bool]:
    return or_(
        Account.source_password_sealed.is_not(None), Account.mailbox_password_sealed.is_not(None)
    )
