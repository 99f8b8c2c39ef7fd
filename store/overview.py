"""What the pages list: migrations with their progress, and the rows of one migration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select, true
from sqlalchemy.orm import Session, selectinload

from store.drafts import EDITABLE
from store.scope import Viewer, visible
from store.states import AccountRunState, AccountState, MigrationState, ScheduleState
from store.tables import Account, AccountRun, FindingRow, Migration, Run
from store.verdicts import GOOD, PROVEN

PAGE = 50


class Group(StrEnum):
    """The overview's tabs: K9 is RUNNING, K10 is FINISHED.

    A loop between two runs is under way."""

    ALL = "all"
    RUNNING = "running"
    DRAFTS = "drafts"
    FINISHED = "finished"


_OVER = (MigrationState.COMPLETE, MigrationState.STOPPED)


def awaits_start(migration: Migration) -> bool:
    """Whether it is a loop between two runs: the clock will start the next."""
    active = migration.schedule_state == ScheduleState.ACTIVE
    return migration.state in _OVER and active and migration.next_start_at is not None


def _awaits() -> ColumnElement[bool]:
    active = Migration.schedule_state == ScheduleState.ACTIVE
    return Migration.state.in_(_OVER) & active & Migration.next_start_at.is_not(None)


_GROUPS: Mapping[Group, ColumnElement[bool]] = {
    Group.ALL: true(),
    Group.RUNNING: Migration.state.in_((MigrationState.RUNNING, MigrationState.PAUSED)) | _awaits(),
    Group.DRAFTS: Migration.state.in_((MigrationState.DRAFT, MigrationState.SCHEDULED)),
    Group.FINISHED: Migration.state.in_(_OVER) & ~_awaits(),
}

SORTS: Mapping[str, ColumnElement[Any]] = {
    "name": func.lower(Migration.name),
    "server": func.lower(Migration.source_host),
    "state": Migration.state.expression,
    "created": Migration.created_at.expression,
    "started": Migration.started_at.expression,
    "completed": Migration.completed_at.expression,
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks of the overview. `sort` is one of SORTS."""

    group: Group = Group.ALL
    text: str = ""
    sort: str = "created"
    descending: bool = True
    page: int = 1


@dataclass(frozen=True, slots=True)
class AccountCounts:
    """The rows of one migration by state; `waiting` are new or being checked."""

    ready: int = 0
    blocked: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        return self.ready + self.blocked + self.waiting


@dataclass(frozen=True, slots=True)
class RunCounts:
    """One run by what became of its accounts and messages. `paused` are some of the pending,
    `verified` and `excepted` some of the complete. `reached` is how far the accounts that are not
    verified have come, in thousandths of an account."""

    pending: int = 0
    paused: int = 0
    running: int = 0
    complete: int = 0
    failed: int = 0
    stopped: int = 0
    planned: int = 0
    done: int = 0
    copied: int = 0
    messages_failed: int = 0
    verified: int = 0
    excepted: int = 0
    reached: int = 0
    dry_run: bool = False

    @property
    def total(self) -> int:
        return self.pending + self.running + self.ended

    @property
    def ended(self) -> int:
        return self.complete + self.failed + self.stopped

    @property
    def percent(self) -> int:
        """100 where all accounts are verified, and nowhere else. The others count as far as they
        have come: no attempt takes back what an earlier one has reached."""
        if not self.total:
            return 0
        if self.verified == self.total:
            return 100
        return min(99, (1000 * self.verified + self.reached) // (10 * self.total))


@dataclass(frozen=True, slots=True)
class Line:
    """One migration of the overview."""

    migration: Migration
    accounts: AccountCounts
    run: RunCounts | None


def lines(session: Session, viewer: Viewer, question: Question) -> tuple[list[Line], int]:
    """One page, and how many there are on all pages."""
    query = _asked(viewer, question)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    column = SORTS.get(question.sort, SORTS["created"])
    order = column.desc().nulls_last() if question.descending else column.asc().nulls_last()
    page = query.order_by(order, Migration.id.desc()).options(
        selectinload(Migration.organization), selectinload(Migration.destination)
    )
    found = session.scalars(page.limit(PAGE).offset((question.page - 1) * PAGE)).all()
    # Of a migration that has begun the page shows its run, of any other its accounts.
    begun = [one.id for one in found if one.state not in EDITABLE]
    accounts = account_counts(session, [one.id for one in found if one.state in EDITABLE])
    runs = last_run_counts(session, begun)
    empty = AccountCounts()
    return [Line(m, accounts.get(m.id, empty), runs.get(m.id)) for m in found], total


def group_sizes(session: Session, viewer: Viewer) -> dict[Group, int]:
    numbers = [func.sum(case((condition, 1), else_=0)) for condition in _GROUPS.values()]
    row = session.execute(select(*numbers).where(visible(viewer))).one()
    return {group: int(number or 0) for group, number in zip(_GROUPS, row, strict=True)}


def account_counts(session: Session, migration_ids: Sequence[int]) -> dict[int, AccountCounts]:
    query = (
        select(Account.migration_id, Account.state, func.count())
        .where(Account.migration_id.in_(migration_ids))
        .group_by(Account.migration_id, Account.state)
    )
    found: dict[int, dict[str, int]] = {}
    for migration_id, state, count in session.execute(query):
        found.setdefault(migration_id, {})[state] = count
    return {
        migration_id: AccountCounts(
            states.get(AccountState.READY, 0),
            states.get(AccountState.BLOCKED, 0),
            states.get(AccountState.NEW, 0) + states.get(AccountState.CHECKING, 0),
        )
        for migration_id, states in found.items()
    }


def account_page(
    session: Session, migration_id: int, *, attention: bool, page: int
) -> tuple[Sequence[Account], int]:
    """Rows with their findings in the file's order; `attention`: only those that need a person."""
    query = select(Account).where(Account.migration_id == migration_id)
    if attention:
        query = query.where(needs_attention())
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    ordered = query.order_by(Account.position, Account.id).options(selectinload(Account.findings))
    return session.scalars(ordered.limit(PAGE).offset((page - 1) * PAGE)).all(), total


def needs_attention() -> ColumnElement[bool]:
    warned = exists().where(FindingRow.account_id == Account.id, FindingRow.level != "ok")
    return or_(Account.state == AccountState.BLOCKED, warned)


def changed_since(session: Session, ids: Sequence[int], since: datetime) -> Sequence[Account]:
    """Of these rows, those that a page shown at `since` has to show anew."""
    moving = Account.state.in_((AccountState.NEW, AccountState.CHECKING))
    query = select(Account).where(
        Account.id.in_(ids), or_(moving, Account.checked_at.is_(None), Account.checked_at >= since)
    )
    return session.scalars(query.options(selectinload(Account.findings))).all()


def run_counts(session: Session, run_ids: Sequence[int]) -> dict[int, RunCounts]:
    done = (
        AccountRun.copied
        + AccountRun.present
        + AccountRun.skipped
        + AccountRun.failed
        + AccountRun.vanished
    )
    proven = AccountRun.state.in_(GOOD) & AccountRun.verdict.in_(PROVEN)
    query = (
        select(
            AccountRun.run_id,
            Run.dry_run,
            AccountRun.state,
            func.count().label("accounts"),
            func.sum(AccountRun.planned).label("planned"),
            func.sum(done).label("done"),
            func.sum(AccountRun.copied).label("copied"),
            func.sum(AccountRun.failed).label("failed"),
            func.sum(case((proven, 1), else_=0)).label("verified"),
            func.sum(case((proven, 0), else_=AccountRun.reached)).label("reached"),
        )
        .join(Run, Run.id == AccountRun.run_id)
        .where(AccountRun.run_id.in_(run_ids))
        .group_by(AccountRun.run_id, Run.dry_run, AccountRun.state)
    )
    found: dict[int, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.run_id, []).append(row)
    return {run_id: _sum(rows) for run_id, rows in found.items()}


def _sum(rows: Sequence[Any]) -> RunCounts:
    def count(*states: AccountRunState) -> int:
        return sum(row.accounts for row in rows if row.state in states)

    def total(column: str, *states: AccountRunState) -> int:
        return sum(int(getattr(row, column)) for row in rows if not states or row.state in states)

    return RunCounts(
        pending=count(AccountRunState.PENDING, AccountRunState.PAUSED),
        paused=count(AccountRunState.PAUSED),
        running=count(AccountRunState.RUNNING),
        complete=count(AccountRunState.COMPLETE, AccountRunState.SKIPS),
        failed=count(AccountRunState.FAILED),
        stopped=count(AccountRunState.STOPPED),
        planned=total("planned", AccountRunState.RUNNING),
        done=total("done", AccountRunState.RUNNING),
        copied=total("copied"),
        messages_failed=total("failed"),
        verified=total("verified"),
        excepted=count(AccountRunState.SKIPS),
        reached=total("reached"),
        dry_run=any(row.dry_run for row in rows),
    )


def last_run_counts(session: Session, migration_ids: Sequence[int]) -> dict[int, RunCounts]:
    last = (
        select(Run.migration_id, func.max(Run.id).label("id"))
        .where(Run.migration_id.in_(migration_ids))
        .group_by(Run.migration_id)
    )
    runs = {run_id: migration_id for migration_id, run_id in session.execute(last)}
    return {runs[run_id]: c for run_id, c in run_counts(session, list(runs)).items()}


def _asked(viewer: Viewer, question: Question) -> Select[Migration]:
    query = select(Migration).where(visible(viewer), _GROUPS[question.group])
    text = question.text.strip()
    if not text:
        return query
    pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    named = or_(
        Migration.name.ilike(pattern, escape="\\"),
        Migration.domain.ilike(pattern, escape="\\"),
        Migration.source_host.ilike(pattern, escape="\\"),
    )
    number = text.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 10:
        named = or_(named, Migration.id == int(number))
    return query.where(named)
