"""Of a migration that runs again and again the last runs are kept, so that it may do so for years.

With a run go its accounts' counters, folder reports, named messages and notices. The ledger stays
whole, and so does the history."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.tables import AccountRun, Run

KEPT_RUNS = 500
"""A week of runs every 20 minutes."""


def forget_old_runs(session: Session, migration_id: int, newest: int) -> None:
    """Keep KEPT_RUNS runs up to the one numbered `newest`."""
    last = newest - KEPT_RUNS
    if last < 1:
        return
    old = select(Run.id).where(Run.migration_id == migration_id, Run.number <= last)
    gone = delete(AccountRun).where(AccountRun.run_id.in_(old))
    session.execute(gone.execution_options(synchronize_session=False))
    session.execute(
        delete(Run)
        .where(Run.migration_id == migration_id, Run.number <= last)
        .execution_options(synchronize_session=False)
    )
