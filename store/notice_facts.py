"""What a notice says, put together when it happens: later the numbers may be others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from store import reports
from store.states import AccountRunState
from store.tables import Account, AccountRun, Migration, NoticeEvent, Run, User

NAMED = 20
"""Accounts that a mail names; of the others it says how many they are."""

_WORDS = 500
"""Characters of a server's answer."""

Facts = dict[str, Any]


def about(migration: Migration) -> Facts:
    return {
        "migration_id": migration.id,
        "name": migration.name,
        "source": migration.source_host,
        "destination": migration.destination.name if migration.destination else "",
        "domain": migration.domain,
        "mode": migration.mode,
        "threads": migration.threads,
        "zone": migration.timezone,
    }


def of_start(session: Session, migration: Migration, run: Run) -> Facts:
    user = session.get(User, run.started_by) if run.started_by is not None else None
    accounts = select(func.count(AccountRun.id)).where(AccountRun.run_id == run.id)
    return _of_run(migration, run) | {
        "accounts": session.scalar(accounts) or 0,
        "by": user.email if user is not None else "",
    }


def of_end(session: Session, migration: Migration, run: Run) -> Facts:
    totals = reports.totals(session, run.id)
    in_part = select(func.count(AccountRun.id)).where(
        AccountRun.run_id == run.id, AccountRun.state == AccountRunState.SKIPS
    )
    return _of_run(migration, run) | {
        "completed_at": _moment(run.completed_at),
        "totals": asdict(totals),
        "skips": session.scalar(in_part) or 0,
        "failures": [
            _account(one.account, run.number, one.error, (one.error_side, one.server_words))
            for one in _failed(session, run)
        ],
        "more": max(0, totals.failed_accounts - NAMED),
    }


def of_events(session: Session, migration: Migration, events: list[NoticeEvent]) -> Facts:
    named = events[:NAMED]
    runs = _numbers(session, [event.account_run_id for event in named])
    return about(migration) | {
        "failures": [
            _account(one.account, runs[one.account_run_id], one.code, (one.side, one.server_words))
            for one in named
        ],
        "accounts": len(events),
        "more": max(0, len(events) - NAMED),
    }


def same_end(before: Facts, after: Facts) -> bool:
    """Whether a run of a loop ended just as the one before it, and so is no news."""
    return _ending(before) == _ending(after)


def _ending(facts: Facts) -> tuple[object, ...]:
    totals = facts["totals"]
    named = [(one["account"], one["code"]) for one in facts["failures"]]
    return totals["failed_accounts"], totals["failed"], totals["skipped"], named


def _of_run(migration: Migration, run: Run) -> Facts:
    return about(migration) | {
        "run": run.number,
        "mode": run.mode,
        "dry_run": run.dry_run,
        "started_at": _moment(run.started_at),
    }


def _failed(session: Session, run: Run) -> Iterable[AccountRun]:
    query = (
        select(AccountRun)
        .join(Account, Account.id == AccountRun.account_id)
        .where(AccountRun.run_id == run.id, AccountRun.state == AccountRunState.FAILED)
        .options(selectinload(AccountRun.account))
        .order_by(Account.position, AccountRun.id)
    )
    # Whoever ended one of them in this transaction did so past the session's own copies.
    fresh = query.limit(NAMED).execution_options(populate_existing=True)
    return session.scalars(fresh).all()


def _numbers(session: Session, account_run_ids: list[int]) -> dict[int, int]:
    """Of each account run the number of its run."""
    query = select(AccountRun.id, Run.number).join(Run, Run.id == AccountRun.run_id)
    rows = session.execute(query.where(AccountRun.id.in_(account_run_ids)))
    return {row.id: row.number for row in rows}


def _account(account: Account, run: int, code: str, said: tuple[str, str]) -> Facts:
    """`said` is the side, source or destination or '', and its server's words."""
    side, server_words = said
    return {
        "account": account.id,
        "mailbox": account.mailbox,
        "username": account.source_username,
        "run": run,
        "code": code,
        "side": side,
        "server_words": server_words[:_WORDS],
    }


def _moment(value: datetime | None) -> str:
    return value.isoformat(timespec="seconds") if value is not None else ""
