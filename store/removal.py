"""A migration that is over goes, with its accounts, ledgers and reports. Nothing is removed on any
server; a line of the organization's history says who did it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from store import control
from store.states import AccountRunState, IllegalMove, MigrationState, ScheduleState
from store.tables import Account, AccountRun, History, Migration, Reading, Run, User

KIND = "deleted"
_OVER = (MigrationState.COMPLETE, MigrationState.STOPPED)


def is_over(migration: Migration) -> bool:
    """Complete or stopped, and the clock will not start it again."""
    awaits = migration.next_start_at is not None
    if awaits and migration.schedule_state == ScheduleState.ACTIVE:
        return False
    return migration.state in _OVER


def remove(session: Session, migration_id: int, user: User | None) -> str:
    """Returns its name. Raises IllegalMove unless it is over, and while a worker still leaves it.

    Who may read its reports and its notices go too; the lines of its history are kept."""
    migration = control.locked(session, migration_id)
    if not is_over(migration) or _is_left(session, migration_id):
        raise IllegalMove("it is not over yet")
    name = migration.name
    accounts, runs = counts(session, migration_id)
    note = f"{name} (#{migration_id}), accounts: {accounts}, runs: {runs}."
    control.tell(session, migration, user, KIND, note=note)
    _delete(session, migration_id)
    return name


def counts(session: Session, migration_id: int) -> tuple[int, int]:
    """Its accounts, and its runs."""
    accounts, runs = (
        session.scalar(select(func.count(table.id)).where(table.migration_id == migration_id))
        for table in (Account, Run)
    )
    return accounts or 0, runs or 0


def removed(session: Session, organization_id: int | None, *, limit: int) -> Sequence[History]:
    """What was deleted in this organization, the newest first; None: in all."""
    query = select(History).where(History.kind == KIND)
    if organization_id is not None:
        query = query.where(History.organization_id == organization_id)
    return session.scalars(query.order_by(History.id.desc()).limit(limit)).all()


def _is_left(session: Session, migration_id: int) -> bool:
    lives = (
        select(AccountRun.id)
        .join(Run, Run.id == AccountRun.run_id)
        .where(Run.migration_id == migration_id, AccountRun.state == AccountRunState.RUNNING)
    )
    return session.scalar(lives.limit(1)) is not None


def _delete(session: Session, migration_id: int) -> None:
    """What hangs on accounts, account runs and notices goes with them, by the tables' own rules."""
    runs = select(Run.id).where(Run.migration_id == migration_id)
    for gone in (
        delete(AccountRun).where(AccountRun.run_id.in_(runs)),
        delete(Account).where(Account.migration_id == migration_id),
        delete(Run).where(Run.migration_id == migration_id),
        delete(Reading).where(Reading.migration_id == migration_id),
        delete(Migration).where(Migration.id == migration_id),
    ):
        session.execute(gone.execution_options(synchronize_session=False))
    session.expunge_all()
