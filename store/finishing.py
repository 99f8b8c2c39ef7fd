"""How a check and an account run end. Each end counts once, for the holder of the token only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from store import folder_lists, habits, history, notices
from store.beats import paused
from store.completion import complete_runs
from store.recount import recounted
from store.reporting_in import write_values
from store.states import AccountRunState, AccountState, Phase, move
from store.tables import Account, FindingRow, FolderRow, NoteRow, now
from store.wishes import BACK_TO, wanted
from sync.errors import Code, Side
from sync.model import FolderList
from sync.report import FolderReport, MailboxReport, Verdict

REASONS = 20
"""So many folders whose removals wait are named as an account's reason; the report has all."""


@dataclass(frozen=True, slots=True)
class CheckEnd:
    """`findings` without their account; `address` '' leaves the mailbox as it was typed."""

    ready: bool
    findings: Sequence[FindingRow]
    address: str = ""
    folders: int | None = None
    messages: int | None = None
    size: int | None = None
    mailbox_exists: bool | None = None
    source: FolderList | None = None
    destination: FolderList | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an account run did not come to its end. `side` is source, destination or ''."""

    code: str
    server_words: str = ""
    side: str = ""

    @property
    def values(self) -> dict[str, Any]:
        return {"error": self.code, "server_words": self.server_words, "error_side": self.side}


def finish_check(session: Session, account_id: int, token: int, end: CheckEnd) -> bool:
    """False: the account was edited or claimed anew meanwhile, and nothing was written."""
    to = AccountState.READY if end.ready else AccountState.BLOCKED
    values: dict[str, Any] = {
        "state": move(AccountState.CHECKING, to),
        "check_lease": None,
        "check_attempts": 0,
        "checked_at": now(),
        "check_waits_since": None,
        "check_not_before": None,
        "source_folders": end.folders,
        "source_messages": end.messages,
        "source_size": end.size,
        "mailbox_exists": end.mailbox_exists,
    }
    if end.address:
        values["mailbox"] = end.address
    ours = (Account.id == account_id) & (Account.check_token == token)
    query = update(Account).where(ours, Account.state == AccountState.CHECKING).values(**values)
    result: Any = session.execute(query.execution_options(synchronize_session=False))
    if result.rowcount != 1:
        return False
    session.execute(delete(FindingRow).where(FindingRow.account_id == account_id))
    for finding in end.findings:
        finding.account_id = account_id
        session.add(finding)
        if finding.code == "certificate_exception":
            _tell_exception(session, account_id, finding.words)
    folder_lists.keep(session, account_id, end.source, end.destination)
    return True


def _tell_exception(session: Session, account_id: int, words: str) -> None:
    """Once an hour, however many rows have this server."""
    migration = session.get_one(Account, account_id).migration
    history.record_again(
        session,
        kind="certificate exception",
        note=words,
        organization_id=migration.organization_id,
        migration_id=migration.id,
    )


def finish_account_run(
    session: Session, account_run_id: int, token: int, report: MailboxReport
) -> bool:
    """The work came to its end: complete, complete with skips, or failed, as the report says."""
    values: dict[str, Any] = totals(report.folders)
    values |= {"verdict": report.verdict, "folder": "", "lease": None}
    missing = (f"{name} (the source has no such folder)" for name in report.missing)
    values["left_out"] = [*report.left_out, *missing]
    values["omitted"] = _omitted(session, account_run_id, report)
    values |= _reason(report.folders) or _unread(session, account_run_id)
    if not _end(session, account_run_id, token, _state_of(report), **values):
        return False
    _forget_others(session, account_run_id, report.folders)
    habits.learn(session, account_run_id, report.total("copied"))
    return True


def fail_account_run(session: Session, account_run_id: int, token: int, reason: Reason) -> bool:
    values = {**reason.values, "verdict": Verdict.NOT_VERIFIED}
    values |= recounted(session, account_run_id)
    return _end(session, account_run_id, token, AccountRunState.FAILED, **values)


def retry_account_run(
    session: Session,
    account_run_id: int,
    token: int,
    reason: Reason,
    *,
    seconds: float,
    attempts: int | None = None,
) -> bool:
    """Another attempt after so long; the reason stays to be seen until it begins. `attempts` is
    written where it is not to count as one."""
    values = {**reason.values, **paused(seconds)}
    values |= {} if attempts is None else {"attempts": attempts}
    return leave_account_run(session, account_run_id, token, values)


def leave_account_run(
    session: Session, account_run_id: int, token: int, values: dict[str, Any] | None = None
) -> bool:
    """Left at a clean point: pending, paused or stopped, by what is wanted of it now.

    Now, not when the worker was asked to leave: a person may have resumed meanwhile."""
    state = wanted(session, account_run_id, token)
    if state is None:
        return False
    to = BACK_TO[state]
    move(AccountRunState.RUNNING, to)
    left: dict[str, Any] = {"state": to, "phase": Phase.WAITING, "folder": "", "lease": None}
    # Leaving because one was asked to is no failed attempt.
    left |= {"attempts": 0} if values is None else values
    if to != AccountRunState.PENDING:
        left |= recounted(session, account_run_id)
    if to == AccountRunState.STOPPED:
        left["completed_at"] = now()
    return write_values(session, account_run_id, token, left)


def _omitted(
    session: Session, account_run_id: int, report: MailboxReport
) -> list[dict[str, Any]] | None:
    """What the source did not count with its list of folders, the account's check has counted."""
    if not report.omitted:
        return None if report.left_out or report.missing else []
    counts = folder_lists.messages(session, account_run_id)
    return [
        asdict(one) | ({"messages": counts.get(one.name)} if one.messages is None else {})
        for one in report.omitted
    ]


def _forget_others(session: Session, account_run_id: int, folders: Sequence[FolderReport]) -> None:
    """What an earlier attempt told of folders that are not there any more."""
    told = {(folder.source, folder.destination) for folder in folders}
    query = select(FolderRow.id, FolderRow.source, FolderRow.destination)
    rows = session.execute(query.where(FolderRow.account_run_id == account_run_id))
    gone = [row.id for row in rows if (row.source, row.destination) not in told]
    if gone:
        session.execute(delete(FolderRow).where(FolderRow.id.in_(gone)))


def _reason(folders: Sequence[FolderReport]) -> dict[str, Any]:
    """What broke a folder, as the account's reason: where removals wait for a person, those of all
    folders, since that is what a person can decide."""
    waiting = [f for f in folders if f.error is Code.DELETION_REFUSED and f.server_words]
    broken = waiting[:1] or [folder for folder in folders if folder.error][:1]
    if not broken:
        return {}
    words = [folder.server_words for folder in waiting[:REASONS]] or [broken[0].server_words]
    if len(waiting) > REASONS:
        words.append(f"and of {len(waiting) - REASONS:,} more folders")
    side = Side.DESTINATION if waiting else ""
    return {"error": broken[0].error, "server_words": "; ".join(words), "error_side": side}


def _unread(session: Session, account_run_id: int) -> dict[str, Any]:
    """A line of the list of folders that nobody could read: it is no folder's error, and no
    message's."""
    query = select(NoteRow.server_words).where(
        NoteRow.account_run_id == account_run_id,
        NoteRow.uid == 0,
        NoteRow.code == Code.UNREAD_ANSWER,
    )
    line = session.scalar(query.order_by(NoteRow.id).limit(1))
    return Reason(Code.UNREAD_ANSWER, line, Side.SOURCE).values if line else {}


def totals(folders: Sequence[FolderReport]) -> dict[str, Any]:
    """The counters of an account run: the sums of its folders' reports."""
    names = ("found", "copied", "present", "skipped", "failed", "vanished")
    more = ("size_copied", "flags_changed", "removed")
    sums: dict[str, Any] = {n: sum(getattr(f, n) for f in folders) for n in (*names, *more)}
    return sums | {"folders_created": sum(folder.created for folder in folders)}


def _state_of(report: MailboxReport) -> AccountRunState:
    """A message never costs an account: failed messages are named exceptions, not a failure. One
    that was left out because somebody chose so is neither."""
    if report.verdict == Verdict.NOT_VERIFIED or any(folder.error for folder in report.folders):
        return AccountRunState.FAILED
    if report.verdict == Verdict.EXCEPTIONS or report.exceptions or report.total("failed"):
        return AccountRunState.SKIPS
    return AccountRunState.COMPLETE


def _end(
    session: Session, account_run_id: int, token: int, to: AccountRunState, **values: Any
) -> bool:
    move(AccountRunState.RUNNING, to)
    ended = {"state": to, "phase": Phase.DONE, "completed_at": now(), "folder": "", "lease": None}
    if not write_values(session, account_run_id, token, ended | values):
        return False
    notices.account_failed(session, account_run_id, values)
    complete_runs(session)
    return True
