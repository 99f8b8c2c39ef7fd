"""What the database says of the installation as a whole: what is overdue, and figures to graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.ahead import too_far_ahead
from store.due import STARTABLE
from store.expiry import lapsed_seconds
from store.judge import Judge
from store.states import AccountRunState, AccountState, ScheduleState
from store.tables import Account, AccountRun, FindingRow, History, Migration, NoticeMail, Run, now

WINDOW = timedelta(hours=1)
_LEEWAY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Overdue:
    """Ages in seconds, 0 where there is nothing: the longest due start, and the longest lapsed
    claim, which no clock has taken back yet. How many claims, and next starts, are further ahead
    than they can be; how many starts were computed anew for that in the last day."""

    start: float = 0.0
    claim: float = 0.0
    ahead: int = 0
    computed_anew: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over everything that the database keeps; durations are seconds, of the last hour."""

    migrations: Mapping[str, int]
    accounts: Mapping[str, int]
    account_runs: Mapping[str, int]
    messages: Mapping[str, int]
    bytes_copied: int
    run_errors: Mapping[str, int]
    findings: Mapping[str, int]
    mails: Mapping[str, int]
    durations: Mapping[str, list[float]] = field(default_factory=dict)
    """By kind: check, account run, run. Sorted."""


def overdue(session: Session, judge: Judge) -> Overdue:
    """`judge` is whose asks this time and again: lapsed is what it has seen standing still."""
    start = session.scalar(
        select(func.min(Migration.next_start_at)).where(
            Migration.next_start_at <= now(),
            Migration.schedule_state == ScheduleState.ACTIVE,
            Migration.state.in_(STARTABLE),
        )
    )
    since = now() - timedelta(days=1)
    anew = select(func.count()).where(History.kind == "time", History.at.between(since, now()))
    return Overdue(
        start=_age(start),
        claim=lapsed_seconds(session, judge),
        ahead=len(too_far_ahead(session)) + _leases_ahead(session),
        computed_anew=session.scalar(anew) or 0,
    )


def _leases_ahead(session: Session) -> int:
    """Further than their length: whoever wrote them has another time of day than we."""
    runs = select(AccountRun.lease, AccountRun.lease_seconds).where(
        AccountRun.state == AccountRunState.RUNNING
    )
    checks = select(Account.check_lease, Account.check_lease_seconds).where(
        Account.state == AccountState.CHECKING
    )
    rows = [*session.execute(runs), *session.execute(checks)]
    far = now() + _LEEWAY
    return sum(1 for lease, seconds in rows if lease and lease > far + timedelta(seconds=seconds))


def figures(session: Session) -> Figures:
    """One pass over the account runs, and over indexes for most of the rest."""
    states, errors, sums = _account_runs(session)
    return Figures(
        migrations=_by(session, Migration.state),
        accounts=_by(session, Account.state),
        account_runs=states,
        messages={name: sums[name] for name in _OUTCOMES},
        bytes_copied=sums["size_copied"],
        run_errors=errors,
        findings=_by(session, FindingRow.code, FindingRow.level == "blocking"),
        mails=_by(session, NoticeMail.state),
        durations={
            "check": _durations(session, Account.check_started_at, Account.checked_at),
            "account run": _durations(session, AccountRun.started_at, AccountRun.completed_at),
            "run": _durations(session, Run.started_at, Run.completed_at),
        },
    )


_OUTCOMES = ("copied", "present", "skipped", "failed", "vanished")


def _account_runs(session: Session) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """By state, by error, and the sums of the counters."""
    columns = [getattr(AccountRun, name) for name in (*_OUTCOMES, "size_copied")]
    query = select(
        AccountRun.state, AccountRun.error, func.count(), *(func.sum(one) for one in columns)
    ).group_by(AccountRun.state, AccountRun.error)
    states: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for state, error, rows, *amounts in session.execute(query):
        states[state] += rows
        if error:
            errors[error] += rows
        for name, amount in zip((*_OUTCOMES, "size_copied"), amounts, strict=True):
            sums[name] += int(amount)
    return states, errors, sums


def _by(session: Session, column: Any, where: Any = True) -> dict[str, int]:
    query = select(column, func.count()).group_by(column)
    if where is not True:
        query = query.where(where)
    return {str(value): int(rows) for value, rows in session.execute(query)}


def _durations(session: Session, begun: Any, ended: Any) -> list[float]:
    query = select(begun, ended).where(begun.is_not(None), ended >= now() - WINDOW)
    return sorted(
        max(0.0, (last - first).total_seconds()) for first, last in session.execute(query)
    )


def _age(moment: datetime | None) -> float:
    return 0.0 if moment is None else max(0.0, (now() - moment).total_seconds())
