"""What a worker tells of an account run while it runs. All of it only with the right token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, update
from sqlalchemy.orm import Session

from store.ledger import owned
from store.states import Phase
from store.tables import AccountRun, FolderRow, NoteRow, now
from sync.report import FolderReport, MessageNote

COUNTERS = (
    "found",
    "copied",
    "present",
    "skipped",
    "failed",
    "vanished",
    "size_copied",
    "flags_changed",
    "removed",
    "folders_created",
)


@dataclass(frozen=True, slots=True)
class News:
    """What has happened since the last time: `values` are columns of AccountRun."""

    values: Mapping[str, Any] = field(default_factory=dict)
    folders: Sequence[FolderReport] = ()
    notes: Sequence[MessageNote] = ()


def begin_account_run(session: Session, account_run_id: int, token: int, *, seconds: int) -> bool:
    """A worker took the claim up. False: it is over, or begun already: there is nothing to do.

    A claim is begun once: a Redis that was put back to an earlier state calls for it again.
    What an earlier attempt reported is removed: this attempt will find those messages present
    at the destination, and they must not be counted twice."""
    values: dict[str, Any] = dict.fromkeys((*COUNTERS, "planned", "planned_size"), 0)
    values |= {
        "phase": Phase.PROVISIONING,
        "lease": now() + timedelta(seconds=seconds),
        "attempts": AccountRun.attempts + 1,
        "started_at": func.coalesce(AccountRun.started_at, now()),
        "completed_at": None,
        "folder": "",
        "error": "",
        "server_words": "",
        "verdict": "",
    }
    waiting = AccountRun.phase == Phase.WAITING
    if not write_values(session, account_run_id, token, values, only=waiting):
        return False
    for table in (FolderRow, NoteRow):
        session.execute(delete(table).where(table.account_run_id == account_run_id))
    return True


def tell(session: Session, account_run_id: int, token: int, news: News) -> bool:
    """False: the account run is not ours any more, and nothing was written."""
    values = dict(news.values) or {"token": token}
    if not write_values(session, account_run_id, token, values):
        return False
    session.add_all(folder_row(account_run_id, report) for report in news.folders)
    session.add_all(NoteRow(account_run_id=account_run_id, **_note(n)) for n in news.notes)
    return True


def write_values(
    session: Session,
    account_run_id: int,
    token: int,
    values: Mapping[str, Any],
    *,
    only: ColumnElement[bool] | None = None,
) -> bool:
    where = owned(account_run_id, token) if only is None else owned(account_run_id, token) & only
    query = update(AccountRun).where(where).values(**values)
    result: Any = session.execute(query.execution_options(synchronize_session=False))
    return int(result.rowcount) == 1


def folder_row(account_run_id: int, report: FolderReport) -> FolderRow:
    told = asdict(report) | {"error": report.error or ""}
    fields = {name: value for name, value in told.items() if hasattr(FolderRow, name)}
    return FolderRow(account_run_id=account_run_id, **fields)


def _note(note: MessageNote) -> dict[str, Any]:
    # A date comes from a header, and a header may hold anything, at any length.
    return asdict(note) | {"date": note.date[:64]}
