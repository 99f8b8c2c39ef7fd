"""What became of each message of an account run, read from its ledger: nothing is kept twice.

Copied ones, and those that were found at the destination. Skipped and failed messages are notes of
the report. The ledger holds two uids and a size of each message and the time of each batch; the
message's own date would double it, and is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from store.tables import LedgerBatch, LedgerFolder
from sync.ledger_kinds import Kind, unpack_pairs
from sync.report import Outcome

LINES = 500
"""On one page."""

_OUTCOMES = {Kind.SENT.value: Outcome.COPIED, Kind.FOUND.value: Outcome.PRESENT}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One message. `destination_uid` 0 where it is not known; `at`: when its batch was entered."""

    folder: str
    source_uid: int
    destination_uid: int
    size: int
    at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Where a page begins: in this batch, after so many of its messages."""

    batch: int = 0
    message: int = 0


def download_log(
    session: Session, account_run_id: int, *, begin: Mark, lines: int = LINES
) -> tuple[list[LogLine], Mark | None]:
    """One page in the order of the work, and where the next begins. None: that was all.

    Only this page's batches are read, however long the log is."""
    found: list[LogLine] = []
    for batch in session.execute(_batches(account_run_id, begin.batch)).yield_per(10):
        if len(found) == lines:
            return found, Mark(batch.id, 0)
        skipped = begin.message if batch.id == begin.batch else 0
        outcome = _OUTCOMES[batch.kind]
        free = lines - len(found)
        found += [
            LogLine(batch.source, one.source_uid, one.destination_uid, one.size, batch.at, outcome)
            for one in islice(unpack_pairs(batch.packed), skipped, skipped + free)
        ]
        if next(islice(unpack_pairs(batch.packed), skipped + free, None), None) is not None:
            return found, Mark(batch.id, skipped + free)
    return found, None


def _batches(account_run_id: int, first: int) -> Select[int, bytes, str, datetime, str]:
    return (
        select(
            LedgerBatch.id, LedgerBatch.packed, LedgerBatch.kind, LedgerBatch.at,
            LedgerFolder.source,
        )
        .join(LedgerFolder, LedgerFolder.id == LedgerBatch.folder_id)
        .where(LedgerBatch.account_run_id == account_run_id, LedgerBatch.kind.in_(_OUTCOMES))
        .where(LedgerBatch.settled, LedgerBatch.id >= first)
        .order_by(LedgerBatch.id)
    )  # fmt: skip
