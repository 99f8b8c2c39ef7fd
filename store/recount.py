"""What an account run has copied, as the ledger knows it: for one that ends in the middle.

Its counters are told once a second, and those of an earlier attempt are told again only as far as
the later one has come. The ledger has every message of both.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store.tables import AccountRun, LedgerBatch
from sync.ledger_kinds import Kind, unpack_pairs

_OTHERS = ("present", "skipped", "failed", "vanished")


def recounted(session: Session, account_run_id: int) -> dict[str, Any]:
    """The columns of the account run that the ledger decides."""
    sizes = _sent(session, account_run_id)
    told = session.get_one(AccountRun, account_run_id, populate_existing=True)
    others = sum(getattr(told, name) for name in _OTHERS)
    copied = len(sizes)
    return {"copied": copied, "size_copied": sum(sizes.values()), "found": copied + others}


def recount(session: Session, account_run_id: int) -> None:
    """Enter it."""
    session.flush()
    values = recounted(session, account_run_id)
    query = update(AccountRun).where(AccountRun.id == account_run_id).values(**values)
    session.execute(query.execution_options(synchronize_session=False))


def _sent(session: Session, account_run_id: int) -> dict[tuple[int, int], int]:
    """The size of each message that has arrived, by folder and uid: twice sent is once copied."""
    query = select(LedgerBatch.folder_id, LedgerBatch.packed).where(
        LedgerBatch.account_run_id == account_run_id,
        LedgerBatch.kind == Kind.SENT,
        LedgerBatch.settled,
    )
    return {
        (row.folder_id, pair.source_uid): pair.size
        for row in session.execute(query.execution_options(yield_per=100))
        for pair in unpack_pairs(row.packed)
    }
