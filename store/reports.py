"""A run as its report tells it: totals, accounts, folders, and the exceptions by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Integer, case, cast, func, select
from sqlalchemy.orm import Session, selectinload

from store.history_kinds import READINGS
from store.report_columns import MoreCounters
from store.states import AccountRunState, MigrationState
from store.tables import Account, AccountRun, FolderRow, History, Migration, NoteRow, Run
from store.verdicts import GOOD, PROVEN

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

NOTES_SHOWN = 200

SORTS: Mapping[str, ColumnElement[Any]] = {
    "position": Account.position.expression,
    "mailbox": func.lower(Account.mailbox),
    "state": AccountRun.state.expression,
    "found": AccountRun.found.expression,
    "copied": AccountRun.copied.expression,
    "skipped": AccountRun.skipped.expression,
    "failed": AccountRun.failed.expression,
    "size": AccountRun.size_copied.expression,
    "completed": AccountRun.completed_at.expression,
}


@dataclass(frozen=True, slots=True)
class Totals:
    """One run in sums. `verified` counts the accounts that came to their end and whose every folder
    was proven; `expected` the messages that the source is known to have, `left_out` the folders
    that were not looked at and `left_out_messages` what is in them, as far as it was counted."""

    accounts: int = 0
    complete: int = 0
    verified: int = 0
    failed_accounts: int = 0
    excepted: int = 0
    """Accounts that are complete but for exceptions."""
    stopped: int = 0
    """Accounts that were stopped."""
    expected: int = 0
    left_out: int = 0
    left_out_messages: int = 0
    found: int = 0
    copied: int = 0
    present: int = 0
    skipped: int = 0
    failed: int = 0
    vanished: int = 0
    size_copied: int = 0
    flags_changed: int = 0
    removed: int = 0
    folders_created: int = 0

    @property
    def balanced(self) -> bool:
        parts = self.copied + self.present + self.skipped + self.failed + self.vanished
        return self.found == parts


def run(session: Session, migration_id: int, number: int | None = None) -> Run | None:
    """The run of this number, or the last one; None when there is none."""
    query = select(Run).where(Run.migration_id == migration_id).order_by(Run.number.desc())
    if number is not None:
        query = query.where(Run.number == number)
    return session.scalars(query.limit(1)).first()


def runs(session: Session, migration_id: int) -> Sequence[Run]:
    """The newest first."""
    query = select(Run).where(Run.migration_id == migration_id).order_by(Run.number.desc())
    return session.scalars(query).all()


def totals(session: Session, run_id: int) -> Totals:
    sums = [func.coalesce(func.sum(getattr(AccountRun, name)), 0) for name in COUNTERS]
    whole = session.execute(
        select(func.count(AccountRun.id), *sums).where(AccountRun.run_id == run_id)
    ).one()
    good = AccountRun.state.in_(GOOD)
    folders, messages = left_out(session, run_id)
    return Totals(
        accounts=int(whole[0]),
        complete=_count(session, run_id, good),
        verified=_count(session, run_id, good & AccountRun.verdict.in_(PROVEN)),
        excepted=_count(session, run_id, AccountRun.state == AccountRunState.SKIPS),
        failed_accounts=_count(session, run_id, AccountRun.state == AccountRunState.FAILED),
        stopped=_count(session, run_id, AccountRun.state == AccountRunState.STOPPED),
        expected=_expected(session, run_id),
        left_out=folders,
        left_out_messages=messages,
        **{name: int(value) for name, value in zip(COUNTERS, whole[1:], strict=True)},
    )


def left_out(session: Session, run_id: int) -> tuple[int, int]:
    """Folders that were not looked at, over all accounts, and the messages that were counted in
    them."""
    query = select(AccountRun.left_out, AccountRun.omitted).where(AccountRun.run_id == run_id)
    folders = messages = 0
    for names, omitted in session.execute(query):
        folders += len(names)
        messages += sum(one["messages"] or 0 for one in omitted or ())
    return folders, messages


def _expected(session: Session, run_id: int) -> int:
    """As store.verdicts.expected, summed up."""
    seen = func.coalesce(func.nullif(AccountRun.planned, 0), Account.source_messages, 0)
    found = AccountRun.found
    whole = AccountRun.state.in_(GOOD) | (found >= seen)
    query = select(func.coalesce(func.sum(case((whole, found), else_=seen)), 0))
    query = query.select_from(AccountRun).join(Account, Account.id == AccountRun.account_id)
    return int(session.scalar(query.where(AccountRun.run_id == run_id)) or 0)


MORE = tuple(MoreCounters.__annotations__)


def more(session: Session, run_id: int, *, account_run_id: int | None = None) -> dict[str, int]:
    """The sums of what folders count beside their outcomes, over a run or one of its accounts;
    those alone that are not 0."""
    sums = [func.coalesce(func.sum(_countable(name)), 0) for name in MORE]
    query = select(*sums).join(AccountRun, AccountRun.id == FolderRow.account_run_id)
    query = query.where(AccountRun.run_id == run_id)
    if account_run_id is not None:
        query = query.where(AccountRun.id == account_run_id)
    found = zip(MORE, session.execute(query).one(), strict=True)
    return {name: int(value) for name, value in found if value}


def _countable(name: str) -> ColumnElement[Any]:
    """A yes counts as one, which PostgreSQL does not do by itself."""
    column: ColumnElement[Any] = getattr(FolderRow, name).expression
    return cast(column, Integer) if isinstance(column.type, Boolean) else column


@dataclass(frozen=True, slots=True)
class Plan:
    """What the last dry run that came to its end would have removed."""

    run: Run
    removed: int
    duplicates_removed: int
    deleted_at_source: int

    def holds_for(self, migration: Migration) -> bool:
        """Whether nothing was chosen anew since."""
        return (self.run.mode, self.run.options) == (migration.mode, migration.options)


def last_plan(session: Session, migration_id: int) -> Plan | None:
    ended = (
        (Run.migration_id == migration_id) & Run.dry_run & (Run.state == MigrationState.COMPLETE)
    )
    run = session.scalars(select(Run).where(ended).order_by(Run.number.desc()).limit(1)).first()
    if run is None:
        return None
    beside = more(session, run.id)
    names = ("duplicates_removed", "deleted_at_source")
    counts = {name: beside.get(name, 0) for name in names}
    return Plan(run, totals(session, run.id).removed, **counts)


def account_runs(
    session: Session,
    run_id: int,
    *,
    sort: str = "position",
    descending: bool = False,
    page: tuple[int, int] | None = None,
) -> Sequence[AccountRun]:
    """The run's accounts. `page` is (first, how many); None: all."""
    column = SORTS.get(sort, SORTS["position"])
    order = column.desc().nulls_last() if descending else column.asc().nulls_last()
    query = (
        select(AccountRun)
        .join(Account, Account.id == AccountRun.account_id)
        .where(AccountRun.run_id == run_id)
        .options(selectinload(AccountRun.account))
        .order_by(order, AccountRun.id)
    )
    if page is not None:
        query = query.offset(page[0]).limit(page[1])
    return session.scalars(query).all()


def account_run(
    session: Session, migration_id: int, number: int, account_id: int
) -> AccountRun | None:
    query = (
        select(AccountRun)
        .join(Run, Run.id == AccountRun.run_id)
        .where(Run.migration_id == migration_id, Run.number == number)
        .where(AccountRun.account_id == account_id)
        .options(selectinload(AccountRun.account), selectinload(AccountRun.folders))
    )
    return session.scalars(query).one_or_none()


def folders(
    session: Session, run_id: int, *, only: Sequence[int] | None = None
) -> dict[int, list[FolderRow]]:
    """Of each account run, by its id, the folders in the order in which they were done.

    `only`: of these account runs and no others."""
    query = (
        select(FolderRow)
        .join(AccountRun, AccountRun.id == FolderRow.account_run_id)
        .where(AccountRun.run_id == run_id)
        .order_by(FolderRow.id)
    )
    if only is not None:
        query = query.where(FolderRow.account_run_id.in_(only))
    found: dict[int, list[FolderRow]] = {}
    for row in session.scalars(query):
        found.setdefault(row.account_run_id, []).append(row)
    return found


def notes(
    session: Session, account_run_id: int, *, first: int = 0, limit: int = NOTES_SHOWN
) -> tuple[Sequence[NoteRow], int]:
    """The messages that need a word, and how many there are in all."""
    query = select(NoteRow).where(NoteRow.account_run_id == account_run_id)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return session.scalars(query.order_by(NoteRow.id).offset(first).limit(limit)).all(), total


def run_notes(
    session: Session, run_id: int, *, limit: int = 1000, only: Sequence[int] | None = None
) -> dict[int, list[NoteRow]]:
    """As notes, for all accounts of a run (or `only` these account runs), by account run."""
    query = (
        select(NoteRow)
        .join(AccountRun, AccountRun.id == NoteRow.account_run_id)
        .where(AccountRun.run_id == run_id)
        .order_by(NoteRow.id)
    )
    if only is not None:
        query = query.where(NoteRow.account_run_id.in_(only))
    found: dict[int, list[NoteRow]] = {}
    for row in session.scalars(query.limit(limit)):
        found.setdefault(row.account_run_id, []).append(row)
    return found


def history(session: Session, migration_id: int, *, limit: int) -> tuple[Sequence[History], int]:
    """The newest first, and how many there are in all; not that it was read."""
    query = select(History).where(
        History.migration_id == migration_id, History.kind.not_in(READINGS)
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return session.scalars(query.order_by(History.id.desc()).limit(limit)).all(), total


def _count(session: Session, run_id: int, where: ColumnElement[bool]) -> int:
    query = select(func.count(AccountRun.id)).where(AccountRun.run_id == run_id, where)
    return session.scalar(query) or 0
