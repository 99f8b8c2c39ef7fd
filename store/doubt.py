"""How long ago the last byte of an open intent can have been sent, for whoever settles it.

A process ends with its lease at the latest (jobs.deadline). What it has sent may still be stored
for a while; an account that has lain for that long already need not be waited for again.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store.tables import LedgerBatch, LedgerFolder, now


def mark_doubtful(session: Session, account_run_id: int, since: datetime) -> None:
    """Nobody sends any more under what this account run has open: its lease was over then."""
    mine = (LedgerBatch.account_run_id == account_run_id) & ~LedgerBatch.settled
    # One that is marked was not sent under again: later attempts settle it first.
    query = update(LedgerBatch).where(mine, LedgerBatch.doubtful_since.is_(None))
    session.execute(query.values(doubtful_since=since).execution_options(synchronize_session=False))


def quiet_seconds(session: Session, account_id: int) -> float:
    """So long nobody has been sending under the account's open intents; 0 unless that is known of
    each."""
    query = (
        select(LedgerBatch.doubtful_since)
        .join(LedgerFolder, LedgerFolder.id == LedgerBatch.folder_id)
        .where(LedgerFolder.account_id == account_id, ~LedgerBatch.settled)
    )
    since = list(session.scalars(query))
    known = [moment for moment in since if moment is not None]
    if not known or len(known) < len(since):
        return 0.0
    return max(0.0, (now() - max(known)).total_seconds())
