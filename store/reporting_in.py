"""What a worker tells of an account run while it runs. All of it only with the right token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from store.beats import beat
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


AT_ONCE = 500
"""Names in one statement."""


@dataclass(frozen=True, slots=True)
class News:
    """What has happened since the last time: `values` are columns of AccountRun; `final` where the
    work came to its end, and they are the sums of its folders."""

    values: Mapping[str, Any] = field(default_factory=dict)
    folders: Sequence[FolderReport] = ()
    notes: Sequence[MessageNote] = ()
    final: bool = False


def begin_account_run(session: Session, account_run_id: int, token: int, *, seconds: int) -> bool:
    """A worker took the claim up. False: it is over, or begun already: there is nothing to do.

    A claim is begun once: a Redis that was put back to an earlier state calls for it again.
    What an earlier attempt has counted and told of its folders stays until this one has come as
    far: whoever watches sees no number fall, and none counted twice (tell). The messages that it
    named are named again."""
    values: dict[str, Any] = {
        "phase": Phase.PROVISIONING,
        **beat(AccountRun, seconds),
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
    session.execute(delete(NoteRow).where(NoteRow.account_run_id == account_run_id))
    return True


def tell(session: Session, account_run_id: int, token: int, news: News) -> bool:
    """False: the account run is not ours any more, and nothing was written."""
    told = dict(news.values) if news.final else _not_less(session, account_run_id, news.values)
    values = told or {"token": token}
    if not write_values(session, account_run_id, token, values):
        return False
    _replace(session, account_run_id, news.folders)
    session.add_all(folder_row(account_run_id, report) for report in news.folders)
    session.add_all(NoteRow(account_run_id=account_run_id, **_note(n)) for n in news.notes)
    return True


def _not_less(session: Session, account_run_id: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Without the counters of an attempt that has not come as far as the one before it."""
    query = select(AccountRun.found, AccountRun.copied, AccountRun.size_copied, AccountRun.reached)
    before = session.execute(query.where(AccountRun.id == account_run_id)).one_or_none()
    kept = dict(values)
    if before is None:
        return kept
    counted = ("found", "copied", "size_copied")
    if any(kept.get(name, getattr(before, name)) < getattr(before, name) for name in counted):
        kept = {name: value for name, value in kept.items() if name not in COUNTERS}
    if "reached" in kept:
        kept["reached"] = max(kept["reached"], before.reached)
    return kept


def _replace(session: Session, account_run_id: int, told: Sequence[FolderReport]) -> None:
    """An earlier attempt's word on these folders gives way to this one's."""
    names = {(report.source, report.destination) for report in told}
    sources = sorted({source for source, _ in names})
    for first in range(0, len(sources), AT_ONCE):
        some = sources[first : first + AT_ONCE]
        query = select(FolderRow.id, FolderRow.source, FolderRow.destination)
        ours = (FolderRow.account_run_id == account_run_id) & FolderRow.source.in_(some)
        rows = session.execute(query.where(ours)).all()
        old = [row.id for row in rows if (row.source, row.destination) in names]
        if old:
            gone = delete(FolderRow).where(FolderRow.id.in_(old))
            session.execute(gone.execution_options(synchronize_session=False))


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
