"""Among how many accounts that which belongs to a whole migration is divided."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.states import AccountRunState
from store.tables import AccountRun, Migration, Run


def sharers(session: Session, account_run_id: int) -> int:
    """Never fewer than the accounts that run now, nor than those that may at a time: where that
    was lowered, more go on until they end; where fewer run, others may begin at any moment."""
    own = select(Run.migration_id).join(AccountRun, AccountRun.run_id == Run.id)
    migration = own.where(AccountRun.id == account_run_id).scalar_subquery()
    allowed = select(Migration.threads).where(Migration.id == migration)
    living = (
        select(func.count(AccountRun.id))
        .join(Run, Run.id == AccountRun.run_id)
        .where(Run.migration_id == migration, AccountRun.state == AccountRunState.RUNNING)
    )
    both = select(allowed.scalar_subquery(), living.scalar_subquery())
    threads, alive = session.execute(both).one()
    return max(int(threads or 1), int(alive), 1)
