"""How long ago the last byte of an open intent can have been sent, for whoever settles it.

A process ends with its lease at the latest (jobs.deadline). What it has sent may still be stored
for a while; an account that has lain for that long already need not be waited for again. Known only
on the machine that saw it, until that is started again: elsewhere it is waited for.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store import steady
from store.tables import LedgerBatch, LedgerFolder


def mark_doubtful(session: Session, account_run_id: int) -> None:
    """Nobody sends any more under what this account run has open: its lease is over now."""
    mine = (LedgerBatch.account_run_id == account_run_id) & ~LedgerBatch.settled
    # One that is marked was not sent under again: later attempts settle it first.
    query = update(LedgerBatch).where(mine, LedgerBatch.doubtful_since.is_(None))
    now = {"doubtful_since": steady.clock(), "doubtful_boot": steady.boot()}
    session.execute(query.values(**now).execution_options(synchronize_session=False))


def quiet_seconds(session: Session, account_id: int) -> float:
    """So long nobody has been sending under the account's open intents; 0 unless that is known of
    each."""
    query = (
        select(LedgerBatch.doubtful_since, LedgerBatch.doubtful_boot)
        .join(LedgerFolder, LedgerFolder.id == LedgerBatch.folder_id)
        .where(LedgerFolder.account_id == account_id, ~LedgerBatch.settled)
    )
    since = session.execute(query).all()
    boot = steady.boot()
    known = [row[0] for row in since if row[0] is not None and boot and row[1] == boot]
    if not known or len(known) < len(since):
        return 0.0
    return max(0.0, steady.clock() - max(known))
